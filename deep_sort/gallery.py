"""The features that targets have shown so far: all, or the newest within a budget.

Features lie as they came, each with a weight by which its products with other features count. In a crowd few
galleries are looked at as a whole: one or two products tell most pairs of a target and a query near or far.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray

BLOCK = 2**16
"""Multiplications in one matrix product: cached whole, and too few for a BLAS library to start threads."""

CHUNK = 256
"""Features in one array of a growing gallery, so that it is not copied as a whole."""

NUMPY_2 = hasattr(np, "vecdot")

SLACK = 1e-3
"""Cosines that differ by less may be told apart by rounding."""

Weigh = Callable[[NDArray, NDArray], NDArray]
"""(products, weights) -> closeness, largest for the nearest feature; the last axis is that of the features."""


class Galleries:
    """Features of many targets, in arrays that grow.

    Parameters
    ----------
    budget : int or None
        Features kept of each target, the newest.
    weigh : callable
        Turns products of queries and features into closeness: ``np.multiply`` into cosines, of queries of length 1.

    Attributes
    ----------
    active : list of int
        The targets.
    """

    _newest: NDArray
    _centres: NDArray
    _narrowest: NDArray  # the smallest cosine of a centre and a feature
    _counts: NDArray

    def __init__(self, budget: int | None, weigh: Weigh) -> None:
        self.budget = budget
        self.weigh = weigh
        self.active: list[int] = []
        self._rows: dict[int, int] = {}
        self._centred: dict[int, int] = {}  # row -> features that its centre is the middle of
        self._growing: dict[int, _Growing] = {}
        self._resize(0, 0, np.float32)

    def add(self, targets: Sequence[int], features: NDArray, weights: NDArray, queries: NDArray) -> None:
        """Append a feature to the gallery of each of N different targets, new ones or not.

        Parameters
        ----------
        targets : sequence of int
        features : ndarray, shape (N, M)
        weights : ndarray, shape (N,)
        queries : ndarray, shape (N, M)
            The features as queries.
        """
        same = features.shape[1] == self._newest.shape[1] and features.dtype == self._newest.dtype
        known = list(map(self._rows.get, targets))
        new = None in known
        if new or not same:
            self._make_room([target for target in targets if target not in self._rows], features)
        rows = self._rows_of(targets) if new else np.array(known, np.intp)
        counts = self._counts.take(rows)
        self._store(rows, counts, features, weights)
        self._counts[rows] = counts + 1
        self._newest[rows] = queries
        if new:
            first = counts == 0
            self._centres[rows[first]] = queries[first]
        cosines = dots(queries, self._centres.take(rows, 0))
        self._narrowest[rows] = np.minimum(cosines, self._narrowest.take(rows))

    def keep(self, active: list[int]) -> None:
        """Forget all other targets; a KeyError if one of these is not known."""
        if active != self.active or len(active) != len(self._rows):
            for target in self._rows.keys() - active:
                row = self._rows.pop(target)
                self._growing.pop(row, None)
                self._free.append(row)
            unknown = [target for target in active if target not in self._rows]
            if unknown:
                raise KeyError(*unknown)
        self.active = active

    def stacked(self) -> dict[int, NDArray]:
        """Return a copy of the features of each target, oldest first, shape (n, M)."""
        return {
            target: np.concatenate([features for features, _ in self._parts(self._rows[target])])
            for target in self.active
        }

    def closeness(self, target: int, queries: NDArray) -> NDArray:
        """Return the closeness of each query (N, M) to the nearest feature of a target, shape (N,)."""
        return self._closeness(self._rows[target], queries)

    def pair_closeness(self, targets: Sequence[int], queries: NDArray, rows: NDArray, columns: NDArray) -> NDArray:
        """Return the closeness of pairs of a target and a query.

        Parameters
        ----------
        targets : sequence of int
            Different from each other.
        queries : ndarray, shape (N, M)
        rows, columns : ndarray of int, shape (pairs,)
            Positions in ``targets``, ascending, and in ``queries``.
        """
        return self._closeness_each(self._rows_of(targets).take(rows), queries.take(columns, 0))

    def near_pairs(
        self, targets: Sequence[int], queries: NDArray, rows: NDArray, columns: NDArray, farthest: float
    ) -> NDArray[np.intp]:
        """Return which pairs, as in `pair_closeness`, have a cosine distance up to this, more than 0, less than 2."""
        least = 1.0 - farthest
        rows, queries = self._rows_of(targets).take(rows), queries.take(columns, 0)
        sure = dots(queries, self._newest.take(rows, 0)) > least + SLACK  # near to one of the features
        near, unsure = sure.nonzero()[0], (~sure).nonzero()[0]
        if not len(unsure):
            return near
        # Of queries, features and centres, angle(q, f) >= angle(q, c) - angle(c, f), and
        # cos(a + b) = cos a cos b - sin a sin b, as long as a + b is no more than half a turn.
        rows, queries = rows.take(unsure), queries.take(unsure, 0)
        narrowest = np.maximum(self._narrowest.take(rows), -least)
        bound = least * narrowest - math.sqrt(1.0 - least * least) * np.sqrt(1.0 - narrowest * narrowest)
        left = (~(dots(queries, self._centres.take(rows, 0)) < bound - SLACK)).nonzero()[0]
        if not len(left):
            return near
        rows, unsure = rows.take(left), unsure.take(left)
        distances = 1.0 - self._closeness_each(rows, queries.take(left, 0))
        self._centre(rows)
        near = np.concatenate([near, unsure[distances.astype(np.float64) <= farthest]])
        near.sort()
        return near

    def _rows_of(self, targets: Sequence[int]) -> NDArray[np.intp]:
        return np.array(list(map(self._rows.__getitem__, targets)), np.intp)

    def _closeness_each(self, rows: NDArray, queries: NDArray) -> NDArray:
        """Return the closeness of each query (N, M) to the target in its row; equal rows are neighbours."""
        ends = [*((rows[1:] != rows[:-1]).nonzero()[0] + 1).tolist(), len(rows)]
        return np.concatenate([
            self._closeness(rows[start], queries[start:end])
            for start, end in zip([0, *ends[:-1]], ends, strict=True)
        ])  # fmt: skip

    def _closeness(self, row: int, queries: NDArray) -> NDArray:
        parts = [
            np.maximum.reduce(self.weigh(_products(queries, features), weights), axis=1)
            for features, weights in self._parts(row)
        ]
        return parts[0] if len(parts) == 1 else np.maximum.reduce(parts)

    def _centre(self, rows: NDArray) -> None:
        """Find the centres of galleries that have doubled since, and how far the features of each lie from it."""
        for row, count in zip(rows.tolist(), self._counts.take(rows).tolist(), strict=True):
            if count >= 2 * self._centred[row]:
                units = np.concatenate([part * weights[:, np.newaxis] for part, weights in self._parts(row)])
                mean = np.add.reduce(units)
                centre = self._centres[row] = mean / max(math.sqrt(mean @ mean), SLACK)
                self._narrowest[row] = min(np.minimum.reduce(units @ centre), 1.0)
                self._centred[row] = count

    def _make_room(self, new: Sequence[int], features: NDArray) -> None:
        """Give new targets rows, in arrays that hold features of this length and type."""
        used, length, dtype = len(self._rows), features.shape[1], features.dtype
        if used:
            if length != self._newest.shape[1]:
                raise ValueError(f"features have {length} numbers, those before have {self._newest.shape[1]}")
            dtype = np.promote_types(self._newest.dtype, dtype)
        if len(new) > len(self._free) or (length, dtype) != (self._newest.shape[1], self._newest.dtype):
            self._resize(max(len(self._counts), used + len(new), 2 * used, 16), length, dtype)
        for target in new:
            row = self._rows[target] = self._free.pop()
            self._counts[row], self._narrowest[row], self._centred[row] = 0, 1.0, 1

    def _resize(self, room: int, length: int, dtype: DTypeLike) -> None:
        """Make arrays for so many targets, which keep what the present ones hold."""
        used = set(self._rows.values())
        self._free = [row for row in range(room) if row not in used]
        for gallery in self._growing.values():
            gallery.widen(dtype)
        for name, (shape, kind) in self._layout(length, dtype).items():
            array = np.zeros((room, *shape), kind)
            if used:
                array[: len(self._counts)] = getattr(self, name)
            setattr(self, name, array)

    def _layout(self, length: int, dtype: DTypeLike) -> dict[str, tuple[tuple[int, ...], DTypeLike]]:
        """Return shape and type of what each array holds of a target."""
        feature = (length,), dtype
        return {"_newest": feature, "_centres": feature, "_narrowest": ((), dtype), "_counts": ((), np.int64)}

    def _store(self, rows: NDArray, counts: NDArray, features: NDArray, weights: NDArray) -> None:
        """Append features to the galleries in these rows, which have so many."""
        for row, feature, weight in zip(rows.tolist(), features, weights, strict=True):
            if row not in self._growing:
                self._growing[row] = _Growing(self._newest[:0])
            self._growing[row].append(feature, weight, self.budget)

    def _parts(self, row: int) -> Iterator[tuple[NDArray, NDArray]]:
        """Give the features of a target, in one or more pieces, and their weights."""
        return self._growing[row].parts()


class BoundedGalleries(Galleries):
    """Galleries with a budget in one array (targets, budget, M). Beyond it, a feature overwrites the oldest."""

    _features: NDArray
    _weights: NDArray

    def stacked(self) -> dict[int, NDArray]:
        """Return a copy of the features of each target, oldest first, shape (n, M)."""
        return {
            target: np.roll(features, -self._counts[self._rows[target]], axis=0)
            for target, features in super().stacked().items()
        }

    def _layout(self, length: int, dtype: DTypeLike) -> dict[str, tuple[tuple[int, ...], DTypeLike]]:
        size = int(self.budget or 0)
        own = {"_features": ((size, length), dtype), "_weights": ((size,), dtype)}
        return own | super()._layout(length, dtype)

    def _store(self, rows: NDArray, counts: NDArray, features: NDArray, weights: NDArray) -> None:
        places = counts % self.budget
        self._features[rows, places] = features
        self._weights[rows, places] = weights

    def _parts(self, row: int) -> Iterator[tuple[NDArray, NDArray]]:
        used = self._counts[row]
        yield self._features[row, :used], self._weights[row, :used]


class _Growing:
    """Features of one target in arrays of `CHUNK`, the last of which grows."""

    def __init__(self, none: NDArray) -> None:
        self._chunks = [(none, none[:, 0] if none.shape[1] else none.reshape(-1))]
        self._start = self._end = 0  # in the first chunk and in the last one

    def append(self, feature: NDArray, weight: float, budget: int | None) -> None:
        features, weights = self._chunks[-1]
        if self._end == CHUNK:
            self._chunks.append((features[:0], weights[:0]))
            self._end = 0
        if self._end == len(self._chunks[-1][1]):
            length = min(CHUNK, self._end + self._end // 8 + 4)
            self._chunks[-1] = _longer(self._chunks[-1][0], length), _longer(self._chunks[-1][1], length)
        features, weights = self._chunks[-1]
        features[self._end], weights[self._end] = feature, weight
        self._end += 1
        if budget is not None and (len(self._chunks) - 1) * CHUNK + self._end - self._start > budget:
            self._start += 1
            if self._start == CHUNK:
                self._chunks.pop(0)
                self._start = 0

    def parts(self) -> Iterator[tuple[NDArray, NDArray]]:
        for number, arrays in enumerate(self._chunks, start=1):
            start, end = (self._start if number == 1 else 0, self._end if number == len(self._chunks) else CHUNK)
            yield arrays[0][start:end], arrays[1][start:end]

    def widen(self, dtype: DTypeLike) -> None:
        for i, (features, weights) in enumerate(self._chunks):  # one by one, and none that is so already is copied
            self._chunks[i] = features.astype(dtype, copy=False), weights.astype(dtype, copy=False)


def _longer(array: NDArray, length: int) -> NDArray:
    longer = np.empty((length, *array.shape[1:]), dtype=array.dtype)
    longer[: len(array)] = array
    return longer


def dots(a: NDArray, b: NDArray) -> NDArray:
    """Return the products of vectors (N, M) with as many others, shape (N,)."""
    return np.vecdot(a, b) if NUMPY_2 else np.einsum("ij,ij->i", a, b)


def _products(queries: NDArray, features: NDArray) -> NDArray:
    """Return the products of queries (N, M) and features (K, M), shape (N, K)."""
    step = max(32, BLOCK // (queries.size + 1))
    if step >= len(features):
        return np.dot(queries, features.T)
    starts = range(0, len(features), step)
    return np.concatenate([np.dot(queries, features[i : i + step].T) for i in starts], axis=1)
