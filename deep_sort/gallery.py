"""The features that one target has shown so far."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import numpy as np
from numpy.typing import NDArray


class Gallery:
    """Features of one target in an array with room to grow, newest last.

    Each feature is prepared for comparison once, when it enters.

    Parameters
    ----------
    prepare : callable
        Turns features (N, M) into the rows that are compared, (N, M').

    Attributes
    ----------
    rows : ndarray, shape (N, M')
        The features prepared for comparison.
    """

    def __init__(self, prepare: Callable[[NDArray], NDArray]) -> None:
        self._prepare = prepare
        self._start = self._end = 0
        self._features = self._rows = self.rows = np.empty((0, 0))

    @property
    def features(self) -> NDArray:
        """The features as they came, shape (N, M)."""
        return self._features[self._start : self._end]

    def append(self, feature: NDArray, row: NDArray, budget: int | None = None) -> None:
        """Add a feature (M,) and its prepared row (M',); of more than `budget` the oldest leave."""
        end = self._end
        if end == len(self._features) or feature.dtype > self._features.dtype:
            end = self._make_room(feature, row)
        self._features[end] = feature
        self._rows[end] = row
        self._end = end + 1
        if budget is not None and end - self._start >= budget:
            self._start = end + 1 - budget
        self.rows = self._rows[self._start : self._end]

    def extend(self, features: Iterable[NDArray]) -> None:
        """Add several features, oldest first."""
        for feature in features:
            feature = np.asarray(feature)
            self.append(feature, self._prepare(feature[np.newaxis])[0])

    def _make_room(self, feature: NDArray, row: NDArray) -> int:
        """Move what is kept into new arrays, twice as long: on average a feature is moved at most once."""
        kept = len(self)
        self._features = _with_room(self.features, feature)
        self._rows = _with_room(self.rows, row)
        self._start, self._end = 0, kept
        return kept

    def __len__(self) -> int:
        return self._end - self._start

    def __iter__(self) -> Iterator[NDArray]:
        return iter(self.features)

    def __getitem__(self, key: int | slice) -> NDArray:
        return self.features[key]

    def __array__(self, dtype: np.dtype | None = None, copy: bool | None = None) -> NDArray:
        return np.array(self.features, dtype=dtype)


def _with_room(kept: NDArray, newcomer: NDArray) -> NDArray:
    """Copy vectors (K, M) to the start of a longer array of a type that suits a new one (M,) as well."""
    dtype = np.promote_types(kept.dtype, newcomer.dtype) if len(kept) else newcomer.dtype
    longer = np.empty((max(16, 2 * len(kept)), len(newcomer)), dtype=dtype)
    if len(kept):
        longer[: len(kept)] = kept
    return longer
