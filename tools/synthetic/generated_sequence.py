"""Generated sequences: folders that a tool makes as a whole, and recognises by a section of its own in seqinfo.ini."""

from __future__ import annotations

import configparser
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from io import StringIO
from pathlib import Path

from application_util.errors import UserError
from application_util.files.lock import lock_folder
from application_util.files.output import write_whole

SEQINFO = "seqinfo.ini"
SEQINFO_PARTIAL = "seqinfo.ini.partial"


@dataclass(frozen=True)
class Kind:
    """What a tool makes.

    Attributes
    ----------
    name : str
        For messages, e.g. ``"a generated crowd"``.
    section : str
        The tool's section of seqinfo.ini, with the arguments that make the sequence once more.
    files : tuple of str
        Patterns of its files beside seqinfo.ini; a folder with others is left alone.
    """

    name: str
    section: str
    files: tuple[str, ...]

    def made(self, folder: Path) -> bool:
        """Return whether the tool, and nobody else, has put into a folder what lies there."""
        paths = [path for path in folder.rglob("*") if not path.is_dir() or path.is_symlink()]
        found = {path.relative_to(folder).as_posix(): path.lstat().st_size for path in paths}
        patterns = (SEQINFO, SEQINFO_PARTIAL, *self.files)
        if not all(any(fnmatchcase(path, pattern) for pattern in patterns) for path in found):
            return False
        # A run that is killed at its start leaves empty folders, or a part of seqinfo.ini, its first file.
        folders = {pattern.partition("/")[0] for pattern in self.files if "/" in pattern}
        just_begun = all(path == SEQINFO_PARTIAL or (path == SEQINFO and not size) for path, size in found.items())
        known = {path.name for path in folder.iterdir() if path.is_dir()} <= folders
        return known and (just_begun or _has_section(folder / SEQINFO, self.section))


@contextmanager
def generated_sequence(output_dir: str | Path, kind: Kind) -> Iterator[Path]:
    """Yield an empty folder that replaces `output_dir` when the block ends well.

    It lies in ``<output_dir>.partial``, which is this process's alone; what a killed run left there is removed.

    Parameters
    ----------
    output_dir : str or Path
        The sequence's folder. If it holds something other than what the tool made, nothing is touched.
    kind : Kind

    Raises
    ------
    UserError
        If `output_dir` cannot be replaced or written, or another run is making it.
    """
    folder = Path(os.path.realpath(output_dir))
    if not folder.name:
        raise UserError(f"{output_dir}: not the name of a folder, give one to be made")
    work = folder.with_name(f"{folder.name}.partial")
    new, old = work / folder.name, work / "replaced"
    _refuse_others(folder, kind, [folder])
    _refuse_others(work, kind, [new, old] if new.is_dir() or old.is_dir() else [work])
    try:
        with lock_folder(work):
            try:
                for path in work.iterdir():
                    shutil.rmtree(path) if path.is_dir() else path.unlink()
                new.mkdir()
                yield new
                if folder.exists():
                    folder.rename(old)
                new.rename(folder)
            finally:
                shutil.rmtree(work, ignore_errors=True)
    except OSError as error:
        raise UserError(f"{output_dir}: cannot be written: {error.strerror or error}") from None


def write_seqinfo(
    folder: Path,
    name: str,
    size: tuple[int, int],
    frame_rate: int,
    frames: int,
    kind: Kind,
    arguments: Mapping[str, object],
) -> None:
    """Write seqinfo.ini, with the arguments that make this sequence once more.

    Parameters
    ----------
    folder : Path
    name : str
        Of the sequence.
    size : tuple of int
        Width and height of its images in pixels.
    frame_rate, frames : int
        Frames per second, and their number.
    kind : Kind
    arguments : mapping
        What the tool's section says.
    """
    config = configparser.ConfigParser(interpolation=None)
    config.optionxform = str  # type: ignore[assignment,method-assign]
    width, height = size
    config["Sequence"] = {
        "name": name, "imDir": "img1", "frameRate": str(frame_rate), "seqLength": str(frames),
        "imWidth": str(width), "imHeight": str(height), "imExt": ".jpg",
    }  # fmt: skip
    config[kind.section] = {key: str(value) for key, value in arguments.items()}
    text = StringIO()
    config.write(text, space_around_delimiters=False)
    write_whole(folder / SEQINFO, text.getvalue().encode(errors="replace"))


def _refuse_others(folder: Path, kind: Kind, parts: list[Path]) -> None:
    """Refuse to replace a file, and a folder with anything other than parts that the tool has made."""
    if folder.is_dir():
        others = set() if parts == [folder] else set(folder.iterdir()) - set(parts)
        if others or not all(kind.made(part) for part in parts if part.exists()):
            raise UserError(f"{folder}: holds something other than {kind.name}, give another folder")
    elif folder.exists():
        raise UserError(f"{folder}: is a file, give a folder")


def _has_section(path: Path, section: str) -> bool:
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read(path, encoding="utf-8")
    except (OSError, configparser.Error, UnicodeDecodeError):
        return False
    return config.has_section(section)
