"""Outcomes of commands: exit codes and one line on stderr."""

from __future__ import annotations

import pytest

from application_util.cli import run_command
from application_util.errors import UserError, require


def raising(error):
    def command():
        raise error

    return command


@pytest.mark.parametrize(("error", "code", "line"), [
    (UserError("a.txt: row 3: broken"), 2, "error: a.txt: row 3: broken"),
    (OSError(28, "No space left on device"), 2, "error: [Errno 28] No space left on device"),
    (KeyboardInterrupt("rows are in x"), 130, "interrupted: rows are in x"),
    (KeyboardInterrupt(), 130, "interrupted"),
])  # fmt: skip
def test_outcomes(error, code, line, capsys):
    assert run_command(raising(error)) == code
    assert capsys.readouterr().err == line + "\n"


def test_missing_system_library(capsys):
    assert run_command(raising(ImportError("libGL.so.1: cannot open shared object file"))) == 2
    assert "opencv-python-headless" in capsys.readouterr().err


@pytest.mark.parametrize("error", [ValueError("a bug"), ImportError("no name x in y")])
def test_bugs_are_not_hidden(error):
    with pytest.raises(type(error)):
        run_command(raising(error))


def test_success():
    assert run_command(lambda: None) == 0


def test_missing_extra():
    assert require("json", "any").dumps([]) == "[]"
    with pytest.raises(UserError, match=r"no_such_library is not installed.*pip install .*\[video\]"):
        require("no_such_library.part", "video")
