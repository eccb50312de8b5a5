"""Types of command line flags."""

from __future__ import annotations

import argparse
import math
from collections.abc import Callable


def boolean(text: str) -> bool:
    """Read true/false, yes/no or 1/0, in any case."""
    word = text.strip().lower()
    if word in ("true", "yes", "1"):
        return True
    if word in ("false", "no", "0"):
        return False
    raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false (also: yes, no, 1, 0)")


def finite_float(text: str) -> float:
    """Read a number that is neither infinite nor NaN."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number):
        raise argparse.ArgumentTypeError(f"{text!r} is not a finite number")
    return number


def positive_int(text: str) -> int:
    """Read an integer of at least 1."""
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not an integer of at least 1")
    return number


def positive_int_or_none(text: str) -> int | None:
    """Read an integer of at least 1, or none."""
    return None if text.strip().lower() == "none" else positive_int(text)


def positive_float_or_none(text: str) -> float | None:
    """Read a number above 0, or none."""
    if text.strip().lower() == "none":
        return None
    number = finite_float(text)
    if number <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return number


def number_within(kind: Callable[[str], float], low: float, high: float = math.inf) -> Callable[[str], float]:
    """A type for argparse: a number within limits.

    Parameters
    ----------
    kind : callable
        ``int`` or ``float``.
    low, high : float
        The limits, which are allowed themselves; infinity is not.
    """

    def parse(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not (low <= value <= high and math.isfinite(value)):
            what = "an integer" if kind is int else "a number"
            limits = f"of at least {low:.15g}" if high == math.inf else f"from {low:.15g} to {high:.15g}"
            raise argparse.ArgumentTypeError(f"{text!r} is not {what} {limits}")
        return value

    return parse


def add_switch(parser: argparse.ArgumentParser, name: str, help_text: str) -> None:
    """Add a flag that is off by default: ``name``, ``name true`` and ``name false`` are understood."""
    parser.add_argument(
        name,
        type=boolean,
        nargs="?",
        const=True,
        default=False,
        metavar="BOOL",
        help=help_text + " (default: %(default)s)",
    )


def add_drawing_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of all commands that show results."""
    parser.add_argument(
        "--update_ms",
        type=positive_float_or_none,
        metavar="MS",
        help="time between frames in milliseconds (default: by seqinfo.ini's frameRate, else 20)",
    )
    add_switch(parser, "--show_trajectories", "draw where each track was in the last second")
