"""One detection, whatever file it comes from, and what its file may hold."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from reprlib import repr as brief
from typing import NamedTuple

from application_util.errors import UserError
from application_util.sequences.sequence import MotSequence

DECIMALS = 6
"""Of positions and sizes in det.txt."""
SCORE_DIGITS = 9
"""Of confidences there: enough for any 32-bit number, since their order decides which box is kept."""
LARGEST = 1e9
"""Limit of frames and of positions and sizes in pixels."""


class Box(NamedTuple):
    """A detection and where it was read.

    Attributes
    ----------
    place : str
        File, and line or entry.
    frame : int
        By the detector's count.
    left, top, width, height : float
        Pixels.
    confidence : float or None
        None where the file has none.
    class_id, class_name : str or None
        None where the file has none.
    """

    place: str
    frame: int
    left: float
    top: float
    width: float
    height: float
    confidence: float | None
    class_id: str | None = None
    class_name: str | None = None

    @property
    def class_text(self) -> str:
        """The class as it may be asked for, id and name as far as they are known."""
        if self.class_id is None or self.class_name is None:
            return self.class_id or self.class_name or ""
        return f"{self.class_id} ({self.class_name})"


class Export(NamedTuple):
    """What a tool has written about a sequence.

    Attributes
    ----------
    boxes : iterable of Box
    images : mapping of int -> str
        Frame, by the detector's count -> where the file names its image, also if that has no boxes; empty if the
        file knows frames by number only.
    """

    boxes: Iterable[Box]
    images: Mapping[int, str]


def check_box(box: Box, fractions: bool) -> None:
    """Make sure that a box can be tracked.

    Parameters
    ----------
    box : Box
    fractions : bool
        Whether confidences must lie between 0 and 1.

    Raises
    ------
    UserError
    """
    confidence = 1.0 if box.confidence is None else box.confidence
    numbers = {name: getattr(box, name) for name in ("left", "top", "width", "height")}
    for name, value in (numbers | {"confidence": confidence}).items():
        if not math.isfinite(value):
            raise UserError(f"{box.place}: {name} {value} is not finite")
        if abs(value) > LARGEST and name != "confidence":
            raise UserError(f"{box.place}: {name} {value:g} is beyond {LARGEST:.0f} pixels")
    for name in ("width", "height"):
        if numbers[name] <= 0:
            raise UserError(f"{box.place}: {name} {numbers[name]:g} is not positive")
        if round(numbers[name], DECIMALS) == 0:
            raise UserError(f"{box.place}: {name} {numbers[name]:g} is 0 with the {DECIMALS} decimals of det.txt")
    if fractions and not 0 <= confidence <= 1:
        hint = "; for scores in percent: --percent" if 1 < confidence <= 100 else ""
        raise UserError(f"{box.place}: confidence {confidence:g} is not between 0 and 1{hint}")


def check_size(said: tuple[float, float], sequence: MotSequence, place: str) -> None:
    """Make sure that an export is of images as large as the sequence's, where it says (height, width) of them."""
    size = sequence.image_size
    if size is not None and said != size:
        raise UserError(
            f"{place}: an image of {said[1]:g} x {said[0]:g} pixels, but those of {sequence.name} have "
            f"{size[1]} x {size[0]}: resize the boxes, or give the images that were looked at"
        )


def score_text(score: float) -> str:
    """Return a confidence as det.txt has it."""
    return f"{score + 0.0:.{SCORE_DIGITS}g}"


def to_number(text: object, place: str, name: str) -> float:
    """Read a number from text or JSON; `UserError` otherwise."""
    if isinstance(text, str | int | float) and not isinstance(text, bool):
        try:
            return float(text)
        except (ValueError, OverflowError):
            pass
    raise UserError(f"{place}: {name} {brief(text)} is not a number")


def to_frame(text: object, place: str) -> int:
    """Read a frame number; `UserError` if it is not whole, or too large for one."""
    number = to_number(text, place, "frame")
    if not number.is_integer():
        raise UserError(f"{place}: frame {brief(text)} is not a whole number")
    if abs(number) > LARGEST:
        raise UserError(f"{place}: frame {brief(text)} is beyond {LARGEST:.0f}")
    return int(number)


def to_class(text: str | int | float) -> str:
    """Return a class as it may be asked for: 0, 0.0 and ``0.0`` are ``0``."""
    try:
        number = float(text)
    except (ValueError, OverflowError):
        return str(text)
    return str(int(number)) if number.is_integer() else str(text)
