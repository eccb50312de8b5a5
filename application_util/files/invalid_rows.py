"""Rows of a detection file that cannot be tracked."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application_util.files.mot_table import are_frames
from deep_sort.detection import LARGEST, SMALLEST

FIRST_FEATURE = 10
"""Column of the first feature component; the columns before are those of det.txt."""

COLUMNS = {0: "frame", 2: "left", 3: "top", 4: "width", 5: "height", 6: "confidence"}
"""Columns that the tracker reads."""


@dataclass(frozen=True)
class InvalidRows:
    """Which rows of an array are invalid.

    Attributes
    ----------
    array : ndarray, shape (N, 10 + M)
        What was looked at.
    rows : ndarray of bool, shape (N,)
        True for invalid rows.
    frames : ndarray of int64, shape (N,)
        Frame numbers, -1 for invalid rows.
    """

    array: NDArray
    rows: NDArray[np.bool_]
    frames: NDArray[np.int64]

    def any(self) -> bool:
        """Return whether a row is invalid."""
        return bool(self.rows.any())

    def describe(self, offset: int = 0) -> str:
        """Say what is wrong with the first invalid row; ``offset`` rows came before the array."""
        index = int(np.argmax(self.rows))
        row = self.array[index]
        frame = f"frame {row[0]:.15g}"
        return f"row {offset + index + 1} (index {offset + index}, {frame}): {_what_is_wrong(row)}"


def find_invalid_rows(array: NDArray) -> InvalidRows:
    """Find rows that cannot be tracked.

    Parameters
    ----------
    array : ndarray, shape (N, 10 + M)

    Returns
    -------
    InvalidRows
        Rows with a non-finite number in a column that is used, a frame number that is negative or no integer,
        a width or height that is not positive, a box of absurd size or place, or a feature without direction
        (all zero).
    """
    frames = array[:, 0]
    boxes = array[:, 2:7].astype(np.float64, copy=False)
    features = array[:, FIRST_FEATURE:]
    with np.errstate(over="ignore", invalid="ignore"):
        # float32 is what the tracker computes with; its squared length is 0, infinite or NaN for unusable features.
        features = features.astype(np.float32, copy=False)
        energy = np.einsum("ij,ij->i", features, features)
        valid = np.isfinite(frames) & np.isfinite(boxes).all(axis=1) & np.isfinite(energy)
        valid &= (energy > 0) | (features.shape[1] == 0)
        valid &= are_frames(frames)
        valid &= (boxes[:, 2:4] >= SMALLEST).all(axis=1) & (np.abs(boxes[:, :4]) <= LARGEST).all(axis=1)
        return InvalidRows(array, ~valid, np.where(valid, frames, -1).astype(np.int64))


def _what_is_wrong(row: NDArray) -> str:
    for column, name in COLUMNS.items():
        if not np.isfinite(row[column]):
            return f"column {column + 1} ({name}): {row[column]} is not finite"
    if not are_frames(row[0]):
        return f"column 1 (frame): {row[0]:.15g} is not a whole number of at least 0"
    for column in (4, 5):
        if row[column] <= 0:
            return f"column {column + 1} ({COLUMNS[column]}): {row[column]:.15g} is not positive"
    for column in (2, 3, 4, 5):
        if abs(float(row[column])) > LARGEST or (column > 3 and float(row[column]) < SMALLEST):
            return f"column {column + 1} ({COLUMNS[column]}): {row[column]:.15g} is no number of pixels"
    for column in (np.flatnonzero(~np.isfinite(row[FIRST_FEATURE:])) + FIRST_FEATURE).tolist():
        return f"column {column + 1} (feature component {column + 1 - FIRST_FEATURE}): {row[column]} is not finite"
    if not row[FIRST_FEATURE:].any():
        return f"columns {FIRST_FEATURE + 1} to {len(row)} (feature): all zero, which has no direction"
    return f"columns {FIRST_FEATURE + 1} to {len(row)} (feature): too large or too small for 32-bit numbers"
