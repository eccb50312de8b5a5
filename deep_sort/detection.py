"""One detection: a box, its confidence and its appearance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray


class Detection:
    """A bounding box found in one image.

    Parameters
    ----------
    tlwh : array_like, shape (4,)
        Box as (left, top, width, height) in pixels.
    confidence : float
        Detector score.
    feature : array_like, shape (M,)
        Appearance descriptor of the box's contents.

    Attributes
    ----------
    tlwh : ndarray of float64, shape (4,)
    confidence : float
    feature : ndarray of float32, shape (M,)
    """

    def __init__(self, tlwh: ArrayLike, confidence: float, feature: ArrayLike) -> None:
        self.tlwh: NDArray[np.float64] = np.asarray(tlwh, dtype=np.float64)
        self.confidence = float(confidence)
        self.feature: NDArray[np.float32] = np.asarray(feature, dtype=np.float32)

    def to_tlbr(self) -> NDArray[np.float64]:
        """Return the box as (left, top, right, bottom), shape (4,)."""
        return tlwh_to_tlbr(self.tlwh)

    def to_xyah(self) -> NDArray[np.float64]:
        """Return the box as (centre x, centre y, width / height, height), shape (4,)."""
        return tlwh_to_xyah(self.tlwh)


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


def stack_boxes(detections: Sequence[Detection], indices: Sequence[int]) -> NDArray[np.float64]:
    """Return the boxes of the detections at ``indices`` as one array (left, top, width, height), shape (N, 4)."""
    if not len(indices):
        return np.empty((0, 4))
    return np.concatenate([detections[i].tlwh for i in indices], dtype=np.float64).reshape(-1, 4)


def stack_measurements(detections: Sequence[Detection], indices: Sequence[int]) -> NDArray[np.float64]:
    """Return what the filter is to measure at ``indices`` as one array (centre x, centre y, width / height, height).

    Detections of a program's own class may say it otherwise than their box does, and are asked one by one.
    """
    kinds = {type(detections[i]) for i in indices}
    if all(getattr(kind, "to_xyah", None) is Detection.to_xyah for kind in kinds):
        return tlwh_to_xyah(stack_boxes(detections, indices))
    return np.array([detections[i].to_xyah() for i in indices], dtype=np.float64).reshape(-1, 4)
