"""A detector alone, over one sequence or many."""

from __future__ import annotations

import sys

import pytest

from application_util.files.lock import lock_folder
from application_util.files.mot_table import read_table
from tests.support.cli import error_line
from tests.support.sequences import make_sequence
from tests.support.videos import bars, write_film
from tests.tools.test_track_video import DETECTOR
from tools.detect import main


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Two sequences, one of them a video, and a detector, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "own_detector", raising=False)
    (tmp_path / "own_detector.py").write_text(DETECTOR)
    write_film(tmp_path / "mot" / "clip.avi", 6)
    make_sequence(tmp_path / "mot" / "SEQ", [2, 3, 5], image=lambda frame, size: bars(frame))
    return tmp_path


def detect(*flags):
    return main(["--detector", "own_detector:detect", *map(str, flags)])


def test_many_sequences(here, capsys):
    assert detect("--mot_dir", "mot", "--jobs", 2) == 0
    lines = sorted(capsys.readouterr().err.splitlines())
    assert lines == [
        "SEQ: 6 detections in 3 frames: mot/SEQ/det/det.txt",
        "clip: 12 detections in 6 frames: mot/clip/det/det.txt",
    ]
    found = read_table("mot/SEQ/det/det.txt")
    assert found[:, 0].tolist() == [2, 2, 3, 3, 5, 5] and found[:, 7].tolist() == [0, 16] * 3
    assert found[2, :7] == pytest.approx([3, -1, 10 + 1.25 * 3, 10, 20, 40, 0.753])


def test_what_is_there_is_left_or_replaced_when_asked(here, capsys):
    assert detect("--sequence_dir", "mot/clip.avi", "--output_dir", "out", "--classes", "16") == 0
    path = here / "out" / "clip" / "det" / "det.txt"
    first = path.read_bytes()
    capsys.readouterr()
    assert detect("--mot_dir", "mot", "--output_dir", "out") == 2
    expected = "exists already, --resume leaves what was made like this; --overwrite replaces it"
    assert expected in error_line(capsys.readouterr().err)
    assert path.read_bytes() == first and not (here / "out" / "SEQ").exists()
    assert detect("--mot_dir", "mot", "--output_dir", "out", "--resume") == 2  # other classes
    assert "exists already, and was not made like this; --overwrite" in error_line(capsys.readouterr().err)
    assert detect("--mot_dir", "mot", "--output_dir", "out", "--resume", "--classes", "16") == 0
    assert "clip: finished already" in capsys.readouterr().err
    assert path.read_bytes() == first and (here / "out" / "SEQ" / "det" / "det.txt").exists()
    assert detect("--mot_dir", "mot", "--output_dir", "out", "--overwrite") == 0
    assert len(read_table(path)) == 12


def test_resume_means_nothing_else(here, capsys):
    """What det.txt depends on has changed since, or det.txt itself."""
    (here / "names.txt").write_text("person\n")
    flags = ["--sequence_dir", "mot/SEQ", "--class_names", "names.txt", "--output_dir", "out"]
    path = here / "out" / "SEQ" / "det" / "det.txt"

    def append(file):
        file.write_bytes(file.read_bytes() + b"\n")

    for changed in ("names.txt", "own_detector.py", "mot/SEQ/img1/000003.png", path.relative_to(here)):
        assert detect(*flags, "--overwrite") == 0
        capsys.readouterr()
        assert detect(*flags, "--resume") == 0
        assert "finished already" in capsys.readouterr().err
        append(here / changed)
        assert detect(*flags, "--resume") == 2
        assert "was not made like this" in error_line(capsys.readouterr().err)


def test_a_second_run_is_refused(here, capsys):
    with lock_folder(here / "mot" / "SEQ" / "det"):
        assert detect("--mot_dir", "mot") == 2
    assert "SEQ/det: in use by another run" in error_line(capsys.readouterr().err)
    assert not (here / "mot" / "SEQ" / "det").exists() and not (here / "mot" / "clip").exists()


def test_one_that_fails_does_not_lose_the_others(here, capsys):
    (here / "mot" / "SEQ" / "img1" / "000003.png").write_bytes(b"no image")
    (here / "mot" / "EMPTY" / "img1").mkdir(parents=True)
    (here / "mot" / "BROKEN" / "img1").mkdir(parents=True)
    (here / "mot" / "BROKEN" / "seqinfo.ini").write_text("[Sequence]\nseqLength=1e300\n")
    assert detect("--mot_dir", "mot") == 1
    said = capsys.readouterr().err
    assert all(f"error: {name}: " in said for name in ("SEQ", "EMPTY"))
    assert len(read_table("mot/clip/det/det.txt")) == 12 and not (here / "mot" / "SEQ" / "det" / "det.txt").exists()


def test_nothing_found_is_no_result_like_any_other(here, capsys):
    assert detect("--sequence_dir", "mot/clip.avi", "--classes", "5") == 0
    assert "warning: clip: nothing was found: are --classes, --min_confidence" in capsys.readouterr().err
