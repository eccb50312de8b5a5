from __future__ import annotations

import itertools

import numpy as np
import pytest

from application_util.drawing.labels import LabelLayout

SIZE = (30, 12)


def test_a_label_is_above_its_box():
    assert LabelLayout(640, 480).place((100, 100, 50, 80), SIZE) == (100, 88)


def test_at_the_edges_it_stays_in_the_image():
    assert LabelLayout(640, 480).place((100, 5, 50, 80), SIZE) == (100, 85)  # below: no room above
    assert LabelLayout(640, 90).place((100, 5, 50, 80), SIZE) == (150, 5)  # beside
    assert LabelLayout(640, 480).place((-20, 100, 50, 80), SIZE) == (0, 88)
    assert LabelLayout(640, 480).place((630, 100, 50, 80), SIZE) == (610, 88)
    assert LabelLayout(640, 480).place((-5, -5, 700, 500), SIZE) == (0, 0)  # inside
    assert LabelLayout(20, 10).place((2, 2, 5, 5), SIZE) == (0, 0)  # larger than the image


@pytest.mark.parametrize("box", [(-60, 100, 50, 80), (640, 100, 50, 80), (100, -90, 50, 80), (100, 480, 50, 80)])
def test_a_box_outside_has_no_label(box):
    assert LabelLayout(640, 480).place(box, SIZE) is None


def test_labels_of_boxes_at_one_place_do_not_overlap():
    layout = LabelLayout(640, 480)
    places = [layout.place((100, 100, 80, 80), SIZE) for _ in range(6)]
    assert len(set(places)) == 6
    for (left, top), (other_left, other_top) in itertools.combinations(places, 2):
        assert abs(left - other_left) >= SIZE[0] or abs(top - other_top) >= SIZE[1]


def test_where_everything_is_taken_there_is_a_label_all_the_same():
    layout = LabelLayout(640, 480)
    places = [layout.place((100, 100, 80, 80), SIZE) for _ in range(50)]
    assert None not in places


def test_in_a_crowd_few_labels_overlap():
    rng = np.random.default_rng(0)
    layout = LabelLayout(1920, 1080)
    boxes = np.column_stack([rng.uniform(0, 1850, 60), rng.uniform(0, 850, 60), np.full(60, 70), np.full(60, 200)])
    places = [layout.place(box, (36, 24)) for box in boxes.tolist()]

    def overlaps(points):
        pairs = itertools.combinations(points, 2)
        return sum(abs(ax - bx) < 36 and abs(ay - by) < 24 for (ax, ay), (bx, by) in pairs)

    assert overlaps(places) == 0 < overlaps([(left, top - 24) for left, top, *_ in boxes.tolist()])
