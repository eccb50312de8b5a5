"""Which parameters of the tracker a sweep tries."""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from application_util.cli import finite_float, positive_int_or_none
from application_util.errors import UserError
from application_util.settings import Settings

VALUE_TYPES: dict[str, Callable[[str], Any]] = {
    "min_confidence": finite_float,
    "min_detection_height": int,
    "nms_max_overlap": finite_float,
    "max_cosine_distance": finite_float,
    "nn_budget": positive_int_or_none,
}
USUAL_VALUES: dict[str, list[Any]] = {
    "min_confidence": [0.3, 0.6],
    "nms_max_overlap": [1.0, 0.9, 0.8, 0.7, 0.6],
    "max_cosine_distance": [0.1, 0.15, 0.2, 0.3, 0.4],
}
"""Tried when no values are given: 50 settings."""

DIGITS = 4
"""Of numbers that are drawn."""


def add_value_flags(parser: argparse.ArgumentParser, defaults: Settings) -> None:
    """Add a flag for the values of each parameter of `Settings`."""
    add = parser.add_argument_group("values to try (default: 50 usual settings)").add_argument
    for name, value_type in VALUE_TYPES.items():
        add(f"--{name}", type=value_type, nargs="+", metavar="VALUE",
            help=f"(otherwise {getattr(defaults, name)})")  # fmt: skip


def values_from(args: argparse.Namespace, defaults: Settings) -> dict[str, list[Any]]:
    """Return the values to try of each parameter, as the flags of `add_value_flags` gave them."""
    given = {name: getattr(args, name) for name in VALUE_TYPES if getattr(args, name) is not None}
    given = given or USUAL_VALUES
    return {name: list(dict.fromkeys(given.get(name, [getattr(defaults, name)]))) for name in VALUE_TYPES}


def grid(values: dict[str, list[Any]]) -> list[Settings]:
    """Return all combinations of the values."""
    return [
        Settings(**dict(zip(values, chosen, strict=True))) for chosen in itertools.product(*values.values())
    ]


def draw(values: dict[str, list[Any]], count: int, seed: int) -> list[Settings]:
    """Draw settings, each different from the others.

    Parameters
    ----------
    values : dict of str -> list
        Two numbers are a range to draw from evenly; otherwise one of the values is drawn.
    count : int
    seed : int
        The same seed gives the same settings.

    Raises
    ------
    UserError
        If there are not as many.
    """
    rng = random.Random(seed)
    drawn: dict[Settings, None] = {}
    for _ in range(100 * count):
        drawn[Settings(**{name: _draw_one(rng, options) for name, options in values.items()})] = None
        if len(drawn) == count:
            return list(drawn)
    raise UserError(
        f"--random {count}: there are not that many different settings: give more values or a range"
    )


def varied(settings: list[Settings]) -> list[str]:
    """Return the names of the parameters that differ among settings."""
    names = [field.name for field in fields(Settings)]
    return [name for name in names if len({getattr(one, name) for one in settings}) > 1]


def _draw_one(rng: random.Random, options: list[Any]) -> Any:
    if len(options) != 2 or None in options:
        return rng.choice(options)
    low, high = sorted(options)
    if isinstance(low, int) and isinstance(high, int):
        return rng.randint(low, high)
    return round(rng.uniform(low, high), DIGITS)
