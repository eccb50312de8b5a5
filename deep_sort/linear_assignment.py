"""Assign detections to tracks: gating, minimum cost matching, matching cascade (paper, section 2.3)."""

from __future__ import annotations

import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from . import kalman_filter
from .batched import Remembered, takes_many
from .detection import Detection
from .kalman_filter import KalmanFilter
from .track import Track

INFTY_COST = 1e5
"""Cost of a pair that cannot be matched."""

CostFunction = Callable[[Sequence[Any], Sequence[Any], Sequence[int], Sequence[int]], NDArray[np.float64]]
"""(tracks, detections, track_indices, detection_indices) -> costs (len(track_indices), len(detection_indices))."""

Matching = tuple[list[tuple[int, int]], list[int], list[int]]
"""Matches (track index, detection index), unmatched track indices, unmatched detection indices."""


def min_cost_matching(
    distance_metric: CostFunction,
    max_distance: float,
    tracks: Sequence[Any],
    detections: Sequence[Any],
    track_indices: Sequence[int] | None = None,
    detection_indices: Sequence[int] | None = None,
) -> Matching:
    """Match tracks and detections, by default all, so that the sum of costs is smallest.

    Parameters
    ----------
    distance_metric : CostFunction
        Gives the costs.
    max_distance : float
        Pairs that cost more are no match.
    tracks, detections, track_indices, detection_indices : sequence
        What to match, and which of them.

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
    if cost.dtype.kind != "f":
        cost = cost.astype(np.float64)
    cost[cost > max_distance] = max_distance + 1e-5  # in place, as the original does
    return solve(cost, max_distance, track_indices, detection_indices)


def matching_cascade(
    distance_metric: CostFunction,
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
    cascade_depth : int
        Levels; a track that was last updated n frames ago is matched at level n.
    distance_metric, max_distance, tracks, detections, track_indices, detection_indices
        As for `min_cost_matching`, which returns the same. `PairCosts` match levels themselves.
    """
    if track_indices is None:
        track_indices = list(range(len(tracks)))
    if detection_indices is None:
        detection_indices = list(range(len(detections)))
    pairs = None
    if hasattr(distance_metric, "within") and _OURS.unchanged():
        pairs = distance_metric.within(max_distance, detection_indices)
        left = pairs.settled(detection_indices)
        if left is not None:
            of_track = pairs.detection_of
            found = [(index, of_track[index]) for index in track_indices if index in of_track]
            ages = [tracks[index].time_since_update for index, _ in found] or [1]
            if max(ages) > 1:
                found.sort(key=lambda pair: tracks[pair[0]].time_since_update)
            if min(ages) >= 1 and max(ages) <= cascade_depth:
                return found, list(set(track_indices) - {index for index, _ in found}), left
    levels: dict[int, list[int]] = defaultdict(list)
    for index in track_indices:
        levels[tracks[index].time_since_update].append(index)

    matches: list[tuple[int, int]] = []
    unmatched = list(detection_indices)
    for level in (levels[n] for n in sorted(levels) if 1 <= n <= cascade_depth):
        if not unmatched:
            break
        if pairs is None:
            found, _, unmatched = min_cost_matching(distance_metric, max_distance, tracks, detections, level, unmatched)
        else:
            found, unmatched = pairs.match(level, unmatched)
        matches += found
    # The order of this set of ints is the order of rows in the next stage, and so part of the result.
    unmatched_tracks = list(set(track_indices) - {index for index, _ in matches})
    return matches, unmatched_tracks, unmatched


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
    """Make pairs costly that motion rules out (paper, equation 2).

    Parameters
    ----------
    kf : KalmanFilter
    cost_matrix : ndarray, shape (len(track_indices), len(detection_indices))
        Changed in place, and returned.
    tracks, detections, track_indices, detection_indices : sequence
        What rows and columns stand for.
    gated_cost : float
        Cost of a pair whose Mahalanobis distance exceeds the 0.95 quantile of its distribution.
    only_position : bool
        Compare the box's centre alone.
    """
    states = [(tracks[i].mean, tracks[i].covariance) for i in track_indices]
    measurements = np.array([detections[j].to_xyah() for j in detection_indices])
    if states and takes_many(kf):
        means, covariances = map(np.array, zip(*states, strict=True))
        distances = kf.gating_distance(means, covariances, measurements, only_position)
    else:
        distances = np.array([kf.gating_distance(*state, measurements, only_position) for state in states])
    threshold = kalman_filter.chi2inv95[2 if only_position else 4]
    cost_matrix[distances.reshape(cost_matrix.shape) > threshold] = gated_cost
    return cost_matrix


def solve(
    cost: NDArray, max_distance: float, track_indices: Sequence[int], detection_indices: Sequence[int]
) -> Matching:
    """Match at least cost, and tell pairs apart that cost too much."""
    solution = linear_sum_assignment(cost)
    too_far = (cost[solution] > max_distance).tolist()
    rows, columns = (positions.tolist() for positions in solution)
    unmatched_tracks, unmatched_detections = (_left_out(track_indices, rows), _left_out(detection_indices, columns))
    matches = []
    for row, column, far in zip(rows, columns, too_far, strict=True):
        if far:
            unmatched_tracks.append(track_indices[row])
            unmatched_detections.append(detection_indices[column])
        else:
            matches.append((track_indices[row], detection_indices[column]))
    return matches, unmatched_tracks, unmatched_detections


def _left_out(indices: Sequence[int], chosen: Iterable[int]) -> list[int]:
    """Return the indices whose positions were not chosen."""
    positions = set(chosen)
    return [index for position, index in enumerate(indices) if position not in positions]


_OURS = Remembered(sys.modules[__name__], ["min_cost_matching", "linear_sum_assignment"])
