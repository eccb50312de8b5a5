"""The light: a low sun from the right, clouds that pass before it, and the noise of a small sensor."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tools.synthetic.street.camera import Camera, smooth_wave

SHADOW_X, SHADOW_Z = -0.5, 0.55  # metres a shadow falls to the side and away, per metre of height
SUN_ON_SCREEN = (0.62, -0.55, 0.56)  # towards the sun: right, down, towards the camera


@dataclass(frozen=True)
class Daylight:
    """Light over time.

    Parameters
    ----------
    sun : ndarray
        (frames,), 0 to 1, how much of the sun passes the clouds.
    tint : ndarray
        (frames, 3), gain of blue, green and red.
    """

    sun: np.ndarray
    tint: np.ndarray


def daylight(rng: np.random.Generator, frames: int) -> Daylight:
    """Draw the light of a sequence of so many frames."""
    sun = np.clip(0.62 + 0.55 * smooth_wave(rng, frames, (150, 67)), 0.08, 1.0)
    exposure = 1 + 0.03 * smooth_wave(rng, frames, (89, 31))
    warm = np.array([-0.05, 0.0, 0.05]) * (sun[:, None] - 0.5)
    return Daylight(sun, (0.93 + 0.1 * sun[:, None]) * exposure[:, None] * (1 + warm))


class Sensor:
    """Adds noise that differs in every frame, from a few tiles drawn once."""

    def __init__(self, rng: np.random.Generator, camera: Camera, frames: int, sigma: float = 2.2) -> None:
        rows, columns = camera.height + 97, camera.width + 97
        self._noise = rng.normal(0, sigma, (rows, columns, 3)).round().astype(np.int16)
        self._offsets = rng.integers(0, 97, (frames, 2))

    def expose(self, image: np.ndarray, frame: int) -> np.ndarray:
        """Return the (H, W, 3) uint8 image with the noise of this frame."""
        row, column = self._offsets[frame]
        noise = self._noise[row : row + image.shape[0], column : column + image.shape[1]]
        return cv2.add(image, noise, dtype=cv2.CV_8U)
