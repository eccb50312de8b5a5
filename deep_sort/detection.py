"""Detections: a box, its confidence and its appearance, one by one or all of a frame in arrays."""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .batched import Batched, all_take_many

LARGEST, SMALLEST = 1e50, 1e-50
"""Limits of positions and sizes in pixels: beyond them squares and their quotients leave the range of numbers."""


class Detection(Batched, methods=("to_xyah",), attributes=4):
    """A bounding box found in one image.

    Parameters
    ----------
    tlwh : array_like, shape (4,)
        Box as (left, top, width, height) in pixels.
    confidence : float
        Detector score.
    feature : array_like, shape (M,)
        Appearance descriptor of the box's contents.
    label : hashable, optional
        What was found, for instance a detector's class. The tracker itself does not look at it.

    Attributes
    ----------
    tlwh, confidence, feature, label
        As given; arrays of float64 and float32.
    """

    label: Hashable = None

    def __init__(self, tlwh: ArrayLike, confidence: float, feature: ArrayLike, label: Hashable = None) -> None:
        self.tlwh: NDArray[np.float64] = np.asarray(tlwh, dtype=np.float64)
        self.confidence = float(confidence)
        self.feature: NDArray[np.float32] = np.asarray(feature, dtype=np.float32)
        self.label = label

    def to_tlbr(self) -> NDArray[np.float64]:
        """Return the box as (left, top, right, bottom), shape (4,)."""
        tlbr = self.tlwh.copy()
        tlbr[2:] += tlbr[:2]
        return tlbr

    def to_xyah(self) -> NDArray[np.float64]:
        """Return the box as (centre x, centre y, width / height, height), shape (4,)."""
        xyah = self.tlwh.copy()
        xyah[:2] += xyah[2:] / 2
        xyah[2] /= xyah[3]
        return xyah


class Detections(Sequence):
    """The detections of one frame in arrays; a `Detection` is made for who asks for one.

    A tracker takes it wherever it takes a list of detections, and is faster with it.

    Parameters
    ----------
    tlwh : array_like, shape (N, 4)
        Boxes as (left, top, width, height) in pixels.
    confidence : array_like, shape (N,)
    feature : array_like, shape (N, M)
    label : sequence of hashable, length N, optional

    Attributes
    ----------
    tlwh, confidence, feature, label
        As given; arrays of float64, float64 and float32.
    """

    def __init__(
        self, tlwh: ArrayLike, confidence: ArrayLike, feature: ArrayLike, label: Sequence[Hashable] | None = None
    ) -> None:
        boxes = np.asarray(tlwh, dtype=np.float64)
        self.tlwh: NDArray[np.float64] = boxes if boxes.size else boxes.reshape(-1, 4)
        self.confidence: NDArray[np.float64] = np.asarray(confidence, dtype=np.float64)
        self.feature: NDArray[np.float32] = np.asarray(feature, dtype=np.float32)
        self.label = label
        self._objects: dict[int, Detection] = {}
        count = len(self.tlwh)
        shapes = self.tlwh.shape, self.confidence.shape, self.feature.shape
        if shapes != ((count, 4), (count,), (count, *shapes[2][1:2])) or (count and self.feature.ndim != 2):
            expected = "expected (N, 4), (N,) and (N, M)"
            raise ValueError(f"boxes, confidences and features have the shapes {shapes}, {expected}")
        if label is not None and len(label) != count:
            raise ValueError(f"{len(label)} labels of {count} boxes")

    def __len__(self) -> int:
        return len(self.tlwh)

    def __getitem__(self, index: Any) -> Any:
        """Return a `Detection`, the same for the same index; `Detections` for a slice or an array of indices."""
        if isinstance(index, (slice, np.ndarray)):
            label = None if self.label is None else [self.label[i] for i in np.arange(len(self))[index]]
            return Detections(self.tlwh[index], self.confidence[index], self.feature[index], label)
        index = range(len(self))[index]
        if index not in self._objects:
            label = None if self.label is None else self.label[index]
            values = self.tlwh[index], self.confidence[index], self.feature[index], label
            self._objects[index] = Detection(*values)
        return self._objects[index]


class Found:
    """What a tracker needs of the detections of a frame, in arrays.

    Parameters
    ----------
    detections : sequence of Detection
    length : int, optional
        Numbers in a feature; by default as many as in the first.

    Attributes
    ----------
    detections
        As given.
    arrays : Detections or None
        The same, if their arrays count.
    boxes : ndarray of float64, shape (N, 4)
        Left, top, width, height.
    xyah : ndarray of float64, shape (4, N)
        What is measured, if ``plain``: no program has changed how a detection is asked for it.
    together : bool
        Whether the tracker's tracks can be matched and moved together.
    queries, weights : ndarray, shape (N, M) and (N,), or None
        Features prepared by a metric that can.

    Raises
    ------
    ValueError
        If a box is none: says which and why.
    """

    def __init__(self, detections: Sequence[Any], length: int | None = None) -> None:
        self.detections, self._length = detections, length
        arrays = self.arrays = _arrays_of(detections)
        boxes = stack_boxes(detections, range(len(detections))) if arrays is None else arrays.tlwh
        self.boxes: NDArray[np.float64] = boxes
        self.plain = all_take_many(detections) if arrays is None else Detection.remembered.unchanged()
        self.xyah: NDArray[np.float64] = measurements(boxes)
        self.together = False
        self.queries: Any = None
        self.weights: Any = None
        self._features: NDArray | None = None

    @property
    def features(self) -> NDArray:
        """The features of all, shape (N, M); a ValueError that names the first that has another shape."""
        if self._features is None:
            self._features = self._stacked()
        return self._features

    def _stacked(self) -> NDArray:
        features: Any = None if self.arrays is None else self.arrays.feature
        if self.arrays is None:
            features = [detection.feature for detection in self.detections]
        elif self._length in (None, features.shape[1]):
            return features
        shapes = [getattr(feature, "shape", None) or np.shape(feature) for feature in features]
        expected = shapes[:1] if self._length is None else [(self._length,)]
        if {*shapes} <= {*expected} and all(len(shape) == 1 for shape in expected):
            return np.array(features)
        for index, shape in enumerate(shapes):
            if len(shape) != 1 or shape != expected[0]:
                wanted = "one dimension" if len(shape) != 1 else f"{expected[0][0]} components as those before"
                raise ValueError(f"detection {index}: its feature has shape {shape}, expected {wanted}")
        raise AssertionError

    def confidences(self) -> NDArray[np.float64]:
        """Return the confidences of all, shape (N,)."""
        if self.arrays is not None:
            return self.arrays.confidence
        return np.array([detection.confidence for detection in self.detections], dtype=np.float64)

    def feature(self, index: int) -> NDArray:
        """Return a copy of a feature: a program may use its array again."""
        return np.array(self.detections[index].feature if self.arrays is None else self.arrays.feature[index])

    def source(self, index: int) -> Any:
        """Return a detection, or where to get it from when somebody asks."""
        return self.detections[index] if self.arrays is None else (self.arrays, index)


def stack_boxes(detections: Sequence[Any], indices: Sequence[int]) -> NDArray[np.float64]:
    """Return the boxes of the detections at ``indices`` as one array (left, top, width, height), shape (N, 4)."""
    arrays = _arrays_of(detections)
    if arrays is not None:
        return arrays.tlwh.take(indices, axis=0)
    boxes: list[Any] = [getattr(detections[i], "tlwh", None) for i in indices]
    if boxes and {getattr(box, "shape", None) for box in boxes} == {(4,)}:
        return np.concatenate(boxes, dtype=np.float64).reshape(-1, 4)
    for index, box in zip(indices, boxes, strict=True):
        if box is None:
            raise ValueError(f"detection {index} is {detections[index]!r}, expected a Detection")
        if np.shape(box) != (4,):
            raise ValueError(f"detection {index}: its box has shape {np.shape(box)}, expected 4 numbers")
    return np.array(boxes, dtype=np.float64).reshape(-1, 4)


def measurements(boxes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (x, y, a, h), shape (4, N), of boxes (left, top, width, height), shape (N, 4).

    Raises
    ------
    ValueError
        Names the first that is no box, or one that no state can be computed of.
    """
    xyah = boxes.T.copy()
    sides = xyah[2:]
    if boxes.size and not (sides.item(sides.argmin()) > SMALLEST and np.vdot(xyah, xyah) < LARGEST):
        for index, box in enumerate(boxes.tolist()):
            for name, value in zip(("left", "top", "width", "height"), box, strict=True):
                if not math.isfinite(value):
                    raise ValueError(f"detection {index}: {name} is {value}, expected a finite number")
                if name in ("width", "height") and value <= 0:
                    raise ValueError(f"detection {index}: {name} is {value}, expected a positive number")
                if abs(value) > LARGEST or (name in ("width", "height") and value < SMALLEST):
                    raise ValueError(f"detection {index}: {name} is {value}, which is no number of pixels")
    xyah[:2] += sides / 2
    sides[0] /= sides[1]
    return xyah


def _arrays_of(detections: Sequence[Any]) -> Detections | None:
    """Return detections whose arrays count: nobody has got an object of them, which could be changed."""
    return detections if isinstance(detections, Detections) and not detections._objects else None
