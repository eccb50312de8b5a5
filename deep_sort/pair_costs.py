"""Costs of the few pairs of tracks and detections that motion allows, and their matching without the solver.

Where nobody competes, the solver's answer is known, and what a pair costs does not matter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import linear_assignment


class PairCosts:
    """Costs of some pairs of tracks and detections, a `CostFunction`; all other pairs cost `INFTY_COST`.

    Parameters
    ----------
    tracks, detections : list of int
        Indices of the tracks and detections of each pair.
    costs : ndarray, shape (pairs,), or callable
        Or positions of pairs, shape (n,) -> their costs: of pairs that are all within reach, whatever they cost.
    """

    def __init__(self, tracks: list[int], detections: list[int], costs: NDArray | Callable[[NDArray], NDArray]) -> None:
        self._tracks, self._detections, self._costs = tracks, detections, costs

    def __call__(self, tracks: Any, detections: Any, track_indices: Any, detection_indices: Any) -> NDArray:
        """Return costs, shape (len(track_indices), len(detection_indices))."""
        cost = np.full((len(tracks), len(detections)), linear_assignment.INFTY_COST)
        cost[self._tracks, self._detections] = self.costs(np.arange(len(self._tracks)))
        return cost[np.array(track_indices)[:, np.newaxis], detection_indices]

    def costs(self, positions: NDArray[np.intp]) -> NDArray[np.float64]:
        """Return the costs of pairs."""
        return self._costs(positions) if callable(self._costs) else self._costs[positions]

    def within(self, max_distance: float, detection_indices: Sequence[int]) -> PairsWithin:
        """Return the pairs of these detections that do not cost more."""
        tracks, detections = self._tracks, self._detections
        positions = list(range(len(tracks)))
        if not callable(self._costs):
            positions = (self._costs <= max_distance).nonzero()[0].tolist()
        wanted = set(detection_indices)
        if not wanted.issuperset(detections):
            positions = [position for position in positions if detections[position] in wanted]
        if len(positions) < len(tracks):
            tracks, detections = [tracks[k] for k in positions], [detections[k] for k in positions]
        return PairsWithin(tracks, detections, positions, self.costs, max_distance)


class PairsWithin:
    """Pairs within reach, matched level by level as `linear_assignment.min_cost_matching` matches them.

    Parameters
    ----------
    tracks, detections, positions : list of int
        Of each pair.
    costs : callable
        Positions, shape (n,) -> costs.
    max_distance : float
        No pair costs more.

    Attributes
    ----------
    detection_of : dict
        The detection of each track, where nobody competes.
    """

    def __init__(
        self,
        tracks: list[int],
        detections: list[int],
        positions: list[int],
        costs: Callable[[NDArray], NDArray],
        max_distance: float,
    ) -> None:
        self._costs, self._max_distance = costs, max_distance
        self.detection_of = dict(zip(tracks, detections, strict=True))
        self._taken = set(detections)
        self._rivals: dict[int, list[tuple[int, int, int]]] = {}
        if not len(self.detection_of) == len(self._taken) == len(tracks):
            for pair in zip(tracks, detections, positions, strict=True):
                self._rivals.setdefault(pair[0], []).append(pair)

    def settled(self, detections: Sequence[int]) -> list[int] | None:
        """Return the detections that are left, if that depends neither on levels nor on costs, None otherwise."""
        if self._rivals:
            return None
        taken = self._taken
        left = [detection for detection in detections if detection not in taken]
        return left if len(left) < 2 else None

    def match(self, level: list[int], detections: list[int]) -> tuple[list[tuple[int, int]], list[int]]:
        """Return matches of these tracks and detections, and the detections that are left."""
        if self._rivals:
            free = set(detections)
            pairs = [
                pair for track in level if track in self._rivals for pair in self._rivals[track] if pair[1] in free
            ]
            detection_of = {track: detection for track, detection, _ in pairs}
            if not len(detection_of) == len({detection for _, detection, _ in pairs}) == len(pairs):
                return self._solve(pairs, level, detections)
        else:
            every = self.detection_of
            detection_of = {track: every[track] for track in level if track in every}
        matched = set(detection_of.values())
        left = [detection for detection in detections if detection not in matched] if matched else detections
        return list(detection_of.items()), self._left_in_order(detection_of, level, detections, left)

    @staticmethod
    def _left_in_order(
        detection_of: dict[int, int], level: list[int], detections: list[int], left: list[int]
    ) -> list[int]:
        """Return what is left in the solver's order: what it pairs at too high a cost comes last."""
        alone = [track for track in level if track not in detection_of]
        if not alone or len(left) < 2:
            return left
        if len(alone) == len(level):  # all pairs cost the same, and the solver's answer is the diagonal
            end = min(len(level), len(detections))
            return left[end:] + left[:end]
        if len(level) <= len(detections):
            if len(alone) == 1:
                return left[1:] + left[:1]
            given = {track: detection for detection, track in _fill(detection_of, level, detections).items()}
        else:
            given = _fill({detection: track for track, detection in detection_of.items()}, detections, level)
        last = [given[track] for track in alone if track in given]
        return [detection for detection in left if detection not in last] + last

    def _solve(
        self, pairs: list[tuple[int, int, int]], level: list[int], detections: list[int]
    ) -> tuple[list[tuple[int, int]], list[int]]:
        """Ask the solver.

        Who is matched depends on what the pairs cost that compete. What all others cost decides in which order it
        leaves detections, if there are several.
        """
        of_track, of_detection = Counter(pair[0] for pair in pairs), Counter(pair[1] for pair in pairs)
        if len(detections) - min(len(of_track), len(of_detection)) < 2:
            rivals = [pair for pair in pairs if of_track[pair[0]] > 1 or of_detection[pair[1]] > 1]
            matches, left = self._ask_solver(pairs, rivals, level, detections)
            if len(left) < 2:
                return matches, left
        return self._ask_solver(pairs, pairs, level, detections)

    def _ask_solver(
        self,
        pairs: list[tuple[int, int, int]],
        known: list[tuple[int, int, int]],
        level: list[int],
        detections: list[int],
    ) -> tuple[list[tuple[int, int]], list[int]]:
        rows = {track: row for row, track in enumerate(level)}
        columns = {detection: column for column, detection in enumerate(detections)}
        cost = np.full((len(level), len(detections)), self._max_distance + 1e-5, dtype=np.float64)
        cost[[rows[pair[0]] for pair in pairs], [columns[pair[1]] for pair in pairs]] = self._max_distance
        cells = [rows[pair[0]] for pair in known], [columns[pair[1]] for pair in known]
        cost[cells] = self._costs(np.array([pair[2] for pair in known]))
        matches, _, left = linear_assignment.solve(cost, self._max_distance, level, detections)
        return matches, left


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
