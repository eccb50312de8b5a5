"""The tracker: predict, associate, update, delete, initiate."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from . import linear_assignment
from .detection import Detection
from .iou_matching import iou_cost
from .kalman_filter import KalmanFilter
from .nn_matching import NearestNeighborDistanceMetric
from .track import Track, predict_tracks, update_tracks


class AppearanceMetric(Protocol):
    """What the tracker asks of a metric; `NearestNeighborDistanceMetric` is one."""

    matching_threshold: float

    def distance(self, features: NDArray, targets: NDArray) -> NDArray[np.float64]:
        """Compare features (N, M) with targets, shape (len(targets), N)."""

    def partial_fit(self, features: NDArray, targets: NDArray, active_targets: list[int]) -> None:
        """Add features (N, M) of targets (N,) and forget targets that are not active."""


class Tracker:
    """Multi-target tracker of Wojke, Bewley and Paulus (ICIP 2017).

    Parameters
    ----------
    metric : AppearanceMetric
        Distance between the looks of tracks and detections.
    max_iou_distance : float
        Largest 1 - IoU of a match by overlap.
    max_age : int
        Frames without a detection that a confirmed track survives.
    n_init : int
        Detections in a row that confirm a track.

    Attributes
    ----------
    metric, max_iou_distance, max_age, n_init
        As given.
    kf : KalmanFilter
        Filters the motion of all tracks.
    tracks : list of Track
        The tracks alive, oldest first.
    """

    def __init__(
        self, metric: AppearanceMetric, max_iou_distance: float = 0.7, max_age: int = 30, n_init: int = 3
    ) -> None:
        self.metric = metric
        self.max_iou_distance = max_iou_distance
        self.max_age = max_age
        self.n_init = n_init
        self.kf = KalmanFilter()
        self.tracks: list[Track] = []
        self._next_id = 1

    def predict(self) -> None:
        """Move all tracks one frame ahead; to be called once a frame, before `update`."""
        predict_tracks(self.kf, self.tracks)

    def update(self, detections: Sequence[Detection]) -> None:
        """Associate the detections of a frame with the tracks.

        Parameters
        ----------
        detections : sequence of Detection
            Their order decides the ids of new tracks.
        """
        matches, unmatched_tracks, unmatched_detections = self._match(detections)
        update_tracks(self.kf, self.tracks, detections, matches)
        for index in unmatched_tracks:
            self.tracks[index].mark_missed()
        for index in unmatched_detections:
            self._initiate_track(detections[index])
        self.tracks = [track for track in self.tracks if not track.is_deleted()]
        self._learn_appearance()

    def _match(self, detections: Sequence[Detection]) -> linear_assignment.Matching:
        """Match by appearance first, what is left and was seen just before by overlap (paper, section 2.3)."""
        confirmed = [i for i, track in enumerate(self.tracks) if track.is_confirmed()]
        unconfirmed = [i for i, track in enumerate(self.tracks) if not track.is_confirmed()]
        matches, missed, unmatched_detections = linear_assignment.matching_cascade(
            self._appearance_cost(detections, confirmed),
            self.metric.matching_threshold,
            self.max_age,
            self.tracks,
            detections,
            confirmed,
        )
        just_seen = [i for i in missed if self.tracks[i].time_since_update == 1]
        lost = [i for i in missed if self.tracks[i].time_since_update != 1]
        overlapping, missed, unmatched_detections = linear_assignment.min_cost_matching(
            iou_cost,
            self.max_iou_distance,
            self.tracks,
            detections,
            unconfirmed + just_seen,
            unmatched_detections,
        )
        return matches + overlapping, lost + missed, unmatched_detections

    def _appearance_cost(
        self, detections: Sequence[Detection], confirmed: list[int]
    ) -> linear_assignment.DistanceMetric:
        """Return what gives the cascade its gated costs."""
        if type(self.metric) is not NearestNeighborDistanceMetric:  # a program's own is asked level by level
            return self._gated_distance
        cost = np.full((len(self.tracks), len(detections)), linear_assignment.INFTY_COST)
        candidates = [i for i in confirmed if 1 <= self.tracks[i].time_since_update <= self.max_age]
        if candidates and len(detections):  # one matrix for the whole cascade
            rows, columns = linear_assignment.pairs_within_gate(
                self.kf, self.tracks, detections, candidates, range(len(detections))
            )
            features = np.array([detection.feature for detection in detections])
            targets = np.array([self.tracks[i].track_id for i in candidates])
            distances = self.metric.pair_distances(features, targets, rows, columns)
            cost[np.array(candidates)[rows], columns] = distances
        return lambda _tracks, _detections, rows, columns: cost[np.array(rows)[:, np.newaxis], columns]

    def _gated_distance(
        self,
        tracks: Sequence[Track],
        detections: Sequence[Detection],
        track_indices: Sequence[int],
        detection_indices: Sequence[int],
    ) -> NDArray[np.float64]:
        features = np.array([detections[i].feature for i in detection_indices])
        targets = np.array([tracks[i].track_id for i in track_indices])
        return linear_assignment.gate_cost_matrix(
            self.kf,
            self.metric.distance(features, targets),
            tracks,
            detections,
            track_indices,
            detection_indices,
        )

    def _initiate_track(self, detection: Detection) -> None:
        mean, covariance = self.kf.initiate(detection.to_xyah())
        self.tracks.append(
            Track(mean, covariance, self._next_id, self.n_init, self.max_age, detection.feature)
        )
        self._next_id += 1

    def _learn_appearance(self) -> None:
        """Move the features of confirmed tracks to the metric, which forgets all others."""
        confirmed = [track for track in self.tracks if track.is_confirmed()]
        features = [feature for track in confirmed for feature in track.features]
        targets = [track.track_id for track in confirmed for _ in track.features]
        for track in confirmed:
            track.features = []
        self.metric.partial_fit(
            np.asarray(features), np.asarray(targets), [track.track_id for track in confirmed]
        )
