"""What a family of detectors expects of its input, and what its output means."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from tools.detectors.boxes import Image

PADDING = 114
"""Grey around an image that does not fill the network's input; all families of YOLO were trained with it."""

Outputs = Mapping[str, NDArray]
"""Name -> array; the batch of one image still there."""


class Candidates(NamedTuple):
    """Boxes as the network gives them.

    Attributes
    ----------
    tlbr : ndarray, shape (N, 4)
        Left, top, right, bottom in pixels of the network's input.
    scores : ndarray, shape (N,)
    classes : ndarray of int, shape (N,)
    """

    tlbr: NDArray
    scores: NDArray
    classes: NDArray


Decode = Callable[[Outputs, tuple[int, int]], Candidates]
"""(outputs, (height, width) of the input) -> candidates."""


@dataclass(frozen=True)
class Head:
    """A family of detectors.

    Attributes
    ----------
    family : str
    decode : callable
        See `Decode`.
    classes : int or None
        How many there are, where the output says it.
    fit : str
        One of `tools.detectors.settings.FITS`.
    color_order : str
        ``"BGR"`` or ``"RGB"``.
    mean, scale : tuple of float
        Of the channels, in that order: subtracted from values of 0 to 255, then divided by.
    max_iou : float or None
        Of non-maximum suppression; None for families that need none.
    """

    family: str
    decode: Decode
    classes: int | None = None
    fit: str = "center"
    color_order: str = "RGB"
    mean: tuple[float, ...] = (0.0, 0.0, 0.0)
    scale: tuple[float, ...] = (255.0, 255.0, 255.0)
    max_iou: float | None = None


class Placed(NamedTuple):
    """An image in a network's input, and how to get back.

    Attributes
    ----------
    image : ndarray of uint8, shape (height, width, 3)
    zoom : ndarray, shape (2,)
        Pixels of the input per pixel of the image, horizontal and vertical.
    offset : ndarray, shape (2,)
        Where the image begins in the input.
    """

    image: Image
    zoom: NDArray[np.float64]
    offset: NDArray[np.float64]

    def to_image(self, tlbr: NDArray) -> NDArray[np.float64]:
        """Turn boxes (N, 4) of the input, left, top, right, bottom, into left, top, width, height in the image."""
        corners = (np.asarray(tlbr, np.float64).reshape(-1, 2, 2) - self.offset) / self.zoom
        return np.hstack([corners[:, 0], corners[:, 1] - corners[:, 0]])


def place(image: Image, size: tuple[int, int], fit: str) -> Placed:
    """Bring an image to the size of a network's input.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
    size : tuple of int
        (height, width) of the input.
    fit : str
        One of `tools.detectors.settings.FITS`.
    """
    height, width = size
    rows, columns = image.shape[:2]
    if fit == "stretch":
        zoom = np.array([width / columns, height / rows])
        return Placed(np.asarray(cv2.resize(image, (width, height)), np.uint8), zoom, np.zeros(2))
    scale = min(height / rows, width / columns)
    whole = round if fit == "center" else int  # as the families' own preprocessing has it
    inner = max(1, whole(columns * scale)), max(1, whole(rows * scale))
    left, top = (width - inner[0]) // 2 * (fit == "center"), (height - inner[1]) // 2 * (fit == "center")
    canvas = np.full((height, width, 3), PADDING, np.uint8)
    canvas[top : top + inner[1], left : left + inner[0]] = (
        image if inner == (columns, rows) else cv2.resize(image, inner)
    )
    return Placed(canvas, np.full(2, scale), np.array([left, top], np.float64))


def from_center(boxes: NDArray) -> NDArray:
    """Turn (N, 4) centre x, centre y, width, height into left, top, right, bottom."""
    half = boxes[:, 2:4] / 2
    return np.hstack([boxes[:, :2] - half, boxes[:, :2] + half])


def best_class(scores: NDArray) -> tuple[NDArray, NDArray]:
    """Return the highest score (N,) of each row of (N, classes), and its class."""
    classes = scores.argmax(axis=1)
    return scores[np.arange(len(scores)), classes], classes
