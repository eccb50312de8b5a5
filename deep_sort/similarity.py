"""Two ways to compare features, each by products of queries and the features of galleries; see `Galleries`."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .gallery import dots


class Cosine:
    """1 - cosine: the smallest distance is at the largest product of vectors of length 1."""

    shortest = float(np.finfo(np.float32).smallest_subnormal)
    weigh = staticmethod(np.multiply)

    @staticmethod
    def queries(features: NDArray, lengths: NDArray) -> NDArray:
        """Return features (N, M), of these lengths (N,), as they are compared with those of galleries."""
        return features / lengths[:, np.newaxis]

    @staticmethod
    def weights(features: NDArray, lengths: NDArray) -> NDArray:
        """Return what their products with queries are weighed with in a gallery, shape (N,)."""
        return 1.0 / lengths if features.size else np.ones_like(lengths)

    @staticmethod
    def distances(queries: NDArray, closeness: NDArray, columns: Any = slice(None)) -> NDArray:
        """Return the distances of queries, those in ``columns``, whose closeness to a gallery is known."""
        return 1.0 - closeness


class Euclidean:
    """|q - f|^2 = |q|^2 - 2 (q . f - |f|^2 / 2), the smallest where the bracket is largest."""

    shortest = 0.0
    weigh = staticmethod(np.subtract)

    @staticmethod
    def queries(features: NDArray, lengths: NDArray) -> NDArray:
        """Return features (N, M), of these lengths (N,), as they are compared with those of galleries."""
        return features

    @staticmethod
    def weights(features: NDArray, lengths: NDArray) -> NDArray:
        """Return what their products with queries are weighed with in a gallery, shape (N,)."""
        return 0.5 * np.square(features).sum(axis=1)

    @staticmethod
    def distances(queries: NDArray, closeness: NDArray, columns: Any = slice(None)) -> NDArray:
        """Return the distances of queries, those in ``columns``, whose closeness to a gallery is known."""
        return np.maximum(0.0, np.square(queries).sum(axis=1)[columns] - 2.0 * closeness)


def lengths_of(features: NDArray) -> NDArray:
    """Return the lengths of features (N, M), shape (N,)."""
    return np.sqrt(dots(features, features))


def as_floats(features: ArrayLike) -> NDArray:
    """Give features as they are, integers as float64."""
    array = np.asarray(features)
    return array if array.dtype.kind == "f" else array.astype(np.float64)
