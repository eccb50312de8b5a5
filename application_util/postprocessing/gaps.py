"""Gaps in tracks, filled with boxes."""

from __future__ import annotations

import numpy as np

from application_util.postprocessing.track_boxes import TrackBoxes


def fill_gaps(tracks: TrackBoxes, longest: int) -> TrackBoxes:
    """Fill gaps by straight lines between the boxes on both sides; the ends of tracks stay where they are.

    Between a box b0 in frame f0 and the track's next, b1 in frame f1, the box in frame f is
    ``b0 + (f - f0) / (f1 - f0) * (b1 - b0)``.

    Parameters
    ----------
    tracks : TrackBoxes
    longest : int
        Frames that a gap may have; longer ones stay.

    Returns
    -------
    TrackBoxes
        The boxes as they were, then the new ones.
    """
    order = np.lexsort((tracks.frames, tracks.ids))
    before, after = order[:-1], order[1:]
    missing = np.where(tracks.ids[before] == tracks.ids[after], tracks.frames[after] - tracks.frames[before] - 1, 0)
    gaps = np.flatnonzero((missing > 0) & (missing <= longest))
    length = missing[gaps]
    before, after = np.repeat(before[gaps], length), np.repeat(after[gaps], length)
    step = np.arange(len(before)) - np.repeat(np.cumsum(length) - length, length) + 1
    part = (step / (np.repeat(length, length) + 1))[:, np.newaxis]
    return TrackBoxes(
        np.concatenate([tracks.frames, tracks.frames[before] + step]),
        np.concatenate([tracks.ids, tracks.ids[before]]),
        np.concatenate([tracks.boxes, tracks.boxes[before] + part * (tracks.boxes[after] - tracks.boxes[before])]),
        np.concatenate([tracks.filled, np.ones(len(before), dtype=bool)]),
        np.concatenate([tracks.rows, tracks.rows[before]]),
    )
