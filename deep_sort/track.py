"""One tracked object and its life."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .detection import Detection, stack_measurements, tlwh_to_tlbr
from .kalman_filter import KalmanFilter


class TrackState:
    """States of a track's life.

    A new track is tentative until enough detections in a row have confirmed it; a track that is deleted
    leaves the tracker.
    """

    Tentative = 1
    Confirmed = 2
    Deleted = 3


class Track:
    """A single object with its motion (x, y, a, h and velocities) and its age.

    Parameters
    ----------
    mean : ndarray, shape (8,)
        Mean of the Kalman state.
    covariance : ndarray, shape (8, 8)
        Covariance of the Kalman state.
    track_id : int
        Unique number of the track.
    n_init : int
        Detections in a row that confirm the track.
    max_age : int
        Frames without a detection that a confirmed track survives.
    feature : ndarray, shape (M,), optional
        Appearance of the detection that started the track.

    Attributes
    ----------
    mean, covariance, track_id
        As given, moved on by `predict` and `update`.
    hits : int
        Detections so far.
    age : int
        Frames since the first detection, that one included.
    time_since_update : int
        Frames since the last detection.
    state : int
        One of `TrackState`.
    features : list of ndarray
        Appearances not handed to the metric yet.
    """

    def __init__(
        self,
        mean: NDArray[np.float64],
        covariance: NDArray[np.float64],
        track_id: int,
        n_init: int,
        max_age: int,
        feature: NDArray[np.float32] | None = None,
    ) -> None:
        self.mean = mean
        self.covariance = covariance
        self.track_id = track_id
        self.hits = 1
        self.age = 1
        self.time_since_update = 0
        self.state = TrackState.Tentative
        self.features = [] if feature is None else [feature]
        self._n_init = n_init
        self._max_age = max_age

    def to_tlwh(self) -> NDArray[np.float64]:
        """Return the current box as (left, top, width, height), shape (4,)."""
        tlwh = self.mean[:4].copy()
        tlwh[2] *= tlwh[3]
        tlwh[:2] -= tlwh[2:] / 2
        return tlwh

    def to_tlbr(self) -> NDArray[np.float64]:
        """Return the current box as (left, top, right, bottom), shape (4,)."""
        return tlwh_to_tlbr(self.to_tlwh())

    def predict(self, kf: KalmanFilter) -> None:
        """Move the state one frame ahead."""
        self.mean, self.covariance = kf.predict(self.mean, self.covariance)
        self._grow_older()

    def update(self, kf: KalmanFilter, detection: Detection) -> None:
        """Correct the state by the detection that belongs to this track."""
        self.mean, self.covariance = kf.update(self.mean, self.covariance, detection.to_xyah())
        self._count_hit(detection)

    def mark_missed(self) -> None:
        """Note that no detection belongs to this track in this frame."""
        if self.state == TrackState.Tentative or self.time_since_update > self._max_age:
            self.state = TrackState.Deleted

    def is_tentative(self) -> bool:
        """Return whether the track is not confirmed yet."""
        return self.state == TrackState.Tentative

    def is_confirmed(self) -> bool:
        """Return whether the track is confirmed."""
        return self.state == TrackState.Confirmed

    def is_deleted(self) -> bool:
        """Return whether the track is at its end."""
        return self.state == TrackState.Deleted

    def _grow_older(self) -> None:
        self.age += 1
        self.time_since_update += 1

    def _count_hit(self, detection: Detection) -> None:
        self.features.append(detection.feature)
        self.hits += 1
        self.time_since_update = 0
        if self.state == TrackState.Tentative and self.hits >= self._n_init:
            self.state = TrackState.Confirmed


def stack_states(
    tracks: Sequence[Track], indices: Sequence[int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return means (N, 8) and covariances (N, 8, 8) of the tracks at ``indices``."""
    if not len(indices):
        return np.empty((0, 8)), np.empty((0, 8, 8))
    chosen = [tracks[i] for i in indices]
    means = np.concatenate([track.mean for track in chosen])
    covariances = np.concatenate([track.covariance for track in chosen])
    return means.reshape(-1, 8), covariances.reshape(-1, 8, 8)


def stack_track_boxes(tracks: Sequence[Track], indices: Sequence[int]) -> NDArray[np.float64]:
    """Return the boxes of the tracks at ``indices`` as one array (left, top, width, height), shape (N, 4)."""
    return np.array([tracks[i].to_tlwh() for i in indices], dtype=np.float64).reshape(-1, 4)


def predict_tracks(kf: KalmanFilter, tracks: Sequence[Track]) -> None:
    """Move all tracks one frame ahead, together."""
    if not _work_together(kf, tracks, "predict"):
        for track in tracks:
            track.predict(kf)
        return
    means, covariances = kf.predict(*stack_states(tracks, range(len(tracks))))
    for track, mean, covariance in zip(tracks, means, covariances, strict=True):
        track.mean, track.covariance = mean, covariance
        track._grow_older()


def update_tracks(
    kf: KalmanFilter,
    tracks: Sequence[Track],
    detections: Sequence[Detection],
    matches: Sequence[tuple[int, int]],
) -> None:
    """Correct each matched track by its detection, together.

    Parameters
    ----------
    kf : KalmanFilter
    tracks, detections : sequence
    matches : sequence of (track index, detection index)
    """
    matched = [tracks[i] for i, _ in matches]
    if not _work_together(kf, matched, "update"):
        for track, (_, j) in zip(matched, matches, strict=True):
            track.update(kf, detections[j])
        return
    measurements = stack_measurements(detections, [j for _, j in matches])
    means, covariances = kf.update(*stack_states(matched, range(len(matched))), measurements)
    for track, (_, j), mean, covariance in zip(matched, matches, means, covariances, strict=True):
        track.mean, track.covariance = mean, covariance
        track._count_hit(detections[j])


def _work_together(kf: KalmanFilter, tracks: Sequence[Track], method: str) -> bool:
    """Tell whether filter and tracks are ours, which broadcast; a program's own are called track by track."""
    ours = getattr(Track, method)
    return (
        len(tracks) > 0
        and type(kf) is KalmanFilter
        and all(getattr(kind, method) is ours for kind in {type(track) for track in tracks})
    )
