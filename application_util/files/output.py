"""Output that appears under its name only when it is complete, and never instead of an input."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import IO, Any

from application_util.errors import UserError
from application_util.progress import say


class PartialFile:
    """A file that is written as ``<path>.partial`` and renamed at the end.

    What is no regular file (``/dev/stdout``) is written directly; what a link points to is replaced, not the link.

    Parameters
    ----------
    path : str or Path
        Where the finished file belongs.
    advice : str
        What the user can do when that place cannot be written.

    Attributes
    ----------
    partial_path : Path
        Where the file is until it is complete.

    Raises
    ------
    UserError
        If the path has no file name.
    """

    def __init__(self, path: str | Path, advice: str) -> None:
        self.path = Path(path)
        self.advice = advice
        if not self.path.name or str(path).endswith(os.sep):
            raise UserError(f"{path!s:.200}: not the name of a file: {advice}")
        self._target = Path(os.path.realpath(path)) if self.path.is_symlink() else self.path
        direct = self.path.exists() and not self.path.is_file() and not self.path.is_dir()
        self.partial_path = self.path if direct else self._target.with_name(self._target.name + ".partial")

    def open(self, mode: str = "w", **options: Any) -> IO[Any]:
        """Open the partial file, making folders as needed; ``options`` as for the built-in ``open``.

        Raises
        ------
        UserError
            If it cannot be written, or the finished file could not take its place.
        """
        try:
            if self.path.is_dir():
                raise IsADirectoryError("it is a folder")
            self.partial_path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and not os.access(self.path, os.W_OK):
                raise PermissionError("the file is write-protected")
            return open(self.partial_path, mode, **options)
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UserError(f"{self.path}: cannot be written ({reason}): {self.advice}") from None

    def finish(self) -> None:
        """Put the partial file, which must be closed, in its place; whoever could read that still can."""
        if self.partial_path == self.path:
            return
        if self._target.exists():
            shutil.copymode(self._target, self.partial_path)
        os.replace(self.partial_path, self._target)


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file so that it appears only when it is complete; text is UTF-8.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    file = PartialFile(path, "choose another --output_dir")
    with file.open("wb") as stream:
        stream.write(content.encode() if isinstance(content, str) else content)
    file.finish()


def refuse_overwriting(outputs: Iterable[str | Path | None], inputs: Iterable[str | Path | None]) -> None:
    """Make sure, before any work, that no output is one of the inputs, nor two outputs one file.

    Parameters
    ----------
    outputs : iterable of path
        Files to be written; each is called ``<output>.partial`` meanwhile. None stands for no file.
    inputs : iterable of path
        Files to be read, as far as they exist.

    Raises
    ------
    UserError
        If one would be lost.
    """
    taken = {os.path.realpath(path): path for path in inputs if path is not None and os.path.isfile(path)}
    for output in outputs:
        if output is None or (os.path.exists(output) and not os.path.isfile(output)):
            continue  # /dev/null may be named twice
        place = os.path.realpath(output)
        for path in (place, f"{place}.partial"):
            if path in taken:
                raise UserError(
                    f"{output}: would replace {taken[path]}, which is needed here: choose another name"
                )
        taken[place] = output


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
