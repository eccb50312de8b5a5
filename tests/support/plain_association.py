"""Better association and motion in plain steps: what `application_util.association` is compared with.

One pair, one track, one feature at a time; written after the equations that docs/better_tracks.md gives. Slow.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tests.support.plain_tracker import (
    CONFIRMED,
    DELETED,
    GATE,
    INFINITE,
    TENTATIVE,
    F,
    H,
    PlainDetection,
    PlainTrack,
    PlainTracker,
    unit,
)

__all__ = ["F", "PlainAssociation", "PlainSighting"]


@dataclass
class PlainSighting(PlainDetection):
    """A detection, with how sure the detector is and what it calls it."""

    confidence: float = 1.0
    label: int = 0


class PlainAssociation(PlainTracker):
    """The tracker with each part as an argument, named as the flags are."""

    def __init__(
        self,
        *args,
        motion_weight=0.0,
        ema_alpha=None,
        nsa_noise=False,
        no_cascade=False,
        min_confidence=None,
        tentative_grace=0,
        class_aware=False,
        **options,
    ):
        super().__init__(*args, **options)
        self.motion_weight, self.ema_alpha, self.nsa_noise = motion_weight, ema_alpha, nsa_noise
        self.no_cascade, self.min_confidence = no_cascade, min_confidence
        self.grace, self.class_aware = tentative_grace, class_aware
        self.labels: dict[int, int] = {}

    def step(self, detections, camera=None):
        """Advance by a frame; ``camera`` is the image's motion since the last one."""
        if camera is not None:
            for track in self.tracks:
                self._warp(track, np.asarray(camera, float))
        for track in self.tracks:
            track.predict()
        matches, lost, new = self._match(detections)
        for t, d in matches:
            self._update(self.tracks[t], detections[d])
        for t in lost:
            track = self.tracks[t]
            given_up = track.missed > (self.grace if track.life == TENTATIVE else self.max_age)
            if given_up:
                track.life = DELETED
        for d in new:
            self._begin(detections[d])
            self.labels[self.tracks[-1].number] = detections[d].label
        self.tracks = [track for track in self.tracks if track.life != DELETED]
        return [(t.number, t.box) for t in self.tracks if t.life == CONFIRMED and t.missed <= 1]

    def _warp(self, track: PlainTrack, camera: np.ndarray) -> None:
        turn, shift = camera[:, :2], camera[:, 2]
        zoom = np.sqrt(abs(turn[0, 0] * turn[1, 1] - turn[0, 1] * turn[1, 0]))
        whole = np.eye(8)
        for block in (0, 4):
            whole[block : block + 2, block : block + 2] = turn
            whole[block + 3, block + 3] = zoom
        track.mean = whole @ track.mean
        track.mean[:2] += shift
        track.covariance = whole @ track.covariance @ whole.T

    def _update(self, track, detection):
        before = track.mean, track.covariance
        super()._update(track, detection)
        self.labels[track.number] = detection.label
        if self.nsa_noise:
            mean, covariance = before
            h = mean[3]
            noise = np.diag(np.array([h / 20, h / 20, 1e-1, h / 20]) ** 2)
            noise *= 1 - min(1.0, max(0.0, detection.confidence))
            spread = H @ covariance @ H.T + noise
            gain = np.linalg.solve(spread, H @ covariance).T
            track.mean = mean + gain @ (detection.xyah - H @ mean)
            track.covariance = covariance - gain @ spread @ gain.T
        if self.ema_alpha is not None and track.life == CONFIRMED:
            mean = unit(track.features[0])
            for feature in track.features[1:]:
                mean = unit(self.ema_alpha * mean + (1 - self.ema_alpha) * unit(feature))
            track.features = [mean]

    def _match(self, detections):
        tracks = self.tracks
        sure = [
            i
            for i, each in enumerate(detections)
            if self.min_confidence is None or each.confidence >= self.min_confidence
        ]
        unsure = [i for i in range(len(detections)) if i not in sure]
        confirmed = [i for i, track in enumerate(tracks) if track.life == CONFIRMED]
        others = [i for i, track in enumerate(tracks) if track.life != CONFIRMED]
        shown = any(len(each.feature) for each in detections)
        weight = 1.0 if self.motion_weight and not shown else self.motion_weight
        most = weight * GATE + (1 - weight) * self.threshold

        def cost(track, detection):
            d1 = track.mahalanobis(detection.xyah)
            if d1 > GATE or not self._allowed(track, detection):
                return INFINITE
            if self.motion_weight and not shown:
                just_seen = PlainTrack(track.number, track.mean, track.covariance, missed=1)
                return d1 if self._overlap(just_seen, detection) <= self.max_iou_distance else INFINITE
            d2 = min(1 - unit(feature) @ unit(detection.feature) for feature in track.features)
            return weight * d1 + (1 - weight) * d2 if d2 <= self.threshold else INFINITE

        if self.no_cascade and (shown or not self.motion_weight):
            young = [i for i in confirmed if tracks[i].missed <= self.max_age]
            matches, unmatched, left = self._assign(cost, most, young, sure, detections)
            unmatched = unmatched + [i for i in confirmed if i not in young]
        else:
            matches, left = [], sure
            for level in range(1, self.max_age + 1):
                rows = [i for i in confirmed if tracks[i].missed == level]
                found, _, left = self._assign(cost, most, rows, left, detections)
                matches += found
            unmatched = list(set(confirmed) - {t for t, _ in matches})
        recent = [i for i in unmatched if tracks[i].missed == 1]
        found, still, left = self._assign(self._near, self.max_iou_distance, others + recent, left, detections)
        again, _, _ = self._assign(self._near, 0.5, [i for i in still if i in recent], unsure, detections)
        matches = matches + found + again
        matched = {t for t, _ in matches}
        return matches, [i for i in range(len(tracks)) if i not in matched], left

    def _near(self, track, detection):
        if not self._allowed(track, detection):
            return INFINITE
        if track.life == TENTATIVE and track.missed > 1:
            seen = PlainTrack(track.number, track.mean, track.covariance, missed=1)
            return self._overlap(seen, detection)
        return self._overlap(track, detection)

    def _allowed(self, track, detection):
        return not self.class_aware or self.labels[track.number] == detection.label
