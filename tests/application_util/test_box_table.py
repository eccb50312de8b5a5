from __future__ import annotations

import numpy as np

from application_util.files.box_table import BoxTable

ROWS = np.array(
    [[3, 1, 10, 11, 12, 13, 1], [1, 7, 20, 21, 22, 23, 1], [3, 2, 30, 31, 32, 33, 1], [2, 7, 1, 2, 3, 4, 1]]
)


def test_boxes_of_a_frame_in_the_order_of_the_table():
    table = BoxTable(ROWS)
    assert table.ids(3) == [1, 2]
    assert table.boxes(3).tolist() == [[10, 11, 12, 13], [30, 31, 32, 33]]


def test_a_frame_without_boxes():
    assert BoxTable(ROWS).ids(9) == []
    assert BoxTable(ROWS).boxes(9).shape == (0, 4)
    assert BoxTable(ROWS[:0]).boxes(1).shape == (0, 4)


def test_a_range_of_frames_includes_both_ends():
    table = BoxTable(ROWS)
    assert table.ids(1, 2) == [7, 7]
    assert table.ids(-5, 99) == [7, 7, 1, 2]
    assert table.boxes(1, 2)[:, 0].tolist() == [20, 1]
