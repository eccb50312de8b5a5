"""Assign detections to tracks: gating, minimum cost matching, matching cascade (paper, section 2.3)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from .detection import Detection, stack_measurements
from .kalman_filter import KalmanFilter, chi2inv95
from .track import Track, stack_states

INFTY_COST = 1e5
"""Cost of a pair that cannot be matched."""

DistanceMetric = Callable[[Sequence[Any], Sequence[Any], Sequence[int], Sequence[int]], NDArray[np.float64]]
"""(tracks, detections, track_indices, detection_indices) -> costs (len(track_indices), len(detection_indices))."""

Matching = tuple[list[tuple[int, int]], list[int], list[int]]
"""Matches (track index, detection index), unmatched track indices, unmatched detection indices."""


def min_cost_matching(
    distance_metric: DistanceMetric,
    max_distance: float,
    tracks: Sequence[Any],
    detections: Sequence[Any],
    track_indices: Sequence[int] | None = None,
    detection_indices: Sequence[int] | None = None,
) -> Matching:
    """Match tracks and detections so that the sum of costs is smallest.

    Parameters
    ----------
    distance_metric : callable
        Called as (tracks, detections, track_indices, detection_indices), gives the costs.
    max_distance : float
        Pairs that cost more are no match.
    tracks, detections : sequence
    track_indices, detection_indices : sequence of int, optional
        Which of them to match, by default all.

    Returns
    -------
    matches : list of (track index, detection index)
    unmatched_tracks, unmatched_detections : list of int
        First those the solver left out, then those of its pairs that cost too much.
    """
    if track_indices is None:
        track_indices = list(range(len(tracks)))
    if detection_indices is None:
        detection_indices = list(range(len(detections)))
    if len(track_indices) == 0 or len(detection_indices) == 0:
        return [], list(track_indices), list(detection_indices)

    cost = np.asarray(distance_metric(tracks, detections, track_indices, detection_indices))
    cost = np.where(cost > max_distance, max_distance + 1e-5, cost)
    solution = linear_sum_assignment(cost)
    too_far = (cost[solution] > max_distance).tolist()
    rows, columns = (positions.tolist() for positions in solution)

    unmatched_tracks = _left_out(track_indices, rows)
    unmatched_detections = _left_out(detection_indices, columns)
    matches = []
    for row, column, far in zip(rows, columns, too_far, strict=True):
        if far:
            unmatched_tracks.append(track_indices[row])
            unmatched_detections.append(detection_indices[column])
        else:
            matches.append((track_indices[row], detection_indices[column]))
    return matches, unmatched_tracks, unmatched_detections


def matching_cascade(
    distance_metric: DistanceMetric,
    max_distance: float,
    cascade_depth: int,
    tracks: Sequence[Any],
    detections: Sequence[Any],
    track_indices: Sequence[int] | None = None,
    detection_indices: Sequence[int] | None = None,
) -> Matching:
    """Match tracks seen more recently before those not seen for longer (paper, listing 1).

    Parameters
    ----------
    distance_metric, max_distance, tracks, detections, track_indices, detection_indices
        As for `min_cost_matching`.
    cascade_depth : int
        Levels; a track that was last updated n frames ago is matched at level n.

    Returns
    -------
    matches : list of (track index, detection index)
    unmatched_tracks, unmatched_detections : list of int
    """
    if track_indices is None:
        track_indices = list(range(len(tracks)))
    if detection_indices is None:
        detection_indices = list(range(len(detections)))
    levels = defaultdict(list)
    for index in track_indices:
        levels[tracks[index].time_since_update].append(index)

    matches: list[tuple[int, int]] = []
    unmatched_detections = list(detection_indices)
    for time_since_update in range(1, 1 + cascade_depth):
        if not unmatched_detections:
            break
        if time_since_update in levels:
            found, _, unmatched_detections = min_cost_matching(
                distance_metric,
                max_distance,
                tracks,
                detections,
                levels[time_since_update],
                unmatched_detections,
            )
            matches += found
    # The order of this set of ints is the order of rows in the next stage, and so part of the result.
    unmatched_tracks = list(set(track_indices) - {index for index, _ in matches})
    return matches, unmatched_tracks, unmatched_detections


def gate_cost_matrix(
    kf: KalmanFilter,
    cost_matrix: NDArray[np.float64],
    tracks: Sequence[Track],
    detections: Sequence[Detection],
    track_indices: Sequence[int],
    detection_indices: Sequence[int],
    gated_cost: float = INFTY_COST,
    only_position: bool = False,
) -> NDArray[np.float64]:
    """Make pairs costly that motion rules out (paper, equation 1).

    Parameters
    ----------
    kf : KalmanFilter
    cost_matrix : ndarray, shape (len(track_indices), len(detection_indices))
        Changed in place.
    tracks, detections, track_indices, detection_indices
        What rows and columns stand for.
    gated_cost : float
        Cost of a pair whose Mahalanobis distance exceeds the 0.95 quantile of its distribution.
    only_position : bool
        Compare the box's centre alone.

    Returns
    -------
    ndarray
        The same matrix.
    """
    gated = np.ones(cost_matrix.shape, dtype=bool)
    gated[pairs_within_gate(kf, tracks, detections, track_indices, detection_indices, only_position)] = False
    cost_matrix[gated] = gated_cost
    return cost_matrix


def pairs_within_gate(
    kf: KalmanFilter,
    tracks: Sequence[Track],
    detections: Sequence[Detection],
    track_indices: Sequence[int],
    detection_indices: Sequence[int],
    only_position: bool = False,
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Find the pairs that motion allows.

    Returns
    -------
    rows, columns : ndarray of int, shape (pairs,)
        Positions in ``track_indices`` and ``detection_indices``, row by row.
    """
    measurements = stack_measurements(detections, detection_indices)
    if type(kf) is KalmanFilter:
        return kf.pairs_within_gate(*stack_states(tracks, track_indices), measurements, only_position)
    # A program's own filter may know single states only.
    rows = [
        kf.gating_distance(tracks[i].mean, tracks[i].covariance, measurements, only_position)
        for i in track_indices
    ]
    gated = (
        np.reshape(rows, (len(track_indices), len(detection_indices))) > chi2inv95[2 if only_position else 4]
    )
    allowed, columns = np.nonzero(~gated)
    return allowed, columns


def _left_out(indices: Sequence[int], chosen: list[int]) -> list[int]:
    """Return the indices whose positions the solver did not choose."""
    if len(chosen) == len(indices):
        return []
    positions = set(chosen)
    return [index for position, index in enumerate(indices) if position not in positions]
