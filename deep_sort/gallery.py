"""The features that targets have shown so far: all, or the newest within a budget.

Features lie as they came, each with a weight by which its products with other features count.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

BLOCK = 2**16
"""Multiplications in one matrix product: cached whole, and too few for a BLAS library to start threads."""

CHUNK = 512
"""Features in one array of a growing gallery, so that it is not copied as a whole."""

CROWD = 64
"""From so many targets on it is worth while to rule out features by where galleries lie."""

Weigh = Callable[[NDArray, NDArray], NDArray]
"""(products, weights) -> closeness, largest for the nearest feature; the last axis is that of the features."""


class Galleries:
    """Features of many targets, newest last, in arrays that grow.

    Parameters
    ----------
    budget : int or None
        Features kept of each target.
    weigh : callable
        Turns products of queries and features into closeness.

    Attributes
    ----------
    active : list of int
        The targets.
    """

    def __init__(self, budget: int | None, weigh: Weigh) -> None:
        self.budget = budget
        self.weigh = weigh
        self.active: list[int] = []
        self._galleries: dict[int, _Gallery] = {}

    def add(self, targets: Sequence[int], features: NDArray, weights: NDArray) -> None:
        """Append features (N, M) with weights (N,) to the galleries of N targets, new ones or not."""
        for target, feature, weight in zip(targets, features, weights, strict=True):
            if target not in self._galleries:
                self._galleries[target] = _Gallery(feature)
            self._galleries[target].append(feature, weight, self.budget)

    def keep(self, active: list[int]) -> None:
        """Forget all other targets; a KeyError if one of these is not known."""
        self._galleries = {target: self._galleries[target] for target in active}
        self.active = active

    def arrays(self, target: int) -> Iterator[tuple[NDArray, NDArray]]:
        """Give the features of a target, oldest first, and their weights, in one or more pieces."""
        return self._galleries[target].arrays()

    def stacked(self) -> dict[int, NDArray]:
        """Return a copy of the features of each target, shape (n, M)."""
        return {target: np.concatenate([part for part, _ in self.arrays(target)]) for target in self.active}

    def closeness(self, target: int, queries: NDArray) -> NDArray:
        """Return the closeness of each query (N, M) to the nearest feature of a target, shape (N,)."""
        parts = [self._weighed(_products(queries, part), weights) for part, weights in self.arrays(target)]
        return parts[0] if len(parts) == 1 else np.max(parts, axis=0)

    def pair_closeness(
        self,
        targets: Sequence[int],
        queries: NDArray,
        rows: NDArray,
        columns: NDArray,
        least: float = -np.inf,
    ) -> NDArray:
        """Return the closeness of pairs of a target and a query.

        Parameters
        ----------
        targets : sequence of int
            Different from each other.
        queries : ndarray, shape (N, M)
        rows, columns : ndarray of int, shape (pairs,)
            Positions in ``targets``, ascending, and in ``queries``.
        least : float
            What is less close may be reported as -inf.
        """
        ends = np.cumsum(np.bincount(rows, minlength=len(targets))).tolist()
        return np.concatenate([
            self.closeness(target, queries[columns[start:end]])
            for target, start, end in zip(targets, [0, *ends[:-1]], ends, strict=True)
            if start < end
        ])  # fmt: skip

    def _weighed(self, products: NDArray, weights: NDArray) -> NDArray:
        return np.maximum.reduce(self.weigh(products, weights), axis=1)


class BoundedGalleries(Galleries):
    """Galleries with a budget in one array (targets, budget, M), so that one product serves all targets.

    An empty place repeats the target's first feature, which makes nothing nearer. Beyond the budget, a feature
    overwrites the oldest.
    """

    def __init__(self, budget: int, weigh: Weigh) -> None:
        super().__init__(budget, weigh)
        self._size = budget
        self._rows: dict[int, int] = {}
        self._allocate(0, np.empty((0, 0), dtype=np.float32))

    def add(self, targets: Sequence[int], features: NDArray, weights: NDArray) -> None:
        """Append features (N, M) with weights (N,) to the galleries of N targets, new ones or not."""
        different = set(targets)
        new = different - self._rows.keys()
        self._make_room(len(self._rows) + len(new), features)
        if new:
            for target, feature, weight in zip(targets, features, weights, strict=True):
                if target not in self._rows:
                    row = self._rows[target] = len(self._rows)
                    self._features[row], self._weights[row], self._counts[row] = feature, weight, 0
                    self._centres[row], self._radii[row] = feature * weight, 0
        rows = np.array([self._rows[target] for target in targets])
        places = self._counts.take(rows)
        if len(different) < len(targets):
            earlier: Counter[int] = Counter()
            for i, target in enumerate(targets):
                places[i] += earlier[target]
                earlier[target] += 1
        self._counts[rows] = places + 1  # of several features of a target, the last one counts
        flat = rows * self._size + places % self._size
        self._features.reshape(self._weights.size, -1 if features.size else 0)[flat] = features
        self._weights.reshape(-1)[flat] = weights
        self._bound(rows, features * weights[:, np.newaxis])

    def keep(self, active: list[int]) -> None:
        """Forget all other targets; a KeyError if one of these is not known."""
        changed = active != self.active or len(active) != len(self._rows)
        for target in self._rows.keys() - active if changed else ():
            row, last = self._rows.pop(target), len(self._rows)
            if row != last:  # the last row moves into the gap
                self._rows[next(other for other, place in self._rows.items() if place == last)] = row
                for array in self._arrays():
                    array[row] = array[last]
        if len(self._rows) < len(active):
            raise KeyError(*(target for target in active if target not in self._rows))
        self.active = active

    def arrays(self, target: int) -> Iterator[tuple[NDArray, NDArray]]:
        """Give the features of a target, oldest first, and their weights."""
        row = self._rows[target]
        places = np.arange(max(0, self._counts[row] - self._size), self._counts[row]) % self._size
        yield self._features[row, places], self._weights[row, places]

    def pair_closeness(
        self,
        targets: Sequence[int],
        queries: NDArray,
        rows: NDArray,
        columns: NDArray,
        least: float = -np.inf,
    ) -> NDArray:
        """Return the closeness of pairs of a target and a query."""
        own = np.array([self._rows[target] for target in targets]).take(rows)
        asked, used, order = queries.take(columns, axis=0), len(self._rows), np.arange(len(rows))
        # One query of each target in one product for all; where a target has several, the last stays here.
        one, stays = np.zeros((used, queries.shape[1], 1), dtype=queries.dtype), np.empty(used, dtype=np.intp)
        one[own, :, 0] = asked
        stays[own] = order
        products = np.matmul(self._features[:used], one)[:, :, 0]
        closeness = self._weighed(products, self._weights[:used]).take(own)
        others = np.flatnonzero(stays.take(own) != order)
        if len(others) and used >= CROWD:
            far = self._is_far(own.take(others), asked.take(others, axis=0), least)
            closeness[others[far]] = -np.inf
            others = others[~far]
        if len(others):
            own, asked = own.take(others), asked.take(others, axis=0)
            starts = [0, *(np.flatnonzero(own[1:] != own[:-1]) + 1).tolist()]
            products = np.empty((len(own), self._size), dtype=products.dtype)
            for start, end, row in zip(starts, [*starts[1:], len(own)], own[starts].tolist(), strict=True):
                _products(asked[start:end], self._features[row], products[start:end])
            closeness[others] = self._weighed(products, self._weights.take(own, axis=0))
        return closeness

    def _is_far(self, own: NDArray, queries: NDArray, least: float) -> NDArray[np.bool_]:
        """Return where all features lie too far from a query: q . f <= q . c + |f - c|, if q and f have length 1."""
        at_centre = np.einsum("ij,ij->i", queries, self._centres.take(own, axis=0))
        return at_centre + self._radii.take(own) < least - 1e-3

    def _bound(self, rows: NDArray, units: NDArray) -> None:
        """Keep in mind how far from a target's centre its features lie, new ones (N, M) of length 1 included."""
        if len(self._rows) < CROWD or self.weigh is not np.multiply:
            self._radii[rows] = np.inf
            return
        offsets = units - self._centres.take(rows, axis=0)
        np.maximum.at(self._radii, rows, np.sqrt(np.einsum("ij,ij->i", offsets, offsets)))
        counts = self._counts.take(rows)
        for row in rows[
            (counts & (counts - 1) == 0) | (counts % self._size == 0)
        ].tolist():  # a better centre
            count = min(int(self._counts[row]), self._size)
            units = self._features[row, :count] * self._weights[row, :count, np.newaxis]
            centre = self._centres[row] = units.mean(axis=0)
            self._radii[row] = np.sqrt(np.square(units - centre).sum(axis=1).max())

    def _arrays(self) -> tuple[NDArray, ...]:
        return self._features, self._weights, self._counts, self._centres, self._radii

    def _allocate(self, room: int, features: NDArray) -> None:
        """Make arrays for so many targets and features like these."""
        length, dtype = features.shape[1], features.dtype
        self._features = np.empty((room, self._size, length), dtype=dtype)
        self._weights = np.empty((room, self._size), dtype=dtype)
        self._counts = np.zeros(room, dtype=np.int64)
        self._centres = np.zeros((room, length), dtype=dtype)
        self._radii = np.zeros(room, dtype=dtype)

    def _make_room(self, targets: int, features: NDArray) -> None:
        """See to it that the arrays hold so many targets, and features of this length and type."""
        used, (room, _, length) = len(self._rows), self._features.shape
        dtype = np.promote_types(self._features.dtype, features.dtype) if used else features.dtype
        if targets <= room and features.shape[1] == length and dtype == self._features.dtype:
            return
        if used and features.shape[1] != length:
            raise ValueError(f"features have {features.shape[1]} numbers, those before have {length}")
        old = self._arrays()
        self._allocate(max(targets, 2 * used, 16), features.astype(dtype, copy=False))
        for array, kept in zip(self._arrays() if used else (), old, strict=False):
            array[:used] = kept[:used]


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
        for chunk, first in zip([*self._full, self._last], range(0, self._end, CHUNK), strict=True):
            start, end = max(first, self._start), min(first + CHUNK, self._end)
            yield chunk[start - first : end - first], self._weights[start:end]


def _longer(array: NDArray, length: int) -> NDArray:
    longer = np.empty((length, *array.shape[1:]), dtype=array.dtype)
    longer[: len(array)] = array
    return longer


def _products(queries: NDArray, features: NDArray, out: NDArray | None = None) -> NDArray:
    """Give the products of queries (N, M) and features (K, M), shape (N, K)."""
    step = max(32, BLOCK // (queries.size + 1))
    if step >= len(features):
        return np.dot(queries, features.T, out)
    starts = range(0, len(features), step)
    return np.concatenate([np.dot(queries, features[i : i + step].T) for i in starts], axis=1, out=out)
