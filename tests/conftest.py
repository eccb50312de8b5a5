"""What all tests share: data, small sequences, and commands run as a user runs them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np
import pytest

from tests.windows import Screen

ROOT = Path(__file__).resolve().parent.parent
GOLDEN = Path(__file__).resolve().parent / "golden"

# A shell that runs the suite in the background has it ignore interrupts, and so the commands that the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


def shared_path(relative: str) -> Path:
    """Return a path in the folder of DEEP_SORT_SHARED, or skip the test."""
    root = os.environ.get("DEEP_SORT_SHARED")
    if not root:
        pytest.skip("DEEP_SORT_SHARED is not set: no data of real sequences")
    path = Path(root).resolve() / relative
    if not path.exists():
        pytest.skip(f"{relative} is not in DEEP_SORT_SHARED")
    return path


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


Command = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def command() -> Command:
    """Run a command of the project: ``command("deep_sort_app.py", "--help")``."""

    def run(
        script: str, *args: object, cwd: Path = ROOT, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(ROOT / script), *map(str, args)],
            cwd=cwd,
            env=headless_environment() | environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


def headless_environment() -> dict[str, str]:
    """Return the environment without a display."""
    return {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}


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


def opencv_has_windows() -> bool:
    """Return whether OpenCV was built with a window library."""
    import cv2

    (line,) = (line for line in cv2.getBuildInformation().splitlines() if line.strip().startswith("GUI:"))
    return "NONE" not in line
