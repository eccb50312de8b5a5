"""Shapes of limbs: how wide they are, and what of a picture wrapped round them is seen from one side."""

from __future__ import annotations

import numpy as np

from tools.synthetic.street.daylight import SUN_ON_SCREEN
from tools.synthetic.street.wardrobe import ROUND, ROWS

COLUMNS = 32  # pixels across a sprite


def profiles() -> dict[str, np.ndarray]:
    """Half width along each kind of part, relative to the widest place: (ROWS,)."""
    v = (np.arange(ROWS) + 0.5) / ROWS

    def shape(*knots: tuple[float, float]) -> np.ndarray:
        at, width = zip(*knots, strict=True)
        fine = np.interp(v, at, width)
        return np.convolve(np.pad(fine, 4, mode="edge"), np.ones(9) / 9, mode="valid")

    def cap(width: np.ndarray, top: float, bottom: float) -> np.ndarray:
        ends = np.sqrt(np.clip(1 - np.clip(1 - v / top, 0, 1) ** 2, 0, 1))
        return width * ends * np.sqrt(np.clip(1 - np.clip(1 - (1 - v) / bottom, 0, 1) ** 2, 0, 1))

    return {
        "torso": cap(
            shape((0, 0.36), (0.04, 0.5), (0.11, 0.92), (0.22, 1), (0.6, 0.86), (0.85, 0.9), (1, 0.92)), 0.06, 0.08
        ),
        "side": cap(shape((0, 0.6), (0.25, 0.95), (0.45, 0.9), (0.7, 0.92), (0.85, 1), (1, 0.9)), 0.16, 0.1),
        "upper_arm": cap(shape((0, 0.95), (0.3, 1), (1, 0.78)), 0.2, 0.14),
        "forearm": cap(shape((0, 0.9), (0.25, 1), (1, 0.62)), 0.14, 0.12),
        "hand": cap(np.ones(ROWS), 0.4, 0.5),
        "neck": np.ones(ROWS),
        "head": cap(shape((0, 1), (0.45, 1), (0.75, 0.86), (1, 0.7)), 0.46, 0.36),
        "hair": cap(shape((0, 0.95), (0.6, 1), (1, 0.85)), 0.3, 0.14),
        "thigh": cap(shape((0, 1), (0.3, 1), (1, 0.7)), 0.12, 0.1),
        "shin": cap(shape((0, 0.92), (0.25, 1), (1, 0.66)), 0.1, 0.06),
        "shoe": cap(shape((0, 0.8), (0.35, 1), (1, 0.72)), 0.22, 0.34),
        "skirt": cap(shape((0, 0.72), (0.3, 0.86), (1, 1)), 0.06, 0.03),
        "bag": cap(np.ones(ROWS), 0.2, 0.14),
    }


class Relief:
    """The visible half of a round part: for each pixel what of the wrap shows, and how the light falls.

    Parameters
    ----------
    profile : ndarray
        (ROWS,), half widths.
    level : int
        How many times the size is halved.
    """

    def __init__(self, profile: np.ndarray, level: int) -> None:
        profile = profile.reshape(ROWS >> level, -1).mean(axis=1)
        columns, self._round = COLUMNS >> level, ROUND >> level
        across = (np.arange(columns) + 0.5) / columns * 2 - 1
        sideways = across[None] / np.maximum(profile[:, None], 1e-3)
        self._alpha = np.where(np.abs(sideways) <= 1, 255, 0).astype(np.uint8)
        self._sideways = np.clip(sideways, -1, 1).astype(np.float32)
        self._facing = np.sqrt(1 - self._sideways**2)
        angle = np.pi - np.arcsin(self._sideways)
        self._column = np.floor((0.5 + angle / (2 * np.pi)) * self._round).astype(np.intp)
        self._row = np.arange(len(profile))[:, None] * self._round

    def unroll(self, wrap: np.ndarray, turn: float, light: float, gain: float) -> np.ndarray:
        """(rows, columns, 4) uint8 of a (rows, round, 3) wrap turned by so many turns, lit from one side."""
        index = self._row + (self._column - round(turn * self._round)) % self._round
        lit = np.maximum(self._sideways * np.float32(light) + self._facing * np.float32(SUN_ON_SCREEN[2]), 0)
        shade = (0.5 + 0.62 * lit + 0.1 * self._facing) * np.float32(gain)
        sprite = np.empty((*index.shape, 4), np.uint8)
        sprite[..., :3] = np.minimum(wrap.reshape(-1, 3)[index] * shade[..., None], 255)
        sprite[..., 3] = self._alpha
        return sprite
