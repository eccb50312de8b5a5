"""The features that targets have shown so far: the newest within a budget, or all.

Features lie as they came, each with a weight by which its products with other features count. The two kinds of
galleries differ in how features lie in memory, and answer the same questions.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

BLOCK = 2**16
"""Multiplications in one matrix product: cached whole, and too few for a BLAS library to start threads."""

CHUNK = 512
"""Features in one array of a gallery without a budget, so that it grows without being copied as a whole."""

WIDTH = 4
"""Queries of a target that are compared together with those of all others; who has more is compared alone."""

Weigh = Callable[[NDArray, NDArray], NDArray]
"""(products, weights) -> closeness, largest for the nearest feature; the last axis is that of the features."""


class Galleries(ABC):
    """The features of many targets, newest last.

    Parameters
    ----------
    budget : int or None
        Features kept of each target.
    weigh : callable
        Turns products of queries and features into closeness.
    """

    def __init__(self, budget: int | None, weigh: Weigh) -> None:
        self.budget = budget
        self.weigh = weigh
        self.active: list[int] = []

    @abstractmethod
    def add(self, targets: Sequence[int], features: NDArray, weights: NDArray) -> None:
        """Append features (N, M) with weights (N,) to the galleries of N targets, new ones or not."""

    @abstractmethod
    def keep(self, active: list[int]) -> None:
        """Forget all other targets; a KeyError if one of these is not known."""

    @abstractmethod
    def arrays(self, target: int) -> Iterator[tuple[NDArray, NDArray]]:
        """Give the features of a target, oldest first, and their weights, in one or more pieces."""

    def closeness(self, target: int, queries: NDArray) -> NDArray:
        """Return the closeness of each query (N, M) to the nearest feature of a target, shape (N,)."""
        best = [
            self.weigh(_products(queries, features), weights).max(axis=1)
            for features, weights in self.arrays(target)
        ]
        return best[0] if len(best) == 1 else np.max(best, axis=0)

    def pair_closeness(
        self, targets: Sequence[int], queries: NDArray, rows: NDArray, columns: NDArray
    ) -> NDArray:
        """Return the closeness of pairs of a target and a query.

        Parameters
        ----------
        targets : sequence of int
            Different from each other.
        queries : ndarray, shape (N, M)
        rows, columns : ndarray of int, shape (pairs,)
            Positions in ``targets``, ascending, and in ``queries``.
        """
        ends = np.cumsum(np.bincount(rows, minlength=len(targets))).tolist()
        return np.concatenate([
            self.closeness(target, queries[columns[start:end]])
            for target, start, end in zip(targets, [0, *ends[:-1]], ends, strict=True)
            if start < end
        ])  # fmt: skip

    def stacked(self) -> dict[int, NDArray]:
        """Return a copy of the features of each target, shape (n, M)."""
        return {target: np.concatenate([part for part, _ in self.arrays(target)]) for target in self.active}

    def lists(self) -> dict[int, list[NDArray]]:
        """Return a copy of each feature, each by itself."""
        return {target: [row.copy() for row in features] for target, features in self.stacked().items()}


class BoundedGalleries(Galleries):
    """Galleries with a budget in one array (targets, budget, M), so that one product serves all targets.

    An empty place repeats the target's first feature, which makes nothing nearer. Beyond the budget, a feature
    overwrites the oldest.
    """

    def __init__(self, budget: int, weigh: Weigh) -> None:
        super().__init__(budget, weigh)
        self._features = np.empty((0, budget, 0), dtype=np.float32)
        self._weights = np.empty((0, budget), dtype=np.float32)
        self._rows: dict[int, int] = {}
        self._counts: list[int] = []

    def add(self, targets: Sequence[int], features: NDArray, weights: NDArray) -> None:
        """See `Galleries`."""
        budget, counts = self._weights.shape[1], self._counts
        self._make_room(len(counts) + len(set(targets)), features)
        rows, places = [], []
        for i, target in enumerate(targets):
            row = self._rows.get(target)
            if row is None:
                row = self._rows[target] = len(counts)
                counts.append(0)
                self._features[row], self._weights[row] = features[i], weights[i]
            rows.append(row)
            places.append(counts[row] % budget)
            counts[row] += 1
        self._features[rows, places] = features
        self._weights[rows, places] = weights

    def keep(self, active: list[int]) -> None:
        """See `Galleries`."""
        for target in self._rows.keys() - active:
            row, last = self._rows.pop(target), len(self._counts) - 1
            if row != last:  # the last row moves into the gap
                self._features[row], self._weights[row] = self._features[last], self._weights[last]
                self._counts[row] = self._counts[last]
                self._rows[next(other for other, place in self._rows.items() if place == last)] = row
            self._counts.pop()
        if len(self._rows) < len(active):
            raise KeyError(*(target for target in active if target not in self._rows))
        self.active = active

    def arrays(self, target: int) -> Iterator[tuple[NDArray, NDArray]]:
        """See `Galleries`."""
        row = self._rows[target]
        oldest = max(0, self._counts[row] - self._weights.shape[1])
        places = np.arange(oldest, self._counts[row]) % self._weights.shape[1]
        yield self._features[row, places], self._weights[row, places]

    def closeness(self, target: int, queries: NDArray) -> NDArray:
        """See `Galleries`."""
        row = self._rows[target]
        return self.weigh(_products(queries, self._features[row]), self._weights[row]).max(axis=1)

    def pair_closeness(
        self, targets: Sequence[int], queries: NDArray, rows: NDArray, columns: NDArray
    ) -> NDArray:
        """See `Galleries`."""
        counts = np.bincount(rows, minlength=len(targets))
        starts = np.cumsum(counts) - counts
        places = np.arange(len(rows)) - starts[rows]  # of a pair among those of its target
        own = np.array([self._rows[target] for target in targets])[rows]
        width = int(counts.max())
        if width > WIDTH:
            many = np.flatnonzero(counts > WIDTH).tolist()
            width, places = WIDTH, np.minimum(places, WIDTH - 1)
        used = len(self._counts)
        padded = np.zeros((used, width), dtype=np.intp)
        padded[own, places] = columns
        products = np.matmul(queries[padded], self._features[:used].swapaxes(1, 2))
        closeness = self.weigh(products, self._weights[:used, np.newaxis]).max(axis=2)[own, places]
        if width < counts.max():
            for row in many:
                chosen = slice(starts[row], starts[row] + counts[row])
                closeness[chosen] = self.closeness(targets[row], queries[columns[chosen]])
        return closeness

    def _make_room(self, targets: int, features: NDArray) -> None:
        """See to it that the arrays hold so many targets, and features of this length and type."""
        used, (room, budget, length) = len(self._counts), self._features.shape
        dtype = np.promote_types(self._features.dtype, features.dtype) if used else features.dtype
        if targets <= room and features.shape[1] == length and dtype == self._features.dtype:
            return
        if used and features.shape[1] != length:
            raise ValueError(f"features have {features.shape[1]} numbers, those before have {length}")
        old = self._features[:used], self._weights[:used]
        room = max(targets, 2 * used, 16)
        self._features = np.empty((room, budget, features.shape[1]), dtype=dtype)
        self._weights = np.empty((room, budget), dtype=dtype)
        if used:
            self._features[:used], self._weights[:used] = old


class GrowingGalleries(Galleries):
    """Galleries of any length, a list of arrays a target."""

    def __init__(self, budget: int | None, weigh: Weigh) -> None:
        super().__init__(budget, weigh)
        self._galleries: dict[int, _Gallery] = {}

    def add(self, targets: Sequence[int], features: NDArray, weights: NDArray) -> None:
        """See `Galleries`."""
        for target, feature, weight in zip(targets, features, weights, strict=True):
            if target not in self._galleries:
                self._galleries[target] = _Gallery(feature)
            self._galleries[target].append(feature, weight, self.budget)

    def keep(self, active: list[int]) -> None:
        """See `Galleries`."""
        self._galleries = {target: self._galleries[target] for target in active}
        self.active = active

    def arrays(self, target: int) -> Iterator[tuple[NDArray, NDArray]]:
        """See `Galleries`."""
        return self._galleries[target].arrays()


class _Gallery:
    """Features of one target in arrays of `CHUNK`, the last of which grows."""

    def __init__(self, feature: NDArray) -> None:
        self._full: list[NDArray] = []
        self._last = np.empty((0, len(feature)), dtype=feature.dtype)
        self._weights = np.empty(0, dtype=feature.dtype)
        self._start = self._end = 0  # in _weights; the array of the oldest feature starts at 0

    def append(self, feature: NDArray, weight: float, budget: int | None) -> None:
        place = self._end % CHUNK
        if self._end and not place:
            self._full.append(self._last)
            self._last = self._last[:0]
        if feature.dtype > self._last.dtype:
            self._full = [chunk.astype(feature.dtype) for chunk in self._full]
            self._last, self._weights = self._last.astype(feature.dtype), self._weights.astype(feature.dtype)
        if place == len(self._last):
            self._last = _longer(self._last, min(CHUNK, place + place // 8 + 4))
        if self._end == len(self._weights):
            self._weights = _longer(self._weights, self._end + self._end // 8 + 16)
        self._last[place], self._weights[self._end] = feature, weight
        self._end += 1
        if budget is not None and self._end - self._start > budget:
            self._start += 1
            if self._start == CHUNK:
                self._full.pop(0)
                self._start, self._end, self._weights = 0, self._end - CHUNK, self._weights[CHUNK:].copy()

    def arrays(self) -> Iterator[tuple[NDArray, NDArray]]:
        for first in range(0, self._end, CHUNK):
            chunk = self._full[first // CHUNK] if first // CHUNK < len(self._full) else self._last
            start, end = max(first, self._start), min(first + CHUNK, self._end)
            yield chunk[start - first : end - first], self._weights[start:end]


def _longer(array: NDArray, length: int) -> NDArray:
    longer = np.empty((length, *array.shape[1:]), dtype=array.dtype)
    longer[: len(array)] = array
    return longer


def _products(queries: NDArray, features: NDArray) -> NDArray:
    """Give the products of queries (N, M) and features (K, M), shape (N, K)."""
    step = max(32, BLOCK // (queries.size + 1))
    if step >= len(features):
        return np.dot(queries, features.T)
    starts = range(0, len(features), step)
    return np.concatenate([np.dot(queries, features[i : i + step].T) for i in starts], axis=1)
