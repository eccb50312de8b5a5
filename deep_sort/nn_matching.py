"""Appearance distance between features and all that targets have shown so far."""

from __future__ import annotations

import math
import sys
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .batched import Batched, Remembered
from .gallery import BoundedGalleries, Galleries
from .similarity import Cosine, Euclidean, as_floats, lengths_of

LARGEST_BOUND = 512
"""Targets seldom get more features than this: with a larger budget galleries grow as they do without one."""

_METHODS = ("distance", "partial_fit", "prepare", "near_pairs", "compare_pairs", "learn", "in_arrays")


class NearestNeighborDistanceMetric(Batched, methods=_METHODS):
    """Smallest distance between a feature and the features a target has shown so far (paper, equation 3).

    Parameters
    ----------
    metric : {"cosine", "euclidean"}
        ``"cosine"``: 1 - cosine of the two features; ``"euclidean"``: their *squared* Euclidean distance.
    matching_threshold : float
        Larger distances are no match.
    budget : int, optional
        Features kept per target, the newest; by default all. 0, with which the original keeps all, is refused.

    Raises
    ------
    ValueError
        For another metric, or a budget below 1.

    Notes
    -----
    Where one feature is given for everybody, as people without a network do, all distances are equal. Where a few
    features are, distances of equal pairs differ by rounding, which depends on the BLAS library's kernels.
    """

    def __init__(self, metric: str, matching_threshold: float, budget: int | None = None) -> None:
        if metric not in ("cosine", "euclidean"):
            raise ValueError(f"metric is {metric!r}, expected 'cosine' or 'euclidean'")
        if budget is not None and budget < 1:
            raise ValueError(f"budget is {budget}, expected at least 1, or None for no limit")
        self._metric = _nn_cosine_distance if metric == "cosine" else _nn_euclidean_distance
        self.matching_threshold = matching_threshold
        self.budget = budget
        self._samples: dict[int, list[NDArray]] | None = None
        self._only: NDArray | None = None
        self._differ: bool = False
        self._begin({})

    @property
    def samples(self) -> dict[int, list[NDArray]]:
        """The features of each target, newest last, for a program to read and to change.

        From when a program has asked for them on they stay lists, and are compared from the start each time: slower.
        """
        if self._samples is None:
            stacked = self._galleries.stacked()
            self._samples = {target: list(map(np.array, features)) for target, features in stacked.items()}
        return self._samples

    @samples.setter
    def samples(self, samples: dict[int, list[NDArray]]) -> None:
        self._samples = samples

    def partial_fit(self, features: ArrayLike, targets: ArrayLike, active_targets: Iterable[int]) -> None:
        """Add new features and forget the targets that are gone.

        Parameters
        ----------
        features : array_like, shape (N, M)
        targets : array_like of int, shape (N,)
            The target that each feature belongs to.
        active_targets : iterable of int
            Targets to keep.
        """
        features, ids = as_floats(features), np.asarray(targets).tolist()
        self._note(features)
        if self.in_arrays():
            self._add(features, ids)
            self._galleries.keep(list(active_targets))
            return
        samples = self.samples
        for feature, target in zip(features, ids, strict=True):
            samples.setdefault(target, []).append(feature.copy())
            if self.budget is not None:
                samples[target] = samples[target][-self.budget :]
        self.samples = {target: samples[target] for target in active_targets}

    def distance(self, features: ArrayLike, targets: ArrayLike) -> NDArray[np.float64]:
        """Compare features (N, M) with targets.

        Returns
        -------
        ndarray, shape (len(targets), N)
            Smallest distance of each feature to any feature of each target.
        """
        features, ids = as_floats(features), np.asarray(targets).tolist()
        distances = np.empty((len(ids), len(features)))
        if self.in_arrays():
            queries = self._space.queries(features, lengths_of(features))
            for row, target in enumerate(ids):
                distances[row] = self._space.distances(queries, self._galleries.closeness(target, queries))
        else:
            for row, target in enumerate(ids):
                distances[row] = self._metric(self.samples[target], features)
        return distances

    def prepare(self, features: ArrayLike) -> tuple[NDArray, NDArray]:
        """Prepare the features (N, M) of detections: queries for `compare_pairs`, (N, M), weights for `learn`, (N,).

        Raises
        ------
        ValueError
            If a feature cannot be compared: says which and why.
        """
        features = as_floats(features)
        lengths, shortest = lengths_of(features), self._space.shortest
        numbers = lengths.tolist()
        if features.size and not (min(numbers) >= shortest and sum(numbers) < math.inf):  # the sum, for NaN
            index = next(i for i, number in enumerate(numbers) if not shortest <= number < math.inf)
            wrong = "is all zeros" if lengths[index] == 0 else f"has length {lengths[index]}"
            raise ValueError(f"detection {index}: its feature {wrong}, expected a finite length above 0")
        return self._space.queries(features, lengths), self._space.weights(features, lengths)

    def compare_pairs(
        self, queries: NDArray, targets: Sequence[int], rows: NDArray, columns: NDArray
    ) -> NDArray[np.float64]:
        """Compare pairs of a target and a prepared query, while `in_arrays`.

        Parameters
        ----------
        queries : ndarray, shape (N, M)
        targets : sequence of int
        rows, columns : ndarray of int, shape (pairs,)
            Positions in ``targets``, ascending, and in ``queries``.

        Returns
        -------
        ndarray, shape (pairs,)
            Distances.
        """
        if not len(rows):
            return np.empty(0)
        if self._only is not None:
            return np.full(len(rows), self._metric(self._only, self._only)[0], dtype=np.float64)
        closeness = self._galleries.pair_closeness(targets, queries, rows, columns)
        return self._space.distances(queries, closeness, columns).astype(np.float64)

    def near_pairs(self, queries: NDArray, targets: Sequence[int], rows: NDArray, columns: NDArray) -> NDArray[np.intp]:
        """Return which pairs, as in `compare_pairs`, are within the matching threshold, ascending."""
        threshold = self.matching_threshold
        precise = self._space is Cosine and queries.dtype.itemsize >= 4
        if precise and len(rows) and self._only is None and 0 < threshold < 2:
            return self._galleries.near_pairs(targets, queries, rows, columns, threshold)
        return (self.compare_pairs(queries, targets, rows, columns) <= threshold).nonzero()[0]

    def learn(
        self, features: NDArray, weights: NDArray, queries: NDArray, targets: list[int], active: list[int]
    ) -> None:
        """Do as `partial_fit`, with prepared features of different targets, while `in_arrays`."""
        self._galleries.add(targets, features, weights, queries)
        self._galleries.keep(active)

    def _add(self, features: NDArray, targets: list[int]) -> None:
        """Add features (N, M) to galleries, in turn where a target has several."""
        lengths = lengths_of(features) if targets else features
        rounds: dict[int, list[int]] = {}
        turn = Counter[int]()
        for index, target in enumerate(targets):
            rounds.setdefault(turn[target], []).append(index)
            turn[target] += 1
        for chosen in rounds.values():
            some, length = features[chosen], lengths[chosen]
            prepared = self._space.weights(some, length), self._space.queries(some, length)
            self._galleries.add([targets[index] for index in chosen], some, *prepared)

    def _note(self, features: NDArray) -> None:
        """Remember whether all features so far are one and the same: rounding must not tell them apart."""
        if self._differ or not len(features):
            return
        only = features[:1].repeat(2, axis=0) if self._only is None else self._only
        self._differ = features.shape[1:] != only.shape[1:] or bool((features != only[0]).any())
        self._only = None if self._differ else only

    def in_arrays(self) -> bool:
        """Return whether features lie in arrays: no program has asked for lists or replaced a function."""
        if self._samples is None and self.budget != self._galleries.budget:
            if self._galleries.active:
                self.samples  # noqa: B018  each target is cut to a new budget when it gets its next feature
            else:
                self._begin({})
        return self._samples is None and self._metric is self._usual_metric and _OURS.unchanged()

    def _begin(self, samples: Mapping[int, Sequence[NDArray]]) -> None:
        """Put samples into arrays."""
        self._usual_metric = self._metric if self._metric in _USUAL else None
        self._space: Any = Euclidean if self._metric is _nn_euclidean_distance else Cosine
        bounded = self.budget is not None and self.budget <= LARGEST_BOUND
        kind: Any = BoundedGalleries if bounded else Galleries
        self._galleries: Galleries = kind(self.budget, self._space.weigh)
        self._samples = None
        self._only, self._differ = None, False
        if self.budget is not None and any(len(features) > self.budget for features in samples.values()):
            self._samples = {target: list(map(np.array, features)) for target, features in samples.items()}
            return  # a program put them there; each target is cut to the budget when it gets its next feature
        arrays = {target: as_floats(features) for target, features in samples.items() if len(features)}
        for target, features in arrays.items():
            self._note(features)
            self._add(features, [target] * len(features))
        self._galleries.keep(list(arrays))

    def __getstate__(self) -> dict[str, Any]:
        """Store samples under the name that metrics of old stored them by, each target's in one array."""
        ours = ("_galleries", "_samples", "_space", "_usual_metric", "_only", "_differ")
        samples = self._galleries.stacked() if self._samples is None else self._samples
        return {name: value for name, value in vars(self).items() if name not in ours} | {"samples": samples}

    def __setstate__(self, state: dict[str, Any]) -> None:
        samples = state.pop("samples")
        vars(self).update(state)
        self._begin(samples)


def _pdist(a: ArrayLike, b: ArrayLike) -> NDArray:
    """Return the squared Euclidean distances of vectors (N, M) and (K, M), shape (N, K)."""
    a, b = as_floats(a), as_floats(b)
    if not len(a) or not len(b):
        return np.zeros((len(a), len(b)))
    squares = np.square(a).sum(axis=1)[:, np.newaxis] + np.square(b).sum(axis=1)
    return np.maximum(0.0, squares - 2.0 * np.dot(a, b.T))


def _cosine_distance(a: ArrayLike, b: ArrayLike, data_is_normalized: bool = False) -> NDArray:
    """Return 1 - cosine of vectors (N, M) and (K, M), shape (N, K)."""
    a, b = as_floats(a), as_floats(b)
    if not data_is_normalized:
        a, b = Cosine.queries(a, lengths_of(a)), Cosine.queries(b, lengths_of(b))
    return 1.0 - np.dot(a, b.T)


def _nn_euclidean_distance(x: ArrayLike, y: ArrayLike) -> NDArray:
    """Return the squared Euclidean distance of each of y (K, M) to the nearest of x (N, M), shape (K,)."""
    return np.maximum(0.0, _pdist(x, y).min(axis=0))


def _nn_cosine_distance(x: ArrayLike, y: ArrayLike) -> NDArray:
    """Return the cosine distance of each of y (K, M) to the nearest of x (N, M), shape (K,)."""
    return _cosine_distance(x, y).min(axis=0)


_USUAL = (_nn_cosine_distance, _nn_euclidean_distance)
_OURS = Remembered(sys.modules[__name__], ["_pdist", "_cosine_distance"])
