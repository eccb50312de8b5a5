"""Deep SORT in plain steps, one track and one box at a time: what the tracker's answers are compared with.

Written after the paper and the description of the original's order of operations, not after `deep_sort`: no batches,
no gallery that is normalised in advance, matrices instead of blocks, float64 throughout. Slow.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linear_sum_assignment

INFINITE = 1e5
GATE = 9.4877
TENTATIVE, CONFIRMED, DELETED = "tentative", "confirmed", "deleted"

F = np.eye(8) + np.eye(8, k=4)
H = np.eye(4, 8)


@dataclass
class PlainDetection:
    """A box (left, top, width, height) and its feature."""

    box: np.ndarray
    feature: np.ndarray

    @property
    def xyah(self) -> np.ndarray:
        left, top, width, height = self.box
        return np.array([left + width / 2, top + height / 2, width / height, height])


@dataclass
class PlainTrack:
    """A target: its state, its life, and all that it has looked like."""

    number: int
    mean: np.ndarray
    covariance: np.ndarray
    features: list[np.ndarray] = field(default_factory=list)
    hits: int = 1
    missed: int = 0
    life: str = TENTATIVE

    @property
    def box(self) -> np.ndarray:
        x, y, aspect, height = self.mean[:4]
        return np.array([x - aspect * height / 2, y - height / 2, aspect * height, height])

    def predict(self) -> None:
        h = self.mean[3]
        noise = np.array([h / 20, h / 20, 1e-2, h / 20, h / 160, h / 160, 1e-5, h / 160])
        self.mean = F @ self.mean
        self.covariance = F @ self.covariance @ F.T + np.diag(noise**2)
        self.missed += 1

    def projected(self) -> tuple[np.ndarray, np.ndarray]:
        h = self.mean[3]
        noise = np.array([h / 20, h / 20, 1e-1, h / 20])
        return H @ self.mean, H @ self.covariance @ H.T + np.diag(noise**2)

    def mahalanobis(self, measurement: np.ndarray) -> float:
        mean, covariance = self.projected()
        offset = measurement - mean
        return float(offset @ np.linalg.solve(covariance, offset))

    def correct(self, measurement: np.ndarray) -> None:
        mean, covariance = self.projected()
        gain = np.linalg.solve(covariance, H @ self.covariance).T
        self.mean = self.mean + gain @ (measurement - mean)
        self.covariance = self.covariance - gain @ covariance @ gain.T


class PlainTracker:
    """The tracker: `step` takes a frame's detections and returns the confirmed tracks seen in it or just before."""

    def __init__(
        self,
        threshold: float = 0.2,
        budget: int | None = None,
        max_iou_distance: float = 0.7,
        max_age: int = 30,
        n_init: int = 3,
    ) -> None:
        self.threshold, self.budget = threshold, budget
        self.max_iou_distance, self.max_age, self.n_init = max_iou_distance, max_age, n_init
        self.tracks: list[PlainTrack] = []
        self.next_number = 1

    def step(self, detections: list[PlainDetection]) -> list[tuple[int, np.ndarray]]:
        """Advance by a frame; return number and box of each track to report."""
        for track in self.tracks:
            track.predict()
        matches, lost, new = self._match(detections)
        for t, d in matches:
            self._update(self.tracks[t], detections[d])
        for t in lost:
            track = self.tracks[t]
            if track.life == TENTATIVE or track.missed > self.max_age:
                track.life = DELETED
        for d in new:
            self._begin(detections[d])
        self.tracks = [track for track in self.tracks if track.life != DELETED]
        return [(t.number, t.box) for t in self.tracks if t.life == CONFIRMED and t.missed <= 1]

    def _update(self, track: PlainTrack, detection: PlainDetection) -> None:
        track.correct(detection.xyah)
        track.features.append(detection.feature)
        track.hits += 1
        track.missed = 0
        if track.life == TENTATIVE and track.hits >= self.n_init:
            track.life = CONFIRMED
        if self.budget is not None and track.life == CONFIRMED:
            track.features = track.features[-self.budget :]

    def _begin(self, detection: PlainDetection) -> None:
        h = detection.xyah[3]
        spread = np.array([h / 10, h / 10, 1e-2, h / 10, h / 16, h / 16, 1e-5, h / 16])
        mean = np.concatenate([detection.xyah, np.zeros(4)])
        self.tracks.append(PlainTrack(self.next_number, mean, np.diag(spread**2), [detection.feature]))
        self.next_number += 1

    def _match(self, detections: list[PlainDetection]) -> tuple[list[tuple[int, int]], list[int], list[int]]:
        confirmed = [i for i, track in enumerate(self.tracks) if track.life == CONFIRMED]
        others = [i for i, track in enumerate(self.tracks) if track.life != CONFIRMED]
        matches: list[tuple[int, int]] = []
        left = list(range(len(detections)))
        for level in range(1, self.max_age + 1):
            rows = [i for i in confirmed if self.tracks[i].missed == level]
            found, _, left = self._assign(self._appearance, self.threshold, rows, left, detections)
            matches += found
        unmatched = list(set(confirmed) - {t for t, _ in matches})
        candidates = others + [i for i in unmatched if self.tracks[i].missed == 1]
        lost = [i for i in unmatched if self.tracks[i].missed != 1]
        found, still, left = self._assign(self._overlap, self.max_iou_distance, candidates, left, detections)
        return matches + found, lost + still, left

    def _assign(self, cost, most, rows, columns, detections):
        """Match tracks and detections one to one, at the least sum of costs, none above `most`."""
        if not rows or not columns:
            return [], rows, columns
        costs = np.array([[cost(self.tracks[r], detections[c]) for c in columns] for r in rows])
        costs[costs > most] = most + 1e-5
        solved = list(zip(*linear_sum_assignment(costs), strict=True))
        matches = []
        lost = [track for r, track in enumerate(rows) if r not in {pair[0] for pair in solved}]
        left = [detection for c, detection in enumerate(columns) if c not in {pair[1] for pair in solved}]
        for r, c in solved:
            if costs[r, c] > most:
                lost.append(rows[r])
                left.append(columns[c])
            else:
                matches.append((rows[r], columns[c]))
        return matches, lost, left

    def _appearance(self, track: PlainTrack, detection: PlainDetection) -> float:
        if track.mahalanobis(detection.xyah) > GATE:
            return INFINITE
        return min(1 - unit(feature) @ unit(detection.feature) for feature in track.features)

    def _overlap(self, track: PlainTrack, detection: PlainDetection) -> float:
        if track.missed > 1:
            return INFINITE
        a, b = track.box, detection.box
        width = max(0.0, min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0]))
        height = max(0.0, min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1]))
        common = width * height
        return 1 - common / (a[2] * a[3] + b[2] * b[3] - common)


def unit(vector: np.ndarray) -> np.ndarray:
    """Return a vector of length 1, float64."""
    vector = np.asarray(vector, np.float64)
    return vector / np.sqrt(vector @ vector)
