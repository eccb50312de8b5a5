"""A constant velocity Kalman filter for boxes in image space, one or many at a time."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

Array = NDArray[np.float64]

chi2inv95 = {
    1: 3.8415,
    2: 5.9915,
    3: 7.8147,
    4: 9.4877,
    5: 11.070,
    6: 12.592,
    7: 14.067,
    8: 15.507,
    9: 16.919,
}
"""0.95 quantile of the chi-square distribution for 1 to 9 degrees of freedom: the gate of Mahalanobis distances."""

NDIM = 4

FEW_PAIRS = 1024
"""Up to here it is not worth while to sort out pairs of states and measurements before they are compared."""


class KalmanFilter:
    """Kalman filter on the state (x, y, a, h, vx, vy, va, vh) of a box.

    (x, y) is the box's centre, a its aspect ratio width / height, h its height, the rest their change
    per frame. Objects move with constant velocity; (x, y, a, h) is observed directly (Deep SORT paper,
    section 2.1). Noise is proportional to the box's height.

    Every method broadcasts over leading axes: a single state is a mean (8,) with a covariance (8, 8), N of
    them are (N, 8) with (N, 8, 8).
    """

    def __init__(self) -> None:
        self._std_weight_position = 1.0 / 20
        self._std_weight_velocity = 1.0 / 160

    def initiate(self, measurement: ArrayLike) -> tuple[Array, Array]:
        """Start a state from a box that was seen for the first time.

        Parameters
        ----------
        measurement : array_like, shape (..., 4)
            Box as (x, y, a, h).

        Returns
        -------
        mean : ndarray, shape (..., 8)
            The measurement, with velocities 0.
        covariance : ndarray, shape (..., 8, 8)
        """
        position = np.asarray(measurement, dtype=np.float64)
        mean = np.zeros((*position.shape[:-1], 2 * NDIM))
        mean[..., :NDIM] = position
        covariance = np.zeros((*mean.shape, 2 * NDIM))
        _diagonal(covariance)[...] = self._variances(position[..., 3], 2, 10)
        return mean, covariance

    def predict(self, mean: Array, covariance: Array) -> tuple[Array, Array]:
        """Move states one frame ahead.

        Parameters
        ----------
        mean : ndarray, shape (..., 8)
        covariance : ndarray, shape (..., 8, 8)

        Returns
        -------
        mean : ndarray, shape (..., 8)
        covariance : ndarray, shape (..., 8, 8)
        """
        # F = [[I, I], [0, I]], so that F m and F P F' are sums of blocks.
        moved = np.array(mean, dtype=np.float64)
        noise = self._variances(moved[..., 3], 1, 1)
        moved[..., :NDIM] += moved[..., NDIM:]
        spread = np.array(covariance, dtype=np.float64, order="C")
        spread[..., :NDIM] += spread[..., NDIM:]
        spread[..., :NDIM, :] += spread[..., NDIM:, :]
        _diagonal(spread)[...] += noise
        return moved, spread

    def project(self, mean: Array, covariance: Array) -> tuple[Array, Array]:
        """Give the distribution of the measurement that states predict.

        Parameters
        ----------
        mean : ndarray, shape (..., 8)
        covariance : ndarray, shape (..., 8, 8)

        Returns
        -------
        mean : ndarray, shape (..., 4)
        covariance : ndarray, shape (..., 4, 4)
            With the measurement noise.
        """
        mean = np.asarray(mean, dtype=np.float64)
        projected = np.array(np.asarray(covariance)[..., :NDIM, :NDIM], dtype=np.float64, order="C")
        weight = self._std_weight_position
        _diagonal(projected)[...] += _squares(
            mean[..., 3], (weight, weight, 0.0, weight), (0.0, 0.0, 1e-1, 0.0)
        )
        return mean[..., :NDIM].copy(), projected

    def update(self, mean: Array, covariance: Array, measurement: ArrayLike) -> tuple[Array, Array]:
        """Correct states by what was measured.

        Parameters
        ----------
        mean : ndarray, shape (..., 8)
        covariance : ndarray, shape (..., 8, 8)
        measurement : array_like, shape (..., 4)
            Boxes as (x, y, a, h).

        Returns
        -------
        mean : ndarray, shape (..., 8)
        covariance : ndarray, shape (..., 8, 8)

        Raises
        ------
        numpy.linalg.LinAlgError
            If a projected covariance is not positive definite.
        """
        mean, covariance = np.asarray(mean, dtype=np.float64), np.asarray(covariance, dtype=np.float64)
        projected_mean, projected_covariance = self.project(mean, covariance)
        # With S = L L' and W = P H' inv(L'), the gain is K = W inv(L) and K S K' = W W'.
        inverse_factor = _inverse_cholesky(projected_covariance)
        weights = covariance[..., :NDIM] @ inverse_factor.swapaxes(-1, -2)
        innovation = np.asarray(measurement, dtype=np.float64) - projected_mean
        whitened = inverse_factor @ innovation[..., np.newaxis]
        return mean + (weights @ whitened)[..., 0], covariance - weights @ weights.swapaxes(-1, -2)

    def gating_distance(
        self, mean: Array, covariance: Array, measurements: ArrayLike, only_position: bool = False
    ) -> Array:
        """Give the squared Mahalanobis distance between states and measurements (paper, equation 1).

        Parameters
        ----------
        mean : ndarray, shape (..., 8)
        covariance : ndarray, shape (..., 8, 8)
        measurements : array_like, shape (N, 4) or (4,)
            Boxes as (x, y, a, h).
        only_position : bool
            Compare (x, y) alone.

        Returns
        -------
        ndarray, shape (..., N), or (...) for a single measurement
            To be compared with ``chi2inv95[4]``, or ``chi2inv95[2]`` of the position alone.
        """
        projected_mean, projected_covariance = self.project(mean, covariance)
        ndim = 2 if only_position else NDIM
        measurements = np.asarray(measurements, dtype=np.float64)
        offsets = measurements[..., :ndim] - projected_mean[..., np.newaxis, :ndim]
        inverse_factor = _inverse_cholesky(projected_covariance[..., :ndim, :ndim])
        whitened = offsets @ inverse_factor.swapaxes(-1, -2)
        distances = np.einsum("...i,...i->...", whitened, whitened)
        return distances if measurements.ndim > 1 else distances[..., 0]

    def pairs_within_gate(
        self, mean: Array, covariance: Array, measurements: Array, only_position: bool = False
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Find the measurements that motion allows for each state (paper, equation 2).

        Parameters
        ----------
        mean : ndarray, shape (K, 8)
        covariance : ndarray, shape (K, 8, 8)
        measurements : ndarray, shape (N, 4)
            Boxes as (x, y, a, h).
        only_position : bool
            Compare (x, y) alone.

        Returns
        -------
        states, measurements : ndarray of int, shape (pairs,)
            Pairs whose `gating_distance` is within the 0.95 quantile of its distribution, row by row.
        """
        ndim = 2 if only_position else NDIM
        threshold = chi2inv95[ndim]
        if len(mean) * len(measurements) <= FEW_PAIRS:
            near = self.gating_distance(mean, covariance, measurements, only_position) <= threshold
            rows, columns = np.nonzero(near)
            return rows, columns
        predicted, spread = self.project(mean, covariance)
        measurements = measurements[:, :ndim]
        # The distance along one axis bounds the whole from below: x, then y settle most pairs.
        reach_x, reach_y = np.sqrt((1 + 1e-9) * threshold * _diagonal(spread)[:, :2].T)
        near = np.abs(predicted[:, :1] - measurements[:, 0]) <= reach_x[:, np.newaxis]
        rows, columns = np.divmod(np.flatnonzero(near), max(1, len(measurements)))
        near = np.abs(predicted[:, 1][rows] - measurements[:, 1][columns]) <= reach_y[rows]
        rows, columns = rows[near], columns[near]
        offsets = measurements[columns] - predicted[rows, :ndim]
        whitened = _inverse_cholesky(spread[:, :ndim, :ndim])[rows] @ offsets[..., np.newaxis]
        near = np.einsum("kij,kij->k", whitened, whitened) <= threshold
        return rows[near], columns[near]

    def _variances(self, height: Array, position: float, velocity: float) -> Array:
        """Return variances of (x, y, a, h, vx, vy, va, vh) for multiples of the usual deviations, (..., 8)."""
        position *= self._std_weight_position
        velocity *= self._std_weight_velocity
        weights = (position, position, 0.0, position, velocity, velocity, 0.0, velocity)
        return _squares(height, weights, (0.0, 0.0, 1e-2, 0.0, 0.0, 0.0, 1e-5, 0.0))


def _squares(height: Array, weights: tuple[float, ...], constants: tuple[float, ...]) -> Array:
    """Return the squares of standard deviations that grow with the height, shape (..., len(weights))."""
    return np.square(height[..., np.newaxis] * _vector(weights) + _vector(constants))


@lru_cache(maxsize=32)
def _vector(numbers: tuple[float, ...]) -> Array:
    return np.array(numbers)


def _diagonal(matrices: Array) -> Array:
    """Return the diagonals of matrices (..., n, n), shape (..., n); a writable view if these are contiguous."""
    n = matrices.shape[-1]
    return matrices.reshape(*matrices.shape[:-2], n * n)[..., :: n + 1]


def _inverse_cholesky(matrices: Array) -> Array:
    """Return inv(L) with matrices = L L', shape (..., n, n)."""
    diagonals = _diagonal(matrices)
    if np.count_nonzero(matrices) == diagonals.size == np.count_nonzero(diagonals > 0):
        # Coordinates do not mix in this filter's own model, so that covariances are diagonal.
        inverse = np.zeros(matrices.shape)
        _diagonal(inverse)[...] = 1.0 / np.sqrt(diagonals)
        return inverse
    return np.linalg.inv(np.linalg.cholesky(matrices))
