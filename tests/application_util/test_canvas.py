from __future__ import annotations

import numpy as np
import pytest

from application_util.drawing.canvas import Canvas

BACKGROUND = 7


@pytest.fixture
def canvas():
    canvas = Canvas(np.full((80, 100, 3), BACKGROUND, dtype=np.uint8))
    canvas.color = (10, 200, 30)
    return canvas


def painted(canvas, color=None):
    """Where the image has the colour (by default: another one than the background)."""
    if color is None:
        return (canvas.image != BACKGROUND).any(axis=2)
    return (canvas.image == color).all(axis=2)


def test_a_rectangle_is_the_outline_from_the_truncated_corner_to_the_truncated_far_corner(canvas):
    canvas.rectangle(10.9, 20.2, 30.3, 40.9)  # far corner (41.2, 61.1)
    expected = np.zeros((80, 100), dtype=bool)
    expected[20:62, 10:42] = True
    expected[21:61, 11:41] = False
    assert np.array_equal(painted(canvas, (10, 200, 30)), expected)
    assert np.array_equal(painted(canvas), expected)


def test_thickness_two_covers_one_more_pixel_to_a_side(canvas):
    canvas.thickness = 2
    canvas.rectangle(10, 20, 30, 40)
    rows, columns = np.nonzero(painted(canvas))
    assert (rows.min(), columns.min(), rows.max(), columns.max()) == (19, 9, 61, 41)
    assert not painted(canvas)[22:59, 12:39].any()


def test_a_label_is_written_on_filled_ground_in_the_top_left_corner(canvas):
    canvas.thickness = 2
    canvas.rectangle(10, 20, 80, 50, label="7")
    assert painted(canvas, (10, 200, 30))[20:24, 10:24].all()  # ground above the digit
    text = painted(canvas, (255, 255, 255))
    rows, columns = np.nonzero(text)
    assert len(rows) > 10
    assert rows.min() > 20 and columns.min() > 10 and rows.max() < 45 and columns.max() < 35
    assert not painted(canvas)[50:60, 40:60].any()


def test_a_label_uses_the_text_color(canvas):
    canvas.text_color = (1, 2, 3)
    canvas.rectangle(10, 20, 80, 50, label="7")
    assert painted(canvas, (1, 2, 3)).any()
    assert not painted(canvas, (255, 255, 255)).any()


def test_boxes_may_lie_partly_or_wholly_outside(canvas):
    canvas.rectangle(-20, -20, 30, 30, label="1")
    canvas.rectangle(500, 500, 30, 30, label="2")
    assert painted(canvas)[10, 5] and not painted(canvas)[40:, 50:].any()


def test_a_circle_has_its_centre_and_radius(canvas):
    canvas.circle(50, 40, 12)
    rows, columns = np.nonzero(painted(canvas))
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (28, 52, 38, 62)
    assert not painted(canvas)[40, 50]


def test_a_circle_may_be_labelled(canvas):
    canvas.circle(50, 60, 5, label="1")
    assert painted(canvas, (255, 255, 255)).any()


def test_a_gaussian_is_its_95_percent_ellipse(canvas):
    # sqrt(5.9915 * 36) = 14.7 along x, sqrt(5.9915 * 9) = 7.3 along y
    canvas.gaussian([50, 40], [[36, 0], [0, 9]])
    rows, columns = np.nonzero(painted(canvas))
    assert columns.max() - columns.min() == pytest.approx(2 * 14.7, abs=2)
    assert rows.max() - rows.min() == pytest.approx(2 * 7.3, abs=2)
    assert (columns.max() + columns.min()) / 2 == pytest.approx(50, abs=1)
    assert (rows.max() + rows.min()) / 2 == pytest.approx(40, abs=1)


def test_a_gaussian_is_turned_as_its_covariance(canvas):
    canvas.gaussian([50, 40], [[20, 18], [18, 20]], label=None)  # long axis along x = y
    rows, columns = np.nonzero(painted(canvas))
    assert np.corrcoef(rows, columns)[0, 1] > 0.8


def test_annotations_are_in_the_text_color_and_end_at_the_baseline(canvas):
    canvas.text_color = (0, 0, 255)
    canvas.annotate(20, 60, "ab")
    rows, columns = np.nonzero(painted(canvas))
    assert len(rows) and rows.max() <= 62 and columns.min() >= 19
    assert painted(canvas, (0, 0, 255)).any()


def test_points_are_single_pixels_and_those_outside_are_left_out(canvas):
    canvas.colored_points([[3, 5], [99, 79], [100, 10], [-1, 10], [10, 80]])
    assert set(zip(*np.nonzero(painted(canvas)), strict=True)) == {(5, 3), (79, 99)}
    assert canvas.image[5, 3].tolist() == [10, 200, 30]


def test_points_may_have_colors_of_their_own(canvas):
    canvas.colored_points(np.array([[1, 1], [200, 200], [2, 2]]), [[1, 0, 0], [2, 0, 0], [3, 0, 0]])
    assert canvas.image[1, 1].tolist() == [1, 0, 0] and canvas.image[2, 2].tolist() == [3, 0, 0]
    canvas.colored_points([[4, 4]], [9, 9, 9], skip_index_check=True)
    assert canvas.image[4, 4].tolist() == [9, 9, 9]


def test_a_polyline_joins_its_points(canvas):
    canvas.polyline([[10, 10], [20, 10], [20, 30]])
    expected = np.zeros((80, 100), dtype=bool)
    expected[10, 10:21] = True
    expected[10:31, 20] = True
    assert np.array_equal(canvas.image[..., 1] > 100, expected)  # smooth edges are weaker
    assert not painted(canvas)[13:, :18].any() and not painted(canvas)[:, 23:].any()


def test_a_polyline_goes_through_parts_of_pixels(canvas):
    canvas.polyline([[10, 20.5], [60, 20.5]])
    above, below = canvas.image[20, 30, 1].astype(int), canvas.image[21, 30, 1].astype(int)
    assert abs(above - below) < 10 and above > 60


def test_a_dashed_rectangle(canvas):
    canvas.dashed_rectangle(10.9, 20.2, 40.3, 30.9, dash=4)
    is_line = painted(canvas, (10, 200, 30))
    rows, columns = np.nonzero(is_line)
    assert (rows.min(), columns.min(), rows.max(), columns.max()) == (20, 10, 51, 51)
    assert not is_line[21:51, 11:51].any()
    assert 0.4 < is_line[20, 10:52].mean() < 0.75 and 0.4 < is_line[20:52, 10].mean() < 0.75


@pytest.mark.parametrize(
    "place", [(-30, -20, 60, 50), (-1e12, -1e300, 1e15, 3e300), (90, 70, 1e9, 1e9), (5e9, 0, 5, 5)]
)
def test_dashes_of_boxes_that_lie_partly_or_wholly_outside(canvas, place):
    whole = Canvas(canvas.image.copy())
    whole.color = canvas.color
    whole.rectangle(*place)
    canvas.dashed_rectangle(*place, dash=3)
    assert not (painted(canvas) & ~painted(whole)).any()
    assert painted(canvas).any() == painted(whole).any()


@pytest.mark.parametrize("height", [9, 12, 20, 40])
@pytest.mark.parametrize("text", ["7", "1234", "12 person 0.95"])
def test_text_lies_within_its_size(height, text):
    canvas = Canvas(np.full((100, 600, 3), BACKGROUND, dtype=np.uint8))
    canvas.color = (10, 200, 30)
    width, full = canvas.text_size(text, height)
    canvas.write(text, 30, 20, height)
    rows, columns = np.nonzero(painted(canvas))
    assert (rows.min(), columns.min(), rows.max(), columns.max()) == (20, 30, 19 + full, 29 + width)
    ink = ~painted(canvas, (10, 200, 30))[20 : 20 + full, 30 : 30 + width]
    rows, columns = np.nonzero(ink)
    assert rows.min() >= 1 and columns.min() >= 1 and rows.max() <= full - 1 and columns.max() <= width - 2
    if text.isdigit():
        assert rows.min() == pytest.approx(full - 1 - rows.max(), abs=2)  # in the middle
        assert np.ptp(rows) + 1 == pytest.approx(height, abs=3)  # OpenCV 4 draws a pixel more
