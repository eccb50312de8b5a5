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

FEW_PAIRS = 2048
"""Up to here it is not worth while to sort out pairs of tracks and measurements before they are compared."""


class States:
    """States of the tracks of a tracker, a column a track.

    Attributes
    ----------
    tracks : list of Track
        Whose state each column is.
    values : ndarray, shape (20, N)
        Five rows of four, each for (x, y, a, h): position, velocity, and the blocks of the covariance, which are
        the variance of the position, its covariance with the velocity, the variance of the velocity.
    """

    def __init__(self, values: Array | None = None) -> None:
        self.tracks: list[Track] = []
        self.values: Array = np.empty((20, 0)) if values is None else values
        self._lent: list[Track] = []
        self._projected: Array | None = None

    def hold(self, tracks: Sequence[Track]) -> bool:
        """Bring the states of these tracks, and of no others, into the arrays.

        Returns
        -------
        bool
            False if one of them is of another model, so that all are to be moved one by one.
        """
        if self.tracks != tracks:
            self._collect(tracks)
        for track in self._lent:
            column = _pack(track._mean, track._covariance)
            if column is None:
                return False
            self.values[:, track._column] = column
            self._projected = None
        return True

    def lend(self, track: Track) -> None:
        """Give a track a mean and a covariance to show; `hold` takes them back."""
        column = self.values[:, track._column]
        track._mean, track._covariance = column[:8].copy(), _unpack(column)
        self._lent.append(track)

    def add(self, tracks: Sequence[Track], kf: KalmanFilter, measurements: Array) -> None:
        """Start the states of new tracks from what was measured, shape (N, 4)."""
        columns = np.zeros((20, len(tracks)))
        columns[:4] = measurements.T
        noise = kf.initial_noise(measurements[:, 3]).T
        columns[8:12], columns[16:] = noise[:4], noise[4:]
        for track in tracks:
            track._states = self
        self._assign([*self.tracks, *tracks], np.concatenate([self.values, columns], axis=1))

    def predict(self, kf: KalmanFilter) -> None:
        """Move all states one frame ahead: m' = F m, P' = F P F' + Q."""
        values = self.values
        noise = kf.process_noise(values[3]).T
        values[:4] += values[4:8]
        values[8:12] += values[12:16]
        values[12:16] += values[16:]
        values[8:12] += values[12:16]
        values[8:12] += noise[:4]
        values[16:] += noise[4:]
        self._projected = None
        self._release(self._lent)

    def update(self, kf: KalmanFilter, columns: Sequence[int], measurements: Array) -> None:
        """Correct the states in these columns by what was measured, shape (N, 4)."""
        index = np.array(columns)
        values = self.values[:, index]
        mean, gain = values[:8].reshape(2, 4, -1), values[8:16].reshape(2, 4, -1)
        factor = 1.0 / np.sqrt(self._project(kf)[:, index])
        weights = gain * factor  # W = P H' inv(L'), of S = L L'
        mean += weights * (factor * (measurements.T - mean[0]))  # m' = m + W inv(L) (z - H m)
        gain -= weights * weights[0]  # P' = P - W W'
        values[16:] -= weights[1] * weights[1]
        self.values[:, index] = values
        self._projected = None
        self._release([self.tracks[column] for column in columns] if self._lent else [])

    def pairs_within_gate(
        self, kf: KalmanFilter, columns: Sequence[int], measurements: Array
    ) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Find the measurements that motion allows for each state (paper, equations 1 and 2).

        Parameters
        ----------
        kf : KalmanFilter
        columns : sequence of int, length K
            The states, in ascending order.
        measurements : ndarray, shape (N, 4)
            Boxes as (x, y, a, h).

        Returns
        -------
        states, measurements : ndarray of int, shape (pairs,)
            Pairs whose squared Mahalanobis distance is within the 0.95 quantile of its distribution, row by row.
        """
        mean, variance, measured = self.values[:4], self._project(kf), measurements.T
        if len(columns) < len(self.tracks):
            mean, variance = mean[:, columns], variance[:, columns]
        threshold = kalman_filter.chi2inv95[NDIM]
        if len(columns) * len(measurements) <= FEW_PAIRS:
            offsets = measured[:, np.newaxis] - mean[:, :, np.newaxis]
            offsets *= offsets
            offsets /= variance[:, :, np.newaxis]
            rows, others = np.nonzero(offsets.sum(axis=0) <= threshold)
            return rows, others
        # The distance along one axis bounds the whole from below: x, then y settle most pairs.
        reach = np.sqrt((1 + 1e-9) * threshold * variance[:2])
        near = np.abs(measured[0] - mean[0, :, np.newaxis]) <= reach[0, :, np.newaxis]
        rows, others = np.divmod(np.flatnonzero(near), len(measurements))
        near = np.abs(measured[1][others] - mean[1][rows]) <= reach[1][rows]
        rows, others = rows[near], others[near]
        offsets = measured[:, others] - mean[:, rows]
        near = (offsets * offsets / variance[:, rows]).sum(axis=0) <= threshold
        return rows[near], others[near]

    def _project(self, kf: KalmanFilter) -> Array:
        """Return the variances of what the states predict to be measured, the diagonal of S = H P H' + R, (4, N)."""
        if self._projected is None:
            self._projected = self.values[8:12] + kf.measurement_noise(self.values[3]).T
        return self._projected

    def _collect(self, tracks: Sequence[Track]) -> None:
        """Take in tracks that are new, with the arrays they show; let go of those that are not there any more."""
        there = set(map(id, tracks))
        gone = [track for track in self.tracks if id(track) not in there]
        if gone:
            departed = States(self.values[:, [track._column for track in gone]])
            for column, track in enumerate(gone):
                track._states, track._column = departed, column
            self._lent = [track for track in self._lent if id(track) in there]
        columns = [track._column if track._states is self else -1 for track in tracks]
        for track in [track for track in tracks if track._states is not self]:
            track._own_state()
            track._states = self
            self._lent.append(track)
        self._assign(list(tracks), np.concatenate([self.values, np.zeros((20, 1))], axis=1)[:, columns])

    def _assign(self, tracks: list[Track], values: Array) -> None:
        self.tracks, self.values, self._projected = tracks, values, None
        for column, track in enumerate(tracks):
            track._column = column

    def _release(self, tracks: list[Track]) -> None:
        """Forget what was lent to tracks whose states have moved on: who kept it keeps old values."""
        for track in tracks:
            track._mean = track._covariance = None
        self._lent = [track for track in self._lent if track._mean is not None]


_NUMBERS = np.repeat([[8], [12], [12], [16]], 4, axis=1) + np.arange(4)
_PLACES = np.array([[0], [4], [32], [36]]) + 9 * np.arange(4)
"""Which numbers of a state stand where in its covariance, (8, 8) row by row."""


def _unpack(column: Array) -> Array:
    """Return the covariance (8, 8) of a state of 20 numbers."""
    covariance = np.zeros(64)
    covariance[_PLACES] = column[_NUMBERS]
    return covariance.reshape(8, 8)


def _pack(mean: Any, covariance: Any) -> Array | None:
    """Return a state as 20 numbers, or None if it is none of this model."""
    if not (isinstance(mean, np.ndarray) and isinstance(covariance, np.ndarray)):
        return None
    if mean.shape != (8,) or covariance.shape != (8, 8) or not mean.dtype == covariance.dtype == float:
        return None
    column = np.concatenate([mean, covariance.ravel()[_PLACES[[0, 1, 3]]].ravel()])
    return column if np.array_equal(_unpack(column), covariance) else None
