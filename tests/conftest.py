"""What all tests share: recorded results, small sequences, commands, a screen."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import hypothesis
import numpy as np
import pytest

from application_util import cli
from tests.support.cli import run_command
from tests.support.flags import check_flags
from tests.support.paths import GOLDEN
from tests.support.screen import Screen, opencv_has_windows

# A shell that runs the suite in the background has it ignore interrupts, and so the commands that the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Help pages are compared as text: from Python 3.14 on they have colours on a terminal, or if FORCE_COLOR is set.
os.environ["PYTHON_COLORS"] = "0"

# How long an example takes says more of the machine than of the code.
hypothesis.settings.register_profile("untimed", deadline=None)
hypothesis.settings.load_profile("untimed")

SLOW_FIXTURES = {"command", "screen"}
"""Tests that use these start processes."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what the fixtures tell of a test."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if fixtures & SLOW_FIXTURES:
            item.add_marker(pytest.mark.slow)
        if "screen" in fixtures:
            item.add_marker(pytest.mark.window)


@pytest.fixture(autouse=True)
def _messages_name_flags_that_are_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look at the errors of all commands that tests run in this process."""
    real = cli.say

    def say(message: str) -> None:
        run = sys._getframe(1).f_locals.get("run")
        if message.startswith("error: ") and run is not None:
            check_flags(message, run)
        real(message)

    monkeypatch.setattr(cli, "say", say)


Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture(scope="session")
def functions() -> Mapping[str, np.ndarray]:
    """Inputs and results of the original's functions."""
    return np.load(GOLDEN / "functions.npz")


@pytest.fixture(scope="session")
def walkers() -> np.ndarray:
    """A small valid detection array with 16-d features."""
    return np.load(GOLDEN / "walkers.npy")


@pytest.fixture
def sequence_dir(tmp_path: Path) -> Path:
    """An empty sequence folder."""
    path = tmp_path / "SEQ-01"
    path.mkdir()
    return path


@pytest.fixture
def command() -> Command:
    """Run a command of the project: ``command("deep_sort_app.py", "--help")``."""
    return run_command


@pytest.fixture(scope="session")
def screen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Screen]:
    """A virtual screen; tests with windows are skipped where its programs are missing."""
    if Screen.missing():
        pytest.skip(f"not installed: {', '.join(Screen.missing())} (Debian: apt-get install xvfb xdotool)")
    if not opencv_has_windows():
        pytest.skip("this build of OpenCV has no windows")
    screen = Screen(tmp_path_factory.mktemp("screen"))
    yield screen
    screen.close()
