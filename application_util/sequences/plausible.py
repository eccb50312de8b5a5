"""Whether boxes can be those of images of a size: on another scale, or as corners, they are tracked all the same."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LARGEST_FRACTION = 1.001
MOST_OUTSIDE = 0.01
"""Fraction of boxes; in public detections and ground truth none lies outside its image."""
MARGIN = 1.05
MOST_BEYOND = 0.3
"""Fraction of boxes that end beyond `MARGIN` times the image; up to 0.18 in ground truth, 0.35 to 0.98 where the right
and lower edge are taken for width and height."""


def are_fractions(boxes: NDArray[np.float64]) -> bool:
    """Return whether boxes (left, top, width, height), shape (N, 4), are in fractions of an image's size."""
    return bool(len(boxes)) and bool((boxes[:, :2] + boxes[:, 2:]).max() <= LARGEST_FRACTION)


def misplaced(boxes: NDArray[np.float64], size: tuple[int, int]) -> str | None:
    """Say in what way boxes do not fit their images, None where they do.

    Parameters
    ----------
    boxes : ndarray, shape (N, 4)
        Left, top, width, height in pixels.
    size : tuple of int
        (height, width) of the images.
    """
    if not len(boxes):
        return None
    height, width = size
    images = f"images of {width} x {height} pixels"
    if are_fractions(boxes):
        return f"boxes lie between 0 and 1, as fractions of the image's size do, but are taken for pixels of {images}"
    ends = boxes[:, :2] + boxes[:, 2:]
    outside = int(((ends <= 0) | (boxes[:, :2] >= (width, height))).any(axis=1).sum())
    if outside > MOST_OUTSIDE * len(boxes):
        return f"{outside} of {len(boxes)} boxes lie outside {images}: are they of larger ones?"
    beyond = int((ends > MARGIN * np.array([width, height])).any(axis=1).sum())
    if beyond > MOST_BEYOND * len(boxes):
        return (
            f"{beyond} of {len(boxes)} boxes end beyond {images}: "
            "are they of larger ones, or width and height the right and lower edge?"
        )
    return None
