"""The tracker: predict, associate, update, delete, initiate."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from . import iou_matching, kalman_filter, linear_assignment
from .batch import confirmed_and_others, predict_tracks, update_tracks, without_deleted
from .batched import Batched, Remembered, all_take_many, takes_many
from .detection import Detection, Found
from .kalman_filter import keeps_coordinates_apart
from .linear_assignment import CostFunction, Matching
from .nn_matching import NearestNeighborDistanceMetric
from .pair_costs import PairCosts
from .states import States
from .track import Track, TrackState


class AppearanceMetric(Protocol):
    """What the tracker asks of a metric; `NearestNeighborDistanceMetric` is one."""

    matching_threshold: float

    def distance(self, features: NDArray, targets: NDArray) -> NDArray[np.float64]:
        """Compare features (N, M) with targets, shape (len(targets), N)."""

    def partial_fit(self, features: NDArray, targets: NDArray, active_targets: list[int]) -> None:
        """Add features (N, M) of targets (N,) and forget targets that are not active."""


class Tracker(Batched, methods=("_initiate_track",)):
    """Multi-target tracker of Wojke, Bewley and Paulus (ICIP 2017).

    Parameters
    ----------
    metric : AppearanceMetric
        Distance between the appearance of tracks and detections.
    max_iou_distance : float
        Largest 1 - IoU of a match by overlap.
    max_age : int
        Frames without a detection that a confirmed track survives.
    n_init : int
        Detections that confirm a track, the first one included: at least 2, so that 1 acts as 2.
    kf : KalmanFilter, optional
        Filters the motion of all tracks; by default a new `KalmanFilter`.
    admissible : callable, optional
        (tracks, detections) -> which of them may be matched at all, bool (len(tracks), len(detections)); by
        default any.

    Attributes
    ----------
    metric, max_iou_distance, max_age, n_init, kf, admissible
        As given.
    tracks : list of Track
        The tracks alive, oldest first.
    """

    def __init__(
        self,
        metric: AppearanceMetric,
        max_iou_distance: float = 0.7,
        max_age: int = 30,
        n_init: int = 3,
        *,
        kf: Any = None,
        admissible: Callable[[list[Track], Sequence[Detection]], ArrayLike] | None = None,
    ) -> None:
        self.metric: Any = metric
        self.max_iou_distance = max_iou_distance
        self.max_age = max_age
        self.n_init = n_init
        self.kf = kalman_filter.KalmanFilter() if kf is None else kf
        self.admissible = admissible
        self.tracks: list[Track] = []
        self._next_id = 1
        self._states = States()
        self._found: Found | None = None
        self._length: int | None = None  # of features

    def predict(self, camera_motion: ArrayLike | None = None) -> None:
        """Move all tracks one frame ahead; to be called once a frame, before `update`.

        Parameters
        ----------
        camera_motion : array_like, shape (2, 3), optional
            Affine motion of the image since the frame before, see `KalmanFilter.warp`.
        """
        if camera_motion is not None:
            for track in self.tracks:
                track.mean, track.covariance = self.kf.warp(track.mean, track.covariance, camera_motion)
        predict_tracks(self._states, self.kf, self.tracks)

    def update(self, detections: Sequence[Detection]) -> None:
        """Associate the detections of a frame with the tracks.

        Parameters
        ----------
        detections : sequence of Detection, or Detections
            Their order decides the ids of new tracks.

        Raises
        ------
        ValueError
            If a box or a feature is none: says which and why. Nothing has changed then.
        """
        if not hasattr(detections, "__getitem__"):
            detections = list(detections)
        self._found = None
        self._found = found = self._look_at(detections)
        matches, unmatched_tracks, unmatched_detections = self._match(detections)
        learned = self._correct(found, matches)
        for index in unmatched_tracks:
            self.tracks[index].mark_missed()
        self._initiate_tracks(found, unmatched_detections)
        self.tracks = without_deleted(self.tracks, found.together)
        self._learn_appearance(found, *learned)
        self._found = None

    def check(self, detections: Sequence[Detection]) -> None:
        """Raise what `update` would raise for these detections; nothing changes."""
        self._put_in_arrays(detections)

    def match(self, detections: Sequence[Detection]) -> Matching:
        """Match by appearance first, what is left and was seen just before by overlap (paper, section 2.3).

        Returns
        -------
        matches : list of (track index, detection index)
        unmatched_tracks, unmatched_detections : list of int
            The latter start new tracks, in this order.
        """
        found = self._look_at(detections)
        confirmed, unconfirmed = confirmed_and_others(self.tracks, found.together)
        matches, missed, unmatched_detections = linear_assignment.matching_cascade(
            self._appearance_cost(found, confirmed),
            self.metric.matching_threshold,
            self.max_age,
            self.tracks,
            detections,
            confirmed,
        )
        just_seen = [i for i in missed if self.tracks[i].time_since_update == 1]
        lost = [i for i in missed if self.tracks[i].time_since_update != 1]
        overlapping, missed, unmatched_detections = self._match_by_overlap(
            found, unconfirmed + just_seen, unmatched_detections
        )
        return matches + overlapping, lost + missed, unmatched_detections

    def _match_by_overlap(self, found: Found, tracks: list[int], detections: list[int]) -> Matching:
        """Match some tracks and detections by overlap; see `min_cost_matching`, the order of tracks aside."""
        if not (tracks and detections):
            return [], tracks, detections
        together = found.together and self.admissible is None and _SOLVER.unchanged() and _OVERLAP.unchanged()
        few = len(tracks) * len(detections) <= iou_matching.FEW_PAIRS
        just_seen = few and together and all(self.tracks[i].time_since_update <= 1 for i in tracks)
        if just_seen and self._states.hold(self.tracks):
            boxes = self._states.boxes(tracks), found.boxes.take(detections, axis=0)
            pairs = iou_matching.overlapping_pairs(*boxes, tracks, detections, self.max_iou_distance)
            matches, left = pairs.match(tracks, detections)
            matched = {index for index, _ in matches}
            return matches, [index for index in tracks if index not in matched], left
        cost = self._admitted(iou_matching.iou_cost)
        return linear_assignment.min_cost_matching(
            cost, self.max_iou_distance, self.tracks, found.detections, tracks, detections
        )

    def _match(self, detections: Sequence[Detection]) -> Matching:
        """Do as `match`; what `update` calls, and trackers of old override."""
        return self.match(detections)

    def _correct(self, found: Found, matches: Sequence[tuple[int, int]]) -> tuple[list[int], list[int]]:
        """Correct tracks by the detections they were matched with, see `update_tracks`."""
        return update_tracks(self._states, self.kf, self.tracks, found, matches)

    def _look_at(self, detections: Sequence[Detection]) -> Found:
        """Put detections into arrays and see what may be done together; once in an update."""
        if self._found is not None and self._found.detections is detections:
            return self._found
        found = self._put_in_arrays(detections)
        found.together = found.plain and all_take_many(self.tracks) and keeps_coordinates_apart(self.kf)
        if found.queries is not None:
            self._length = found.features.shape[1]
            if takes_many(self.metric) and self.metric.in_arrays():
                self.metric._note(found.features)
            else:
                found.queries = None
        return found

    def _put_in_arrays(self, detections: Sequence[Detection]) -> Found:
        """Put detections into arrays; a ValueError names the first that cannot be tracked."""
        found = Found(detections, self._length if self.tracks else None)
        if len(detections) and isinstance(self.metric, NearestNeighborDistanceMetric):
            prepare = NearestNeighborDistanceMetric.prepare  # a subclass may mean something else by it
            found.queries, found.weights = prepare(self.metric, found.features)
        return found

    def _appearance_cost(self, found: Found, confirmed: list[int]) -> CostFunction:
        """Return what gives the cascade its gated costs."""
        tracks, max_age = self.tracks, self.max_age
        candidates = [i for i in confirmed if 1 <= tracks[i].time_since_update <= max_age]
        together = found.together and found.queries is not None and _GATE.unchanged()
        together = together and self.metric.matching_threshold < linear_assignment.INFTY_COST
        if not (candidates and together and self._states.hold(tracks)):
            return self._admitted(self._gated_distance)  # asked level by level
        rows, columns = self._states.pairs_within_gate(self.kf, candidates, found.xyah)
        if self.admissible is not None:
            allowed = np.asarray(self.admissible([tracks[i] for i in candidates], found.detections))
            rows, columns = rows[allowed[rows, columns] != 0], columns[allowed[rows, columns] != 0]
        targets = [tracks[i].track_id for i in candidates]
        near = self.metric.near_pairs(found.queries, targets, rows, columns)
        rows, columns = rows.take(near), columns.take(near)

        def distances(pairs: NDArray) -> NDArray[np.float64]:
            return self.metric.compare_pairs(found.queries, targets, rows[pairs], columns[pairs])

        return PairCosts([candidates[row] for row in rows.tolist()], columns.tolist(), distances)

    def _admitted(self, cost: CostFunction) -> CostFunction:
        """Return a cost function that keeps pairs apart that are not admissible."""
        admissible = self.admissible
        if admissible is None:
            return cost

        def admitted(tracks: Any, detections: Any, rows: Sequence[int], columns: Sequence[int]) -> NDArray:
            allowed = admissible([tracks[i] for i in rows], [detections[j] for j in columns])
            return np.where(allowed, cost(tracks, detections, rows, columns), linear_assignment.INFTY_COST)

        return admitted

    def _gated_distance(
        self, tracks: Any, detections: Any, track_indices: Sequence[int], detection_indices: Sequence[int]
    ) -> NDArray[np.float64]:
        features = np.array([detections[i].feature for i in detection_indices])
        targets = np.array([tracks[i].track_id for i in track_indices])
        cost = self.metric.distance(features, targets)
        return linear_assignment.gate_cost_matrix(self.kf, cost, tracks, detections, track_indices, detection_indices)

    def _initiate_tracks(self, found: Found, indices: list[int]) -> None:
        """Start a track from each of these detections."""
        ours = found.together and takes_many(self) and Track is _TRACK and _NEW_TRACK.unchanged()
        if not (indices and ours and self._states.hold(self.tracks)):
            for index in indices:
                self._initiate_track(found.detections[index])
            return
        tracks = []
        for index in indices:
            track = Track(None, None, self._next_id, self.n_init, self.max_age, found.feature(index))
            track._last = found.source(index)
            tracks.append(track)
            self._next_id += 1
        self._states.add(tracks, self.kf, found.xyah.take(indices, axis=1))
        self.tracks += tracks

    def _initiate_track(self, detection: Detection) -> None:
        mean, covariance = self.kf.initiate(detection.to_xyah())
        track = Track(mean, covariance, self._next_id, self.n_init, self.max_age, np.array(detection.feature))
        track.last_detection = detection
        self.tracks.append(track)
        self._next_id += 1

    def _learn_appearance(self, found: Found, ids: list[int], indices: list[int]) -> None:
        """Move the features of confirmed tracks to the metric, which forgets all others."""
        together, confirmed = found.together, TrackState.Confirmed
        tracks = [track for track in self.tracks if (track.state == confirmed if together else track.is_confirmed())]
        active = [track.track_id for track in tracks]
        waiting = [track for track in tracks if track.features]
        if waiting or not ids:
            features, targets = [], []
            for track in waiting:
                features += track.features
                targets += [track.track_id] * len(track.features)
                track.features = []
            self.metric.partial_fit(np.asarray(features), np.asarray(targets), active)
        if ids:
            prepared = (found.features.take(indices, 0), found.weights.take(indices), found.queries.take(indices, 0))
            self.metric.learn(*prepared, ids, active)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in ("_states", "_found", "_length")}

    def __setstate__(self, state: dict[str, Any]) -> None:
        vars(self).update({"admissible": None} | state)
        self._states, self._found, self._length = States(), None, None


_GATE = Remembered(linear_assignment, ["gate_cost_matrix"])
_OVERLAP = Remembered(iou_matching, ["iou", "iou_cost"])
_SOLVER = Remembered(linear_assignment, ["min_cost_matching", "linear_sum_assignment"])
_TRACK, _NEW_TRACK = Track, Remembered(Track, ["__init__"])
