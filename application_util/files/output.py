"""Output that appears under its name only when it is complete, and never instead of an input or of another run's.

A file is written as ``<name>.partial`` (a video as ``<stem>.partial.avi``), which this process locks, and renamed at
the end. What a dead process has left there is replaced. If another run is writing there, or the name belongs to a link,
a pipe or a folder, the partial file gets a name of its own, ``<name>.<process>-<random>.partial``: two runs with one
output do not mix, and the last to finish replaces the whole file. Locks end with their process, whatever ends it.
"""

from __future__ import annotations

import os
import re
import shutil
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import IO, Any
from uuid import uuid4

from application_util.errors import UserError
from application_util.files.lock import RENAMES_OPEN_FILES, lock
from application_util.progress import say

OPEN_FLAGS = os.O_RDWR | sum(getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY"))


class PartialFile:
    """A file in the making: a context manager that renames it when the block ends well.

    What is no regular file (``/dev/stdout``) is written directly; what a link points to is replaced, not the link.

    Parameters
    ----------
    path : str or Path
        Where the finished file belongs.
    advice : str
        What the user can do when that place cannot be written.
    keep_suffix : bool
        The partial file's name ends as the path does, for encoders that go by it.

    Attributes
    ----------
    path : Path
    partial_path : Path
        Where the file is until it is complete; in the block, that of this run.

    Raises
    ------
    UserError
        If the path has no file name. On entering, if the file cannot be written, or could not be replaced.
    """

    def __init__(self, path: str | Path, advice: str, keep_suffix: bool = False) -> None:
        self.path = Path(path)
        self.advice = advice
        if not self.path.name or str(path).endswith(os.sep):
            raise UserError(f"{path!s:.200}: not the name of a file: {advice}")
        self._target = Path(os.path.realpath(path)) if self.path.is_symlink() else self.path
        self._direct = self.path.exists() and not self.path.is_file() and not self.path.is_dir()
        self._suffix = self._target.suffix if keep_suffix else ""
        self.partial_path = self.path if self._direct else self._name("partial")
        self._descriptor: int | None = None
        self._kept = False

    def __enter__(self) -> PartialFile:
        try:
            if self.path.is_dir():
                raise IsADirectoryError("it is a folder")
            self._target.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and not os.access(self.path, os.W_OK):
                raise PermissionError("the file is write-protected")
            if not self._direct:
                self._descriptor = _claim(self.partial_path)
                if self._descriptor is None:
                    self.partial_path = self._name(f"{os.getpid()}-{uuid4().hex[:8]}.partial")
                    self._descriptor = _claim(self.partial_path)
                else:
                    self._remove_leftovers()
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UserError(f"{self.path}: cannot be written ({reason}): {self.advice}") from None
        return self

    def open(self, mode: str = "w", **options: Any) -> IO[Any]:
        """Open the partial file, which stays this run's until the block ends; ``options`` as for ``open``."""
        if self._descriptor is None:
            return open(self.partial_path, mode, **options)
        return os.fdopen(os.dup(self._descriptor), mode, **options)

    @property
    def locks(self) -> tuple[int, ...]:
        """Descriptors for a child process that writes the file: it holds the lock on if it outlives this process."""
        return () if self._descriptor is None or not RENAMES_OPEN_FILES else (self._descriptor,)

    def keep_partial(self) -> None:
        """Leave the partial file as it is at the end of the block, because it is not complete."""
        self._kept = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if not RENAMES_OPEN_FILES:
            self._release()
        try:
            if kind is None and not self._kept and not self._direct:
                if self._target.exists():
                    shutil.copymode(self._target, self.partial_path)
                os.replace(self.partial_path, self._target)
        finally:
            self._release()

    def _release(self) -> None:
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _remove_leftovers(self) -> None:
        """Remove what dead runs have left under names of their own."""
        stem = self._target.name.removesuffix(self._suffix)
        name = re.compile(rf"{re.escape(stem)}\.\d+-[0-9a-f]{{8}}\.partial{re.escape(self._suffix)}")
        for entry in os.scandir(self._target.parent):
            if name.fullmatch(entry.name) and (descriptor := _claim(Path(entry.path))) is not None:
                if RENAMES_OPEN_FILES:
                    os.unlink(entry.path)  # while the lock holds
                os.close(descriptor)
                if not RENAMES_OPEN_FILES:
                    os.unlink(entry.path)

    def _name(self, mark: str) -> Path:
        stem = self._target.name.removesuffix(self._suffix)
        return self._target.with_name(f"{stem}.{mark}{self._suffix}")


@contextmanager
def whole_file(
    path: str | Path, advice: str = "choose another place", mode: str = "w", **options: Any
) -> Iterator[IO[Any]]:
    """Open a file for writing that appears under its name when the block ends well, see `PartialFile`."""
    with PartialFile(path, advice) as output, output.open(mode, **options) as file:
        yield file


def check_writable(path: str | Path, advice: str) -> None:
    """Make sure, before any work, that a file can be written there; `UserError` if not."""
    with PartialFile(path, advice) as output:
        output.keep_partial()
        if output.partial_path != output.path:
            output.partial_path.unlink()


def write_whole(path: Path, content: bytes | str, advice: str = "choose another place") -> None:
    """Write a file so that it appears only when it is complete; text is UTF-8, names in it are the file system's.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    with whole_file(path, advice, "wb") as file:
        file.write(content.encode(errors="surrogateescape") if isinstance(content, str) else content)


def refuse_overwriting(outputs: Iterable[str | Path | None], inputs: Iterable[str | Path | None]) -> None:
    """Make sure, before any work, that no output is one of the inputs, nor two outputs one file.

    Parameters
    ----------
    outputs : iterable of path
        Files to be written, under their partial names first. None stands for no file.
    inputs : iterable of path
        Files to be read, as far as they exist; ``folder/*`` stands for all in a folder, an array or a network also for
        its card and weights beside it.

    Raises
    ------
    UserError
        If one would be lost, or an output is to be the folder of another.
    """
    given = [Path(path) for path in inputs if path is not None]
    there = [*given, *(beside for path in given for beside in _beside(path))]
    folders = {os.path.realpath(path.parent): path.parent for path in there if path.name == "*"}
    taken: dict[str, str | Path] = {os.path.realpath(path): path for path in there if path.is_file()}
    made: dict[Path, str | Path] = {}
    for output in outputs:
        if output is None or (os.path.exists(output) and not os.path.isfile(output)):
            continue  # /dev/null may be named twice
        place = Path(os.path.realpath(output))
        for path in (place, f"{place}.partial", place.with_name(f"{place.stem}.partial{place.suffix}")):
            if str(path) in taken:
                raise UserError(
                    f"{output}: would replace {taken[str(path)]}, which is needed here: choose another name"
                )
        for name in folders.keys() & set(map(str, place.parents)):
            raise UserError(
                f"{output}: would replace files of {folders[name]}, which is read here: choose another name"
            )
        taken[str(place)] = made[place] = output
    for place, output in made.items():
        for folder in made.keys() & set(place.parents):
            raise UserError(f"{made[folder]}: would be the folder of {output} as well: choose another name")


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


def _beside(path: Path) -> list[Path]:
    """Return where the card and the weights of an array or a network lie."""
    if path.suffix.lower() not in (".npy", ".pb", ".xml", ".onnx"):
        return []
    return [path.with_suffix(".json"), path.with_suffix(".bin"), Path(f"{path}.data")]


def _claim(path: Path) -> int | None:
    """Create a file, or empty what a dead process of this user has left there; None if it is anything else."""
    try:
        descriptor, new = os.open(path, OPEN_FLAGS | os.O_CREAT | os.O_EXCL, 0o666), True
    except FileExistsError:
        try:
            descriptor, new = os.open(path, OPEN_FLAGS), False
        except OSError:
            return None
    locked = lock(descriptor)
    about = os.fstat(descriptor)
    # Whoever held the lock before may have renamed the file since it was opened here.
    same = os.path.lexists(path) and os.path.samestat(about, os.lstat(path))
    mine = not hasattr(os, "geteuid") or about.st_uid == os.geteuid()
    if same and mine and stat.S_ISREG(about.st_mode) and about.st_nlink == 1 and (locked or (new and locked is None)):
        os.truncate(descriptor, 0)
        return descriptor
    os.close(descriptor)
    return None
