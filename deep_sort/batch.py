"""Steps of many tracks at once, while all functions that a step stands for are ours; one by one otherwise.

There are three ways, which give the same tracks: the arrays of `States`, for tracks and a filter of ours; stacked
states, for a filter that declares itself ``batched``; one call a track, for all else that a program brings along.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .batched import all_take_many, takes_many
from .detection import Found
from .kalman_filter import KalmanFilter, keeps_coordinates_apart
from .states import States
from .track import Track, TrackState


def predict_tracks(states: States, kf: KalmanFilter, tracks: list[Track]) -> None:
    """Move all tracks one frame ahead."""
    together = bool(tracks) and all_take_many(tracks)
    if together and keeps_coordinates_apart(kf) and states.hold(tracks):
        states.predict(kf)
    elif together and takes_many(kf):
        _set_states(tracks, *kf.predict(*_stack_states(tracks)))
    else:
        for track in tracks:
            track.predict(kf)
        return
    for track in tracks:
        track.age += 1
        track.time_since_update += 1


def update_tracks(
    states: States, kf: KalmanFilter, tracks: list[Track], found: Found, matches: Sequence[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Correct tracks by detections, given matches of their indices.

    Returns
    -------
    list of (track id, detection index)
        Features that may go straight to the metric, of tracks that were confirmed before.
    """
    learned: list[tuple[int, int]] = []
    if not matches:
        return learned
    rows, columns = map(list, zip(*matches, strict=True))
    matched = [tracks[i] for i in rows]
    if found.together and states.hold(tracks):
        states.update(kf, rows, found.xyah.take(columns, axis=1))
    elif found.plain and all_take_many(matched) and takes_many(kf):
        _set_states(matched, *kf.update(*_stack_states(matched), found.xyah[:, columns].T))
    else:
        for track, j in zip(matched, columns, strict=True):
            track.update(kf, found.detections[j])
        return learned
    direct, confirmed = found.queries is not None, TrackState.Confirmed
    for track, j, source in zip(matched, columns, found.sources(columns), strict=True):
        track.hits += 1
        track.time_since_update = 0
        track._last = source
        if direct and track.state == confirmed:
            learned.append((track.track_id, j))
            continue
        track.features.append(found.feature(j))
        if track.state == TrackState.Tentative and track.hits >= track._n_init:
            track.state = confirmed
    return learned


def confirmed_and_others(tracks: list[Track], together: bool) -> tuple[list[int], list[int]]:
    """Return the indices of tracks that are confirmed, and of those that are not."""
    if together:
        state = TrackState.Confirmed
        confirmed = [i for i, track in enumerate(tracks) if track.state == state]
    else:
        confirmed = [i for i, track in enumerate(tracks) if track.is_confirmed()]
    every = range(len(tracks))
    return confirmed, [] if len(confirmed) == len(tracks) else sorted({*every}.difference(confirmed))


def without_deleted(tracks: list[Track], together: bool) -> list[Track]:
    """Return the tracks that are not at their end."""
    if together:
        deleted = TrackState.Deleted
        return [track for track in tracks if track.state != deleted]
    return [track for track in tracks if not track.is_deleted()]


def _stack_states(tracks: Sequence[Track]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([track.mean for track in tracks]), np.array([track.covariance for track in tracks])


def _set_states(tracks: Sequence[Track], means: np.ndarray, covariances: np.ndarray) -> None:
    for track, mean, covariance in zip(tracks, means, covariances, strict=True):
        track.mean, track.covariance = mean.copy(), covariance.copy()  # who keeps one keeps no others alive
