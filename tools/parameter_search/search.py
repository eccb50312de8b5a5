"""Which parameters of the tracker a sweep tries."""

from __future__ import annotations

import argparse
import itertools
import random
from dataclasses import fields
from typing import Any

from application_util.cli import flag_options
from application_util.errors import UserError
from application_util.flag_types import default_text, several
from application_util.settings import BENCHMARK_SETTINGS, TrackerSettings

Values = dict[str, list[Any]]
"""Parameter -> values to try."""

METRICS = ("HOTA", "MOTA", "IDF1")
"""What settings are ranked by."""

DIGITS = 4
"""Of numbers that are drawn."""


def add_value_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for the values of each parameter of `TrackerSettings`."""
    group = parser.add_argument_group("values to try (default: the usual ones of all parameters together)")
    for each in fields(TrackerSettings):
        usual = default_text(each.metadata["search"]) or default_text(getattr(BENCHMARK_SETTINGS, each.name))
        options = flag_options(each, TrackerSettings)
        options["help"] += f" (usual: {usual})"
        group.add_argument(f"--{each.name}", **several(**options))


def take_values(args: argparse.Namespace) -> argparse.Namespace:
    """Replace the flags of `add_value_flags` among the arguments by one: ``values``, those that were given."""
    given = {each.name: vars(args).pop(each.name) for each in fields(TrackerSettings)}
    args.values = {name: list(values) for name, values in given.items() if values is not None} or None
    return args


def all_values(values: Values | None) -> Values:
    """Return the values to try of each parameter: those given, else the usual ones, else the one by default."""
    if not values:
        values = {
            each.name: each.metadata["search"] for each in fields(TrackerSettings) if each.metadata["search"]
        }
    return {
        each.name: list(dict.fromkeys(values.get(each.name, [getattr(BENCHMARK_SETTINGS, each.name)])))
        for each in fields(TrackerSettings)
    }


def grid(values: Values | None = None) -> list[TrackerSettings]:
    """Return all combinations of the values, see `all_values`."""
    values = all_values(values)
    return [
        TrackerSettings(**dict(zip(values, chosen, strict=True)))
        for chosen in itertools.product(*values.values())
    ]


def draw(values: Values | None, count: int, seed: int) -> list[TrackerSettings]:
    """Draw settings, each different from the others.

    Parameters
    ----------
    values : dict of str -> list or None
        See `all_values`. Two numbers are a range to draw from evenly; otherwise one of the values is drawn.
    count : int
    seed : int
        The same seed gives the same settings.

    Raises
    ------
    UserError
        If there are not as many.
    """
    values = all_values(values)
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
