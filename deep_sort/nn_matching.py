"""Appearance distance to everything a track has looked like."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .gallery import Gallery

BLOCK = 2**16
"""Multiplications in one matrix product: cached whole, and too few for a BLAS library to start threads."""


class NearestNeighborDistanceMetric:
    """Smallest distance between a feature and the features a target has shown so far (paper, equation 3).

    Parameters
    ----------
    metric : {"cosine", "euclidean"}
        ``"cosine"``: 1 - cosine of the two features; ``"euclidean"``: their *squared* Euclidean distance.
    matching_threshold : float
        Larger distances are no match.
    budget : int, optional
        Features kept per target, the newest; by default all.

    Attributes
    ----------
    samples : dict of int -> Gallery
        The features of each target, newest last.

    Raises
    ------
    ValueError
        For another metric, or a budget below 1.
    """

    def __init__(self, metric: str, matching_threshold: float, budget: int | None = None) -> None:
        if metric not in ("cosine", "euclidean"):
            raise ValueError(f"metric is {metric!r}, expected 'cosine' or 'euclidean'")
        if budget is not None and budget < 1:
            raise ValueError(f"budget is {budget}, expected at least 1, or None for no limit")
        self._space: _Cosine | _Euclidean = _Cosine() if metric == "cosine" else _Euclidean()
        self.matching_threshold = matching_threshold
        self.budget = budget
        self.samples: dict[int, Gallery] = {}

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
        features = _floats(features)
        ids = np.asarray(targets).tolist()
        if ids:
            for target, feature, row in zip(ids, features, self._space.rows(features), strict=True):
                if target not in self.samples:
                    self.samples[target] = Gallery(self._space.rows)
                self._gallery(target).append(feature, row, self.budget)
        self.samples = {target: self.samples[target] for target in active_targets}

    def distance(self, features: ArrayLike, targets: ArrayLike) -> NDArray[np.float64]:
        """Compare features with targets.

        Parameters
        ----------
        features : array_like, shape (N, M)
        targets : array_like of int, shape (K,)

        Returns
        -------
        ndarray, shape (K, N)
            Smallest distance of each feature to any feature of each target.
        """
        queries = self._space.queries(_floats(features))
        ids = np.asarray(targets).tolist()
        distances = np.empty((len(ids), len(queries)))
        for row, target in enumerate(ids):
            products = _products(queries, self._gallery(target).rows)
            distances[row] = self._space.distances(queries, products.max(axis=1))
        return distances

    def pair_distances(
        self, features: ArrayLike, targets: ArrayLike, rows: NDArray[np.intp], columns: NDArray[np.intp]
    ) -> NDArray[np.float64]:
        """Compare features with targets, some pairs only.

        Parameters
        ----------
        features : array_like, shape (N, M)
        targets : array_like of int, shape (K,)
        rows, columns : ndarray of int, shape (pairs,)
            Positions in ``targets``, ascending, and in ``features``.

        Returns
        -------
        ndarray, shape (pairs,)
            ``distance(features, targets)[rows, columns]``.
        """
        if not len(rows):
            return np.empty(0)
        queries = self._space.queries(_floats(features))[columns]
        ids = np.asarray(targets).tolist()
        ends = np.cumsum(np.bincount(rows, minlength=len(ids))).tolist()
        products, lengths = [], []
        for target, start, end in zip(ids, [0, *ends[:-1]], ends, strict=True):
            if start < end:
                block = _products(queries[start:end], self._gallery(target).rows)
                products.append(block.ravel())
                lengths += [len(block[0])] * (end - start)
        starts = np.cumsum([0, *lengths[:-1]])
        return self._space.distances(queries, np.maximum.reduceat(np.concatenate(products), starts))

    def _gallery(self, target: int) -> Gallery:
        gallery = self.samples[target]
        if not isinstance(gallery, Gallery):  # a program put its own list of features there
            self.samples[target] = own = Gallery(self._space.rows)
            own.extend(_floats(feature) for feature in gallery)
            return own
        return gallery


class _Cosine:
    """1 - cosine: the smallest distance is at the largest product of vectors of length 1."""

    @staticmethod
    def rows(features: NDArray) -> NDArray:
        return features / np.sqrt(np.add.reduce(np.square(features), axis=1, keepdims=True))

    queries = rows

    @staticmethod
    def distances(queries: NDArray, products: NDArray) -> NDArray:
        return 1.0 - products


class _Euclidean:
    """|q - r|^2 = |q|^2 - 2 (q . r - |r|^2 / 2): the last term is one more dimension of the rows."""

    @staticmethod
    def rows(features: NDArray) -> NDArray:
        return np.column_stack([features, -0.5 * np.square(features).sum(axis=1)])

    @staticmethod
    def queries(features: NDArray) -> NDArray:
        return np.column_stack([features, np.ones(len(features), dtype=features.dtype)])

    @staticmethod
    def distances(queries: NDArray, products: NDArray) -> NDArray:
        return np.maximum(0.0, np.square(queries[:, :-1]).sum(axis=1) - 2.0 * products)


def _floats(features: ArrayLike) -> NDArray:
    """Give features as they are, integers as float64."""
    array = np.asarray(features)
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def _products(queries: NDArray, rows: NDArray) -> NDArray:
    """Give the products of queries (N, M) and rows (K, M), shape (N, K)."""
    step = max(32, BLOCK // (queries.size + 1))
    if step >= len(rows):
        return np.dot(queries, rows.T)
    return np.concatenate([np.dot(queries, rows[i : i + step].T) for i in range(0, len(rows), step)], axis=1)
