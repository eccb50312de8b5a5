from __future__ import annotations

import numpy as np
import pytest

from application_util.drawing.colors import track_color
from application_util.drawing.result_view import open_results as open_result_view
from application_util.drawing.visualization import GREY as GREY_OF_DETECTIONS
from application_util.drawing.visualization import VideoVisualization
from application_util.errors import UserError
from application_util.sequences.sequence import read_sequence
from application_util.settings import DrawingSettings
from tests.support.sequences import GREY, frame_image, make_sequence, walk, write_detections, write_results

RED = (0, 0, 255)


@pytest.fixture
def folder(tmp_path):
    return make_sequence(tmp_path / "SEQ")


def drawn(view, frame):
    """Return the image of a frame with all that is drawn on it."""
    drawing = VideoVisualization({"image_size": (96, 128), "min_frame_idx": 0, "max_frame_idx": 0})
    drawing.set_image(view.sequence.read_image(frame))
    view.draw(drawing, frame)
    return drawing.viewer.image


def open_results(folder, rows, **options):
    return open_result_view(read_sequence(folder), write_results(folder / "result.txt", rows), **options)


def extent(image, color):
    """(left, top, right, bottom) of the pixels of a colour, None if there are none."""
    rows, columns = np.nonzero((image == color).all(axis=2))
    return (columns.min(), rows.min(), columns.max(), rows.max()) if len(rows) else None


def test_each_frame_shows_its_boxes_in_the_colours_of_their_ids(folder):
    view = open_results(folder, walk(8, track_id=3) + walk(8, track_id=4, start=(60, 40)))
    for frame in view.frames:
        image = drawn(view, frame)
        left = 10 + 4 * (frame - 1)
        right = min(left + 71, 127)
        assert extent(image[29:], track_color(3)) == (left - 1, 0, left + 21, 42)
        assert extent(image[39:], track_color(4)) == (left + 49, 0, right, 42)
        assert image[29, left].tolist() == list(track_color(3))
        assert image[10, left].tolist() == image[40, left + 10].tolist() == [GREY + frame] * 3
        assert extent(image, RED) is None
    assert list(view.frames) == list(range(1, 9))


def test_a_frame_without_boxes_is_the_image_itself(folder):
    view = open_results(folder, [[2, 1, 10, 10, 20, 20]])
    assert np.array_equal(drawn(view, 1), frame_image(1))
    assert not np.array_equal(drawn(view, 2), frame_image(2))


def test_raw_detections_are_drawn_too(folder, tmp_path):
    detections = write_detections(tmp_path / "SEQ.npy", frames=8)
    view = open_results(folder, [[1, 1, 90, 10, 20, 20]], detection_file=detections)
    assert extent(drawn(view, 5), GREY_OF_DETECTIONS) == (30, 20, 50, 60)


def write_truth(folder, rows):
    write_results(folder / "gt" / "gt.txt", rows)


def test_false_alarms_are_red_and_thick(folder):
    write_truth(folder, [[1, 1, 10, 30, 20, 40], [2, 1, 10, 30, 20, 40], [2, 2, 70, 30, 20, 40]])
    view = open_results(
        folder,
        [
            [1, 5, 10, 43, 20, 40],  # IoU with truth 27 / 53 = 0.509
            [2, 5, 10, 44, 20, 40],  # IoU 26 / 54 = 0.48
            [2, 6, 70, 30, 20, 40],
            [3, 6, 70, 30, 20, 40],  # no truth in this frame
        ],
        show_false_alarms=True,
    )
    assert extent(drawn(view, 1), RED) is None
    assert extent(drawn(view, 2), RED) == (8, 42, 32, 86)  # two pixels to each side
    assert extent(drawn(view, 3), RED) == (68, 28, 92, 72)


def test_false_alarms_do_not_cover_labels(folder):
    write_truth(folder, [[1, 1, 100, 80, 5, 5]])
    view = open_results(folder, [[1, 5, 40, 50, 30, 30], [1, 6, 43, 20, 60, 70]], show_false_alarms=True)
    marked, without = drawn(view, 1), drawn(open_results(folder, [[1, 5, 40, 50, 30, 30]]), 1)
    label = (without == track_color(5)).all(axis=2)
    label[50 - 2 :] = False  # the box
    assert label.sum() > 20
    assert not (marked[label] == RED).all(axis=1).any()


def test_false_alarms_need_ground_truth(folder):
    with pytest.raises(UserError, match=r"gt/gt.txt: no such file"):
        open_results(folder, walk(8), show_false_alarms=True)


def test_trajectories_show_the_last_second(tmp_path):
    folder = make_sequence(tmp_path / "SEQ", frames=20, frame_rate="5")
    rows = walk(20, track_id=2, start=(-5, 10), step=5)
    view = open_results(folder, rows, settings=DrawingSettings(show_trajectories=True))
    without = open_results(folder, rows)
    color = track_color(2)
    for frame in (1, 4, 20):
        trail = (drawn(view, frame) == color).all(axis=2) & ~(drawn(without, frame) == color).all(axis=2)
        foot = 5 * frame  # middle of the lower edge: left + 10
        columns = np.nonzero(trail)[1]
        if frame == 1:
            assert not len(columns)
        else:
            first = max(frame - 5, 1)
            assert abs(columns.min() - 5 * first) <= 2 and columns.max() < foot
            assert np.abs(np.nonzero(trail)[0] - 50).max() <= 1


def test_a_trajectory_outlives_its_track_by_no_more_than_a_second(tmp_path):
    folder = make_sequence(tmp_path / "SEQ", frames=20, frame_rate="5")
    view = open_results(folder, walk(5, track_id=2), settings=DrawingSettings(show_trajectories=True))
    color = track_color(2)
    assert extent(drawn(view, 9), color) is not None
    assert extent(drawn(view, 11), color) is None


@pytest.mark.parametrize(
    ("frame_rate", "update_ms", "expected"),
    [("10", None, 100), ("29.97", None, 33.3667), (None, None, 20), ("10", 7.5, 7.5)],
)
def test_time_between_frames(tmp_path, frame_rate, update_ms, expected):
    folder = make_sequence(tmp_path / "SEQ", frame_rate=frame_rate)
    view = open_results(folder, walk(8), settings=DrawingSettings(update_ms))
    assert view.update_ms == pytest.approx(expected, abs=1e-3)


def test_a_sequence_without_images(tmp_path):
    (tmp_path / "SEQ").mkdir()
    with pytest.raises(UserError, match=r"SEQ/img1: no images"):
        open_results(tmp_path / "SEQ", walk(8))


def test_a_missing_image(tmp_path):
    folder = make_sequence(tmp_path / "SEQ", frames=[1, 2, 4])
    with pytest.raises(UserError, match=r"SEQ/img1: no image of frame 3$"):
        open_results(folder, walk(2))


def test_empty_results(folder):
    with pytest.raises(UserError, match=r"result.txt: no rows"):
        open_results(folder, [])


@pytest.mark.parametrize("frame", [0, 9])
def test_results_of_another_sequence(folder, frame):
    rows = [*walk(8), [frame, 1, 0, 0, 10, 10]]
    with pytest.raises(UserError, match=rf"result.txt: row 9: frame {frame}, but SEQ has frames 1 to 8"):
        open_results(folder, rows)


def test_missing_results(folder):
    with pytest.raises(UserError, match=r"none.txt: no such file"):
        open_result_view(read_sequence(folder), folder / "none.txt")


def test_boxes_that_fill_gaps_are_dashed(folder):
    path = write_results(folder / "result.txt", walk(8, track_id=3))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join([*lines[:4], lines[4].replace(",1,-1,-1,-1", ",0,-1,-1,-1"), *lines[5:]]))
    view = open_result_view(read_sequence(folder), path)
    for frame, dashed in ((4, False), (5, True)):
        left = 10 + 4 * (frame - 1)
        edge = (drawn(view, frame)[60:, left : left + 20] == track_color(3)).all(axis=2).any(axis=0)
        assert edge.any() and edge.all() == (not dashed)
