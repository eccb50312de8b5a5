"""Sequence folders that a tool has made, and knows again by a section of its own in seqinfo.ini."""

from __future__ import annotations

import configparser
from collections.abc import Collection, Mapping
from pathlib import Path

from application_util.errors import UserError

FILE_NAME = "seqinfo.ini"


def write_seqinfo(
    folder: Path,
    name: str,
    size: tuple[int, int],
    frame_rate: int,
    frames: int,
    mark: str,
    arguments: Mapping[str, object],
) -> None:
    """Write seqinfo.ini, with the arguments that make this sequence again.

    Parameters
    ----------
    folder : Path
    name : str
        Of the sequence.
    size : tuple of int
        Width and height of its images in pixels.
    frame_rate, frames : int
        Frames per second, and their number.
    mark : str
        The tool's section.
    arguments : mapping
        What that section says.
    """
    config = configparser.ConfigParser(interpolation=None)
    config.optionxform = str  # type: ignore[assignment,method-assign]
    width, height = size
    config["Sequence"] = {
        "name": name, "imDir": "img1", "frameRate": str(frame_rate), "seqLength": str(frames),
        "imWidth": str(width), "imHeight": str(height), "imExt": ".jpg",
    }  # fmt: skip
    config[mark] = {key: str(value) for key, value in arguments.items()}
    with open(folder / FILE_NAME, "w", encoding="utf-8", errors="replace", newline="\n") as file:
        config.write(file, space_around_delimiters=False)


def check_replaceable(folder: Path, mark: str, what: str, entries: Collection[str] | None = None) -> None:
    """Refuse to replace what a tool has not made.

    Parameters
    ----------
    folder : Path
        Where output is to go; may be missing or empty.
    mark : str
        The tool's section.
    what : str
        What the tool makes, for the message.
    entries : collection of str, optional
        What may lie in the folder; by default anything beside the mark.

    Raises
    ------
    UserError
        If the folder holds something else, or is a file.
    """
    if folder.is_dir():
        found = {entry.name for entry in folder.iterdir()}
        if found and not (_has_mark(folder, mark) and (entries is None or found <= set(entries))):
            raise UserError(f"{folder}: holds something other than {what}, give another folder")
    elif folder.exists():
        raise UserError(f"{folder}: is a file, give a folder")


def _has_mark(folder: Path, mark: str) -> bool:
    config = configparser.ConfigParser(interpolation=None)
    try:
        config.read(folder / FILE_NAME, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return False
    return config.has_section(mark)
