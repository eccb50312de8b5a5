from __future__ import annotations

import subprocess
import sys

import cv2
import numpy as np
import pytest

from application_util.drawing.colors import (
    PALETTE,
    RED,
    contrast,
    create_unique_color_float,
    create_unique_color_uchar,
    text_color,
    track_color,
)
from application_util.drawing.video_file import VideoFile
from application_util.drawing.visualization import GREY, NoVisualization, VideoVisualization, window_shape
from application_util.settings import COLORS
from deep_sort.detection import Detection
from deep_sort.track import Track
from tests.support.videos import read_video

COLORS_OF_THE_REFERENCE = """
ff0000 00ff75 ea00ff 7ecc00 0020cc 992d00 009974 990077 206600 0e0066 ff9800 00efff
ff007a 04cc00 5900cc 998900 006199 99001b 00661c 4b0066 ccff00 0056ff cc1800 00cc76
cc00c3 4c9900 000699 662a00 006659 660043 33ff00 4200ff cc9200 00a7cc cc0049 00990f
550099 636600 003566 660006 00ff65 db00ff 8acc00 002ccc 992400 00996b 990080 266600
080066 ff8900 00ffff ff0089 10cc00 4d00cc 998000 006b99 990024 006616 450066 dbff00
"""


def info(first=3, last=6, size=(60, 100)):
    return {"sequence_name": "S", "image_size": size, "min_frame_idx": first, "max_frame_idx": last, "update_ms": None}


def test_colors_are_those_of_the_reference():
    words = COLORS_OF_THE_REFERENCE.split()
    assert len(words) == 60
    for tag, word in enumerate(words):
        assert "{:02x}{:02x}{:02x}".format(*create_unique_color_uchar(tag)) == word


def test_float_colors_are_the_same_in_0_to_1():
    assert create_unique_color_float(0) == (1.0, 0.0, 0.0)
    for tag in range(50):
        channels = create_unique_color_float(tag)
        assert create_unique_color_uchar(tag) == tuple(int(255 * channel) for channel in channels)


def in_lab(colors):
    """CIELAB coordinates of colours (blue, green, red)."""
    pixels = np.array([tuple(color) for color in colors], dtype=np.float32)[None] / 255
    return cv2.cvtColor(pixels, cv2.COLOR_BGR2LAB)[0]


@pytest.mark.parametrize("scheme", COLORS)
def test_every_label_can_be_read(scheme):
    for track_id in range(200):
        color = track_color(track_id, scheme)
        assert contrast(text_color(color), color) >= 4.5


def test_contrast_is_that_of_wcag():
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((255, 255, 255), (119, 119, 119)) == pytest.approx(4.48, abs=0.01)
    assert contrast((0, 0, 255), (255, 255, 255)) == pytest.approx(4.0, abs=0.01)  # red on white


def test_neighbouring_ids_have_clearly_different_colours():
    lab = in_lab(track_color(track_id) for track_id in range(200))
    distances = [np.linalg.norm(lab[lag:] - lab[:-lag], axis=1).min() for lag in range(1, len(PALETTE))]
    assert distances[0] > 60 and min(distances[:3]) > 50 and min(distances) > 39
    assert np.linalg.norm(lab - in_lab([RED]), axis=1).min() > 39  # which marks false alarms
    original = in_lab(create_unique_color_uchar(track_id) for track_id in range(200))
    assert np.linalg.norm(original[10:] - original[:-10], axis=1).min() < 15


def test_the_original_colours_are_available():
    assert [track_color(i, "original") for i in range(50)] == [create_unique_color_uchar(i) for i in range(50)]


@pytest.mark.parametrize("make", [NoVisualization, VideoVisualization])
def test_the_callback_sees_every_frame_once_in_order(make):
    seen = []
    visualization = make(info())
    assert visualization.run(lambda vis, frame: seen.append((vis is visualization, frame))) is True
    assert seen == [(True, 3), (True, 4), (True, 5), (True, 6)]


@pytest.mark.parametrize("make", [NoVisualization, VideoVisualization])
def test_no_frames_no_call(make):
    assert make(info(first=0, last=-1)).run(lambda vis, frame: pytest.fail("called")) is True


def test_without_visualization_drawing_does_nothing():
    visualization = NoVisualization(info())
    image = np.zeros((60, 100, 3), dtype=np.uint8)
    visualization.set_image(image)
    visualization.draw_groundtruth([1], [[0, 0, 50, 50]])
    visualization.draw_detections([Detection([0, 0, 50, 50], 1.0, [1.0])])
    visualization.draw_trackers([])
    assert not image.any()


@pytest.fixture
def drawing():
    visualization = VideoVisualization(info())
    visualization.set_image(np.zeros((60, 100, 3), dtype=np.uint8))
    return visualization


def outline(image, color):
    """(left, top, right, bottom) of all pixels of a colour."""
    rows, columns = np.nonzero((image == color).all(axis=2))
    return columns.min(), rows.min(), columns.max(), rows.max()


def test_detections_are_grey_thin_and_dashed(drawing):
    drawing.draw_detections([Detection([10.7, 5.7, 30.7, 40.7], 1.0, [1.0])])  # to (41.4, 46.4)
    image = drawing.viewer.image
    assert outline(image, GREY) == (10, 5, 41, 46)
    assert not image[7:45, 12:40].any()
    assert 0.3 < image[5, 10:42].any(axis=1).mean() < 0.8


def test_the_confidence_of_a_detection_is_in_its_box_where_there_is_room(drawing):
    texts = []
    drawing.viewer.write = lambda text, *place: texts.append((text, *place))
    boxes = [([10, 5, 60, 40], 0.873), ([10, 5, 60, 40], 1.0), ([10, 5, 60, 40], -1.0), ([10, 5, 20, 40], 0.5)]
    drawing.draw_detections([Detection(*each, [1.0]) for each in boxes])
    ((text, left, top, height),) = texts
    assert text == "0.87" and 10 < left < 20
    assert top + drawing.viewer.text_size(text, height)[1] < 45


def test_what_is_enlarged_is_enlarged_before_it_is_drawn_on():
    drawing = VideoVisualization(info(), draw_width=400)  # four times as wide
    drawing.set_image(np.zeros((60, 100, 3), dtype=np.uint8))
    drawing.draw_groundtruth([5], [[10, 25, 60, 30]])
    image, color = drawing.viewer.image, track_color(5)
    left, top, right, bottom = outline(image, color)
    assert image.shape == (240, 400, 3)
    assert (left, right, bottom) == (39, 281, 221) and 75 < top < 95  # lines and text are not
    drawing.set_image(np.zeros((60, 500, 3), dtype=np.uint8))
    assert drawing.viewer.image.shape == (60, 500, 3)  # not made smaller
    drawing.draw_false_alarms([[10, 25, 30, 20]])
    assert outline(drawing.viewer.image, (0, 0, 255))[2] < 50


def test_the_colours_of_the_original():
    drawing = VideoVisualization(info(), colors="original")
    drawing.draw_detections([Detection([10.7, 5.7, 30.7, 40.7], 0.9, [1.0])])
    assert outline(drawing.viewer.image, (0, 0, 255)) == (9, 4, 42, 47)
    drawing.draw_groundtruth([5], [[30, 20, 40, 30]])
    assert outline(drawing.viewer.image[:, 50:], create_unique_color_uchar(5)) == (0, 19, 21, 51)


def test_groundtruth_has_the_colour_of_its_id_and_a_label_above(drawing):
    drawing.draw_groundtruth([5], [np.array([10.7, 25.7, 60.7, 30.7])])  # truncated, then to (70, 55)
    color, image = track_color(5), drawing.viewer.image
    left, top, right, bottom = outline(image, color)
    assert (left, right, bottom) == (9, 71, 56) and 8 < top < 20
    assert not image[28:53, 13:68].any()  # the person is seen
    assert not image[:24, 40:].any()
    label = image[top:24, 9:18]
    assert (label == color).all(axis=2).mean() > 0.4
    assert (label == text_color(color)).all(axis=2).sum() >= 3


def test_a_label_may_be_another_text(drawing):
    def label_width(*labels):
        drawing.set_image(np.zeros((60, 100, 3), dtype=np.uint8))
        drawing.draw_groundtruth([5], [[5, 30, 90, 20]], *labels)
        return drawing.viewer.image[:28].any(axis=(0, 2)).sum()

    assert label_width() < 20 < 40 < label_width(["5 person"])


def test_class_and_confidence_are_written_where_there_is_a_class(drawing):
    texts = []
    drawing.viewer.write = lambda text, *place: texts.append(text)
    with_class, without = track(1, 3), track(2, 3)
    with_class.last_detection = Detection([0, 0, 5, 5], 0.873, [1.0], label="car")
    without.last_detection = Detection([0, 0, 5, 5], 0.873, [1.0])
    drawing.draw_trackers([with_class, without])
    assert texts == ["1 car 0.87", "2"]


def test_lines_and_text_grow_with_the_image():
    def drawn(width):
        drawing = VideoVisualization(info(size=(width // 2, width)))
        drawing.draw_groundtruth([5], [[width // 8, width // 4, width // 2, width // 8]])
        inked = drawing.viewer.image.any(axis=2)
        return inked[:, width // 2].sum(), inked[:, width // 8 + 4].argmax()  # two lines, top of the label

    (thin, top), (thick, higher) = drawn(640), drawn(2560)
    assert (thin, thick) == (2 * 3, 2 * 5)  # OpenCV's lines of 2 and 4 pixels
    assert 640 / 4 - top < 0.5 * (2560 / 4 - higher)


def track(track_id, hits, missed=0):
    mean = np.array([50.0, 30.0, 0.5, 40.0, 0, 0, 0, 0])
    new = Track(mean, np.eye(8), track_id, 1, 30)
    new.state, new.hits, new.time_since_update = (2 if hits > 2 else 1), hits, missed
    return new


@pytest.mark.parametrize(
    ("candidate", "shown"), [(track(1, 3), True), (track(2, 1), False), (track(3, 3, missed=1), False)]
)
def test_tracks_are_shown_if_confirmed_and_updated_in_this_frame(drawing, candidate, shown):
    drawing.draw_trackers([candidate])
    image = drawing.viewer.image
    assert image.any() == shown
    if shown:
        below_the_label = image[40:]
        assert outline(below_the_label, track_color(1)) == (39, 0, 61, 11)


def test_the_window_is_1024_wide_and_keeps_the_aspect():
    assert window_shape((480, 640)) == (1024, 768)
    assert window_shape((1080, 1920, 3)) == (1024, 576)
    assert window_shape((333, 1000)) == (1024, 340)


def test_a_program_may_record_its_frames(tmp_path):
    def draw(vis, frame):
        assert vis.frame_idx == frame
        vis.set_image(np.full((60, 100, 3), 40 * frame, dtype=np.uint8))

    with VideoFile(tmp_path / "a.avi", (100, 60), 50) as video:
        assert VideoVisualization(info(first=1, last=5), video).run(draw) is True
    frames, _ = read_video(tmp_path / "a.avi")
    assert [frame.shape for frame in frames] == [(60, 100, 3)] * 5
    assert [round(frame.mean() / 40) for frame in frames] == [1, 2, 3, 4, 5]


def test_colours_load_no_opencv():
    code = "import sys, application_util.drawing.colors; sys.exit('cv2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
