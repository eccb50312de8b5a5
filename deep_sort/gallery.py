"""The features that targets have shown so far: all, or the newest within a budget.

Features lie as they came, each with a weight by which its products with other features count. In a crowd few
galleries are looked at as a whole: one or two products tell most pairs of a target and a query near or far.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import DTypeLike, NDArray

BLOCK = 2**16
"""Multiplications in one matrix product: cached whole, and too few for a BLAS library to start threads."""

CHUNK = 256
"""Features in one array of a growing gallery, so that it is not copied as a whole."""

CROWD = 64
"""From so many targets on it is worth while to rule out queries by where galleries lie."""

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
        self._growing: dict[int, _Growing] = {}
        self._resize(0, 0, np.float32)

    def add(self, targets: Sequence[int], features: NDArray, weights: NDArray) -> None:
        """Append features (N, M) with weights (N,) to the galleries of N targets, new ones or not."""
        different = set(targets)
        self._make_room(different - self._rows.keys(), features)
        rows = np.array([self._rows[target] for target in targets], np.intp)
        places, repeated = self._counts.take(rows), len(different) < len(targets)
        if repeated:
            for i in range(1, len(rows)):
                places[i] += np.count_nonzero(rows[:i] == rows[i])
        self._store(rows, places, features, weights)
        self._counts[rows] = counts = places + 1  # of several features of a target, the last one counts
        self._newest[rows] = units = features * weights[:, np.newaxis]
        if len(self._rows) < CROWD:
            self._narrowest[rows] = -1
        elif repeated:
            self._centre(np.unique(rows))
        else:
            narrowest = np.minimum(self._narrowest.take(rows), _dots(units, self._centres.take(rows, 0)))
            self._narrowest[rows] = narrowest
            self._centre(
                rows[counts & (counts - 1) == 0]
            )  # after 1, 2, 4, 8 ... features: old ones are forgotten

    def keep(self, active: list[int]) -> None:
        """Forget all other targets; a KeyError if one of these is not known."""
        if active != self.active or len(active) != len(self._rows):
            for target in self._rows.keys() - active:
                row = self._rows.pop(target)
                self._growing.pop(row, None)
                self._free.append(row)
            if len(self._rows) < len(active):
                raise KeyError(*(target for target in active if target not in self._rows))
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

    def pair_closeness(
        self,
        targets: Sequence[int],
        queries: NDArray,
        rows: NDArray,
        columns: NDArray,
        least: float | None = None,
    ) -> NDArray:
        """Return the closeness of pairs of a target and a query.

        Parameters
        ----------
        targets : sequence of int
            Different from each other.
        queries : ndarray, shape (N, M)
        rows, columns : ndarray of int, shape (pairs,)
            Positions in ``targets``, ascending, and in ``queries``.
        least : float, optional
            A cosine that is near. Where given, inf may stand for what is certainly nearer, -inf for what is not.
        """
        rows, asked = (
            np.array([self._rows[target] for target in targets]).take(rows),
            queries.take(columns, 0),
        )
        if least is None or self.weigh is not np.multiply or queries.dtype.itemsize < 4:
            return self._closeness_each(rows, asked)
        closeness = _dots(asked, self._newest.take(rows, 0))  # to one of the features
        near = closeness > least + SLACK
        closeness[near] = np.inf
        left = (~near).nonzero()[0]
        if len(left) and len(self._rows) >= CROWD:
            # q . f <= q . c + |f - c|, and |f - c|^2 = 2 - 2 f . c, of queries, features and centres of length 1.
            own = rows.take(left)
            radii = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * self._narrowest.take(own)))
            far = _dots(asked.take(left, 0), self._centres.take(own, 0)) + radii < least - SLACK
            closeness[left[far]] = -np.inf
            left = left[~far]
        if len(left):
            closeness[left] = self._closeness_each(rows.take(left), asked.take(left, 0))
        return closeness

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
        """Find the centres of galleries in a crowd, and how far the features of each lie from it."""
        for row in rows.tolist():
            units = np.concatenate([part * weights[:, np.newaxis] for part, weights in self._parts(row)])
            mean = np.add.reduce(units)
            centre = self._centres[row] = mean / max(np.sqrt(mean @ mean), SLACK)
            self._narrowest[row] = np.minimum.reduce(units @ centre)

    def _make_room(self, new: set[int], features: NDArray) -> None:
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
            self._counts[row], self._narrowest[row] = 0, -1

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
        places = rows * self.budget + counts % self.budget
        self._features.reshape(self._weights.size, features.shape[1])[places] = features
        self._weights.reshape(-1)[places] = weights

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
            start, end = (
                self._start if number == 1 else 0,
                self._end if number == len(self._chunks) else CHUNK,
            )
            yield arrays[0][start:end], arrays[1][start:end]

    def widen(self, dtype: DTypeLike) -> None:
        self._chunks = [(features.astype(dtype), weights.astype(dtype)) for features, weights in self._chunks]


def _longer(array: NDArray, length: int) -> NDArray:
    longer = np.empty((length, *array.shape[1:]), dtype=array.dtype)
    longer[: len(array)] = array
    return longer


def _dots(a: NDArray, b: NDArray) -> NDArray:
    """Return the products of vectors (N, M) with as many others, shape (N,)."""
    return np.einsum("ij,ij->i", a, b)


def _products(queries: NDArray, features: NDArray) -> NDArray:
    """Return the products of queries (N, M) and features (K, M), shape (N, K)."""
    step = max(32, BLOCK // (queries.size + 1))
    if step >= len(features):
        return np.dot(queries, features.T)
    starts = range(0, len(features), step)
    return np.concatenate([np.dot(queries, features[i : i + step].T) for i in starts], axis=1)
