from __future__ import annotations

import pytest

from application_util.errors import UserError
from application_util.files.overwriting import refuse_overwriting


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
