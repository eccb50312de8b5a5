"""Commands run as a user runs them, and their one line of error."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.support.paths import ROOT


def headless_environment(**more: str) -> dict[str, str]:
    """Return the environment without a display."""
    kept = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
    return kept | more


def run_command(script: str, *args: object, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run a command of the project to its end: ``run_command("deep_sort_app.py", "--help")``."""
    return run_python(ROOT / script, *args, cwd=cwd, **environment)


def run_python(*args: object, cwd: Path = ROOT, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run Python to its end, without a display: ``run_python("-c", "import deep_sort")``."""
    return subprocess.run(
        [sys.executable, *map(str, args)],
        cwd=cwd,
        env=headless_environment(**environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def error_line(stderr: str) -> str:
    """Return what follows ``error:``, if that is all that was printed."""
    (line,) = stderr.splitlines()
    assert line.startswith("error: "), line
    return line.removeprefix("error: ")
