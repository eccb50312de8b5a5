"""A constant velocity Kalman filter for boxes in image space, one or many at a time."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .batched import Batched, takes_many

Array = NDArray[np.float64]

# fmt: off
chi2inv95 = {1: 3.8415, 2: 5.9915, 3: 7.8147, 4: 9.4877, 5: 11.070, 6: 12.592, 7: 14.067, 8: 15.507, 9: 16.919}
# fmt: on
"""0.95 quantile of the chi-square distribution for 1 to 9 degrees of freedom: the gate of Mahalanobis distances."""

NDIM = 4

F = np.eye(2 * NDIM) + np.eye(2 * NDIM, k=NDIM)
H = np.eye(NDIM, 2 * NDIM)

_METHODS = (
    *("initiate", "predict", "project", "update", "gating_distance"),
    *("initial_noise", "process_noise", "measurement_noise"),
)


class KalmanFilter(Batched, methods=_METHODS):
    """Kalman filter on the state (x, y, a, h, vx, vy, va, vh) of a box.

    (x, y) is the box's centre, a its aspect ratio width / height, h its height, the rest their change
    per frame. Objects move with constant velocity; (x, y, a, h) is observed directly (Deep SORT paper,
    section 2.1). With m and P for the mean and the covariance of a state, and z for a measurement:

    - F, [[I, I], [0, I]]: motion over one frame, ``_motion_mat``, (8, 8);
    - H, [I, 0]: the part of a state that is measured, ``_update_mat``, (4, 8);
    - Q, diagonal, grows with the box's height: variances from `process_noise`;
    - R, diagonal, grows with the box's height: variances from `measurement_noise`.

    Every method broadcasts over leading axes: a single state is a mean (8,) with a covariance (8, 8), N of them are
    (N, 8) with (N, 8, 8). A subclass with another model sets F and H, and overrides the variances.
    """

    def __init__(self) -> None:
        self._std_weight_position = 1.0 / 20
        self._std_weight_velocity = 1.0 / 160
        self._motion_mat = F.copy()
        self._update_mat = H.copy()

    def initiate(self, measurement: ArrayLike) -> tuple[Array, Array]:
        """Start a state from a box (x, y, a, h) that was seen for the first time, shape (..., 4).

        Returns
        -------
        mean : ndarray, shape (..., 8)
            The measurement, in its type, with velocities 0.
        covariance : ndarray, shape (..., 8, 8)
        """
        position = np.asarray(measurement)
        rest = np.zeros((*position.shape[:-1], len(self._motion_mat) - NDIM), position.dtype)
        mean = np.concatenate([position, rest], axis=-1)
        return mean, _diagonal(self.initial_noise(position[..., 3]))

    def predict(self, mean: Array, covariance: Array) -> tuple[Array, Array]:
        """Move states, means (..., 8) and covariances (..., 8, 8), one frame ahead."""
        mean, motion = np.asarray(mean), self._motion_mat
        noise = _diagonal(self.process_noise(mean[..., 3]))
        # m' = F m,  P' = F P F' + Q
        return mean @ np.transpose(motion), motion @ np.asarray(covariance) @ np.transpose(motion) + noise

    def project(self, mean: Array, covariance: Array) -> tuple[Array, Array]:
        """Give mean (..., 4) and covariance (..., 4, 4), with its noise, of the measurement that states predict."""
        mean, observation = np.asarray(mean), self._update_mat
        noise = _diagonal(self.measurement_noise(mean[..., 3]))
        # H m,  S = H P H' + R
        covariance = observation @ np.asarray(covariance) @ np.transpose(observation) + noise
        return mean @ np.transpose(observation), covariance

    def update(self, mean: Array, covariance: Array, measurement: ArrayLike) -> tuple[Array, Array]:
        """Correct states, means (..., 8) and covariances (..., 8, 8), by measured boxes (x, y, a, h), (..., 4).

        Raises
        ------
        numpy.linalg.LinAlgError
            If a projected covariance is not positive definite.
        """
        mean, covariance = np.asarray(mean), np.asarray(covariance)
        projected_mean, projected_covariance = self.project(mean, covariance)
        # With S = L L' and W = P H' inv(L'), the gain K = P H' inv(S) is W inv(L), and K S K' = W W'.
        inverse_factor = np.linalg.inv(np.linalg.cholesky(projected_covariance))
        weights = covariance @ np.transpose(self._update_mat) @ inverse_factor.swapaxes(-1, -2)
        # m' = m + K (z - H m)
        whitened = inverse_factor @ (np.asarray(measurement) - projected_mean)[..., np.newaxis]
        corrected = mean + (weights @ whitened)[..., 0]
        # P' = P - K S K'
        return corrected, covariance - weights @ weights.swapaxes(-1, -2)

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
        ndim = 2 if only_position else np.shape(projected_mean)[-1]
        measurements = np.asarray(measurements)
        # (z - H m)' inv(S) (z - H m) = |inv(L) (z - H m)|^2
        offsets = measurements[..., :ndim] - projected_mean[..., np.newaxis, :ndim]
        inverse_factor = np.linalg.inv(np.linalg.cholesky(projected_covariance[..., :ndim, :ndim]))
        whitened = offsets @ inverse_factor.swapaxes(-1, -2)
        distances = np.einsum("...i,...i->...", whitened, whitened)
        return distances if measurements.ndim > 1 else distances[..., 0]

    def warp(self, mean: Array, covariance: Array, motion: ArrayLike) -> tuple[Array, Array]:
        """Move states, means (..., 8) and covariances (..., 8, 8), with the camera.

        Parameters
        ----------
        mean, covariance : ndarray
        motion : array_like, shape (2, 3)
            Affine motion of the image from the frame before to this one, as OpenCV's ``estimateAffinePartial2D``
            gives it: a point p goes to ``motion[:, :2] @ p + motion[:, 2]``.
        """
        motion = np.asarray(motion, dtype=np.float64)
        mean = np.asarray(mean, dtype=np.float64)
        block = np.eye(NDIM)  # centres turn and stretch, heights stretch, aspect ratios stay
        block[:2, :2] = motion[:, :2]
        block[3, 3] = np.sqrt(abs(np.linalg.det(motion[:, :2])))
        transform = np.kron(np.eye(mean.shape[-1] // NDIM), block)
        warped = mean @ transform.T
        warped[..., :2] += motion[:, 2]
        return warped, transform @ np.asarray(covariance) @ transform.T

    def initial_noise(self, height: ArrayLike) -> Array:
        """Return variances of new states of objects of these heights, shape (..., 8)."""
        return _squares(height, *motion_deviations(2 * self._std_weight_position, 10 * self._std_weight_velocity))

    def process_noise(self, height: ArrayLike) -> Array:
        """Return the diagonal of Q for objects of these heights, shape (..., 8)."""
        return _squares(height, *motion_deviations(self._std_weight_position, self._std_weight_velocity))

    def measurement_noise(self, height: ArrayLike) -> Array:
        """Return the diagonal of R for objects of these heights, shape (..., 4)."""
        return _squares(height, *measurement_deviations(self._std_weight_position))


@lru_cache
def motion_deviations(position: float, velocity: float) -> tuple[Array, Array]:
    """Return by what a height is multiplied, and what is added, for the standard deviations of a state, (8, 1) each."""
    weights = (position, position, 0.0, position, velocity, velocity, 0.0, velocity)
    return np.vstack(weights), np.vstack((0.0, 0.0, 1e-2, 0.0, 0.0, 0.0, 1e-5, 0.0))


@lru_cache
def measurement_deviations(position: float) -> tuple[Array, Array]:
    """Return the same for a measurement, (4, 1) each."""
    return np.vstack((position, position, 0.0, position)), np.vstack((0.0, 0.0, 1e-1, 0.0))


_USUAL = KalmanFilter.remembered.functions
_F_BYTES, _H_BYTES = F.tobytes(), H.tobytes()


def keeps_coordinates_apart(kf: Any) -> bool:
    """Return whether a filter is ours in all, so that x, y, a and h never mix."""
    if not (isinstance(kf, KalmanFilter) and type(kf).remembered.functions == _USUAL and takes_many(kf)):
        return False
    return np.asarray(kf._motion_mat).tobytes() == _F_BYTES and np.asarray(kf._update_mat).tobytes() == _H_BYTES


def _squares(height: ArrayLike, weights: Array, constants: Array) -> Array:
    """Return the squares of standard deviations that grow with the height, shape (..., len(weights))."""
    height = np.asarray(height)[..., np.newaxis]
    if height.dtype.kind == "f":  # NumPy's rule for array * float
        weights = weights.astype(height.dtype)
    return np.square(height * weights[:, 0] + constants[:, 0])


def _diagonal(variances: Array) -> Array:
    """Return diagonal matrices, shape (..., n, n)."""
    return variances[..., np.newaxis] * np.eye(variances.shape[-1])
