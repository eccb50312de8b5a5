"""What an earlier run has left in a folder of output."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from application_util.progress import say


def set_aside(directory: Path, names: Iterable[str]) -> None:
    """Rename files to ``<name>.old``, so that nobody takes them for what this run makes; say so.

    Parameters
    ----------
    directory : Path
    names : iterable of str
        Of the files; those that are not there do not matter.
    """
    there = [name for name in names if (directory / name).is_file()]
    for name in there:
        os.replace(directory / name, directory / f"{name}.old")
    if there:
        say(f"of an earlier run in {directory}, renamed: {', '.join(f'{name}.old' for name in there)}")
