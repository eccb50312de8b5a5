"""Which parameters of the tracker a sweep tries."""

from __future__ import annotations

import argparse
import itertools
import random
from dataclasses import fields
from typing import Any

from application_util.cli import flag_options
from application_util.errors import UserError
from application_util.settings import TrackerSettings

DIGITS = 4
"""Of numbers that are drawn."""


def add_value_flags(parser: argparse.ArgumentParser, defaults: TrackerSettings) -> None:
    """Add a flag for the values of each parameter of `TrackerSettings`."""
    group = parser.add_argument_group("values to try (default: usual values of some)")
    for each in fields(TrackerSettings):
        options = flag_options(each, TrackerSettings)
        usual = ", ".join(map(str, each.metadata["search"])) or getattr(defaults, each.name)
        group.add_argument(
            f"--{each.name}", **options | {"nargs": "+", "help": f"{each.metadata['help']} (usual: {usual})"}
        )


def values_from(args: argparse.Namespace, defaults: TrackerSettings) -> dict[str, list[Any]]:
    """Return the values to try of each parameter, as the flags of `add_value_flags` gave them."""
    names = [each.name for each in fields(TrackerSettings)]
    given = {name: getattr(args, name) for name in names if getattr(args, name) is not None}
    if not given:
        given = {
            each.name: each.metadata["search"] for each in fields(TrackerSettings) if each.metadata["search"]
        }
    return {name: list(dict.fromkeys(given.get(name, [getattr(defaults, name)]))) for name in names}


def grid(values: dict[str, list[Any]]) -> list[TrackerSettings]:
    """Return all combinations of the values."""
    return [
        TrackerSettings(**dict(zip(values, chosen, strict=True)))
        for chosen in itertools.product(*values.values())
    ]


def draw(values: dict[str, list[Any]], count: int, seed: int) -> list[TrackerSettings]:
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
    drawn: dict[TrackerSettings, None] = {}
    for _ in range(100 * count):
        drawn[TrackerSettings(**{name: _draw_one(rng, options) for name, options in values.items()})] = None
        if len(drawn) == count:
            return list(drawn)
    raise UserError(
        f"--random {count}: there are not that many different settings: give more values or a range"
    )


def varied(settings: list[TrackerSettings]) -> list[str]:
    """Return the names of the parameters that differ among settings."""
    names = [field.name for field in fields(TrackerSettings)]
    return [name for name in names if len({getattr(one, name) for one in settings}) > 1]


def _draw_one(rng: random.Random, options: list[Any]) -> Any:
    if len(options) != 2 or None in options:
        return rng.choice(options)
    low, high = sorted(options)
    if isinstance(low, int) and isinstance(high, int):
        return rng.randint(low, high)
    return round(rng.uniform(low, high), DIGITS)
