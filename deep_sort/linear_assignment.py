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

Reach = dict[int, list[tuple[int, int, int]]]
"""The pairs within reach of each track that has any: track, detection, position of their cost."""


class PairCosts:
    """Costs of some pairs of tracks and detections, a `CostFunction`; all other pairs cost `INFTY_COST`.

    Parameters
    ----------
    tracks, detections : ndarray of int, shape (pairs,)
        Indices of the tracks and detections of each pair.
    costs : ndarray, shape (pairs,)
        -inf stands for one that is within reach, whatever it may be, inf for one that is not.
    complete : callable, optional
        Positions of pairs, shape (n,) -> their costs, asked where one of -inf matters after all.
    """

    def __init__(
        self,
        tracks: NDArray[np.intp],
        detections: NDArray[np.intp],
        costs: NDArray,
        complete: Callable[[NDArray], NDArray] | None = None,
    ) -> None:
        self._tracks, self._detections, self._costs = tracks, detections, costs.astype(np.float64)
        self._complete = complete

    def __call__(self, tracks: Any, detections: Any, track_indices: Any, detection_indices: Any) -> NDArray:
        """Return costs, shape (len(track_indices), len(detection_indices))."""
        cost = np.full((len(tracks), len(detections)), INFTY_COST)
        cost[self._tracks, self._detections] = self.costs(np.arange(len(self._costs)))
        return cost[np.array(track_indices)[:, np.newaxis], detection_indices]

    def costs(self, positions: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the costs of pairs."""
        unknown = positions[np.isneginf(self._costs[positions])]
        if len(unknown) and self._complete is not None:
            self._costs[unknown] = self._complete(unknown)
        return self._costs[positions]

    def within(self, max_distance: float) -> Reach:
        """Return the pairs that do not cost more."""
        reach: Reach = defaultdict(list)
        near = (self._costs <= max_distance).nonzero()[0]
        tracks, detections = self._tracks.take(near).tolist(), self._detections.take(near).tolist()
        for pair in zip(tracks, detections, near.tolist(), strict=True):
            reach[pair[0]].append(pair)
        return reach


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
    return _solve(cost, max_distance, track_indices, detection_indices)


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
        As for `min_cost_matching`, which returns the same.
    """
    if track_indices is None:
        track_indices = list(range(len(tracks)))
    if detection_indices is None:
        detection_indices = list(range(len(detections)))
    levels: dict[int, list[int]] = defaultdict(list)
    for index in track_indices:
        levels[tracks[index].time_since_update].append(index)
    pairs = distance_metric if isinstance(distance_metric, PairCosts) and _OURS.unchanged() else None
    reach = {} if pairs is None else pairs.within(max_distance)

    matches: list[tuple[int, int]] = []
    unmatched, free = list(detection_indices), set(detection_indices)
    for level in (levels[n] for n in sorted(levels) if 1 <= n <= cascade_depth):
        if not unmatched:
            break
        if pairs is None:
            found, _, unmatched = min_cost_matching(
                distance_metric, max_distance, tracks, detections, level, unmatched
            )
        else:
            found, unmatched = _match_within(reach, pairs.costs, max_distance, level, unmatched, free)
            free.difference_update(detection for _, detection in found)
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


def _match_within(
    reach: Reach,
    costs: Callable[[NDArray], NDArray],
    max_distance: float,
    level: list[int],
    detections: list[int],
    free: set[int],
) -> tuple[list[tuple[int, int]], list[int]]:
    """Return matches and unmatched detections of a level as `min_cost_matching` does."""
    entries = [pair for track in level if track in reach for pair in reach[track] if pair[1] in free]
    if not entries:  # all pairs cost the same, and the solver's answer is the diagonal
        end = min(len(level), len(detections))
        return [], detections[end:] + detections[:end]
    detection_of = {track: detection for track, detection, _ in entries}
    track_of = {detection: track for track, detection, _ in entries}
    if not len(detection_of) == len(track_of) == len(entries):
        cost = np.full((len(level), len(detections)), max_distance + 1e-5, dtype=np.float64)
        row_of = {track: row for row, track in enumerate(level)}
        column_of = {detection: column for column, detection in enumerate(detections)}
        rows, columns, positions = zip(*entries, strict=True)
        cells = [row_of[track] for track in rows], [column_of[detection] for detection in columns]
        cost[cells] = costs(np.array(positions))
        matches, _, unmatched_detections = _solve(cost, max_distance, level, detections)
        return matches, unmatched_detections
    left = [detection for detection in detections if detection not in track_of]
    if len(left) > 1 and len(detection_of) < len(
        level
    ):  # what the solver pairs at too high a cost comes last
        if len(level) <= len(detections):
            given = {track: detection for detection, track in _fill(detection_of, level, detections).items()}
        else:
            given = _fill(track_of, detections, level)
        last = [given[track] for track in level if track in given and track not in detection_of]
        left = [detection for detection in left if detection not in last] + last
    return list(detection_of.items()), left


def _fill(pairs: dict[int, int], rows: list[int], columns: list[int]) -> dict[int, int]:
    """Return which row the solver gives each column, or some, where no pairs compete, and all others cost the same.

    It takes the rows in turn. One that has a pair gets its column, and whoever was there moves; who moves, or has no
    pair, gets the first column that is free.
    """
    row_of: dict[int, int] = {}
    first = 0
    for row in rows:
        if row in pairs:
            moved = row_of.get(pairs[row])
            row_of[pairs[row]] = row
            if moved is None:
                continue
            row = moved
        while columns[first] in row_of:
            first += 1
        row_of[columns[first]] = row
    return row_of


def _solve(
    cost: NDArray, max_distance: float, track_indices: Sequence[int], detection_indices: Sequence[int]
) -> Matching:
    """Match at least cost, and tell pairs apart that cost too much."""
    solution = linear_sum_assignment(cost)
    too_far = (cost[solution] > max_distance).tolist()
    rows, columns = (positions.tolist() for positions in solution)
    unmatched_tracks, unmatched_detections = (
        _left_out(track_indices, rows),
        _left_out(detection_indices, columns),
    )
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
