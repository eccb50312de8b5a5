"""One detection, whatever file it comes from, and what its file may hold."""

from __future__ import annotations

import math
import re
from typing import NamedTuple

from application_util.errors import UserError


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
    confidence : float
    class_id, class_name : str or None
        None where the file does not tell.
    """

    place: str
    frame: int
    left: float
    top: float
    width: float
    height: float
    confidence: float
    class_id: str | None = None
    class_name: str | None = None

    @property
    def class_text(self) -> str:
        """The class as it may be asked for, id and name as far as they are known."""
        if self.class_id is None or self.class_name is None:
            return self.class_id or self.class_name or ""
        return f"{self.class_id} ({self.class_name})"


def check_box(box: Box, shares: bool) -> None:
    """Make sure that a box can be tracked.

    Parameters
    ----------
    box : Box
    shares : bool
        Whether confidences must lie between 0 and 1.

    Raises
    ------
    UserError
    """
    numbers = {name: getattr(box, name) for name in ("left", "top", "width", "height", "confidence")}
    for name, value in numbers.items():
        if not math.isfinite(value):
            raise UserError(f"{box.place}: {name} {value} is not finite")
    for name in ("width", "height"):
        if numbers[name] <= 0:
            raise UserError(f"{box.place}: {name} {numbers[name]:g} is not positive")
    if shares and not 0 <= box.confidence <= 1:
        hint = "; for scores in percent: --percent" if 1 < box.confidence <= 100 else ""
        raise UserError(f"{box.place}: confidence {box.confidence:g} is not between 0 and 1{hint}")


def to_number(text: object, place: str, name: str) -> float:
    """Read a number from text or JSON; `UserError` otherwise."""
    if isinstance(text, str | int | float) and not isinstance(text, bool):
        try:
            return float(text)
        except (ValueError, OverflowError):
            pass
    raise UserError(f"{place}: {name} {text!r} is not a number")


def to_frame(text: object, place: str) -> int:
    """Read a frame number; `UserError` if it is not whole."""
    number = to_number(text, place, "frame")
    if not number.is_integer():
        raise UserError(f"{place}: frame {text!r} is not a whole number")
    return int(number)


def frame_of_name(stem: str, place: str) -> int:
    """Read the frame number at the end of a file name without extension: ``000012``, ``clip_12``.

    Raises
    ------
    UserError
        If the name does not end in a number.
    """
    match = re.search(r"\d+$", stem, re.ASCII)
    if not match:
        raise UserError(f"{place}: the name {stem!r} does not end in a frame number, as clip_12 does")
    return int(match[0])
