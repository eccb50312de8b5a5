"""A street with people in it, drawn frame by frame: the scene behind ``tools/render_sequence.py``.

`camera` and `daylight` say how the scene is seen, `crowd` who walks where, `wardrobe`, `pose` and `puppet`
what a person looks like, `backdrop`, `facades` and `furniture` what stands around them, `scene` puts a frame
together and measures what is visible, and `detector` turns that into detections.
"""
