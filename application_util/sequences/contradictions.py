"""What a sequence says twice: seqinfo.ini, names and images, which are used, must agree.

The original looks at little of it, so that a contradiction is a warning: results stay as they are.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterable, Iterator
from itertools import groupby
from pathlib import Path

from application_util.errors import UserError
from application_util.progress import warn
from application_util.sequences.images import ImageFolder, no_images
from application_util.sequences.sequence import MotSequence, read_sequence

SAME_RATE = 0.005
"""Fraction by which frame rates may differ: 29.97 is written as 30."""
NUMBERS = ("seqLength", "imWidth", "imHeight")


def warn_of_contradictions(sequence: MotSequence) -> None:
    """Print `contradictions` as warnings."""
    for line in contradictions(sequence):
        warn(line)


def warn_of_each(directories: Iterable[Path]) -> None:
    """Print `contradictions` of sequences; those that cannot be read have other problems, which are told elsewhere."""
    for directory in directories:
        with contextlib.suppress(UserError):
            warn_of_contradictions(read_sequence(directory))


def contradictions(sequence: MotSequence, counted: bool = False) -> list[str]:
    """Return a line for each thing of a sequence that is said twice and differently, naming both.

    Parameters
    ----------
    sequence : MotSequence
    counted : bool
        Compare the number of frames of a video as well, which takes as long as decoding it.
    """
    lines = [f"{sequence.info.path}: {line}" for line in _about_file(sequence, counted)]
    images = sequence.images
    if isinstance(images, ImageFolder):
        if images.unused:
            lines.append(
                f"{images.place}: {len(images.unused)} images are not used, such as {images.unused[0].name}: "
                f"those of the sequence are called like {next(iter(images.values())).name}"
            )
        elif not images and images.place.is_dir() and any(images.place.iterdir()):
            lines.append(no_images(images.place))
    return lines


def _about_file(sequence: MotSequence, counted: bool) -> Iterator[str]:
    info, images = sequence.info, sequence.images
    for key, pairs in groupby(sorted(info.pairs), key=lambda pair: pair[0]):
        values = {value for _, value in pairs}
        if len(values) > 1:
            others = " and ".join(sorted(values - {info.text(key)}))
            yield f"{key}={info.text(key)} and {others}: the last is taken"
    for key in NUMBERS:
        number = info.number(key)
        if number is not None and not (number > 0 and number.is_integer()):
            yield f"{key}={info.text(key):.40} is no whole number above 0, and not used"
    name = info.text("name")
    if name and name != sequence.name:
        yield f"name={name:.100}, but the sequence is called {sequence.name}: is it of another one?"
    folder = info.image_folder
    if folder is not None and not (sequence.directory / folder).is_dir() and images and images.video is None:
        yield f"imDir={folder}, no such folder: the images are taken from {images.place}"
    if not images:
        return
    if counted or images.video is None:
        frames = sequence.frames
        if sequence.length not in (None, frames[-1]):
            yield f"seqLength={sequence.length}, but the images are of frames {frames[0]} to {frames[-1]}"
    size = sequence.announced_size
    said = info.number("imHeight"), info.number("imWidth")
    if size is not None and any(side > 0 and side != real for side, real in zip(map(_or_nan, said), size, strict=True)):
        sides = " ".join(f"{key}={info.text(key)}" for key in NUMBERS[1:] if info.text(key))
        yield f"{sides}, but the images have {size[1]} x {size[0]} pixels"
    rate = getattr(images, "frame_rate", None)
    if rate and info.frame_rate and abs(info.frame_rate / rate - 1) > SAME_RATE:
        yield f"frameRate={info.frame_rate:g}, but {images.place.name} has {rate:g}: the former is taken"
    suffix = (info.text("imExt") or "").lower()
    if suffix and images.video is None and all(path.suffix.lower() != suffix for path in images.values()):
        yield f"imExt={suffix:.40}, but the images are called like {next(iter(images.values())).name}"


def _or_nan(number: float | None) -> float:
    return math.nan if number is None else number
