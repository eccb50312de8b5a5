"""Why a track did not get a detection: each gate with its value and its limit, and the flag that governs it."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from application_util.association.tracker import UNSURE_DISTANCE
from application_util.settings import TrackerSettings
from application_util.tracking.replay import Moment
from deep_sort.iou_matching import iou
from deep_sort.kalman_filter import chi2inv95
from deep_sort.track import Track

GATE = chi2inv95[4]

CAUSES = {
    "gate": ("motion gate", None),
    "appearance": ("appearance distance", "--max_cosine_distance"),
    "features": ("no features", None),
    "overlap": ("overlap", "--max_iou_distance"),
    "class": ("another class", None),
    "rival": ("a better rival", None),
    "cascade": ("a rival chose first", "--no_cascade"),
    "unsure": ("unsure detection", "--min_confidence"),
    "age": ("track deleted by age", "--max_age"),
    "unconfirmed": ("track not confirmed", "--n_init"),
    "confidence": ("detection below confidence", "--min_confidence"),
    "height": ("detection too low", "--min_detection_height"),
    "suppressed": ("detection suppressed", "--nms_max_overlap"),
    "absent": ("no detection", None),
    "box": ("localisation", None),
}
"""What can rule a match out: what it is called, and the flag that governs it, where one does."""


class Reason(NamedTuple):
    """One thing that ruled a match out.

    Attributes
    ----------
    cause : str
        A key of `CAUSES`.
    text : str
        Says so, with value and limit.
    """

    cause: str
    text: str

    @property
    def name(self) -> str:
        """What the cause is called."""
        return CAUSES[self.cause][0]

    @property
    def flag(self) -> str | None:
        """The flag that governs it, None where there is none."""
        return CAUSES[self.cause][1]


def why_not(moment: Moment, track: Track, column: int, settings: TrackerSettings) -> list[Reason]:
    """Say why a track that is alive does not get a detection in this frame, the first stage's reasons first.

    Parameters
    ----------
    moment : Moment
    track : Track
    column : int
        Index of the detection among those that are tracked.
    settings : TrackerSettings

    Returns
    -------
    list of Reason
        Empty if it gets the detection.
    """
    if moment.taken.get(track.track_id) == column:
        return []
    reasons = _other_class(moment, track, column)
    by_appearance = _appearance_stage(moment, track, column, settings)
    by_overlap = _overlap_stage(moment, track, column, settings)
    if reasons or (by_appearance != [] and by_overlap != []):
        return [*reasons, *(by_appearance or []), *(by_overlap or [])]
    taker = next((number for number, other in moment.taken.items() if other == column), None)
    rival = _rival(moment, track, column, taker, first_stage=by_appearance == [])
    if taker is not None and _appearance_stage(moment, moment.tracks[taker], column, settings) == []:
        own, others = (_appearance(moment, each, column) for each in (track, moment.tracks[taker]))
        if not by_appearance or own >= others:
            return [rival, *(by_appearance or [])]  # it would have been taken all the same
    return [*(by_appearance or []), rival]


def why_dropped(moment: Moment, row: int, settings: TrackerSettings) -> Reason:
    """Say why a detection of the file, given by its row in the frame, never reached the tracker."""
    height, confidence = (float(moment.rows[row, column]) for column in (5, 6))
    if confidence < settings.lowest_confidence:
        return Reason("confidence", f"confidence {confidence:.2f} < {settings.lowest_confidence:g}")
    if height < settings.min_detection_height:
        return Reason("height", f"height {height:.0f} < {settings.min_detection_height} pixels")
    return Reason("suppressed", f"a better detection covers more than {settings.nms_max_overlap:g} of it")


def too_old(frames: int, settings: TrackerSettings) -> Reason:
    """Say that a track was last seen so many frames before."""
    return Reason("age", f"last seen {frames} frames before, tracks are kept for {settings.max_age}")


def _other_class(moment: Moment, track: Track, column: int) -> list[Reason]:
    admissible = moment.tracker.admissible
    if admissible is None or np.all(admissible([track], moment.found[column : column + 1])):
        return []
    return [Reason("class", "the detection is of another class than the track")]


def _appearance_stage(moment: Moment, track: Track, column: int, settings: TrackerSettings) -> list[Reason] | None:
    """Return what the first stage has against a pair; None where it does not look at it."""
    if not track.is_confirmed() or _is_unsure(moment, column):
        return None
    if track.time_since_update > settings.max_age:
        return [too_old(track.time_since_update, settings)]
    motion, appearance = distances(moment, track, column)
    reasons = []
    if motion > GATE:
        reasons.append(Reason("gate", f"squared Mahalanobis distance {motion:.1f} > {GATE:.2f}"))
    if appearance is None and not settings.motion_weight:
        reasons.append(Reason("features", "the detections have no features: only overlap matches"))
    elif appearance is not None and appearance > settings.max_cosine_distance:
        text = f"appearance distance {appearance:.3f} > {settings.max_cosine_distance:g}"
        reasons.append(Reason("appearance", text))
    return reasons


def _overlap_stage(moment: Moment, track: Track, column: int, settings: TrackerSettings) -> list[Reason] | None:
    """Return what the second stage has against a pair; None where it does not look at it."""
    unsure, most = _is_unsure(moment, column), settings.max_iou_distance
    if unsure and not (track.is_confirmed() and track.time_since_update == 1):
        confidence = moment.found.confidence[column]
        text = "continues only confirmed tracks seen in the frame before"
        return [Reason("unsure", f"confidence {confidence:.2f} < {settings.min_confidence:g}: {text}")]
    if track.is_confirmed() and track.time_since_update > 1:
        return None
    most = UNSURE_DISTANCE if unsure else most
    distance = 1.0 - float(iou(track.to_tlwh(), moment.found.tlwh[column : column + 1])[0])
    if distance <= most:
        return []
    return [Reason("overlap", f"1 - IoU {distance:.2f} > {most:g}")]


def _is_unsure(moment: Moment, column: int) -> bool:
    """Return whether a detection may only continue tracks by overlap (``--low_confidence``)."""
    least = getattr(moment.tracker, "min_confidence", None)
    return least is not None and moment.found.confidence[column] < least


def distances(moment: Moment, track: Track, column: int) -> tuple[float, float | None]:
    """Return the squared Mahalanobis and the appearance distance; the latter None for detections without features."""
    box: NDArray[np.float64] = moment.found.tlwh[column]
    xyah = np.array([[box[0] + box[2] / 2, box[1] + box[3] / 2, box[2] / box[3], box[3]]])
    motion = float(moment.tracker.kf.gating_distance(track.mean, track.covariance, xyah)[0])
    feature = moment.found.feature[column : column + 1]
    if not feature.size:
        return motion, None
    return motion, float(moment.tracker.metric.distance(feature, [track.track_id])[0, 0])


def _appearance(moment: Moment, track: Track, column: int) -> float:
    distance = distances(moment, track, column)[1] if track.is_confirmed() else None
    return np.inf if distance is None else distance


def _rival(moment: Moment, track: Track, column: int, taker: int | None, first_stage: bool) -> Reason:
    """Say who got the detection, and what the track got instead, of a pair that its stage would allow."""
    own: Any = moment.taken.get(track.track_id)
    if taker is None:
        return Reason("rival", f"another detection was better, {_compare(moment, track, column, track, own)}")
    rival = moment.tracks[taker]
    who = f"track {taker}" if rival.is_confirmed() else f"the unconfirmed track {taker}"
    ages = rival.time_since_update, track.time_since_update
    if first_stage and rival.is_confirmed() and ages[0] < ages[1] and getattr(moment.tracker, "cascade", True):
        cause, text = ("cascade", f"{who} chose first: missed for {ages[0] - 1} frames, this one for {ages[1] - 1}")
    else:
        cause, text = "rival", f"{who} got it, {_compare(moment, track, column, rival, column)}"
    return Reason(cause, text if own is None else f"{text}; this one got another")


def _compare(moment: Moment, track: Track, column: int, other: Track, got: int) -> str:
    """Compare the pair that was matched with the pair in question, by what both can be compared by."""
    pairs = (other, got), (track, column)
    if track.is_confirmed() and other.is_confirmed():
        appearance = [value for pair in pairs if (value := distances(moment, *pair)[1]) is not None]
        if appearance:
            return "appearance distance {:.3f}, here {:.3f}".format(*appearance)
    overlap = [float(iou(each.to_tlwh(), moment.found.tlwh[place : place + 1])[0]) for each, place in pairs]
    return "IoU {:.2f}, here {:.2f}".format(*overlap)
