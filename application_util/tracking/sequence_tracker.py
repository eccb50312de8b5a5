"""What every command that tracks does with detections: select those of a frame, count what became of them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from application_util.files.detection_file import CLASS_COLUMN, DetectionFile, detections_from_rows
from application_util.settings import TrackerSettings
from application_util.tracking.outcome import Outcome
from deep_sort.classes import suppress_by_class
from deep_sort.detection import Detections
from deep_sort.preprocessing import non_max_suppression
from deep_sort.tracker import Tracker


def select_detections(
    rows: NDArray, settings: TrackerSettings, outcome: Outcome | None = None, by_class: bool = False
) -> Detections:
    """Return the detections of a frame that are tracked: high and confident enough, not suppressed, best first.

    Parameters
    ----------
    rows : ndarray, shape (N, 10 + M)
        Rows of one frame in file order.
    settings : TrackerSettings
    outcome : Outcome, optional
        Counts what becomes of the rows.
    by_class : bool
        Label detections with their class, the 8th column, and let only boxes of a class suppress each other.
    """
    return detections_from_rows(rows.take(select_rows(rows, settings, outcome, by_class), 0), labelled=by_class)


def select_rows(
    rows: NDArray, settings: TrackerSettings, outcome: Outcome | None = None, by_class: bool = False
) -> NDArray[np.int64]:
    """Return which rows of a frame `select_detections` takes, best first; features are not looked at."""
    scores = rows[:, 6].astype(np.float64)
    if settings.nms_max_overlap >= 1 and not by_class and _all_are_good(rows, scores, settings):
        if outcome is not None:
            outcome.used += len(rows)
        return scores.argsort()[::-1]  # as suppression orders them, which drops none
    boxes = rows[:, 2:6].astype(np.float64)
    uncertain, low = scores < settings.lowest_confidence, rows[:, 5] < settings.min_detection_height
    high = (~(uncertain | low)).nonzero()[0]
    boxes, scores = boxes.take(high, 0), scores.take(high)
    if by_class:
        classes = rows[high, CLASS_COLUMN]
        kept = high.take(suppress_by_class(boxes, settings.nms_max_overlap, scores, classes))
    else:
        kept = high.take(np.array(non_max_suppression(boxes, settings.nms_max_overlap, scores), np.intp))
    if outcome is not None:
        outcome.uncertain += int(uncertain.sum())
        outcome.low += int((low & ~uncertain).sum())
        outcome.suppressed += len(high) - len(kept)
        outcome.used += len(kept)
    return kept


def _all_are_good(rows: NDArray, scores: NDArray[np.float64], settings: TrackerSettings) -> bool:
    """Return whether all boxes have a size, and all are high and sure enough."""
    if not len(rows):
        return False
    sizes, heights = rows[:, 4:6].ravel(), rows[:, 5]
    return bool(
        sizes.item(sizes.argmin()) > 0
        and scores.item(scores.argmin()) >= settings.lowest_confidence
        and heights.item(heights.argmin()) >= settings.min_detection_height
    )


def complete(outcome: Outcome, detections: DetectionFile, tracker: Tracker, tracks: int) -> Outcome:
    """Add to an outcome what is known at the end of a sequence.

    Parameters
    ----------
    outcome : Outcome
        With the counts of all frames; changed in place.
    detections : DetectionFile
    tracker : Tracker
    tracks : int
        Tracks in the result.
    """
    seen = outcome.used + outcome.uncertain + outcome.low + outcome.suppressed
    outcome.outside = len(detections) - seen
    outcome.repeated = detections.repeated
    outcome.tracks = tracks
    outcome.never_confirmed = tracker._next_id - 1 - tracks
    return outcome
