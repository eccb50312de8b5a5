"""Output: whole files, never over an input, beside what an earlier run made."""

from __future__ import annotations

import pytest

from application_util.errors import UserError
from application_util.files.output import refuse_overwriting, set_aside


@pytest.fixture
def detections(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(b"hours of work")
    return path


def test_an_input_is_no_output(tmp_path, detections, monkeypatch):
    (tmp_path / "link").symlink_to(detections)
    (tmp_path / "a.txt.partial").write_text("")
    monkeypatch.chdir(tmp_path)
    for output, read in (
        ("a.npy", detections),
        (tmp_path / "link", "a.npy"),
        (detections, "link"),
        ("a.txt", tmp_path / "a.txt.partial"),
    ):
        with pytest.raises(UserError, match=r"would replace .*: choose another name"):
            refuse_overwriting([None, output], [None, read])


def test_two_outputs_are_two_files(tmp_path):
    with pytest.raises(UserError, match=r"v\.avi: would replace .*v\.avi"):
        refuse_overwriting([tmp_path / "v.avi", tmp_path / "v.avi"], [])


def test_others_pass(tmp_path, detections):
    refuse_overwriting(
        [tmp_path / "b.npy", "/dev/stdout", None], [detections, tmp_path, tmp_path / "none", None]
    )
    refuse_overwriting(["/dev/null", "/dev/null"], ["/dev/null"])


def test_files_are_renamed_with_a_line(tmp_path, capsys):
    (tmp_path / "a").write_text("new")
    (tmp_path / "a.old").write_text("older")
    (tmp_path / "folder").mkdir()
    set_aside(tmp_path, ["a", "b", "folder"])
    assert (tmp_path / "a.old").read_text() == "new" and not (tmp_path / "a").exists()
    assert capsys.readouterr().err == f"of an earlier run in {tmp_path}, renamed: a.old\n"
    set_aside(tmp_path, ["a", "b", "folder"])
    assert (tmp_path / "a.old").read_text() == "new" and capsys.readouterr().err == ""
