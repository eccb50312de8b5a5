"""Measurement noise by confidence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
from numpy.typing import ArrayLike, NDArray

from deep_sort.kalman_filter import KalmanFilter


class NoiseByConfidence(KalmanFilter):
    """Corrects a state the more by a detection the surer the detector was.

    R' = (1 - c) R, with the confidence c cut to 0 to 1 (NSA Kalman filter; GIAOTracker, Du et al. 2021, equation 3).
    Prediction and gate keep R.
    """

    batched = True
    _factors: NDArray[np.float64] | None = None

    @contextmanager
    def measured_with(self, confidences: ArrayLike) -> Iterator[None]:
        """Let the block's one `update` know how sure its measurements (..., 4) are, shape (...)."""
        self._factors = 1.0 - np.clip(np.asarray(confidences, dtype=np.float64), 0.0, 1.0)
        try:
            yield
        finally:
            self._factors = None

    def measurement_noise(self, height: ArrayLike) -> NDArray[np.float64]:
        """Return the diagonal of R', shape (..., 4)."""
        noise = super().measurement_noise(height)
        return noise if self._factors is None else noise * self._factors[..., np.newaxis]
