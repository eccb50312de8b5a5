"""Boxes with ids, looked up by frame: result files and ground truth."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Table = NDArray[np.float64]


class BoxTable:
    """Rows of a result file or of ground truth by frame.

    Parameters
    ----------
    table : ndarray, shape (N, 6 or more)
        Frame, id, left, top, width, height and perhaps more, rows in any order.
    """

    def __init__(self, table: Table) -> None:
        self._table = table[np.argsort(table[:, 0], kind="stable")]
        self._frames = self._table[:, 0].copy()

    def ids(self, first: int, last: int | None = None) -> list[int]:
        """Return the ids of the boxes of a frame, or of the frames from `first` to `last`."""
        return self._rows(first, last)[:, 1].astype(int).tolist()

    def boxes(self, first: int, last: int | None = None) -> Table:
        """Return the boxes (left, top, width, height) that belong to `ids`, shape (n, 4).

        Frames are ascending, boxes of a frame are in the table's order.
        """
        return self._rows(first, last)[:, 2:6]

    def _rows(self, first: int, last: int | None) -> Table:
        start = np.searchsorted(self._frames, first, side="left")
        stop = np.searchsorted(self._frames, first if last is None else last, side="right")
        return self._table[start:stop]
