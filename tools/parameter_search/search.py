"""Which parameters of tracker and post-processing a sweep tries."""

from __future__ import annotations

import argparse
import itertools
import random
from collections.abc import Mapping
from dataclasses import Field, dataclass, fields
from typing import Any

from application_util.cli import flag_options
from application_util.errors import UserError
from application_util.flag_types import default_text, several
from application_util.settings import BENCHMARK_SETTINGS, PostprocessingSettings, TrackerSettings

Values = dict[str, list[Any]]
"""Parameter -> values to try."""

METRICS = ("HOTA", "MOTA", "IDF1")
"""What settings are ranked by."""

DIGITS = 4
"""Of numbers that are drawn."""

OWNERS: dict[str, type] = {
    each.name: kind for kind in (TrackerSettings, PostprocessingSettings) for each in fields(kind)
}
"""Parameter -> the class that declares it."""

DEFAULTS: dict[str, Any] = BENCHMARK_SETTINGS.as_dict() | PostprocessingSettings().as_dict()


@dataclass(frozen=True)
class Setting:
    """A value for each parameter.

    Attributes
    ----------
    tracker : TrackerSettings
    postprocessing : PostprocessingSettings
    """

    tracker: TrackerSettings = BENCHMARK_SETTINGS
    postprocessing: PostprocessingSettings = PostprocessingSettings()  # noqa: RUF009 (frozen)

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Setting:
        """Return the setting with these values, and the defaults of benchmarks for all others."""
        unknown = values.keys() - OWNERS.keys()
        if unknown:
            raise TypeError(f"no parameters: {unknown}")
        chosen = DEFAULTS | dict(values)
        tracker, after = (
            {name: chosen[name] for name in OWNERS if OWNERS[name] is kind}
            for kind in (TrackerSettings, PostprocessingSettings)
        )
        return cls(TrackerSettings(**tracker), PostprocessingSettings(**after))

    def as_dict(self) -> dict[str, Any]:
        """Return the parameters by name."""
        return self.tracker.as_dict() | self.postprocessing.as_dict()


def add_value_flags(parser: argparse.ArgumentParser) -> None:
    """Add a flag for the values of each parameter."""
    group = parser.add_argument_group("values to try (default: the usual ones of all parameters together)")
    for name, each in _fields().items():
        usual = default_text(each.metadata["search"]) or default_text(DEFAULTS[name])
        options = flag_options(each, OWNERS[name]) | {"help": f"{each.metadata['help']} (usual: {usual})"}
        options.pop("const", None)
        group.add_argument(f"--{name}", **several(**options))


def take_values(args: argparse.Namespace) -> argparse.Namespace:
    """Replace the flags of `add_value_flags` among the arguments by one: ``values``, those that were given."""
    given = {name: vars(args).pop(name) for name in OWNERS}
    args.values = {name: list(values) for name, values in given.items() if values is not None} or None
    return args


def all_values(values: Values | None, usual: str = "search") -> Values:
    """Return the values to try of each parameter: those given, else the usual ones, else the one by default.

    Parameters
    ----------
    values : dict of str -> list or None
    usual : str
        The usual ones: ``search``, few enough for a grid, or ``wide``, for a search that learns.
    """
    if not values:
        values = {name: each.metadata[usual] or each.metadata["search"] for name, each in _fields().items()}
        values = {name: options for name, options in values.items() if options}
    return {name: list(dict.fromkeys(values.get(name, [DEFAULTS[name]]))) for name in OWNERS}


def grid(values: Values | None = None) -> list[Setting]:
    """Return all combinations of the values, see `all_values`."""
    values = all_values(values)
    return [Setting.of(dict(zip(values, chosen, strict=True))) for chosen in itertools.product(*values.values())]


def is_range(options: list[Any]) -> bool:
    """Return whether values to try are the ends of a range: two numbers."""
    return len(options) == 2 and all(isinstance(each, int | float) and not isinstance(each, bool) for each in options)


def draw(values: Values | None, count: int, seed: int) -> list[Setting]:
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
    drawn: dict[Setting, None] = {}
    for _ in range(100 * count):
        drawn[Setting.of({name: _draw_one(rng, options) for name, options in values.items()})] = None
        if len(drawn) == count:
            return list(drawn)
    raise UserError(f"--random {count}: there are not that many different settings: give more values or a range")


def varied(settings: list[Setting]) -> list[str]:
    """Return the names of the parameters that differ among settings."""
    values = [one.as_dict() for one in settings]
    return [name for name in OWNERS if len({each[name] for each in values}) > 1]


def _draw_one(rng: random.Random, options: list[Any]) -> Any:
    if not is_range(options):
        return rng.choice(options)
    low, high = sorted(options)
    if isinstance(low, int) and isinstance(high, int):
        return rng.randint(low, high)
    return round(rng.uniform(low, high), DIGITS)


def _fields() -> dict[str, Field]:
    return {each.name: each for kind in dict.fromkeys(OWNERS.values()) for each in fields(kind)}
