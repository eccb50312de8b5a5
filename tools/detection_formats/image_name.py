"""What the names of images say: sequence and frame."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path, PurePosixPath

from application_util.errors import UserError
from application_util.progress import say
from tools.detection_formats.box import to_frame

ENDING = re.compile(r"((_(jpe?g|png|bmp))?\.rf\.[0-9a-z]+)?(\.[a-z][a-z0-9]{0,4})?$", re.ASCII | re.IGNORECASE)
"""What follows the frame number: optionally the former extension and the hash that Roboflow adds, the extension."""


def says_frame(name: str) -> bool:
    """Return whether the name of an image ends in a number."""
    return bool(_split(_path(name).name)[1])


def frame_of_name(name: str, place: str) -> int:
    """Read the frame number at the end of a file's name: ``000012.jpg``, ``clip_12``.

    Raises
    ------
    UserError
        If the name does not end in a number.
    """
    prefix, number = _split(_path(name).name)
    if not number:
        raise UserError(f"{place}: the name {prefix!r:.200} does not end in a frame number, as clip_12 does")
    return to_frame(number, place)


def check_frame(frame: int, name: str, place: str) -> None:
    """Make sure that the name of an image does not say another frame; `UserError` otherwise."""
    said = frame_of_name(name, place)
    if said != frame:
        raise UserError(
            f"{place}: frame {frame}, but the image {name:.200} says {said}: remove one of them, or number alike"
        )


def frames_by_name(places: Mapping[str, str], sequence_name: str, source: Path, kind: str = "image") -> dict[str, int]:
    """Find the frames of a sequence's images.

    Parameters
    ----------
    places : mapping
        Name of each image, optionally with folders -> where it was read.
    sequence_name : str
        Of images of several sequences, those in a folder of this name or called ``<name>_<frame>`` are taken.
    source : Path
        Of the detections: the others are reported under this name.
    kind : str
        What the names are those of.

    Returns
    -------
    dict
        Name -> frame, for the images of the sequence.

    Raises
    ------
    UserError
        If a name does not say the frame, or two images say the same.
    """
    own = [name for name in places if _belongs(_path(name), sequence_name)]
    others = len(places) - len(own)
    if own and others:
        what = f"{kind}s are" if others > 1 else f"{kind} is"
        say(f"{source}: {others} {what} not of {sequence_name}")
    frames: dict[str, int] = {}
    names: dict[int, str] = {}
    for name in own or places:
        frame = frame_of_name(name, places[name])
        other = names.setdefault(frame, name)
        if _path(other) != _path(name):
            raise UserError(
                f"{places[name]}: frame {frame} has another {kind}, {other:.200}; "
                f"of several sequences, name those of {sequence_name} like {sequence_name}_{frame}"
            )
        frames[name] = frame
    return frames


def _belongs(path: PurePosixPath, sequence_name: str) -> bool:
    return sequence_name in path.parts or _split(path.name)[0] == f"{sequence_name}_"


def _path(name: str) -> PurePosixPath:
    return PurePosixPath(name.replace("\\", "/"))


def _split(name: str) -> tuple[str, str]:
    """Split a file's name into what is before the frame number, and that number, empty if there is none."""
    stem = ENDING.sub("", name, count=1)
    prefix = stem.rstrip("0123456789")
    return prefix, stem[len(prefix) :]
