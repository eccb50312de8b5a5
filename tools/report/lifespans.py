"""When each track was there: stretches without a miss, and the gaps between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Lifespans:
    """Lifespans of the tracks of a result file.

    Attributes
    ----------
    ids : ndarray, shape (T,)
        Tracks in the order in which they appear.
    first, last : ndarray, shape (T,)
        Frames of each track's first and last box.
    stretches : ndarray, shape (S, 3)
        Id, first and last frame of each run of frames without a miss; those of a track follow each other.
    gaps : ndarray, shape (G,)
        Frames without a box between two stretches of a track.
    """

    ids: Integers
    first: Integers
    last: Integers
    stretches: Integers
    gaps: Integers

    @property
    def lengths(self) -> Integers:
        """Frames from each track's first to its last box, gaps included, shape (T,)."""
        return self.last - self.first + 1

    def first_of(self, tracks: NDArray) -> Integers:
        """Return the first frame of each of these tracks."""
        order = np.argsort(self.ids)
        return self.first[order[np.searchsorted(self.ids, tracks, sorter=order)]]


def lifespans_of(table: NDArray[np.float64]) -> Lifespans:
    """Find the lifespans of tracks.

    Parameters
    ----------
    table : ndarray, shape (N, 2 or more)
        Frame, id, and what follows; rows in any order.

    Returns
    -------
    Lifespans
    """
    frames, ids = table[:, 0].astype(np.int64), table[:, 1].astype(np.int64)
    order = np.lexsort((frames, ids))
    frames, ids = frames[order], ids[order]
    other_track = np.diff(ids) != 0
    after_gap = (np.diff(frames) > 1) & ~other_track
    stretches = np.column_stack([ids[_starts(other_track | after_gap)], *_ends(frames, other_track | after_gap)])
    first, last = _ends(frames, other_track)
    by_appearance = np.lexsort((ids[_starts(other_track)], first))
    return Lifespans(
        ids[_starts(other_track)][by_appearance],
        first[by_appearance],
        last[by_appearance],
        stretches,
        (np.diff(frames) - 1)[after_gap],
    )


def _starts(breaks: NDArray[np.bool_]) -> NDArray[np.bool_]:
    return np.r_[True, breaks]


def _ends(frames: Integers, breaks: NDArray[np.bool_]) -> tuple[Integers, Integers]:
    """Return the first and the last frame of each run between breaks."""
    return frames[_starts(breaks)], frames[np.r_[breaks, True]]
