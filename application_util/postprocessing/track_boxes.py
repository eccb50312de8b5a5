"""The boxes of a result file, as the parts of post-processing take and return them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.files.mot_table import Table, is_filled


@dataclass(frozen=True)
class TrackBoxes:
    """Boxes of tracks, in any order; no track has two in a frame.

    Attributes
    ----------
    frames, ids : ndarray of int64, shape (n,)
    boxes : ndarray, shape (n, 4)
        Left, top, width, height in pixels.
    filled : ndarray of bool, shape (n,)
        Whether a box fills a gap: no detection stands behind it.
    rows : ndarray of int64, shape (n,)
        The row of the file that a box is from; of a filled box that of the box before the gap.
    """

    frames: NDArray[np.int64]
    ids: NDArray[np.int64]
    boxes: NDArray[np.float64]
    filled: NDArray[np.bool_]
    rows: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.frames)

    def select(self, chosen: NDArray) -> TrackBoxes:
        """Return some boxes, by mask or index."""
        return TrackBoxes(
            self.frames[chosen], self.ids[chosen], self.boxes[chosen], self.filled[chosen], self.rows[chosen]
        )

    def with_boxes(self, boxes: NDArray[np.float64]) -> TrackBoxes:
        """Return the same with other coordinates."""
        return replace(self, boxes=boxes)

    def with_ids(self, ids: NDArray[np.int64]) -> TrackBoxes:
        """Return the same with other ids."""
        return replace(self, ids=ids)

    def tracks(self) -> Iterator[NDArray[np.intp]]:
        """Yield the indices of each track's boxes, frames ascending; tracks by id."""
        order = np.lexsort((self.frames, self.ids))
        starts = np.flatnonzero(np.diff(self.ids[order])) + 1
        yield from np.split(order, starts) if len(order) else ()


def track_boxes(table: Table, path: str | Path) -> TrackBoxes:
    """Take the boxes of a result file.

    Parameters
    ----------
    table : ndarray, shape (n, 6 or more)
        Its rows.
    path : str or Path
        Where they are from, for messages.

    Raises
    ------
    UserError
        If a track has two boxes in a frame.
    """
    frames, ids = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    order = np.lexsort((frames, ids))
    twice = (np.diff(ids[order]) == 0) & (np.diff(frames[order]) == 0)
    for row in order[1:][twice][:1].tolist():
        raise UserError(f"{path}: row {row + 1}: id {ids[row]} has another box in frame {frames[row]} already")
    return TrackBoxes(frames, ids, table[:, 2:6].copy(), is_filled(table), np.arange(len(table)))
