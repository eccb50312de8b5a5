"""Steps of many tracks at once, while all functions that a step stands for are ours; one by one otherwise.

There are three ways, which give the same tracks: the states that `States` holds, for filter and tracks of ours; stacked
states, for a filter that declares itself ``batched``; and one call a track, for all else that a program brings along.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from .batched import all_take_many, takes_many
from .detection import Found
from .kalman_filter import KalmanFilter, keeps_coordinates_apart
from .states import States
from .track import Track, TrackState


def predict_tracks(states: States, kf: KalmanFilter, tracks: Sequence[Track]) -> None:
    """Move all tracks one frame ahead."""
    if not tracks:
        return
    if not (all_take_many(tracks) and takes_many(kf)):
        for track in tracks:
            track.predict(kf)
        return
    if keeps_coordinates_apart(kf) and states.hold(tracks):
        states.predict(kf)
    else:
        _set_states(tracks, *kf.predict(*_stack_states(tracks)))
    for track in tracks:
        track.age += 1
        track.time_since_update += 1


def warp_tracks(kf: KalmanFilter, tracks: Sequence[Track], camera_motion: ArrayLike) -> None:
    """Move all tracks with the camera."""
    for track in tracks:
        track.mean, track.covariance = kf.warp(track.mean, track.covariance, camera_motion)


def update_tracks(
    states: States,
    kf: KalmanFilter,
    tracks: Sequence[Track],
    found: Found,
    matches: Sequence[tuple[int, int]],
) -> None:
    """Correct each matched track by its detection.

    Parameters
    ----------
    states : States
    kf : KalmanFilter
    tracks : sequence of Track
    found : Found
    matches : sequence of (track index, detection index)
    """
    if not matches:
        return
    if found.xyah is None or not (all_take_many(tracks) and takes_many(kf)):
        for i, j in matches:
            tracks[i].update(kf, found.detections[j])
        return
    rows, columns = zip(*matches, strict=True)
    if keeps_coordinates_apart(kf) and states.hold(tracks):
        states.update(kf, rows, found.xyah[list(columns)])
    else:
        matched = [tracks[i] for i in rows]
        _set_states(matched, *kf.update(*_stack_states(matched), found.xyah[list(columns)]))
    for i, j in matches:
        track = tracks[i]
        track.hits += 1
        track.time_since_update = 0
        track.last_detection = found.source(j)
        if found.queries is not None and track.state == TrackState.Confirmed:
            found.learned.append((track.track_id, j))  # its feature needs no detour over track.features
            continue
        track.features.append(found.feature(j))
        if track.state == TrackState.Tentative and track.hits >= track._n_init:
            track.state = TrackState.Confirmed


def _stack_states(tracks: Sequence[Track]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([track.mean for track in tracks]), np.array([track.covariance for track in tracks])


def _set_states(tracks: Sequence[Track], means: np.ndarray, covariances: np.ndarray) -> None:
    for track, mean, covariance in zip(tracks, means, covariances, strict=True):
        track.mean, track.covariance = mean.copy(), covariance.copy()  # who keeps one keeps no others alive
