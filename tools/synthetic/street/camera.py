"""The camera: a level pinhole in metres, with a little sway of the hand that holds it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

NEAR, FAR = 4.7, 11.4  # metres from the camera between which people walk


@dataclass(frozen=True)
class Camera:
    """A level camera above the street.

    World coordinates are metres: x to the right, y up from the ground, z away from the camera. The picture is
    drawn on a canvas that is `margin` pixels larger than the frame on every side, so that it can sway.

    Parameters
    ----------
    width, height : int
        Frame size in pixels.
    """

    width: int
    height: int
    eye: float = 2.6

    @property
    def unit(self) -> float:
        """Pixels per pixel of a 480 lines high frame."""
        return self.height / 480

    @property
    def focal(self) -> float:
        """Focal length in pixels."""
        return 608 * self.unit

    @property
    def margin(self) -> int:
        """Border of the canvas around the frame in pixels."""
        return round(14 * self.unit) + 2

    @property
    def canvas_size(self) -> tuple[int, int]:
        """Width and height of the canvas in pixels."""
        return self.width + 2 * self.margin, self.height + 2 * self.margin

    @property
    def vanishing_point(self) -> tuple[float, float]:
        """Where all lines along z meet, in canvas pixels."""
        return self.margin + 0.44 * self.width, self.margin + 0.29 * self.height

    def project(self, points: np.ndarray) -> np.ndarray:
        """Project world points.

        Parameters
        ----------
        points : ndarray
            (..., 3) metres, z > 0.

        Returns
        -------
        ndarray
            (..., 2) canvas pixels.
        """
        x, y = self.vanishing_point
        scale = self.focal / points[..., 2]
        return np.stack([x + scale * points[..., 0], y + scale * (self.eye - points[..., 1])], axis=-1)

    def edges(self, depth: float) -> tuple[float, float]:
        """The x in metres of the left and the right edge of the frame at a depth in metres."""
        left = self.vanishing_point[0] - self.margin
        return -left * depth / self.focal, (self.width - left) * depth / self.focal


def smooth_wave(rng: np.random.Generator, frames: int, periods: tuple[float, ...]) -> np.ndarray:
    """Draw a sum of sines of the given periods (frames) with random phases: (frames,), about -1 to 1."""
    time = np.arange(frames)
    phases = rng.uniform(0, 2 * np.pi, len(periods))
    waves = [np.sin(2 * np.pi * time / period + phase) for period, phase in zip(periods, phases, strict=True)]
    return np.sum(waves, axis=0) / len(periods)


def sway(rng: np.random.Generator, camera: Camera, frames: int) -> np.ndarray:
    """Draw how the frame lies in the canvas.

    Returns
    -------
    ndarray
        (frames, 3): zoom and the shift in x and y in pixels; a canvas point p is seen at zoom * p + shift.
    """
    zoom = 1.005 + 0.004 * smooth_wave(rng, frames, (170, 61))
    reach = 0.6 * camera.margin
    shift_x = reach * smooth_wave(rng, frames, (131, 47, 23))
    shift_y = 0.5 * reach * smooth_wave(rng, frames, (113, 37, 17))
    centre = np.array([camera.width, camera.height]) / 2
    middle = centre + camera.margin
    shift = centre - zoom[:, None] * middle + np.stack([shift_x, shift_y], axis=1)
    return np.concatenate([zoom[:, None], shift], axis=1)
