"""The motion of all tracks of a tracker, in arrays that stay from frame to frame.

In the model of `KalmanFilter` the coordinates x, y, a and h never mix: a covariance (8, 8) is four blocks (2, 2), of
position and velocity of one coordinate each. A state is thus 20 numbers, and what the filter does with matrices are
sums and products of numbers. States that mix coordinates, and filters of another model, do not live here.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import kalman_filter
from .kalman_filter import NDIM, KalmanFilter, measurement_deviations, motion_deviations
from .track import Track

Array = NDArray[np.float64]

FEW_PAIRS = 1024
"""Up to here it is not worth while to sort out pairs of tracks and measurements before they are compared."""


class States:
    """States of the tracks of a tracker, a column a track.

    Attributes
    ----------
    tracks : list of Track
        Whose state each column is.
    values : ndarray, shape (5, 4, N)
        Position, variance of the position, velocity, covariance of both, variance of the velocity; each for
        (x, y, a, h).
    """

    def __init__(self, values: Array | None = None) -> None:
        self.tracks: list[Track] = []
        self.values: Array = np.empty((5, 4, 0)) if values is None else values
        self._lent: list[Track] = []
        self._projected: Array | None = None
        self._weight = 0.0  # with which that was computed

    def hold(self, tracks: list[Track]) -> bool:
        """Bring the states of these tracks alone into the arrays; return False if that cannot be.

        It cannot for a state of another model, or a track that is there twice.
        """
        if self.tracks != tracks:
            staying = set(map(id, tracks))
            if len(staying) < len(tracks):
                return False
            self._collect(tracks, staying)
        for track in self._lent:
            state = _pack(track._mean, track._covariance)
            if state is None:
                return False
            self.values[:, :, track._column] = state
            self._projected = None
        return True

    def lend(self, track: Track) -> None:
        """Give a track a mean and a covariance to show; `hold` takes them back."""
        track._mean, track._covariance = _unpack(self.values[:, :, track._column])
        self._lent.append(track)

    def boxes(self, columns: Sequence[int]) -> Array:
        """Return the boxes of the states in these columns, (left, top, width, height), shape (N, 4)."""
        boxes = self.values[0].take(columns, axis=1)
        boxes[2] *= boxes[3]
        boxes[:2] -= boxes[2:] / 2
        return boxes.T

    def add(self, tracks: list[Track], kf: KalmanFilter, measurements: Array) -> None:
        """Start the states of new tracks from what was measured, (x, y, a, h) in rows, shape (4, N)."""
        deviations = motion_deviations(2 * kf._std_weight_position, 10 * kf._std_weight_velocity)
        new = np.zeros((5, 4, len(tracks)))
        new[0] = measurements
        new[1::3] = _variances(measurements[3], *deviations).reshape(2, 4, -1)
        for column, track in enumerate(tracks, start=len(self.tracks)):
            track._states, track._column = self, column
        self.tracks = self.tracks + tracks
        self.values, self._projected = np.concatenate([self.values, new], axis=2), None

    def predict(self, kf: KalmanFilter) -> None:
        """Move all states one frame ahead: m' = F m, P' = F P F' + Q."""
        position, variance, velocity, covariance, velocity_variance = self.values
        noise = _variances(position[3], *motion_deviations(kf._std_weight_position, kf._std_weight_velocity))
        position += velocity
        variance += covariance
        covariance += velocity_variance
        variance += covariance
        variance += noise[:4]
        velocity_variance += noise[4:]
        self._projected = None
        if self._lent:
            self._release(self._lent)

    def update(self, kf: KalmanFilter, measurements: Array, which: Sequence[int]) -> None:
        """Correct states by what was measured.

        Parameters
        ----------
        kf : KalmanFilter
        measurements : ndarray, shape (4, N)
        which : sequence of int
            For each state its measurement, -1 if there is none.
        """
        position, variance, velocity, covariance, velocity_variance = self.values
        factor = self._project(kf)
        for column, index in enumerate(which):
            if index < 0:
                factor[:, column] = np.inf
        factor = 1.0 / np.sqrt(factor)  # inv(L) of S = L L', 0 where nothing was measured
        weights, velocity_weights = variance * factor, covariance * factor  # W = P H' inv(L')
        factor *= measurements.take(which, axis=1) - position  # inv(L) (z - H m)
        position += weights * factor  # m' = m + W inv(L) (z - H m)
        velocity += velocity_weights * factor
        variance -= weights * weights  # P' = P - W W'
        covariance -= velocity_weights * weights
        velocity_variance -= velocity_weights * velocity_weights
        self._projected = None
        if self._lent:
            self._release([track for track in self._lent if which[track._column] >= 0])

    def pairs_within_gate(
        self, kf: KalmanFilter, columns: Sequence[int], measurements: Array
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Find the measurements (4, N) that motion allows for the states in these columns (paper, equations 1 and 2).

        Returns
        -------
        states, measurements : ndarray of int, shape (pairs,)
            Positions in ``columns``, ascending, and in ``measurements`` of pairs whose squared Mahalanobis distance
            is within the 0.95 quantile of its distribution.
        """
        mean, variance = self.values[0], self._project(kf)
        if len(columns) < len(self.tracks):
            index = np.array(columns)
            mean, variance = mean.take(index, axis=1), variance.take(index, axis=1)
        threshold = kalman_filter.chi2inv95[NDIM]
        count = measurements.shape[1]
        if len(columns) * count <= FEW_PAIRS:
            offsets = measurements[:, np.newaxis] - mean[:, :, np.newaxis]
            offsets *= offsets
            offsets *= (1.0 / variance)[:, :, np.newaxis]
            near = (np.add.reduce(offsets) <= threshold).ravel().nonzero()[0]
            rows = near // count
            return rows, near - rows * count
        # The distance along one axis bounds the whole from below: x, in which measurements are sorted, then y.
        reach_x, reach_y = np.sqrt((1 + 1e-9) * threshold * variance[:2])
        order = measurements[0].argsort()
        x = measurements[0].take(order)
        starts = x.searchsorted(mean[0] - reach_x)
        counts = x.searchsorted(mean[0] + reach_x, side="right") - starts
        rows = np.arange(len(counts)).repeat(counts)
        others = order.take(np.arange(len(rows)) - (counts.cumsum() - counts - starts).take(rows))
        near = np.abs(measurements[1].take(others) - mean[1].take(rows)) <= reach_y.take(rows)
        rows, others = rows[near], others[near]
        offsets = measurements.take(others, axis=1) - mean.take(rows, axis=1)
        near = np.add.reduce(offsets * offsets / variance.take(rows, axis=1)) <= threshold
        return rows[near], others[near]

    def _project(self, kf: KalmanFilter) -> Array:
        """Return the variances of what the states predict to be measured, the diagonal of S = H P H' + R, (4, N)."""
        weight = kf._std_weight_position
        if self._projected is None or self._weight != weight:
            noise = _variances(self.values[0, 3], *measurement_deviations(weight))
            self._projected, self._weight = np.add(noise, self.values[1], out=noise), weight
        return self._projected

    def _collect(self, tracks: list[Track], staying: set[int]) -> None:
        """Take in tracks that are new, with the arrays they show; let go of those that are not there any more."""
        columns = [track._column if track._states is self else -1 for track in tracks]
        values = self.values
        gone = [track for track in self.tracks if id(track) not in staying and track._states is self]
        if gone:
            departed = States(values.take([track._column for track in gone], axis=2))
            for column, track in enumerate(gone):
                track._states, track._column = departed, column
        self._lent = [track for track in self._lent if track._states is self]
        if -1 in columns:
            values = np.concatenate([values, np.zeros((5, 4, 1))], axis=2)
            for track in [track for track in tracks if track._states is not self]:
                track._own_state()
                track._states = self
                self._lent.append(track)
        self.tracks = list(tracks)
        self.values, self._projected = values.take(columns, axis=2), None
        for column, track in enumerate(tracks):
            track._column = column

    def _release(self, tracks: list[Track]) -> None:
        """Forget what was lent to tracks whose states have moved on: who kept it keeps old values."""
        for track in tracks:
            track._mean = track._covariance = None
        self._lent = [track for track in self._lent if track._mean is not None]


_PLACES = np.array([[0], [4], [36], [32]]) + 9 * np.arange(4)
"""Where variance, covariance (twice) and velocity variance stand in a covariance (8, 8), row by row."""


def _variances(heights: Array, weights: Array, constants: Array) -> Array:
    """Return the squares of standard deviations that grow with heights (N,), shape (len(weights), N)."""
    deviations = weights * heights
    deviations += constants
    deviations *= deviations
    return deviations


def _unpack(state: Array) -> tuple[Array, Array]:
    """Return mean (8,) and covariance (8, 8) of a state (5, 4)."""
    covariance = np.zeros(64)
    covariance[_PLACES] = state[[1, 3, 4, 3]]
    return state[:3:2].flatten(), covariance.reshape(8, 8)


def _pack(mean: Any, covariance: Any) -> Array | None:
    """Return a state (5, 4), or None if it is none of this model."""
    if not (isinstance(mean, np.ndarray) and isinstance(covariance, np.ndarray)):
        return None
    if mean.shape != (8,) or covariance.shape != (8, 8) or not mean.dtype == covariance.dtype == float:
        return None
    state = np.empty((5, 4))
    state[:3:2], state[[1, 3, 4]] = mean.reshape(2, 4), covariance.ravel()[_PLACES[:3]]
    return state if np.array_equal(_unpack(state)[1], covariance) else None
