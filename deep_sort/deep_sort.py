"""The tracker in one call a frame: boxes in, tracks out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .classes import same_class, suppress_by_class
from .detection import Detection, Detections, measurements
from .nn_matching import NearestNeighborDistanceMetric
from .track import Track
from .tracker import Tracker

Encoder = Callable[[Any, NDArray[np.float64]], ArrayLike]
"""(image, boxes (N, 4) as left, top, width, height) -> appearance features (N, M)."""


class TrackedBox(NamedTuple):
    """One track in one frame; see `TrackedBoxes`, of which it is a row."""

    id: int
    tlwh: NDArray[np.float64]
    tlbr: NDArray[np.float64]
    score: float
    class_id: int
    detection: int
    time_since_update: int


@dataclass(frozen=True)
class TrackedBoxes:
    """The confirmed tracks of a frame that were seen in it or in the one before; iterates as `TrackedBox`.

    Attributes
    ----------
    ids : ndarray of int, shape (N,)
    tlwh, tlbr : ndarray, shape (N, 4)
        The tracks' boxes: left, top, width, height; left, top, right, bottom.
    scores : ndarray, shape (N,)
        Of each track's last detection.
    classes : ndarray of int, shape (N,)
        Of its detections, -1 where none were given.
    detections : ndarray of int, shape (N,)
        Which of this frame's boxes was matched, -1 for a track that was not seen in this frame.
    time_since_update : ndarray of int, shape (N,)
        Frames since the last detection.
    """

    ids: NDArray[np.int64]
    tlwh: NDArray[np.float64]
    tlbr: NDArray[np.float64]
    scores: NDArray[np.float64]
    classes: NDArray[np.int64]
    detections: NDArray[np.int64]
    time_since_update: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[TrackedBox]:
        lists = self.ids, self.scores, self.classes, self.detections, self.time_since_update
        ids, scores, classes, detections, times = (each.tolist() for each in lists)
        return map(TrackedBox, ids, self.tlwh, self.tlbr, scores, classes, detections, times)


class DeepSort:
    """Tracks boxes frame by frame.

    Parameters
    ----------
    encoder : callable, optional
        (image, boxes) -> features, asked where `update` gets no embeddings. Without either, tracks follow motion and
        overlap alone.
    max_cosine_distance : float
        Largest appearance distance of a match.
    nn_budget : int or None
        Appearance features kept per track, None for all.
    min_confidence, min_detection_height : float
        Boxes with a lower score, or a lower height in pixels, are left out.
    nms_max_overlap : float
        A box goes of which a better one of its class covers more than this fraction.
    max_iou_distance, max_age, n_init
        See `Tracker`.
    tracker : Tracker, optional
        Tracks instead of one with these parameters: for instance one of `application_util.association`.
    camera : callable, optional
        (image) -> motion of the image since the last one, (2, 3), or None; see `Tracker.predict`.

    Attributes
    ----------
    tracker : Tracker
        Its tracks, tentative and lost ones included.
    """

    def __init__(
        self,
        encoder: Encoder | None = None,
        max_cosine_distance: float = 0.2,
        nn_budget: int | None = 100,
        *,
        min_confidence: float = 0.0,
        min_detection_height: float = 0.0,
        nms_max_overlap: float = 1.0,
        max_iou_distance: float = 0.7,
        max_age: int = 30,
        n_init: int = 3,
        tracker: Tracker | None = None,
        camera: Callable[[Any], ArrayLike | None] | None = None,
    ) -> None:
        self.encoder, self.camera = encoder, camera
        self.min_confidence, self.min_detection_height = min_confidence, min_detection_height
        self.nms_max_overlap = nms_max_overlap
        metric = NearestNeighborDistanceMetric("cosine", max_cosine_distance, nn_budget)
        self.tracker = tracker or Tracker(metric, max_iou_distance, max_age, n_init, admissible=same_class)

    def update(
        self,
        image: Any,
        boxes: Any,
        scores: ArrayLike | None = None,
        classes: ArrayLike | None = None,
        embeddings: ArrayLike | None = None,
    ) -> Any:
        """Track the boxes of the next frame.

        Parameters
        ----------
        image : ndarray or None
            The frame, which only the encoder looks at.
        boxes : array_like, shape (N, 4), or supervision.Detections
            Left, top, width, height in pixels. The latter bring scores and classes along.
        scores : array_like, shape (N,), optional
            By default 1.
        classes : array_like of int, shape (N,), optional
            Boxes of different classes are never matched.
        embeddings : array_like, shape (N, M), optional
            Appearance features, instead of the encoder's.

        Returns
        -------
        TrackedBoxes, or supervision.Detections when given one
            The latter holds those detections that belong to confirmed tracks, with `tracker_id`.

        Raises
        ------
        ValueError
            If the numbers of boxes, scores, classes and embeddings differ, or one of them is none.
        """
        if not (hasattr(boxes, "xyxy") and hasattr(boxes, "tracker_id")):
            return self._update(image, boxes, scores, classes, embeddings)
        corners = np.asarray(boxes.xyxy, np.float64).reshape(-1, 4)
        tlwh = np.hstack([corners[:, :2], corners[:, 2:] - corners[:, :2]])
        tracks = self._update(image, tlwh, boxes.confidence, boxes.class_id, embeddings)
        seen = tracks.detections >= 0
        found = boxes[tracks.detections[seen]]
        found.tracker_id = tracks.ids[seen]
        return found

    def _update(
        self,
        image: Any,
        boxes: ArrayLike,
        scores: ArrayLike | None,
        classes: ArrayLike | None,
        embeddings: ArrayLike | None,
    ) -> TrackedBoxes:
        tlwh = np.asarray(boxes, np.float64)
        if (tlwh.shape[1:] != (4,) and tlwh.size) or boxes is None:
            raise ValueError(f"boxes of shape {tlwh.shape}, expected (N, 4)")
        tlwh = tlwh.reshape(-1, 4)
        confidences = _one_each("scores", 1.0 if scores is None else scores, len(tlwh), np.float64)
        numbers = _one_each("classes", -1 if classes is None else classes, len(tlwh), np.int64)
        measurements(tlwh)
        if embeddings is not None:
            given = np.asarray(embeddings, np.float32)
            if len(given) != len(tlwh) or (given.ndim != 2 and len(given)):
                raise ValueError(f"embeddings of shape {given.shape} for {len(tlwh)} boxes, expected (N, M)")
            self.tracker.check(Detections(tlwh, confidences, given))
        chosen = self._choose(tlwh, confidences, numbers)
        features = self._features(image, tlwh, embeddings, chosen)
        found = [
            Detection(box, score, feature, label)
            for box, score, feature, label in zip(
                tlwh[chosen], confidences[chosen].tolist(), features, numbers[chosen].tolist(), strict=True
            )
        ]
        self.tracker.check(found)
        self.tracker.predict(None if self.camera is None else self.camera(image))
        self.tracker.update(found)
        places = {id(detection): index for detection, index in zip(found, chosen.tolist(), strict=True)}
        return _collect(self.tracker.tracks, places)

    def _choose(self, tlwh: NDArray, scores: NDArray, classes: NDArray) -> NDArray[np.int64]:
        """Return the boxes that are tracked, best first."""
        high = np.flatnonzero((tlwh[:, 3] >= self.min_detection_height) & (scores >= self.min_confidence))
        return high[suppress_by_class(tlwh[high], self.nms_max_overlap, scores[high], classes[high])]

    def _features(
        self, image: Any, tlwh: NDArray, embeddings: ArrayLike | None, chosen: NDArray[np.int64]
    ) -> NDArray[np.float32]:
        if embeddings is not None:
            return np.asarray(embeddings, np.float32)[chosen]
        if self.encoder is None or not len(chosen):
            return np.empty((len(chosen), 0), np.float32)
        return np.asarray(self.encoder(image, tlwh[chosen]), np.float32)


def _one_each(name: str, values: ArrayLike, number: int, kind: type) -> NDArray:
    given: NDArray = np.asarray(values, np.float64)
    if given.shape not in ((), (number,)):
        raise ValueError(f"{name} of shape {given.shape} for {number} boxes, expected ({number},)")
    given = np.broadcast_to(given, number)
    valid, wanted = (np.isfinite(given), "finite") if kind is np.float64 else (given == np.trunc(given), "whole")
    if not valid.all():
        index = int(valid.argmin())
        raise ValueError(f"{name}: number {index} is {given[index]}, expected a {wanted} number")
    return given.astype(kind)


def _collect(tracks: Sequence[Track], places: dict[int, int]) -> TrackedBoxes:
    shown = [track for track in tracks if track.is_confirmed() and track.time_since_update <= 1]
    last = [track.last_detection for track in shown]
    boxes = np.array([track.to_tlwh() for track in shown], np.float64).reshape(-1, 4)
    return TrackedBoxes(
        np.array([track.track_id for track in shown], np.int64),
        boxes,
        boxes + np.hstack([np.zeros_like(boxes[:, :2]), boxes[:, :2]]),
        np.array([each.confidence for each in last if each is not None], np.float64),
        np.array([each.label for each in last if each is not None], np.int64),
        np.array([places.get(id(each), -1) for each in last], np.int64),
        np.array([track.time_since_update for track in shown], np.int64),
    )
