"""Detections: a box, its confidence and its appearance, one by one or all of a frame in arrays."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from typing import Any, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .batched import Batched, all_take_many


class Detection(Batched, methods=("to_xyah",)):
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
    tlwh : ndarray of float64, shape (4,)
    confidence : float
    feature : ndarray of float32, shape (M,)
    label
        As given.
    """

    label: Hashable = None

    def __init__(
        self, tlwh: ArrayLike, confidence: float, feature: ArrayLike, label: Hashable = None
    ) -> None:
        self.tlwh: NDArray[np.float64] = np.asarray(tlwh, dtype=np.float64)
        self.confidence = float(confidence)
        self.feature: NDArray[np.float32] = np.asarray(feature, dtype=np.float32)
        self.label = label

    def to_tlbr(self) -> NDArray[np.float64]:
        """Return the box as (left, top, right, bottom), shape (4,)."""
        return tlwh_to_tlbr(self.tlwh)

    def to_xyah(self) -> NDArray[np.float64]:
        """Return the box as (centre x, centre y, width / height, height), shape (4,)."""
        return tlwh_to_xyah(self.tlwh)


class Detections(Sequence[Detection]):
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
    tlwh : ndarray of float64, shape (N, 4)
    confidence : ndarray of float64, shape (N,)
    feature : ndarray of float32, shape (N, M)
    """

    def __init__(
        self,
        tlwh: ArrayLike,
        confidence: ArrayLike,
        feature: ArrayLike,
        label: Sequence[Hashable] | None = None,
    ) -> None:
        self.tlwh: NDArray[np.float64] = np.asarray(tlwh, dtype=np.float64).reshape(-1, 4)
        self.confidence: NDArray[np.float64] = np.asarray(confidence, dtype=np.float64)
        self.feature: NDArray[np.float32] = np.asarray(feature, dtype=np.float32)
        self.label = label
        self._objects: dict[int, Detection] = {}

    def __len__(self) -> int:
        return len(self.tlwh)

    @overload
    def __getitem__(self, index: int) -> Detection: ...
    @overload
    def __getitem__(self, index: slice | NDArray) -> Detections: ...
    def __getitem__(self, index: int | slice | NDArray) -> Detection | Detections:
        if isinstance(index, (slice, np.ndarray)):
            positions = np.arange(len(self))[index]
            label = None if self.label is None else [self.label[i] for i in positions]
            return Detections(
                self.tlwh[positions], self.confidence[positions], self.feature[positions], label
            )
        index = range(len(self))[index]
        if index not in self._objects:
            self._objects[index] = Detection(
                self.tlwh[index],
                self.confidence[index],
                self.feature[index],
                None if self.label is None else self.label[index],
            )
        return self._objects[index]

    def __iter__(self) -> Iterator[Detection]:
        return map(self.__getitem__, range(len(self)))


class Found:
    """What a tracker needs of the detections of a frame, in arrays.

    Parameters
    ----------
    detections : sequence of Detection

    Attributes
    ----------
    detections
        As given.
    tlwh : ndarray of float64, shape (N, 4)
    xyah : ndarray of float64, shape (N, 4), or None
        What is measured; None if a program's own detections are to be asked for it one by one.
    queries : ndarray, shape (N, M), or None
        Features prepared for comparison, by a metric that can.
    learned : list of (int, int)
        Ids of confirmed tracks and the detections whose features they get.

    Raises
    ------
    ValueError
        If a box is none: says which and why.
    """

    def __init__(self, detections: Sequence[Any]) -> None:
        self.detections = detections
        self._arrays = detections if isinstance(detections, Detections) and not detections._objects else None
        self.tlwh = stack_boxes(detections, range(len(detections)))
        check_boxes(self.tlwh)
        together = Detection.remembered.unchanged() if self._arrays else all_take_many(detections)
        self.xyah: Any = tlwh_to_xyah(self.tlwh) if together else None
        self.queries: NDArray | None = None
        self.learned: list[tuple[int, int]] = []

    def features(self) -> NDArray:
        """Return the features of all, shape (N, M)."""
        if self._arrays is not None:
            return self._arrays.feature
        return np.array([detection.feature for detection in self.detections])

    def feature(self, index: int) -> NDArray:
        """Return a copy of a feature: a program may use its array again."""
        return np.array(
            self.detections[index].feature if self._arrays is None else self._arrays.feature[index]
        )

    def source(self, index: int) -> Any:
        """Return a detection, or where to get it from when somebody asks."""
        return self.detections[index] if self._arrays is None else (self._arrays, index)


def tlwh_to_tlbr(tlwh: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn boxes (left, top, width, height) into (left, top, right, bottom), shape (..., 4)."""
    tlbr = tlwh.copy()
    tlbr[..., 2:] += tlbr[..., :2]
    return tlbr


def tlwh_to_xyah(tlwh: NDArray[np.float64]) -> NDArray[np.float64]:
    """Turn boxes (left, top, width, height) into (centre x, centre y, width / height, height), shape (..., 4)."""
    xyah = tlwh.copy()
    xyah[..., :2] += xyah[..., 2:] / 2
    xyah[..., 2] /= xyah[..., 3]
    return xyah


def stack_boxes(detections: Sequence[Any], indices: Sequence[int]) -> NDArray[np.float64]:
    """Return the boxes of the detections at ``indices`` as one array (left, top, width, height), shape (N, 4)."""
    if isinstance(detections, Detections) and not detections._objects:
        return detections.tlwh[list(indices)]
    boxes = [detections[i].tlwh for i in indices]
    for index, box in zip(indices, boxes, strict=True):
        if len(box) != 4:
            raise ValueError(f"detection {index}: its box has {len(box)} numbers, expected 4")
    return np.concatenate(boxes, dtype=np.float64).reshape(-1, 4) if boxes else np.empty((0, 4))


def check_boxes(tlwh: NDArray[np.float64]) -> None:
    """Raise a ValueError that names the first box that is none."""
    if not len(tlwh) or (tlwh[:, 2:].min() > 0 and math.isfinite(tlwh.sum())):
        return
    for index, box in enumerate(tlwh.tolist()):
        for name, value in zip(("left", "top", "width", "height"), box, strict=True):
            if not math.isfinite(value):
                raise ValueError(f"detection {index}: {name} is {value}, expected a finite number")
            if name in ("width", "height") and value <= 0:
                raise ValueError(f"detection {index}: {name} is {value}, expected a positive number")
