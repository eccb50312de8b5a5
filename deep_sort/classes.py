"""Detections of several classes in one tracker: kept apart by suppression and by matching."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from .detection import Detection
from .preprocessing import non_max_suppression
from .track import Track


def suppress_by_class(boxes: NDArray, max_bbox_overlap: float, scores: NDArray, classes: NDArray) -> NDArray[np.int64]:
    """Drop boxes that a better one of their class covers, see `non_max_suppression`.

    Parameters
    ----------
    boxes : ndarray, shape (N, 4)
        (left, top, width, height) in pixels.
    max_bbox_overlap : float
        A box goes when a better one covers more than this fraction of its area.
    scores, classes : ndarray, shape (N,)

    Returns
    -------
    ndarray of int
        Indices of the boxes kept, best first.
    """
    kept = [np.empty(0, np.int64)]
    for each in np.unique(classes):
        of_class = np.flatnonzero(classes == each)
        kept.append(of_class[non_max_suppression(boxes[of_class], max_bbox_overlap, scores[of_class])])
    indices = np.concatenate(kept)
    return indices if len(kept) <= 2 else indices[np.argsort(-scores[indices], kind="stable")]


def same_class(tracks: Sequence[Track], detections: Sequence[Detection]) -> NDArray[np.bool_]:
    """Return which detections have the label of each track, (tracks, detections); for `Tracker.admissible`."""
    labels = [None if track.last_detection is None else track.last_detection.label for track in tracks]
    return np.equal.outer(np.array(labels), np.array([detection.label for detection in detections]))
