"""Which entries of a folder are sequences."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from application_util.errors import UserError
from application_util.files.detection_file import DetectionFile
from application_util.sequences.sequence import read_sequence
from application_util.sequences.sequence_info import detection_warnings
from application_util.sequences.sequence_set import find_sequences


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "SEQ" / "gt").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("mark", ["run.json", "sweep.json"])
def test_folders_of_output_are_no_sequences(folder, mark):
    (folder / "out").mkdir()
    assert find_sequences(folder).names == ["SEQ", "out"]
    (folder / "out" / mark).write_text("")
    found = find_sequences(folder)
    assert found.names == ["SEQ"] and found.skipped == ["out"]


@pytest.mark.parametrize("output_dir", ["out", "out/results"])
def test_the_place_for_output_is_no_sequence(folder, output_dir, monkeypatch):
    (folder / output_dir).mkdir(parents=True)
    monkeypatch.chdir(folder)
    for directory, place in ((".", output_dir), (folder, folder / output_dir), (folder, output_dir)):
        found = find_sequences(directory, place)
        assert found.names == ["SEQ"] and found.skipped == ["out"]


def test_a_sequence_stays_one_whatever_is_written_into_it(folder):
    (folder / "SEQ" / "run.json").write_text("")
    assert find_sequences(folder, folder / "SEQ").names == ["SEQ"]
    assert find_sequences(folder, folder).names == ["SEQ"]


@pytest.mark.parametrize("name", [".git", "@eaDir", "__MACOSX", "#recycle", "lost+found", "STREET.partial"])
def test_what_systems_add_is_no_sequence(folder, name):
    (folder / name / "img1").mkdir(parents=True)
    (folder / "._SEQ.mp4").write_bytes(b"")
    found = find_sequences(folder)
    assert found.names == ["SEQ"] and found.skipped == sorted([name, "._SEQ.mp4"])


def test_nothing_but_output(tmp_path):
    (tmp_path / "results").mkdir()
    with pytest.raises(UserError, match="no sequence folders in it"):
        find_sequences(tmp_path, tmp_path / "results")


def test_detections_outside_the_sequence_are_reported(tmp_path):
    (tmp_path / "S" / "img1").mkdir(parents=True)
    for frame in range(3, 6):
        cv2.imwrite(str(tmp_path / "S" / "img1" / f"{frame}.png"), np.zeros((4, 6, 3), np.uint8))
    rows = np.ones((5, 138))
    rows[:, 0] = 2, 3, 4, 6, 7
    rows[:, 10:] = np.random.default_rng(0).normal(size=(5, 128))
    np.save(tmp_path / "d.npy", rows)
    detections = DetectionFile(tmp_path / "d.npy")
    (warning,) = detection_warnings(read_sequence(tmp_path / "S"), detections)
    assert "3 of 5 detections are in no frame of S, which has frames 3 to 5 (the file: 2 to 7)" in warning
    np.save(tmp_path / "d.npy", rows[1:3])
    assert detection_warnings(read_sequence(tmp_path / "S"), DetectionFile(tmp_path / "d.npy")) == []


@pytest.mark.parametrize("length", ["200000000", "1e300"])
def test_an_absurd_length_is_refused(tmp_path, length):
    (tmp_path / "seqinfo.ini").write_text(f"[Sequence]\nseqLength={length}\n")
    with pytest.raises(UserError, match=rf"seqinfo.ini: seqLength={length} is more than 10000000"):
        read_sequence(tmp_path)
