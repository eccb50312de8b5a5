"""From boxes in images to the patches that the network looks at."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

Patch = NDArray[np.uint8]


def extract_image_patch(image: Patch, bbox: ArrayLike, patch_shape: tuple[int, int]) -> Patch | None:
    """Cut a box out of an image and bring it to the network's size.

    The box is widened or narrowed about its centre to the patch's aspect ratio, so that nobody looks slimmer
    than they are, and cut off at the border of the image.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
        Of another type that OpenCV resizes, the patch has that type.
    bbox : array_like
        Left, top, width, height in pixels. In whole numbers (of an integer type), the widened box is cut to whole
        pixels as well, as the original does: another crop than that of the same numbers as floats.
    patch_shape : tuple of int
        Height and width of the patch in pixels.

    Returns
    -------
    ndarray of uint8, shape (*patch_shape, 3), or None
        None if nothing of the box lies inside the image.
    """
    box = np.asarray(bbox)
    left, top, width, height = box.astype(np.float64)
    new_width = patch_shape[1] / patch_shape[0] * height
    left -= (new_width - width) / 2
    if box.dtype.kind in "iu":
        left, new_width = np.trunc((left, new_width))
    inside_right, inside_bottom = image.shape[1] - 1, image.shape[0] - 1
    left, right = _clip(left, inside_right), _clip(left + new_width, inside_right)
    top, bottom = _clip(top, inside_bottom), _clip(top + height, inside_bottom)
    if left >= right or top >= bottom:
        return None
    patch: NDArray[Any] = cv2.resize(image[top:bottom, left:right], (patch_shape[1], patch_shape[0]))
    return patch


def _clip(value: float, last: int) -> int:
    return int(min(max(0, value), last))


def cut_patches(
    image: Patch, boxes: Iterable[ArrayLike], patch_shape: tuple[int, int], seed: tuple[int, ...] = ()
) -> tuple[Patch, int]:
    """Cut a patch for each box; where there is nothing to cut out, take noise.

    Parameters
    ----------
    image : ndarray of uint8, shape (height, width, 3)
    boxes : iterable of array_like
        Left, top, width, height in pixels.
    patch_shape : tuple of int
        Height and width of a patch in pixels.
    seed : tuple of int
        Of the noise, together with the box's place in `boxes`: the same seed gives the same noise.

    Returns
    -------
    patches : ndarray of uint8, shape (boxes, *patch_shape, 3)
    empty : int
        How many of them are noise.

    Raises
    ------
    ValueError
        If the image is none, has other channels, or values other than 0 to 255 as uint8. If a box is none: says which.
    """
    if not isinstance(image, np.ndarray):
        raise ValueError(f"image is {image!r:.40}, expected an array: a file that cv2.imread cannot read gives None")
    if image.dtype != np.uint8:
        raise ValueError(f"image of {image.dtype}, expected uint8, 0 to 255")
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"image of shape {image.shape}, expected (height, width, 3): blue, green, red")
    patches = [extract_image_patch(image, _checked(box, index), patch_shape) for index, box in enumerate(boxes)]
    empty = [row for row, patch in enumerate(patches) if patch is None]
    for row in empty:
        patches[row] = np.random.default_rng((*seed, row)).integers(0, 255, (*patch_shape, 3), np.uint8)
    return np.array(patches, np.uint8).reshape(len(patches), *patch_shape, 3), len(empty)


def _checked(box: ArrayLike, index: int) -> ArrayLike:
    """Return a box that has four finite numbers."""
    numbers = np.asarray(box)
    if numbers.shape != (4,):
        raise ValueError(f"box {index}: of shape {numbers.shape}, expected left, top, width, height")
    if not np.isfinite(numbers.astype(np.float64)).all():
        raise ValueError(f"box {index}: {numbers.tolist()} is not finite")
    return numbers
