"""Types of command line flags."""

from __future__ import annotations

import argparse
import math


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
