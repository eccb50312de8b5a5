"""Outcomes of commands: exit codes and one line on stderr."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from application_util.cli import CommandParser, run_command
from application_util.errors import UserError, require
from application_util.flag_types import number
from tests.support.paths import ROOT


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


def test_home_is_understood_where_no_shell_does_it(monkeypatch):
    monkeypatch.setenv("HOME", "/home/me")
    parser = CommandParser("")
    parser.add_argument("--output_file", default="~/a")
    parser.add_argument("--number", type=int)
    for text, path in {"~/tracks.txt": "/home/me/tracks.txt", "a~b": "a~b", "/tmp/~": "/tmp/~"}.items():
        assert parser.parse_args([f"--output_file={text}", "--number=3"]).output_file == path
    assert parser.parse_args([]).output_file == "/home/me/a"


@pytest.mark.parametrize("place", ["a pipe without a reader", "/dev/full", "only to be read", "closed"])
def test_work_goes_on_when_nobody_reads_what_is_said(place):
    script = "from application_util.progress import say\nfor _ in range(9): say('a line')\nprint('done')"
    if place == "a pipe without a reader":
        reader, stderr = os.pipe()
        os.close(reader)
    else:
        stderr = os.open("/dev/full" if place == "/dev/full" else os.devnull, os.O_WRONLY * (place == "/dev/full"))
    close = ["sh", "-c", 'exec "$@" 2>&-', "sh"] if place == "closed" else []
    command = [*close, sys.executable, "-c", script]
    run = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=stderr, check=False)
    os.close(stderr)
    assert (run.returncode, run.stdout) == (0, b"done\n")


@pytest.mark.parametrize("text", ["9" * 400, "9" * 5000, "x", "1.5", "", "-1"])
def test_a_flag_that_is_no_usable_number(text, capsys):
    parser = CommandParser("")
    parser.add_argument("--height", type=number(int, 0))
    with pytest.raises(SystemExit):
        parser.parse_args([f"--height={text}"])
    assert "is not an integer of at least 0" in capsys.readouterr().err
