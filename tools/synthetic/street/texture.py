"""Surfaces: noise, cloth patterns, and pasting a flat picture into the view."""

from __future__ import annotations

import cv2
import numpy as np

Color = tuple[float, ...]  # blue, green, red, 0 to 255


def fractal_noise(rng: np.random.Generator, rows: int, columns: int, cells: tuple[int, int]) -> np.ndarray:
    """Draw smooth noise in four octaves: (rows, columns) float32, mean about 0, about -1 to 1.

    Parameters
    ----------
    rng : Generator
        The source of all randomness.
    rows, columns : int
        Size in pixels.
    cells : tuple of int
        How many blobs of the coarsest octave fit into the rows and the columns.
    """
    total = np.zeros((rows, columns), np.float32)
    for octave in range(4):
        grid = [min(size, cell << octave) + 1 for size, cell in zip((rows, columns), cells, strict=True)]
        coarse = rng.uniform(-1, 1, grid).astype(np.float32)
        total += cv2.resize(coarse, (columns, rows), interpolation=cv2.INTER_CUBIC) * 0.55**octave
    return total / 1.2


def cloth(rng: np.random.Generator, rows: int, columns: int, color: Color, folds: float = 0.1) -> np.ndarray:
    """Plain cloth wrapped round a limb: (rows, columns, 3) float32, with vertical folds and a weave."""
    shade = 1 + folds * fractal_noise(rng, rows, columns, (2, 6))
    shade += rng.normal(0, 0.025, (rows, columns)).astype(np.float32)
    return np.asarray(color, np.float32) * shade[..., None]


def paste(canvas: np.ndarray, picture: np.ndarray, corners: np.ndarray) -> None:
    """Draw a picture into a quadrilateral of a canvas, in place.

    Parameters
    ----------
    canvas : ndarray
        (H, W, 4) uint8, alpha last.
    picture : ndarray
        (h, w, 3) uint8, or (h, w, 4) of which alpha below 128 is left out.
    corners : ndarray
        (4, 2) pixels where its top left, top right, bottom right and bottom left corners go.
    """
    rows, columns = picture.shape[:2]
    if picture.shape[2] == 3:
        picture = np.dstack([picture, np.full((rows, columns), 255, np.uint8)])
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 1, canvas.shape[1::-1])
    if (high <= low).any():
        return
    source = np.array([[0, 0], [columns, 0], [columns, rows], [0, rows]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(source, (corners - low).astype(np.float32))
    size = (int(high[0] - low[0]), int(high[1] - low[1]))
    warped = cv2.warpPerspective(picture, matrix, size, flags=cv2.INTER_LINEAR)
    region = canvas[low[1] : high[1], low[0] : high[0]]
    region[warped[..., 3] > 127] = warped[warped[..., 3] > 127]
    region[warped[..., 3] > 127, 3] = 255


def polygon(canvas: np.ndarray, points: np.ndarray, color: Color, alpha: int = 255) -> None:
    """Fill a polygon of (N, 2) pixel positions in a canvas of 3 or 4 channels, in place."""
    fixed = np.round(points * 16).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], (*color, alpha), lineType=cv2.LINE_8, shift=4)


def letter(picture: np.ndarray, text: str, at: tuple[int, int], size: float, color: Color) -> None:
    """Write a text whose left end stands `at` this pixel of a (h, w, 3) float picture, in place."""
    mask = np.zeros(picture.shape[:2], np.uint8)
    cv2.putText(mask, text, at, cv2.FONT_HERSHEY_TRIPLEX, size, 255, 2, cv2.LINE_AA)
    fraction = mask[..., None] / np.float32(255)
    picture[:] = picture * (1 - fraction) + np.asarray(color, np.float32) * fraction
