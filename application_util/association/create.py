"""The tracker that settings describe."""

from __future__ import annotations

from typing import Any

from application_util.association.running_mean import RunningMeanMetric
from application_util.association.tracker import AssociationTracker
from application_util.settings import TrackerSettings
from deep_sort.classes import same_class
from deep_sort.nn_matching import NearestNeighborDistanceMetric
from deep_sort.tracker import Tracker


def create_tracker(settings: TrackerSettings, by_class: bool = False) -> Tracker:
    """Return a tracker with these parameters: `Tracker` itself where no part of this room is asked for.

    Parameters
    ----------
    settings : TrackerSettings
    by_class : bool
        Match no detections of different classes.
    """
    metric: Any = NearestNeighborDistanceMetric("cosine", settings.max_cosine_distance, settings.nn_budget)
    if settings.ema_alpha is not None:
        metric = RunningMeanMetric(settings.max_cosine_distance, settings.ema_alpha)
    same = same_class if by_class else None
    options: dict[str, Any] = {
        "motion_weight": settings.motion_weight,
        "cascade": not settings.no_cascade,
        "min_confidence": None if settings.low_confidence is None else settings.min_confidence,
        "noise_by_confidence": settings.nsa_noise,
        "tentative_grace": settings.tentative_grace,
    }
    kind: Any = Tracker if options == UNCHANGED else AssociationTracker
    more = {} if options == UNCHANGED else options
    return kind(metric, settings.max_iou_distance, settings.max_age, settings.n_init, admissible=same, **more)


UNCHANGED: dict[str, Any] = {
    "motion_weight": 0.0,
    "cascade": True,
    "min_confidence": None,
    "noise_by_confidence": False,
    "tentative_grace": 0,
}
"""What `AssociationTracker` does nothing with."""
