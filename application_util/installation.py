"""How the package is installed, what its commands are called there, and what installs its extras.

Imports the standard library alone: setup.py reads the commands from here.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class Command:
    """A command of the project.

    Attributes
    ----------
    name : str
        What it is called as a part of ``deep-sort``.
    script : str
        Its path in a clone.
    """

    name: str
    script: str

    @property
    def module(self) -> str:
        """Name of the module that is the command."""
        return self.script.removesuffix(".py").replace("/", ".")

    @property
    def console_script(self) -> str:
        """Name of the command on its own, where the package is installed."""
        own = {"deep_sort_app": "track", "evaluate_motchallenge": "evaluate"}
        stem = Path(self.script).stem
        return f"deep-sort-{own.get(stem, stem).replace('_', '-')}"

    @property
    def summary(self) -> str:
        """First sentence of the command's docstring, read without importing anything."""
        with open(ROOT / self.script, encoding="utf-8") as file:
            return file.readline().strip().strip('"').removesuffix(".")


TASKS = {
    "track": [
        Command("track", "deep_sort_app.py"),
        Command("video", "tools/track_video.py"),
        Command("evaluate", "evaluate_motchallenge.py"),
        Command("postprocess", "tools/postprocess.py"),
        Command("sweep", "tools/sweep.py"),
    ],
    "detections and features": [
        Command("detect", "tools/detect.py"),
        Command("import", "tools/import_detections.py"),
        Command("encode", "tools/generate_detections.py"),
    ],
    "look at results": [
        Command("show", "show_results.py"),
        Command("render-videos", "generate_videos.py"),
        Command("report", "tools/make_report.py"),
    ],
    "appearance network": [
        Command("train", "tools/train_descriptor.py"),
        Command("plot", "tools/plot_descriptor.py"),
        Command("freeze", "tools/freeze_model.py"),
    ],
    "synthetic sequences": [
        Command("render-street", "tools/render_sequence.py"),
        Command("crowd", "tools/make_crowd.py"),
    ],
}
"""All commands, by what they are for."""

COMMANDS = {command.name: command for commands in TASKS.values() for command in commands}


def command_name(script: str) -> str:
    """Return what the user calls a command by: its script in a clone, its part of ``deep-sort`` elsewhere.

    Parameters
    ----------
    script : str
        The script's path in a clone, e.g. ``"tools/generate_detections.py"``.
    """
    (name,) = (each.name for each in COMMANDS.values() if each.script == script)
    return script if _clone() else f"deep-sort {name}"


def install_command(extra: str) -> str:
    """Return the command that installs an extra of this package, for the way the package was installed."""
    beside_python = Path(sys.executable).with_name("pip").exists() and shutil.which("pip")
    same = beside_python and Path(str(beside_python)).parent == Path(sys.executable).parent
    return f"{'pip' if same else f'{sys.executable} -m pip'} install '{_source()}[{extra}]'"


def _clone() -> Path | None:
    """Return the clone that this package is in, if it is in one."""
    return ROOT if (ROOT / "setup.py").is_file() else None


def _source() -> str:
    """Where pip finds this package: its clone, or what it was installed from."""
    folder = _clone()
    if folder:
        return "." if folder == Path.cwd() else str(folder)
    try:
        url = json.loads(distribution("deep-sort").read_text("direct_url.json") or "{}").get("url", "")
    except PackageNotFoundError:
        url = ""
    return unquote(url.removeprefix("file://")) or "deep-sort"
