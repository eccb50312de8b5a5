"""The tracker with better association and motion, each part switched on by an argument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from application_util.association.noise import NoiseByConfidence
from application_util.association.patient_track import PatientTrack
from deep_sort.batch import confirmed_and_others
from deep_sort.batched import all_take_many, takes_many
from deep_sort.detection import Detection, Found, stack_boxes
from deep_sort.iou_matching import iou
from deep_sort.kalman_filter import NDIM, chi2inv95
from deep_sort.linear_assignment import INFTY_COST, Matching, matching_cascade, min_cost_matching
from deep_sort.pair_costs import PairCosts
from deep_sort.track import Track
from deep_sort.tracker import AppearanceMetric, Tracker

GATE = chi2inv95[NDIM]
UNSURE_DISTANCE = 0.5
"""Largest 1 - IoU of a match with an unsure detection (ByteTrack)."""


class AssociationTracker(Tracker):
    """Deep SORT with what was found out after it; without further arguments it tracks as `Tracker` does.

    Parameters
    ----------
    metric, max_iou_distance, max_age, n_init, **options
        As for `Tracker`.
    motion_weight : float
        Lambda in the cost of a pair, c = lambda d1 + (1 - lambda) d2 (paper, equation 5): d1 is the squared Mahalanobis
        distance, from 0 to the gate at 9.49, not scaled; d2 the appearance distance. StrongSORT takes 0.02. Detections
        without features are matched by d1 alone, unless lambda is 0, where they overlap as `max_iou_distance` says.
    cascade : bool
        Match tracks seen more recently first; otherwise all confirmed tracks at once. Where motion alone decides, they
        are always first: d1 favours tracks whose place is uncertain (paper, section 2.3).
    min_confidence : float, optional
        Detections below are unsure: they continue tracks that found nothing better and were seen in the frame before,
        by overlap, and start none (ByteTrack). By default all are sure.
    noise_by_confidence : bool
        Use a `NoiseByConfidence` filter.
    tentative_grace : int
        Misses in a row that an unconfirmed track survives.
    """

    def __init__(
        self,
        metric: AppearanceMetric,
        max_iou_distance: float = 0.7,
        max_age: int = 30,
        n_init: int = 3,
        *,
        motion_weight: float = 0.0,
        cascade: bool = True,
        min_confidence: float | None = None,
        noise_by_confidence: bool = False,
        tentative_grace: int = 0,
        **options: Any,
    ) -> None:
        if noise_by_confidence:
            options.setdefault("kf", NoiseByConfidence())
        super().__init__(metric, max_iou_distance, max_age, n_init, **options)
        self.motion_weight = motion_weight
        self.cascade = cascade
        self.min_confidence = min_confidence
        self.tentative_grace = tentative_grace

    def match(self, detections: Sequence[Detection]) -> Matching:
        """Match by appearance and motion, then by overlap, then unsure detections by overlap; see `Tracker.match`."""
        found = self._look_at(detections)
        tracks = self.tracks
        confirmed, unconfirmed = confirmed_and_others(tracks, found.together)
        sure, unsure = self._sure_and_unsure(found)
        cost, limit = self._pair_costs(found, confirmed)
        if self.cascade or self._blind(found):
            matches, missed, left = matching_cascade(cost, limit, self.max_age, tracks, detections, confirmed, sure)
        else:
            alive = [i for i in confirmed if tracks[i].time_since_update <= self.max_age]
            matches, missed, left = min_cost_matching(cost, limit, tracks, detections, alive, sure)
            missed += [i for i in confirmed if tracks[i].time_since_update > self.max_age]
        just_seen = [i for i in missed if tracks[i].time_since_update == 1]
        lost = [i for i in missed if tracks[i].time_since_update != 1]
        overlap = self._admitted(overlap_cost)
        overlapping, missed, left = min_cost_matching(
            overlap, self.max_iou_distance, tracks, detections, unconfirmed + just_seen, left
        )
        seen = set(just_seen)
        again, still, _ = min_cost_matching(
            overlap, UNSURE_DISTANCE, tracks, detections, [i for i in missed if i in seen], unsure
        )
        lost += [i for i in missed if i not in seen] + still
        return matches + overlapping + again, lost, left

    def _sure_and_unsure(self, found: Found) -> tuple[list[int], list[int]]:
        """Return the indices of detections that may start tracks, and of those that may only continue one."""
        every = list(range(len(found.detections)))
        if self.min_confidence is None:
            return every, []
        sure = (found.confidences() >= self.min_confidence).tolist()
        return [i for i in every if sure[i]], [i for i in every if not sure[i]]

    def _pair_costs(self, found: Found, confirmed: list[int]) -> tuple[PairCosts, float]:
        """Return the cost of each pair that both gates allow (paper, equations 5 and 6), and the largest of a match."""
        blind, threshold = self._blind(found), self.metric.matching_threshold
        weight = 1.0 if blind else self.motion_weight
        limit = weight * GATE + (1 - weight) * threshold
        if not (confirmed and len(found.detections)):
            return PairCosts([], [], np.empty(0)), limit
        tracks = [self.tracks[i] for i in confirmed]
        motion = self._motion_distances(found, tracks)
        if blind:
            # The gate of a track that was lost for long is wide, and nothing else speaks against a stranger.
            boxes = stack_boxes(found.detections, range(len(found.detections)))
            distance = 1.0 - iou(np.array([track.to_tlwh() for track in tracks]), boxes)
            cost, allowed = motion, (motion <= GATE) & (distance <= self.max_iou_distance)
        else:
            ids = np.array([track.track_id for track in tracks])
            appearance = self.metric.distance(found.features, ids)
            cost = weight * motion + (1 - weight) * appearance
            allowed = (motion <= GATE) & (appearance <= threshold)
        if self.admissible is not None:
            allowed &= np.asarray(self.admissible(tracks, found.detections), dtype=bool)
        rows, columns = np.nonzero(allowed)
        return PairCosts([confirmed[row] for row in rows.tolist()], columns.tolist(), cost[rows, columns]), limit

    def _blind(self, found: Found) -> bool:
        """Return whether motion decides alone: lambda is not 0, and the detections of a frame have no features."""
        return bool(self.motion_weight) and not found.features.size

    def _motion_distances(self, found: Found, tracks: list[Track]) -> NDArray[np.float64]:
        """Return the squared Mahalanobis distances of tracks and detections (paper, equation 1)."""
        states = [(track.mean, track.covariance) for track in tracks]
        if takes_many(self.kf):
            means, covariances = map(np.array, zip(*states, strict=True))
            return self.kf.gating_distance(means, covariances, found.xyah.T)
        return np.array([self.kf.gating_distance(*state, found.xyah.T) for state in states])

    def _correct(self, found: Found, matches: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
        kf = self.kf
        if not isinstance(kf, NoiseByConfidence):
            return super()._correct(found, matches)
        confidences = found.confidences()
        if found.plain and all_take_many(self.tracks):
            with kf.measured_with(confidences[[j for _, j in matches]]):
                return super()._correct(found, matches)
        for i, j in matches:
            with kf.measured_with(confidences[j]):
                super()._correct(found, [(i, j)])
        return [], []

    def _initiate_track(self, detection: Detection) -> None:
        if not self.tentative_grace:
            super()._initiate_track(detection)
            return
        mean, covariance = self.kf.initiate(detection.to_xyah())
        feature = np.array(detection.feature)
        track = PatientTrack(mean, covariance, self._next_id, self.n_init, self.max_age, feature)
        track.grace, track.last_detection = self.tentative_grace, detection
        self.tracks.append(track)
        self._next_id += 1


def overlap_cost(
    tracks: Sequence[Any], detections: Sequence[Any], rows: Sequence[int], columns: Sequence[int]
) -> NDArray[np.float64]:
    """Give 1 - IoU as `iou_matching.iou_cost` does, also for tentative tracks that were missed in the last frame."""
    if not rows or not columns:
        return np.empty((len(rows), len(columns)))
    boxes = np.array([tracks[i].to_tlwh() for i in rows])
    cost = 1.0 - iou(boxes, stack_boxes(detections, columns))
    stale = [tracks[i].time_since_update > 1 and not tracks[i].is_tentative() for i in rows]
    cost[stale] = INFTY_COST
    return cost
