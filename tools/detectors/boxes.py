"""Boxes that a detector finds in one image."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray


class Boxes(NamedTuple):
    """What is in an image.

    Attributes
    ----------
    tlwh : ndarray of float64, shape (N, 4)
        Left, top, width, height in pixels of the image.
    scores : ndarray of float64, shape (N,)
        0 to 1.
    classes : ndarray of int64, shape (N,)
    """

    tlwh: NDArray[np.float64]
    scores: NDArray[np.float64]
    classes: NDArray[np.int64]

    def take(self, which: NDArray) -> Boxes:
        """Return some of the boxes, by a mask or by indices."""
        return Boxes(self.tlwh[which], self.scores[which], self.classes[which])


Image = NDArray[np.uint8]
Detector = Callable[[Image], Boxes]
"""(height, width, 3) BGR -> what is in it."""

NO_BOXES = Boxes(np.empty((0, 4)), np.empty(0), np.empty(0, np.int64))


def suppress(boxes: Boxes, max_iou: float) -> Boxes:
    """Keep of boxes of one class that overlap by more than an IoU the best; best first."""
    tlwh: Any = boxes.tlwh
    scores: Any = boxes.scores.astype(np.float32)
    classes: Any = boxes.classes
    kept = cv2.dnn.NMSBoxesBatched(tlwh, scores, classes, 0.0, max_iou)
    return boxes.take(np.asarray(kept, np.int64).reshape(-1))
