"""What tracks look like, by the features of a detection file."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from application_util.files.detection_file import DetectionFile
from application_util.files.invalid_rows import FIRST_FEATURE
from application_util.postprocessing.track_boxes import TrackBoxes
from deep_sort.iou_matching import iou

SAME_BOX_IOU = 0.5
"""A track's box is that of the detection that it overlaps most with, if so much at least."""


def mean_features(tracks: TrackBoxes, detections: DetectionFile) -> dict[int, NDArray[np.float64]]:
    """Return the mean feature of each track, of length 1.

    Parameters
    ----------
    tracks : TrackBoxes
    detections : DetectionFile
        Of the same sequence, whatever the tracks were made from; with features.

    Returns
    -------
    dict of int -> ndarray
        Track id -> feature, shape (M,); without the tracks that no detection belongs to.
    """
    sums: dict[int, NDArray[np.float64]] = {}
    order = np.argsort(tracks.frames, kind="stable")
    order = order[~tracks.filled[order]]
    for of_frame in np.split(order, np.flatnonzero(np.diff(tracks.frames[order])) + 1) if len(order) else ():
        rows = detections.rows(int(tracks.frames[of_frame[0]]))
        if not len(rows):
            continue
        overlaps = iou(tracks.boxes[of_frame], rows[:, 2:6].astype(np.float64))
        best = overlaps.argmax(axis=1)
        same = np.flatnonzero(overlaps.max(axis=1) >= SAME_BOX_IOU)
        for track_id, row in zip(tracks.ids[of_frame][same].tolist(), best[same].tolist(), strict=True):
            feature = _unit(rows[row, FIRST_FEATURE:].astype(np.float64))
            sums[track_id] = sums.get(track_id, 0.0) + feature
    return {track_id: _unit(total) for track_id, total in sums.items()}


def _unit(feature: NDArray[np.float64]) -> NDArray[np.float64]:
    """Scale to length 1; zeros stay."""
    return feature / (np.linalg.norm(feature) or 1.0)
