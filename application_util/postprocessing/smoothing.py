"""Smooth trajectories: regression by Gaussian processes.

After the Gaussian-smoothed interpolation (GSI) of StrongSORT (Du et al., IEEE Transactions on Multimedia 2023, section
3.4). Each coordinate p of a track's box, at the frames t where it has one, is a straight line, a smooth deviation and
noise::

    p(t) = a + b t + f(t) + e,    f ~ GP(0, k),    k(t, t') = exp(-(t - t')^2 / (2 l^2)),    e ~ N(0, s^2)

where the unit of f is the height of the box, to which the noise of detections is proportional as well. With H, the
projection on straight lines (least squares), and K, the covariances k of the track's frames, the smoothed coordinates
are::

    H p + K (K + s^2 I)^-1 (p - H p)

It is one linear map for the four coordinates: whether corners or centres are smoothed does not matter. Boxes that fill
gaps count as others do, so that a long gap is not drawn to the track's straight line. l is a constant here, where GSI
makes it shorter for longer tracks.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, cho_solve

from application_util.postprocessing.track_boxes import TrackBoxes

NOISE = 1 / 20
"""Standard deviation of a box's place in heights of the box, s: what the Kalman filter takes it to be."""

BLOCK = 400
"""Boxes smoothed at a time: the work for a track grows with its length, not with the cube of it."""

REACH = 12
"""Boxes farther away than so many length scales do not matter."""


def smooth(tracks: TrackBoxes, scale: float) -> TrackBoxes:
    """Smooth the boxes of each track.

    Parameters
    ----------
    tracks : TrackBoxes
    scale : float
        Length scale l in frames: changes that are much faster are taken for noise.
    """
    boxes = tracks.boxes.copy()
    for track in tracks.tracks():
        if len(track) > 2:  # a straight line goes through two
            boxes[track] = regress(tracks.frames[track].astype(np.float64), tracks.boxes[track], scale)
    return tracks.with_boxes(boxes)


def regress(frames: NDArray[np.float64], values: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Return the smoothed values of one track.

    Parameters
    ----------
    frames : ndarray, shape (n,)
        Ascending, n > 1.
    values : ndarray, shape (n, k)
    scale : float
        Length scale in frames.

    Returns
    -------
    ndarray, shape (n, k)
    """
    time = frames - frames.mean()
    line = values.mean(axis=0) + np.outer(time, time @ values / (time @ time))  # H p
    deviations, smoothed = values - line, line
    for start in range(0, len(frames), BLOCK):
        block = slice(start, start + BLOCK)
        first, after = np.searchsorted(frames, frames[block][[0, -1]] + [-REACH * scale, REACH * scale])
        near = frames[first:after]
        covariance = _kernel(near, near, scale) + NOISE**2 * np.eye(len(near))
        weights = cho_solve(cho_factor(covariance), deviations[first:after])
        smoothed[block] += _kernel(frames[block], near, scale) @ weights
    return smoothed


def _kernel(one: NDArray[np.float64], other: NDArray[np.float64], scale: float) -> NDArray[np.float64]:
    """Return k of each pair of frames, shape (len(one), len(other))."""
    return np.exp(-0.5 * ((one[:, np.newaxis] - other) / scale) ** 2)
