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
from .kalman_filter import NDIM, KalmanFilter
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
        Position, velocity, variance of the position, variance of the velocity, covariance of both; each for
        (x, y, a, h).
    """

    def __init__(self, values: Array | None = None) -> None:
        self.tracks: list[Track] = []
        self.values: Array = np.empty((5, 4, 0)) if values is None else values
        self._lent: list[Track] = []
        self._projected: Array | None = None

    def hold(self, tracks: list[Track]) -> bool:
        """Bring the states of these tracks alone into the arrays; return False if one is of another model."""
        if self.tracks != tracks:
            self._collect(tracks)
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

    def add(self, tracks: list[Track], kf: KalmanFilter, measurements: Array) -> None:
        """Start the states of new tracks from what was measured, (x, y, a, h) in rows, shape (4, N)."""
        new = np.zeros((5, 4, len(tracks)))
        new[0] = measurements
        new[2:4] = kf.initial_noise(measurements[3]).T.reshape(2, 4, -1)
        for track in tracks:
            track._states = self
        self._assign(self.tracks + tracks, np.concatenate([self.values, new], axis=2))

    def predict(self, kf: KalmanFilter) -> None:
        """Move all states one frame ahead: m' = F m, P' = F P F' + Q."""
        position, velocity, variance, velocity_variance, cross = self.values
        noise = kf.process_noise(position[3]).T
        position += velocity
        variance += cross
        cross += velocity_variance
        variance += cross
        variance += noise[:4]
        velocity_variance += noise[4:]
        self._projected = None
        self._release(self._lent)

    def update(self, kf: KalmanFilter, columns: Sequence[int], measurements: Array) -> None:
        """Correct the states in these columns by what was measured, shape (4, N)."""
        index = np.array(columns)
        values = self.values.take(index, axis=2)
        mean, gain, velocity_variance = values[:2], values[2::2], values[3]
        factor = 1.0 / np.sqrt(self._project(kf).take(index, axis=1))
        weights = gain * factor  # W = P H' inv(L'), of S = L L'
        mean += weights * (factor * (measurements - mean[0]))  # m' = m + W inv(L) (z - H m)
        gain -= weights * weights[0]  # P' = P - W W'
        velocity_variance -= weights[1] * weights[1]
        self.values[:, :, index] = values
        self._projected = None
        if self._lent:
            self._release([self.tracks[column] for column in columns])

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
            offsets /= variance[:, :, np.newaxis]
            rows, others = (np.add.reduce(offsets) <= threshold).nonzero()
            return rows, others
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
        if self._projected is None:
            self._projected = self.values[2] + kf.measurement_noise(self.values[0, 3]).T
        return self._projected

    def _collect(self, tracks: list[Track]) -> None:
        """Take in tracks that are new, with the arrays they show; let go of those that are not there any more."""
        stay = [track._column for track in tracks if track._states is self]
        if len(stay) < len(self.tracks):
            staying = set(stay)
            gone = [track for track in self.tracks if track._column not in staying]
            departed = States(self.values[:, :, [track._column for track in gone]])
            for column, track in enumerate(gone):
                track._states, track._column = departed, column
            self._lent = [track for track in self._lent if track._states is self]
        if len(stay) < len(tracks):
            stay = [track._column if track._states is self else -1 for track in tracks]
            self.values = np.concatenate([self.values, np.zeros((5, 4, 1))], axis=2)
            for track in [track for track in tracks if track._states is not self]:
                track._own_state()
                track._states = self
                self._lent.append(track)
        self._assign(list(tracks), self.values.take(stay, axis=2))

    def _assign(self, tracks: list[Track], values: Array) -> None:
        self.tracks, self.values, self._projected = tracks, values, None
        for column, track in enumerate(tracks):
            track._column = column

    def _release(self, tracks: list[Track]) -> None:
        """Forget what was lent to tracks whose states have moved on: who kept it keeps old values."""
        for track in tracks:
            track._mean = track._covariance = None
        self._lent = [track for track in self._lent if track._mean is not None]


_PLACES = np.array([[0], [36], [4], [32]]) + 9 * np.arange(4)
"""Where the last blocks of a state, the third of them twice, stand in its covariance (8, 8), row by row."""


def _unpack(state: Array) -> tuple[Array, Array]:
    """Return mean (8,) and covariance (8, 8) of a state (5, 4)."""
    covariance = np.zeros(64)
    covariance[_PLACES[:3]] = state[2:]
    covariance[_PLACES[3]] = state[4]
    return state[:2].flatten(), covariance.reshape(8, 8)


def _pack(mean: Any, covariance: Any) -> Array | None:
    """Return a state (5, 4), or None if it is none of this model."""
    if not (isinstance(mean, np.ndarray) and isinstance(covariance, np.ndarray)):
        return None
    if mean.shape != (8,) or covariance.shape != (8, 8) or not mean.dtype == covariance.dtype == float:
        return None
    state = np.concatenate([mean.reshape(2, 4), covariance.ravel()[_PLACES[:3]]])
    return state if np.array_equal(_unpack(state)[1], covariance) else None
