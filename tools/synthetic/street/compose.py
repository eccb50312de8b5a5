"""Lays cut-outs over a canvas, and their shadows on its ground."""

from __future__ import annotations

import cv2
import numpy as np

from tools.synthetic.street.camera import Camera
from tools.synthetic.street.daylight import SHADOW_X, SHADOW_Z
from tools.synthetic.street.puppet import Figure


def overlap(
    canvas: np.ndarray, image: np.ndarray, corner: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """Views of where an image lies on a canvas, the part of it that does, and that part's corner."""
    left, top = max(corner[0], 0), max(corner[1], 0)
    right = max(left, min(corner[0] + image.shape[1], canvas.shape[1]))
    bottom = max(top, min(corner[1] + image.shape[0], canvas.shape[0]))
    cut = image[top - corner[1] : bottom - corner[1], left - corner[0] : right - corner[0]]
    return canvas[top:bottom, left:right], cut, (left, top)


def over(canvas: np.ndarray, image: np.ndarray, corner: tuple[int, int]) -> None:
    """Lay an image with multiplied alpha over the canvas, in place."""
    region, cut, _ = overlap(canvas, image, corner)
    if not region.size:
        return
    color, alpha = cv2.cvtColor(cut, cv2.COLOR_BGRA2BGR), cv2.extractChannel(cut, 3)
    left = 255 - alpha
    region[:] = cv2.add(cv2.multiply(region, cv2.merge([left, left, left]), scale=1 / 255), color)


def darken(canvas: np.ndarray, mask: np.ndarray, corner: tuple[int, int], strength: float) -> None:
    """Darken the canvas where a (h, w) uint8 mask is set, in place."""
    region, cut, _ = overlap(canvas, mask, corner)
    if region.size:
        left = cv2.subtract(np.full_like(cut, 255), cv2.convertScaleAbs(cut, alpha=strength))
        region[:] = cv2.multiply(region, cv2.merge([left, left, left]), scale=1 / 255)


def cast(
    canvas: np.ndarray,
    image: np.ndarray,
    corner: tuple[int, int],
    feet: float,
    depth: float,
    camera: Camera,
    strength: float,
) -> None:
    """Throw the shadow of something that stands at `feet` on the ground, in place."""
    if strength < 0.02:
        return
    rows, columns = image.shape[:2]
    flat = SHADOW_Z * camera.eye / depth
    foot = feet - corner[1]
    reach = int(np.ceil(abs(SHADOW_X) * max(foot, 0))) + 2
    top = int(np.floor(foot * (1 - flat)))
    # A point h above the ground is shadowed SHADOW_X h aside and SHADOW_Z h away: `flat` h higher up.
    matrix = np.array([[1, -SHADOW_X, SHADOW_X * foot + reach], [0, flat, foot * (1 - flat) - top]], float)
    size = (columns + 2 * reach, max(1, int(np.ceil((rows - foot) * flat + foot)) - top + 2))
    mask = cv2.warpAffine(cv2.extractChannel(image, 3), matrix, size, flags=cv2.INTER_LINEAR)
    mask = cv2.GaussianBlur(mask, (0, 0), max(0.6, 1.2 * camera.unit))
    darken(canvas, mask, (corner[0] - reach, corner[1] + top), strength)


def stand(canvas: np.ndarray, figure: Figure, camera: Camera) -> None:
    """Darken the ground right under a person, in place."""
    scale = camera.focal / figure.depth
    wide, high = int(0.34 * scale), int(0.34 * scale * camera.eye / figure.depth * 0.55)
    columns = figure.image.shape[1]
    mask = np.zeros((2 * high + 9, columns + 2 * wide), np.uint8)
    centre = (mask.shape[1] // 2, mask.shape[0] // 2)
    cv2.ellipse(mask, centre, (wide, max(high, 1)), 0, 0, 360, 255, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), max(1.0, 0.05 * scale))
    darken(canvas, mask, (figure.corner[0] - wide, round(figure.feet) - centre[1]), 0.35)
