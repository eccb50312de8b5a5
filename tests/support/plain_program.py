"""Deep SORT in plain steps under the names that programs use: what a program may do to a tracker, it may do to this.

One track, one box, one feature at a time, after the description of the original's order of operations; slow.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from deep_sort.track import TrackState
from tests.support.plain_tracker import GATE, INFINITE, F, H, unit


class Detection:
    def __init__(self, tlwh: Any, confidence: float, feature: Any) -> None:
        self.tlwh, self.confidence = np.array(tlwh, np.float64), confidence
        self.feature = np.array(feature, np.float32)

    def to_xyah(self) -> np.ndarray:
        left, top, width, height = self.tlwh
        return np.array([left + width / 2, top + height / 2, width / height, height])


class KalmanFilter:
    def initiate(self, measurement: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = measurement[3]
        spread = [h / 10, h / 10, 1e-2, h / 10, h / 16, h / 16, 1e-5, h / 16]
        return np.array([*measurement, 0, 0, 0, 0]), np.diag(np.square(spread))

    def predict(self, mean: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = mean[3]
        noise = [h / 20, h / 20, 1e-2, h / 20, h / 160, h / 160, 1e-5, h / 160]
        return F @ mean, F @ covariance @ F.T + np.diag(np.square(noise))

    def project(self, mean: np.ndarray, covariance: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        h = mean[3]
        return H @ mean, H @ covariance @ H.T + np.diag(np.square([h / 20, h / 20, 1e-1, h / 20]))

    def update(self, mean: np.ndarray, covariance: np.ndarray, measurement: np.ndarray) -> Any:
        seen, spread = self.project(mean, covariance)
        gain = np.linalg.solve(spread, H @ covariance).T
        return mean + gain @ (measurement - seen), covariance - gain @ spread @ gain.T

    def gating_distance(self, mean: np.ndarray, covariance: np.ndarray, measurements: Any) -> np.ndarray:
        seen, spread = self.project(mean, covariance)
        return np.array([(z - seen) @ np.linalg.solve(spread, z - seen) for z in measurements])


class Track:
    def __init__(
        self, mean: Any, covariance: Any, track_id: int, n_init: int, max_age: int, feature: Any = None
    ) -> None:
        self.mean, self.covariance, self.track_id = mean, covariance, track_id
        self.hits, self.age, self.time_since_update = 1, 1, 0
        self.state = TrackState.Tentative
        self.features = [] if feature is None else [feature]
        self._n_init, self._max_age = n_init, max_age

    def to_tlwh(self) -> np.ndarray:
        x, y, aspect, height = self.mean[:4]
        return np.array([x - aspect * height / 2, y - height / 2, aspect * height, height])

    def predict(self, kf: KalmanFilter) -> None:
        self.mean, self.covariance = kf.predict(self.mean, self.covariance)
        self.age += 1
        self.time_since_update += 1

    def update(self, kf: KalmanFilter, detection: Detection) -> None:
        self.mean, self.covariance = kf.update(self.mean, self.covariance, detection.to_xyah())
        self.features.append(detection.feature)
        self.hits += 1
        self.time_since_update = 0
        if self.state == TrackState.Tentative and self.hits >= self._n_init:
            self.state = TrackState.Confirmed

    def mark_missed(self) -> None:
        if self.state == TrackState.Tentative or self.time_since_update > self._max_age:
            self.state = TrackState.Deleted


class Metric:
    """Cosine distance to the nearest sample."""

    def __init__(self, matching_threshold: float, budget: int | None) -> None:
        self.matching_threshold, self.budget = matching_threshold, budget
        self.samples: dict[int, list[np.ndarray]] = {}

    def partial_fit(self, features: Any, targets: Any, active_targets: list[int]) -> None:
        for feature, target in zip(features, targets, strict=True):
            kept = [*self.samples.get(target, []), np.array(feature)]
            self.samples[target] = kept if self.budget is None else kept[-self.budget :]
        self.samples = {target: self.samples[target] for target in active_targets}

    def distance(self, feature: np.ndarray, target: int) -> float:
        return min(1 - unit(feature) @ unit(sample) for sample in self.samples[target])


class Tracker:
    def __init__(self, metric: Metric, max_iou_distance: float, max_age: int, n_init: int) -> None:
        self.metric, self.max_iou_distance, self.max_age, self.n_init = (metric, max_iou_distance, max_age, n_init)
        self.kf, self._next_id = KalmanFilter(), 1
        self.tracks: list[Track] = []

    def predict(self) -> None:
        for track in self.tracks:
            track.predict(self.kf)

    def update(self, detections: list[Detection]) -> None:
        matches, missed, new = self._match(detections)
        for t, d in matches:
            self.tracks[t].update(self.kf, detections[d])
        for t in missed:
            self.tracks[t].mark_missed()
        for d in new:
            mean, covariance = self.kf.initiate(detections[d].to_xyah())
            limits = self.n_init, self.max_age
            self.tracks.append(Track(mean, covariance, self._next_id, *limits, detections[d].feature))
            self._next_id += 1
        self.tracks = [track for track in self.tracks if track.state != TrackState.Deleted]
        features, targets, active = [], [], []
        for track in self.tracks:
            if track.state == TrackState.Confirmed:
                active.append(track.track_id)
                features += track.features
                targets += [track.track_id] * len(track.features)
                track.features = []
        self.metric.partial_fit(features, targets, active)

    def _match(self, detections: list[Detection]) -> tuple[list[tuple[int, int]], list[int], list[int]]:
        def look(t: int, d: int) -> float:
            track, xyah = self.tracks[t], detections[d].to_xyah()
            if self.kf.gating_distance(track.mean, track.covariance, [xyah])[0] > GATE:
                return INFINITE
            return self.metric.distance(detections[d].feature, track.track_id)

        def overlap(t: int, d: int) -> float:
            stale = self.tracks[t].time_since_update > 1
            return INFINITE if stale else 1 - _iou(self.tracks[t].to_tlwh(), detections[d].tlwh)

        confirmed = [i for i, track in enumerate(self.tracks) if track.state == TrackState.Confirmed]
        others = [i for i, track in enumerate(self.tracks) if track.state != TrackState.Confirmed]
        matches: list[tuple[int, int]] = []
        left = list(range(len(detections)))
        for level in range(1, self.max_age + 1):
            rows = [i for i in confirmed if self.tracks[i].time_since_update == level]
            found, _, left = _assign(look, self.metric.matching_threshold, rows, left)
            matches += found
        unmatched = list(set(confirmed) - {t for t, _ in matches})
        recent = [i for i in unmatched if self.tracks[i].time_since_update == 1]
        lost = [i for i in unmatched if self.tracks[i].time_since_update != 1]
        found, missed, left = _assign(overlap, self.max_iou_distance, others + recent, left)
        return matches + found, lost + missed, left


def _assign(cost_of: Any, most: float, rows: list[int], columns: list[int]) -> Any:
    if not rows or not columns:
        return [], rows, columns
    cost = np.array([[cost_of(t, d) for d in columns] for t in rows])
    cost[cost > most] = most + 1e-5
    pairs = list(zip(*linear_sum_assignment(cost), strict=True))
    missed = [t for row, t in enumerate(rows) if row not in {row for row, _ in pairs}]
    left = [d for column, d in enumerate(columns) if column not in {column for _, column in pairs}]
    matches = []
    for row, column in pairs:
        if cost[row, column] > most:
            missed.append(rows[row])
            left.append(columns[column])
        else:
            matches.append((rows[row], columns[column]))
    return matches, missed, left


def _iou(a: np.ndarray, b: np.ndarray) -> float:
    width = max(0.0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
    height = max(0.0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
    return width * height / (a[2] * a[3] + b[2] * b[3] - width * height)
