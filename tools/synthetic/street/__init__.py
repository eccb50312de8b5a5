"""A street with people in it, drawn frame by frame: the scene behind ``tools/render_sequence.py``.

`camera` and `daylight` say how the scene is seen, `errands` and `walking` who walks where, `wardrobe`, `pose`,
`relief` and `puppet` the appearance of a person, `backdrop`, `facades` and `furniture` what stands around them,
`scene` puts a frame together (with `compose`) and measures what is visible, `detector` turns that into
detections, and `render` writes it all down.
"""
