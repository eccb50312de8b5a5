from __future__ import annotations

import cv2
import numpy as np
import pytest

from application_util.drawing.contact_sheet import CELL, GAP, LABEL_WIDTH, contact_sheets
from application_util.errors import UserError
from application_util.sequences.sequence import read_sequence
from tests.support.sequences import make_sequence
from tests.support.videos import write_film
from tools.plot_descriptor import main


def shades(frame: int, size: tuple[int, int]) -> np.ndarray:
    """The left half is ten times the frame's number bright, the right half 255 less that."""
    image = np.full((*size, 3), 10 * frame, np.uint8)
    image[:, size[1] // 2 :] = 255 - 10 * frame
    return image


def track(number: int, left: float, frames: range) -> list[list[float]]:
    return [[frame, number, left, 10, 20, 40, 1, -1, -1, -1] for frame in frames]


def cell(sheet: np.ndarray, row: int, column: int) -> float:
    top, left = row * (CELL[0] + GAP), LABEL_WIDTH + column * (CELL[1] + GAP)
    return float(sheet[top : top + CELL[0], left : left + CELL[1]].mean())


@pytest.fixture
def sequence(tmp_path):
    return read_sequence(make_sequence(tmp_path / "SEQ", 9, image=shades))


def test_a_row_shows_a_track_from_first_to_last(sequence):
    results = np.array(track(4, 5, range(1, 10)) + track(2, 90, range(3, 8)))
    (sheet,) = contact_sheets(sequence, results, crops=3)
    assert sheet.shape[0] == 2 * (CELL[0] + GAP)
    assert [round(cell(sheet, 0, column)) for column in range(3)] == [255 - 30, 255 - 50, 255 - 70]  # id 2
    assert [round(cell(sheet, 1, column)) for column in range(3)] == [10, 50, 90]  # id 4
    assert (sheet[:, :LABEL_WIDTH] < 128).any()  # labels


def test_short_tracks_and_sheets(sequence):
    results = np.array([row for number in range(1, 6) for row in track(number, 5, range(1, 1 + number))])
    sheets = contact_sheets(sequence, results, crops=8, tracks=2, min_length=2)
    assert [len(sheet) // (CELL[0] + GAP) for sheet in sheets] == [2, 2]
    assert round(cell(sheets[0], 0, 1)) == 20
    assert round(cell(sheets[0], 0, 2)) == 255  # two boxes, two crops
    with pytest.raises(UserError, match="no track of at least 6 rows"):
        contact_sheets(sequence, results, min_length=6)


def test_boxes_beyond_the_border_are_cut_and_outside_left_white(sequence):
    results = np.array(track(1, -15, range(1, 2)) + track(2, 500, range(1, 2)))
    (sheet,) = contact_sheets(sequence, results)
    assert (round(cell(sheet, 0, 0)), round(cell(sheet, 1, 0))) == (10, 255)


def test_the_command(sequence, tmp_path, capsys):
    result_file = tmp_path / "SEQ.txt"
    rows = track(1, 5, range(1, 10)) + track(2, 90, range(1, 10))
    np.savetxt(result_file, rows, delimiter=",", fmt="%g")
    flags = ["--sequence_dir", str(sequence.directory), "--result_file", str(result_file), "--rows", "1"]
    assert main(["tracks", *flags, "--output_file", str(tmp_path / "sheet.png")]) == 0
    assert "2 sheets" in capsys.readouterr().err
    for name in ("sheet.png", "sheet-2.png"):
        assert cv2.imread(str(tmp_path / name)).shape[0] == CELL[0] + GAP
    assert main(["tracks", *flags, "--output_file", str(tmp_path / "sheet.txt")]) == 2
    assert "ends in .png" in capsys.readouterr().err


def test_tracks_of_a_video(tmp_path, capsys):
    write_film(tmp_path / "clip.mp4", 6)
    np.savetxt(tmp_path / "clip.txt", track(1, 5, range(1, 7)), delimiter=",", fmt="%g")
    flags = ["--sequence_dir", str(tmp_path / "clip"), "--result_file", str(tmp_path / "clip.txt")]
    assert main(["tracks", *flags, "--output_file", str(tmp_path / "sheet.png")]) == 0
    assert cv2.imread(str(tmp_path / "sheet.png")).std() > 10
