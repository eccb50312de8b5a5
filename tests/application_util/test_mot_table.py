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
    read_detections,
    read_table,
    read_tracks,
    split_lines,
)


def test_spaces_empty_lines_and_no_newline_at_the_end(tmp_path):
    path = tmp_path / "det.txt"
    path.write_text("\ufeff12, -1, 1.5,2,3,4, 0.5\r\n\n1,-1,1e1,2,3,4,1\n\n  \n3,-1,1,2,3,4,-0.25")
    table = read_table(path)
    np.testing.assert_array_equal(
        table, [[12, -1, 1.5, 2, 3, 4, 0.5], [1, -1, 10, 2, 3, 4, 1], [3, -1, 1, 2, 3, 4, -0.25]]
    )


def test_comments(tmp_path):
    path = tmp_path / "det.txt"
    path.write_text("# frame, id, ...\n1,-1,1,2,3,4,1 # sure\n#\n2,-1,1,2,3,4,0.5\n")
    assert read_table(path)[:, 0].tolist() == [1, 2]
    path.write_text("# frame, id, ...\n1,-1,1,2,3,4,x # sure\n")
    with pytest.raises(UserError, match="line 2: column 7: 'x' is not a number"):
        read_table(path)


def test_detections_have_ten_columns(tmp_path):
    path = tmp_path / "det.txt"
    path.write_text("12,-1,10,20,30,40,0.9\n")
    assert read_detections(path).tolist() == [[12, -1, 10, 20, 30, 40, 0.9, -1, -1, -1]]
    path.write_text("1,-1,10,20,30,40,0.9,7,8,9,10,11\n")
    assert read_detections(path).tolist() == [[1, -1, 10, 20, 30, 40, 0.9, 7, 8, 9]]


def test_no_rows(tmp_path):
    (tmp_path / "det.txt").write_text("\n\n")
    assert read_table(tmp_path / "det.txt").shape == (0, 7)
    assert read_table(tmp_path / "det.txt", 10).shape == (0, 10)


GOOD = "1,-1,10,20,30,40,0.9\n\n"


@pytest.mark.parametrize(("line", "complaint"), [
    ("1,-1,10,x,30,40,0.9", "column 4: 'x' is not a number"), ("1,-1,10,20,30,40,nan", "column 7: nan is not finite"),
    ("1,-1,10,20,30,40", "6 columns, expected at least 7"),
    ("1,-1,10,20,30,40,0.9,-1", "8 columns, but 7 in the first line"),
    ("1.5,-1,10,20,30,40,0.9", "frame 1.5"), ("-1,-1,10,20,30,40,0.9", "frame -1"),
    ("-1.5,-1,10,20,30,40,0.9", "frame -1.5"), ("9007199254740992,-1,10,20,30,40,0.9", "frame 9007199254740992 is not"),
    ("1 -1 10 20 30 40 1", "1 columns"),
    ("1,-1,,20,30,40,0.9", "column 3: '' is not a number"),
    (f"1,-1,{'x' * 5000},20,30,40,0.9", f"column 3: '{'x' * 40}' is not a number"),
])  # fmt: skip
def test_broken_line(tmp_path, line, complaint):
    path = tmp_path / "det.txt"
    path.write_text(GOOD + line + "\n" + GOOD)
    with pytest.raises(UserError) as caught:
        read_table(path)
    assert str(caught.value).startswith(f"{path}: line 3: ") and complaint in str(caught.value)
    path.write_text(GOOD + line)
    with pytest.raises(UserError, match=r"line 3: "):
        read_table(path)


def test_frames_are_whole_numbers_from_0_to_2_to_the_53(tmp_path):
    path = tmp_path / "det.txt"
    path.write_text("0,-1,10,20,30,40,1\n9007199254740991,-1,10,20,30,40,1\n")
    assert read_table(path)[:, 0].tolist() == [0, 2**53 - 1]


def test_the_columns_are_as_many_as_needed(tmp_path):
    path = tmp_path / "gt.txt"
    path.write_text("1,-1,10,20,30,40,1\n")
    assert read_table(path, 7).shape == (1, 7)
    with pytest.raises(UserError, match="line 1: 7 columns, expected at least 8"):
        read_table(path, 8)


@pytest.mark.parametrize("mark", [" ", ";", "\t", ",  "])
def test_other_delimiters(tmp_path, mark):
    path = tmp_path / "result.txt"
    path.write_text("# frame id box\n" + mark.join(["1", "7", "10", "20", "30.5", "40", "1", "-1"]) + "\n")
    assert read_table(path).tolist() == [[1, 7, 10, 20, 30.5, 40, 1, -1]]
    path.write_text(path.read_text() + mark.join(["2", "7", "10", "x", "30.5", "40", "1", "-1"]) + "\n")
    with pytest.raises(UserError, match=r"line 3: column 4: 'x' is not a number"):
        read_table(path)


@pytest.mark.parametrize(("row", "complaint"), [
    ("2,2147483648,1,2,3,4,1", "row 4: id 2147483648 is larger than 2147483647$"),
    ("2,-3e9,1,2,3,4,1", "row 4: id -3000000000 is larger"),
    ("1000002,1,1,2,3,4,1", "row 4: frame 1000002 comes 1000001 frames after frame 1, more than 1000000"),
    ("1e300,1,1,2,3,4,1", "line 4: frame 1e300 is not"),
])  # fmt: skip
def test_numbers_that_would_take_time_or_memory(tmp_path, row, complaint):
    path = tmp_path / "result.txt"
    path.write_text("1,1,1,2,3,4,1\n" * 3 + row + "\n")
    with pytest.raises(UserError, match=complaint):
        read_tracks(path)
    path.write_text("1,1,1,2,3,4,1\n1000001,2147483647,1,2,3,4,1\n")
    assert len(read_tracks(path)) == 2
    path.write_text("1,1,1,2,3,4\n")
    with pytest.raises(UserError, match="6 columns, expected at least 7"):
        read_tracks(path)


@pytest.mark.parametrize(("text", "separator", "rows"), [
    ("1,7, 1.50\n\n2,07,2# sure\n", ",", [["1", "7", " 1.50"], ["2", "07", "2"]]),
    ("1;7\n", ";", [["1", "7"]]), ("1  7\t8", None, [["1", "7", "8"]]), ("", None, []),
])  # fmt: skip
def test_fields_are_given_as_they_are_written(tmp_path, text, separator, rows):
    (tmp_path / "result.txt").write_text("# frame, id, left\n" + text)
    assert split_lines(tmp_path / "result.txt") == (separator, rows)


def test_missing_and_binary_files(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read_table(tmp_path / "det.txt")
    (tmp_path / "det.txt").write_bytes(b"\x93NUMPY\xff\xfe")
    with pytest.raises(UserError, match="cannot be read as text"):
        read_table(tmp_path / "det.txt")
    with pytest.raises(UserError, match=r"cannot be read \(Is a directory\)"):
        read_table(tmp_path)


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
    assert is_filled(table[:, :7]).tolist() == [False, True, False]
    table[:, 0] = 5, 3, 4
    assert BoxTable(table).filled(3) == [True] and BoxTable(table).filled(4, 5) == [False, False]
