"""Reading det.txt, gt.txt and result files."""

from __future__ import annotations

import numpy as np
import pytest

from application_util.errors import UserError
from application_util.files.mot_table import (
    CONFIDENCE_COLUMN,
    FILLED,
    BoxTable,
    is_filled,
    read_table,
    read_tracks,
)


def test_spaces_empty_lines_and_no_newline_at_the_end(tmp_path):
    path = tmp_path / "det.txt"
    path.write_text("\ufeff 2, -1, 1.5,2,3,4, 0.5\r\n\n1,-1,1e1,2,3,4,1\n\n  \n3,-1,1,2,3,4,-0.25")
    table = read_table(path)
    np.testing.assert_array_equal(
        table, [[2, -1, 1.5, 2, 3, 4, 0.5], [1, -1, 10, 2, 3, 4, 1], [3, -1, 1, 2, 3, 4, -0.25]]
    )


def test_comments(tmp_path):
    path = tmp_path / "det.txt"
    path.write_text("# frame, id, ...\n1,-1,1,2,3,4,1 # sure\n#\n2,-1,1,2,3,4,0.5\n")
    assert read_table(path)[:, 0].tolist() == [1, 2]
    path.write_text("# frame, id, ...\n1,-1,1,2,3,4,x # sure\n")
    with pytest.raises(UserError, match="line 2: column 7: 'x' is not a number"):
        read_table(path)


def test_no_rows(tmp_path):
    (tmp_path / "det.txt").write_text("\n\n")
    assert read_table(tmp_path / "det.txt", 10).shape == (0, 10)


GOOD = "1,-1,10,20,30,40,0.9\n\n"


@pytest.mark.parametrize(("line", "complaint"), [
    ("1,-1,10,x,30,40,0.9", "column 4: 'x' is not a number"), ("1,-1,10,20,30,40,nan", "column 7: nan is not finite"),
    ("1,-1,10,20,30,40", "6 columns"), ("1,-1,10,20,30,40,0.9,-1", "8 columns, but 7 in the first line"),
    ("1.5,-1,10,20,30,40,0.9", "frame 1.5"), ("-1,-1,10,20,30,40,0.9", "frame -1"), ("1 -1 10 20 30 40 1", "1 columns"),
    ("1,-1,,20,30,40,0.9", "column 3: '' is not a number"),
    (f"1,-1,{'x' * 5000},20,30,40,0.9", f"column 3: '{'x' * 40}' is not a number"),
])  # fmt: skip
def test_broken_line(tmp_path, line, complaint):
    path = tmp_path / "det.txt"
    path.write_text(GOOD + line + "\n" + GOOD)
    with pytest.raises(UserError) as caught:
        read_table(path)
    assert str(caught.value).startswith(f"{path}: line 3: ") and complaint in str(caught.value)


@pytest.mark.parametrize("mark", [" ", ";", "\t", ",  "])
def test_other_delimiters(tmp_path, mark):
    path = tmp_path / "result.txt"
    path.write_text("# frame id box\n" + mark.join(["1", "7", "10", "20", "30.5", "40", "1", "-1"]) + "\n")
    assert read_table(path).tolist() == [[1, 7, 10, 20, 30.5, 40, 1, -1]]
    path.write_text(path.read_text() + mark.join(["2", "7", "10", "x", "30.5", "40", "1", "-1"]) + "\n")
    with pytest.raises(UserError, match=r"line 3: column 4: 'x' is not a number"):
        read_table(path)


@pytest.mark.parametrize(("row", "complaint"), [
    ("2,2147483648,1,2,3,4,1", "row 2: id 2147483648 is larger"),
    ("2,-3e9,1,2,3,4,1", "row 2: id -3000000000 is larger"),
    ("1000002,1,1,2,3,4,1", "row 2: frame 1000002 comes 1000001 frames after frame 1, more than 1000000"),
    ("1e300,1,1,2,3,4,1", "line 2: frame 1e300 is not"),
])  # fmt: skip
def test_numbers_that_would_take_time_or_memory(tmp_path, row, complaint):
    path = tmp_path / "result.txt"
    path.write_text("1,1,1,2,3,4,1\n" + row + "\n")
    with pytest.raises(UserError, match=complaint):
        read_tracks(path)
    path.write_text("1,1,1,2,3,4,1\n1000001,2147483647,1,2,3,4,1\n")
    assert len(read_tracks(path)) == 2


def test_missing_and_binary_files(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read_table(tmp_path / "det.txt")
    (tmp_path / "det.txt").write_bytes(b"\x93NUMPY\xff\xfe")
    with pytest.raises(UserError, match="cannot be read as text"):
        read_table(tmp_path / "det.txt")


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


def test_boxes_that_fill_gaps():
    table = np.zeros((3, 10))
    assert not is_filled(table).any()  # a file without confidences
    assert not is_filled(table[:, :6]).any()
    table[:, CONFIDENCE_COLUMN] = 1, FILLED, 1
    assert is_filled(table).tolist() == [False, True, False]
