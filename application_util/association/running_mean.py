"""One smoothed feature a track instead of a gallery."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deep_sort.nn_matching import NearestNeighborDistanceMetric


class RunningMeanMetric(NearestNeighborDistanceMetric):
    """Cosine distance to one feature a target, an exponential moving average of all it has shown.

    e' = alpha e + (1 - alpha) f, brought to length 1 after each step, of features f of length 1 (JDE, Wang et al. 2020,
    section 3.4; StrongSORT, Du et al. 2023, section 3.2, with alpha = 0.9).

    Parameters
    ----------
    matching_threshold : float
        Larger distances are no match.
    alpha : float
        Weight of the past, from 0 (the newest feature alone) to 1 (the first one alone).

    Raises
    ------
    ValueError
        If alpha is not from 0 to 1.
    """

    batched = True

    def __init__(self, matching_threshold: float, alpha: float = 0.9) -> None:
        if not 0 <= alpha <= 1:
            raise ValueError(f"alpha is {alpha}, expected a number from 0 to 1")
        super().__init__("cosine", matching_threshold)
        self.alpha = alpha
        self.samples = {}  # lists, of one feature each: what the galleries of the base class hold stays empty

    def partial_fit(self, features: ArrayLike, targets: ArrayLike, active_targets: Iterable[int]) -> None:
        """Blend new features in and forget the targets that are gone, as in the base class."""
        samples = self.samples
        for feature, target in zip(_unit(features), np.asarray(targets).tolist(), strict=True):
            if target in samples:
                feature = _unit(self.alpha * samples[target][0] + (1 - self.alpha) * feature)
            samples[target] = [feature]
        self.samples = {target: samples[target] for target in active_targets}

    def distance(self, features: ArrayLike, targets: ArrayLike) -> NDArray[np.float64]:
        """Compare features (N, M) with targets, shape (len(targets), N)."""
        ids: Sequence[int] = np.asarray(targets).tolist()
        queries = _unit(features)
        means = np.array([self.samples[target][0] for target in ids]).reshape(len(ids), queries.shape[-1])
        return 1.0 - means @ queries.T


def _unit(features: ArrayLike) -> NDArray[np.float64]:
    """Return features (..., M) at length 1; what is all zeros, or has no numbers, stays as it is."""
    array = np.asarray(features, dtype=np.float64)
    lengths = np.sqrt(np.square(array).sum(axis=-1, keepdims=True))
    return array / np.where(lengths > 0, lengths, 1.0)
