"""Tracks that are too short to be trusted."""

from __future__ import annotations

import numpy as np

from application_util.postprocessing.track_boxes import TrackBoxes


def drop_short_tracks(tracks: TrackBoxes, min_length: int) -> TrackBoxes:
    """Leave out tracks with fewer boxes; those that fill gaps do not count."""
    ids, number = np.unique(tracks.ids, return_inverse=True)
    lengths = np.bincount(number, weights=~tracks.filled, minlength=len(ids))
    return tracks.select(lengths[number] >= min_length)
