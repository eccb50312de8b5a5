"""Parameters, each declared once: type, default, meaning and usual values; flags, searches and records come from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, fields
from typing import Any

COLORS = ("distinct", "original")
CAMERA_MOTIONS = ("none", "ecc", "orb")


def parameter(
    default: Any,
    help: str,
    *,
    metavar: str | tuple[str, ...] | None = None,
    low: float | None = None,
    high: float | None = None,
    choices: Sequence[str] | None = None,
    search: Sequence[Any] = (),
    wide: Sequence[Any] = (),
    usual: Any = None,
) -> Any:
    """Declare a parameter as a field of a dataclass; its annotation is its type.

    Parameters
    ----------
    default : any
    help : str
        What it does, as the help page says it.
    metavar : str, optional
        What its value is called there.
    low, high : float, optional
        Smallest and largest value.
    choices : sequence of str, optional
        The values of a text.
    search : sequence, optional
        Values that are worth trying in every combination.
    wide : sequence, optional
        Values, two numbers for a range, that are worth trying where a search learns from its trials.
    usual : any, optional
        The value of a flag that is given without one.
    """
    about = {
        "help": help,
        "metavar": metavar,
        "low": low,
        "high": high,
        "choices": choices,
        "search": search,
        "wide": wide,
        "usual": usual,
    }
    return field(default=default, metadata=about)


@dataclass(frozen=True)
class TrackerSettings:
    """Parameters of detection filter and tracker, in the order of the original's flags."""

    min_confidence: float = parameter(0.8, "drop detections with a lower score", metavar="SCORE", search=(0.3, 0.6))
    min_detection_height: int = parameter(0, "drop detections that are lower, in pixels", metavar="PIXELS")
    nms_max_overlap: float = parameter(
        1.0,
        "non-maximum suppression: drop a box of which a better one covers more than this fraction",
        metavar="FRACTION",
        search=(1.0, 0.9, 0.8, 0.7, 0.6),
        wide=(0.6, 1.0),
    )
    max_cosine_distance: float = parameter(
        0.2,
        "largest appearance distance of a match",
        metavar="DISTANCE",
        search=(0.1, 0.15, 0.2, 0.3, 0.4),
        wide=(0.1, 0.4),
    )
    nn_budget: int | None = parameter(
        None, "appearance features kept per track, or none for all", metavar="N", low=1, wide=(None, 30, 100)
    )
    max_iou_distance: float = parameter(
        0.7, "largest 1 - IoU of a match by overlap", metavar="DISTANCE", low=0, high=1, wide=(0.5, 0.9)
    )
    max_age: int = parameter(
        30, "frames without a detection that a confirmed track survives", metavar="FRAMES", low=1, wide=(20, 90)
    )
    n_init: int = parameter(3, "detections in a row that confirm a track", metavar="N", low=1, wide=(1, 4))
    motion_weight: float = parameter(
        0.0,
        "weight of motion beside appearance in the cost of a match (lambda of the paper's equation 5; 0.02 is usual)",
        low=0,
        high=1,
        wide=(0.0, 0.01, 0.02, 0.05, 0.1),
    )
    ema_alpha: float | None = parameter(
        None,
        "keep one feature a track, a moving average with this weight of the past (0.9 is usual), or none for a gallery",
        low=0,
        high=1,
        wide=(None, 0.8, 0.9, 0.95),
    )
    nsa_noise: bool = parameter(False, "trust the boxes of detections the more the surer they are", wide=(False, True))
    no_cascade: bool = parameter(
        False, "match all confirmed tracks at once, not those seen more recently first", wide=(False, True)
    )
    low_confidence: float | None = parameter(
        None,
        "detections from this score to --min_confidence continue tracks by overlap, or none to drop them",
        metavar="SCORE",
        wide=(None, 0.0, 0.1),
    )
    camera_motion: str = parameter(
        "none", "move tracks with the camera, whose motion is estimated from the images", choices=CAMERA_MOTIONS
    )
    class_aware: bool = parameter(False, "never match or suppress across classes, the 8th column of detections")
    tentative_grace: int = parameter(
        0, "misses in a row that an unconfirmed track survives", metavar="FRAMES", low=0, wide=(0, 1, 2)
    )

    @property
    def lowest_confidence(self) -> float:
        """The score below which detections are dropped."""
        low = self.low_confidence
        return self.min_confidence if low is None else min(low, self.min_confidence)

    @property
    def lowest_flag(self) -> str:
        """The flag that says so."""
        return "--min_confidence" if self.lowest_confidence == self.min_confidence else "--low_confidence"

    def as_dict(self) -> dict[str, Any]:
        """Return the parameters by name."""
        return asdict(self)


BENCHMARK_SETTINGS = TrackerSettings(min_confidence=0.3, nn_budget=100)
"""What whole benchmarks are evaluated with unless the flags say otherwise."""

PRESETS: dict[str, dict[str, Any]] = {
    "original": {},
    "strong": {
        "motion_weight": 0.02,
        "ema_alpha": 0.9,
        "no_cascade": True,
        "low_confidence": 0.1,
        "tentative_grace": 2,
    },
}
"""Sets of parameters; what one does not name stays as it is. How strong was chosen: docs/better_tracks.md."""


@dataclass(frozen=True)
class PostprocessingSettings:
    """What is done with tracks after tracking, in this order; nothing by default."""

    link: int = parameter(
        0,
        "join tracks of one person that are at most so many frames apart, by appearance and motion",
        metavar="FRAMES",
        low=0,
        wide=(0, 30, 60),
        usual=60,
    )
    link_distance: float = parameter(
        0.2, "largest appearance distance of tracks that are joined", metavar="DISTANCE", low=1e-6, high=2
    )
    min_length: int = parameter(
        1, "leave out tracks that are shorter, in frames with a box", metavar="FRAMES", low=1, wide=(1, 5, 10)
    )
    fill: int = parameter(
        0,
        "fill gaps of at most so many frames by straight lines",
        metavar="FRAMES",
        low=0,
        high=100_000,
        wide=(0, 10, 20, 40),
        usual=20,
    )
    smooth: float = parameter(
        0.0,
        "smooth trajectories by Gaussian processes: what changes in less than about so many frames is noise",
        metavar="FRAMES",
        low=0,
        high=1000,
        wide=(0.0, 5.0, 10.0),
        usual=10.0,
    )

    @property
    def active(self) -> bool:
        """Whether anything is done."""
        return bool(self.link or self.min_length > 1 or self.fill or self.smooth)

    def as_dict(self) -> dict[str, Any]:
        """Return the parameters by name."""
        return asdict(self)


RECOMMENDED_POSTPROCESSING = PostprocessingSettings(
    **{
        each.name: each.metadata["usual"]
        for each in fields(PostprocessingSettings)
        if each.metadata["usual"] is not None
    }
)
"""What ``--postprocess`` does unless other flags say otherwise."""

MAX_GAP = 1_000_000
"""Frames that may be left out between two rows of a file; beyond, one of their numbers is probably wrong."""


@dataclass(frozen=True)
class DrawingSettings:
    """How windows and videos look."""

    update_ms: float | None = parameter(
        None, "time between frames in milliseconds, or none for the sequence's own, else 20", metavar="MS", low=1e-3
    )
    width: int | None = parameter(
        None,
        "width in pixels, or none for the images' own in videos and 1024 in the window",
        metavar="PIXELS",
        low=16,
        high=16384,
    )
    colors: str = parameter(
        "distinct", "colours of tracks: neighbouring ids clearly apart, or the original's", choices=COLORS
    )
    draw_detections: bool = parameter(True, "draw the detections, too, with dashed lines")
    show_trajectories: bool = parameter(False, "draw where each track was in the last second")


BENCHMARKS = ("MOT15", "MOT16", "MOT17", "MOT20")
"""Benchmarks whose rules of scoring are known."""
