from __future__ import annotations

import os

import pytest

from tools.quiet import quiet_stderr

CHATTER = (
    b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\n"
    b"I0000 00:00:1795395183.328345    8477 port.cc:153] oneDNN custom operations are on.\n"
    b"To enable the following instructions: AVX2 FMA, in other operations, rebuild TensorFlow\n"
)


def test_log_lines_are_left_out_and_other_lines_kept(capfd):
    with quiet_stderr():
        os.write(2, CHATTER + b"from another thread\n")
    os.write(2, b"afterwards\n")
    assert capfd.readouterr().err == "from another thread\nafterwards\n"


def test_everything_is_shown_after_an_exception(capfd):
    with pytest.raises(RuntimeError), quiet_stderr():
        os.write(2, CHATTER)
        raise RuntimeError
    assert capfd.readouterr().err.encode() == CHATTER


def test_everything_is_shown_to_who_asks_for_it(capfd, monkeypatch):
    monkeypatch.setenv("TF_CPP_MIN_LOG_LEVEL", "0")
    with quiet_stderr():
        os.write(2, CHATTER)
    assert capfd.readouterr().err.encode() == CHATTER
