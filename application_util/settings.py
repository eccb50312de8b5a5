"""The tracker's parameters and the flags that set them, the same for every command."""

from __future__ import annotations

import argparse
from dataclasses import asdict, dataclass
from typing import Any

from application_util.cli import finite_float, positive_int_or_none


@dataclass(frozen=True)
class Settings:
    """Parameters of detection filter and tracker.

    Attributes
    ----------
    min_confidence : float
        Detections with a lower score are dropped.
    min_detection_height : int
        Lower boxes are dropped, pixels.
    nms_max_overlap : float
        Non-maximum suppression: share of a box that a better one may cover.
    max_cosine_distance : float
        Largest appearance distance of a match.
    nn_budget : int or None
        Features kept per track; None keeps all.
    """

    min_confidence: float = 0.8
    min_detection_height: int = 0
    nms_max_overlap: float = 1.0
    max_cosine_distance: float = 0.2
    nn_budget: int | None = None

    def as_dict(self) -> dict[str, Any]:
        """Return the parameters by name."""
        return asdict(self)


BENCHMARK_SETTINGS = Settings(min_confidence=0.3, nn_budget=100)
"""What whole benchmarks are evaluated with unless the flags say otherwise."""


def add_settings_flags(parser: argparse.ArgumentParser, defaults: Settings) -> None:
    """Add a flag for each parameter of `Settings`."""
    add = parser.add_argument_group("tracker").add_argument
    add("--min_confidence", type=finite_float, default=defaults.min_confidence, metavar="SCORE",
        help="drop detections with a lower score (default: %(default)s)")  # fmt: skip
    add("--min_detection_height", type=int, default=defaults.min_detection_height, metavar="PIXELS",
        help="drop detections that are lower (default: %(default)s)")  # fmt: skip
    add("--nms_max_overlap", type=finite_float, default=defaults.nms_max_overlap, metavar="SHARE",
        help="drop a box when a better one covers more of it (default: %(default)s, none)")  # fmt: skip
    add("--max_cosine_distance", type=finite_float, default=defaults.max_cosine_distance, metavar="DISTANCE",
        help="largest appearance distance of a match (default: %(default)s)")  # fmt: skip
    add("--nn_budget", type=positive_int_or_none, default=defaults.nn_budget, metavar="N",
        help="appearance features kept per track, or none for all (default: %(default)s)")  # fmt: skip


def settings_from(args: argparse.Namespace) -> Settings:
    """Return the parameters that the flags of `add_settings_flags` gave."""
    return Settings(
        args.min_confidence,
        args.min_detection_height,
        args.nms_max_overlap,
        args.max_cosine_distance,
        args.nn_budget,
    )
