"""Types of flags: how the text of a command line becomes a value, and how a value is shown."""

from __future__ import annotations

import argparse
import itertools
import math
from collections.abc import Callable
from typing import Any


def boolean(text: str) -> bool:
    """Read true/false, yes/no or 1/0, in any case."""
    word = text.strip().lower()
    if word in ("true", "yes", "1"):
        return True
    if word in ("false", "no", "0"):
        return False
    raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false (also: yes, no, 1, 0)")


bool_string = boolean
"""Its name in the original."""


def number(kind: type, low: float = -math.inf, high: float = math.inf) -> Callable[[str], Any]:
    """Return a type of flags: a finite number within limits, which are allowed themselves.

    Parameters
    ----------
    kind : type
        ``int`` or ``float``.
    low, high : float
    """
    what = "an integer" if kind is int else "a finite number"
    limits = f" from {low:.15g} to {high:.15g}" if high < math.inf else f" of at least {low:.15g}"

    def parse(text: str) -> Any:
        try:
            value = kind(text)
            finite = math.isfinite(value)
        except (ValueError, OverflowError):  # text, or an integer beyond floating point
            value, finite = math.nan, False
        if not (finite and low <= value <= high):
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}{limits if low > -math.inf else ''}")
        return value

    return parse


def or_none(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a type of flags: what `parse` reads, or ``none``."""

    def read(text: str) -> Any:
        return None if text.strip().lower() == "none" else parse(text)

    read.takes_none = True  # type: ignore[attr-defined]
    return read


def several(**options: Any) -> dict[str, Any]:
    """Return what ``add_argument`` is to know of a list, written ``A B``, ``A,B`` or with its flag repeated.

    Parameters
    ----------
    **options
        As for one of its values; the list is a tuple.
    """
    parse, choices, _ = options.pop("type", str), options.pop("choices", None), options.pop("const", None)

    def read(text: str) -> tuple[Any, ...]:
        words = [word.strip() for word in text.split(",") if word.strip()]
        wrong = [word for word in words if choices and word not in choices]
        if wrong or not words:
            raise argparse.ArgumentTypeError(
                f"{', '.join(wrong) or 'nothing'} is none of {', '.join(choices)}" if choices else "it is empty"
            )
        return tuple(parse(word) for word in words)

    if choices:
        options["metavar"] = f"{{{','.join(choices)}}}"
    return options | {"nargs": "+", "action": _AddToList, "type": read}


class StoreTuple(argparse.Action):
    """Stores the values of a flag that takes a fixed number of them."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        """Store them."""
        setattr(namespace, self.dest, tuple(values))


class _AddToList(argparse.Action):
    """Takes tuples of values, also when the flag is there several times."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: str | None = None) -> None:
        before = getattr(namespace, self.dest)
        kept = () if before is self.default else before
        setattr(namespace, self.dest, tuple(itertools.chain(kept, *values)))


finite_float = number(float)
positive_int = number(int, 1)


def positive_float(text: str) -> float:
    """Read a number above 0."""
    value = finite_float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def switch(default: bool | None = False) -> dict[str, Any]:
    """Return what ``add_argument`` is to know of a flag that takes true or false, and alone means true."""
    return {"type": boolean, "nargs": "?", "const": True, "default": default, "metavar": "BOOL"}


def default_text(value: Any) -> str:
    """Return a default as one would type it."""
    if isinstance(value, tuple | list):
        return " ".join(map(default_text, value))
    return str(value).lower() if value is None or isinstance(value, bool) else str(value)
