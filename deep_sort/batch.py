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

CONFIRMED, DELETED = TrackState.Confirmed, TrackState.Deleted


def predict_tracks(states: States, kf: KalmanFilter, tracks: list[Track]) -> None:
    """Move all tracks one frame ahead."""
    together = bool(tracks) and all_take_many(tracks)
    if together and keeps_coordinates_apart(kf) and states.hold(tracks):
        states.predict(kf)
    elif together and takes_many(kf) and _all_differ(tracks):
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
) -> tuple[list[int], list[int]]:
    """Correct tracks by detections, given matches of their indices.

    Returns
    -------
    track_ids, detection_indices : list of int
        Whose features may go straight to the metric: those of tracks that were confirmed before.
    """
    ids: list[int] = []
    indices: list[int] = []
    if not matches:
        return ids, indices
    matched = [tracks[i] for i, _ in matches]
    if found.together and states.hold(tracks):
        which = [-1] * len(tracks)
        for i, j in matches:
            which[i] = j
        states.update(kf, found.xyah, which)
    elif found.plain and takes_many(kf) and all_take_many(matched) and _all_differ(matched):
        _set_states(matched, *kf.update(*_stack_states(matched), found.xyah[:, [j for _, j in matches]].T))
    else:
        for i, j in matches:
            tracks[i].update(kf, found.detections[j])
        return ids, indices
    direct, arrays, detections = found.queries is not None, found.arrays, found.detections
    for track, (_, j) in zip(matched, matches, strict=True):
        track.hits += 1
        track.time_since_update = 0
        track._last = detections[j] if arrays is None else (arrays, j)
        if direct and track.state == CONFIRMED:
            ids.append(track.track_id)
            indices.append(j)
            continue
        track.features.append(found.feature(j))
        if track.state == TrackState.Tentative and track.hits >= track._n_init:
            track.state = CONFIRMED
    return ids, indices


def confirmed_and_others(tracks: list[Track], together: bool) -> tuple[list[int], list[int]]:
    """Return the indices of tracks that are confirmed, and of those that are not."""
    if together:
        states = [track.state for track in tracks]
        confirmed = [i for i, state in enumerate(states) if state == CONFIRMED]
        return confirmed, [i for i, state in enumerate(states) if state != CONFIRMED]
    flags = [track.is_confirmed() for track in tracks]
    return [i for i, flag in enumerate(flags) if flag], [i for i, flag in enumerate(flags) if not flag]


def without_deleted(tracks: list[Track], together: bool) -> list[Track]:
    """Return the tracks that are not at their end."""
    if together:
        return [track for track in tracks if track.state != DELETED]
    return [track for track in tracks if not track.is_deleted()]


def _all_differ(tracks: Sequence[Track]) -> bool:
    """Return whether no track is there twice."""
    return len(set(map(id, tracks))) == len(tracks)


def _stack_states(tracks: Sequence[Track]) -> tuple[np.ndarray, np.ndarray]:
    return np.array([track.mean for track in tracks]), np.array([track.covariance for track in tracks])


def _set_states(tracks: Sequence[Track], means: np.ndarray, covariances: np.ndarray) -> None:
    for track, mean, covariance in zip(tracks, means, covariances, strict=True):
        track.mean, track.covariance = mean.copy(), covariance.copy()  # who keeps one keeps no others alive
