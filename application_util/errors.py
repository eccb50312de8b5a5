"""Errors that the user can fix, said in one line, and the names of what fixes them."""

from __future__ import annotations

import importlib
import json
import shutil
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import ModuleType
from urllib.parse import unquote

INSTALLED_NAMES = {
    "deep_sort_app.py": "deep-sort",
    "evaluate_motchallenge.py": "deep-sort-evaluate",
    "show_results.py": "deep-sort-show-results",
    "generate_videos.py": "deep-sort-generate-videos",
    "tools/generate_detections.py": "deep-sort-generate-detections",
    "tools/freeze_model.py": "deep-sort-freeze-model",
    "tools/track_video.py": "deep-sort-track-video",
    "tools/detect.py": "deep-sort-detect",
    "tools/import_detections.py": "deep-sort-import-detections",
    "tools/render_sequence.py": "deep-sort-render-sequence",
    "tools/make_crowd.py": "deep-sort-make-crowd",
    "tools/make_report.py": "deep-sort-make-report",
    "tools/sweep.py": "deep-sort-sweep",
    "tools/train_descriptor.py": "deep-sort-train-descriptor",
    "tools/plot_descriptor.py": "deep-sort-plot-descriptor",
}
"""Script of a clone -> what the command is called where the package is installed."""


class UserError(Exception):
    """Something the user can fix: bad input, a missing file, a missing extra.

    The text is one line, ``file: row: what is wrong, what to do``, as far as each applies.
    """


class Interrupted(KeyboardInterrupt):
    """An interrupt by the user; the text says what is left of the work so far."""


def require(module: str, extra: str) -> ModuleType:
    """Import an optional library, or say which extra installs it.

    Parameters
    ----------
    module : str
        The module to import, e.g. ``"tensorflow"``.
    extra : str
        The extra of this package that brings it, e.g. ``"features"``.

    Raises
    ------
    UserError
        If the library is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        package = module.split(".")[0]
        if (error.name or "").split(".")[0] != package:
            raise
        raise UserError(f"{package} is not installed, and this needs it: {install_command(extra)}") from None


def install_command(extra: str) -> str:
    """Return the command that installs an extra of this package, for the way the package was installed."""
    beside_python = Path(sys.executable).with_name("pip").exists() and shutil.which("pip")
    same = beside_python and Path(str(beside_python)).parent == Path(sys.executable).parent
    return f"{'pip' if same else f'{sys.executable} -m pip'} install '{_source()}[{extra}]'"


def command_name(script: str) -> str:
    """Return what the user calls a command by: its script in a clone, its installed name elsewhere.

    Parameters
    ----------
    script : str
        The script's path in a clone, e.g. ``"tools/generate_detections.py"``.
    """
    return script if _clone() else INSTALLED_NAMES[script]


def _clone() -> Path | None:
    """Return the clone that this package is in, if it is in one."""
    folder = Path(__file__).resolve().parent.parent
    return folder if (folder / "setup.py").is_file() else None


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
