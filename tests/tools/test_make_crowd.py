"""A crowd is written into a folder of its own."""

from __future__ import annotations

import errno

import numpy as np
import pytest

from application_util.sequences.sequence import read_sequence
from tests.support.cli import error_line
from tools.make_crowd import main
from tools.synthetic.crowd import make_crowd


def write(folder, *flags):
    return main([str(folder), "--people", "3", "--frames", "4", *flags])


@pytest.mark.parametrize("name", ["crowd", "crowdé"])
def test_files(tmp_path, name):
    folder = tmp_path / name
    assert write(folder) == 0
    assert {path.name for path in folder.iterdir()} == {"det", "seqinfo.ini", f"{name}.npy"}
    assert np.array_equal(np.load(folder / f"{name}.npy"), make_crowd(3, 4))
    assert f"name={name}\n" in (folder / "seqinfo.ini").read_text(encoding="utf-8")
    sequence = read_sequence(folder)
    assert (sequence.frame_rate, sequence.length) == (25, 4)


def test_a_crowd_is_replaced(tmp_path):
    assert write(tmp_path / "crowd") == 0 and write(tmp_path / "crowd", "--seed", "1") == 0
    assert np.array_equal(np.load(tmp_path / "crowd" / "crowd.npy"), make_crowd(3, 4, seed=1))


@pytest.mark.parametrize("info", [None, "[Sequence]\nframeRate=30\n", "mine", b"\xff"])
def test_what_is_no_crowd_is_kept(tmp_path, capsys, info):
    det_txt = tmp_path / "det" / "det.txt"
    det_txt.parent.mkdir()
    det_txt.write_text("mine")
    if info is not None:
        (tmp_path / "seqinfo.ini").write_bytes(info.encode() if isinstance(info, str) else info)
    assert write(tmp_path) == 2
    assert ": holds something other than a generated crowd, give another folder\n" in capsys.readouterr().err
    assert det_txt.read_text() == "mine" and not list(tmp_path.glob("*.npy"))


def test_a_file_is_no_folder(tmp_path, capsys):
    (tmp_path / "file").write_text("mine")
    assert write(tmp_path / "file") == 2 and "file: is a file, give a folder\n" in capsys.readouterr().err
    assert write(tmp_path / "file" / "crowd") == 2 and ": cannot be written: " in capsys.readouterr().err


def test_links_that_lead_nowhere(tmp_path, capsys):
    for name, target in (("a", "b"), ("b", "a")):
        (tmp_path / name).symlink_to(tmp_path / target)
    assert write(tmp_path / "a") == 2
    assert "a: cannot be written: Not a directory" in error_line(capsys.readouterr().err)


def test_the_folder_one_is_in(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert write(".") == 0
    assert (tmp_path / "here" / "here.npy").exists()


def test_a_seed_is_not_negative(tmp_path, capsys):
    with pytest.raises(SystemExit):
        write(tmp_path, "--seed", "-1")
    assert "argument --seed: '-1' is not an integer from 0" in capsys.readouterr().err


def test_a_number_of_people_that_no_memory_holds(tmp_path, capsys):
    with pytest.raises(SystemExit):
        write(tmp_path / "crowd", "--people", "2000000000")
    assert "'2000000000' is not an integer from 1 to 10000" in capsys.readouterr().err


def test_a_file_added_to_a_crowd_is_not_lost(tmp_path, capsys):
    for name in ("mine.npy", "det/mine.txt", "mine/det.txt"):
        folder = tmp_path / name.replace("/", "-")
        assert write(folder) == 0
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text("mine")
        assert write(folder, "--seed", "1") == 2 and "something other than" in capsys.readouterr().err
        assert (folder / name).read_text() == "mine"
        assert np.array_equal(np.load(folder / f"{folder.name}.npy"), make_crowd(3, 4))


def test_a_full_disk_leaves_nothing_under_the_final_name(tmp_path, monkeypatch, capsys):
    def full(*args, **options):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("tools.synthetic.crowd.np.savetxt", full)
    assert write(tmp_path / "crowd") == 2
    assert "crowd: cannot be written: No space left on device" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
