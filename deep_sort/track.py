"""One tracked object and its life.

A new track is tentative until detections have confirmed it; a deleted track leaves the tracker:

                 update: hits >= n_init
    +-----------+                       +-----------+
    | Tentative | --------------------> | Confirmed | <--+ update, or missed for up to max_age frames
    +-----------+                       +-----------+ ---+
          | mark_missed    +---------+        | mark_missed, for more than max_age frames
          +--------------> | Deleted | <------+
                           +---------+
"""

from __future__ import annotations

from inspect import signature
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .batched import Batched
from .detection import Detection
from .kalman_filter import KalmanFilter

if TYPE_CHECKING:
    from .states import States


class TrackState:
    """States of a track's life."""

    Tentative = 1
    Confirmed = 2
    Deleted = 3


def _state(name: str, doc: str) -> property:
    """Return a property that gets mean and covariance from a tracker's arrays when somebody asks."""

    def get(track: Track) -> Any:
        track._own_state()
        return getattr(track, name)

    def replace(track: Track, value: Any) -> None:
        track._own_state()
        setattr(track, name, value)

    return property(get, replace, doc=doc)


_METHODS = (*("predict", "update", "to_tlwh", "mark_missed", "is_tentative", "is_confirmed", "is_deleted"), "__eq__")


class Track(Batched, methods=_METHODS):
    """A single object with its motion (x, y, a, h and velocities) and its age.

    Parameters
    ----------
    mean, covariance : ndarray, shape (8,) and (8, 8)
        The Kalman state.
    track_id : int
        Unique number of the track.
    n_init : int
        Detections that confirm the track, the first one included. They are counted when one is added, so that at
        least 2 are needed: 1 acts as 2.
    max_age : int
        Frames without a detection that a confirmed track survives.
    feature : ndarray, shape (M,), optional
        Appearance of the detection that started the track.

    Attributes
    ----------
    mean, covariance, track_id
        As given, moved on by `predict` and `update`. An array that is kept keeps its values; one that is set, or
        edited before the next step, counts from then on.
    hits, age, time_since_update : int
        Detections so far; frames since the first one, that one included; frames since the last one.
    state : int
        One of `TrackState`.
    features : list of ndarray
        Appearances not handed to the metric yet.
    last_detection : Detection or None
        That of the last update, or the first of all; None for a track that no tracker has started.
    """

    # What an object has besides is what a program gave it, perhaps a method of its own: see `all_take_many`.
    __slots__ = (
        *("track_id", "hits", "age", "time_since_update", "state", "features", "_n_init", "_max_age"),
        *("_last", "_mean", "_covariance", "_states", "_column"),
    )
    _last: Any
    _mean: Any
    _covariance: Any
    _states: States | None
    _column: int
    mean = _state("_mean", "Mean of the Kalman state, shape (8,).")
    covariance = _state("_covariance", "Covariance of the Kalman state, shape (8, 8).")

    def __new__(cls, *_args: Any, **_kwargs: Any) -> Track:
        """Make a track that is in no tracker's arrays, whatever `__init__` a program gives it."""
        track = super().__new__(cls)
        track._last = track._mean = track._covariance = track._states = None
        return track

    def __init__(
        self, mean: Any, covariance: Any, track_id: int, n_init: int, max_age: int, feature: NDArray | None = None
    ) -> None:
        # A tracker holds the states of its tracks in arrays; mean and covariance are None while nobody asks for them.
        self._mean = mean
        self._covariance = covariance
        self.track_id = track_id
        self.hits = 1
        self.age = 1
        self.time_since_update = 0
        self.state = TrackState.Tentative
        self.features = [] if feature is None else [feature]
        self._n_init = n_init
        self._max_age = max_age

    @property
    def last_detection(self) -> Any:
        """The detection of the last update, made when somebody asks."""
        if isinstance(self._last, tuple):
            detections, index = self._last
            self._last = detections[index]
        return self._last

    @last_detection.setter
    def last_detection(self, detection: Any) -> None:
        self._last = detection

    def to_tlwh(self) -> NDArray[np.float64]:
        """Return the current box as (left, top, width, height), shape (4,)."""
        if self._mean is None and self._states is not None:
            x, y, aspect, height = self._states.values[0, :, self._column].tolist()
            width = aspect * height
            return np.array([x - width / 2, y - height / 2, width, height])
        tlwh = self.mean[:4].copy()
        tlwh[2] *= tlwh[3]
        tlwh[:2] -= tlwh[2:] / 2
        return tlwh

    def to_tlbr(self) -> NDArray[np.float64]:
        """Return the current box as (left, top, right, bottom), shape (4,)."""
        tlbr = self.to_tlwh()
        tlbr[2:] += tlbr[:2]
        return tlbr

    def predict(self, kf: KalmanFilter) -> None:
        """Move the state one frame ahead."""
        self.mean, self.covariance = kf.predict(self.mean, self.covariance)
        self.age += 1
        self.time_since_update += 1

    def update(self, kf: KalmanFilter, detection: Detection) -> None:
        """Correct the state by the detection that belongs to this track."""
        self.mean, self.covariance = kf.update(self.mean, self.covariance, detection.to_xyah())
        self.last_detection = detection
        self.features.append(np.array(detection.feature))  # the caller may use its array again
        self.hits += 1
        self.time_since_update = 0
        if self.state == TrackState.Tentative and self.hits >= self._n_init:
            self.state = TrackState.Confirmed

    def mark_missed(self) -> None:
        """Note that no detection belongs to this track in this frame."""
        if self.state == TrackState.Tentative or self.time_since_update > self._max_age:
            self.state = TrackState.Deleted

    def is_tentative(self) -> bool:
        """Return whether the track is not confirmed yet."""
        return self.state == TrackState.Tentative

    def is_confirmed(self) -> bool:
        """Return whether the track is confirmed."""
        return self.state == TrackState.Confirmed

    def is_deleted(self) -> bool:
        """Return whether the track is at its end."""
        return self.state == TrackState.Deleted

    def _own_state(self) -> None:
        """Get mean and covariance from the tracker's arrays, if they are there."""
        if self._mean is None and self._states is not None:
            self._states.lend(self)

    def __getstate__(self) -> dict[str, Any]:
        """Store what a track is by itself, under the names that trackers of old stored."""
        self._own_state()
        state = {name: getattr(self, name) for name in Track.__slots__[:9] if hasattr(self, name)}
        return {"mean": self._mean, "covariance": self._covariance} | state | vars(self)

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)


_SIGNATURE = signature(Track.__init__)
Track.__signature__ = _SIGNATURE.replace(parameters=[*_SIGNATURE.parameters.values()][1:])  # type: ignore[attr-defined]
