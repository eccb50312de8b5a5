"""Overlap of boxes as a cost of association."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from . import linear_assignment
from .detection import Detection, stack_boxes
from .track import Track, stack_track_boxes


def iou(bbox: NDArray[np.float64], candidates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Give the intersection over union of boxes (left, top, width, height).

    Parameters
    ----------
    bbox : ndarray, shape (..., 4)
    candidates : ndarray, shape (N, 4)

    Returns
    -------
    ndarray, shape (..., N)
        1 where box and candidate agree, 0 where they do not meet.
    """
    bbox = bbox[..., np.newaxis, :]
    left_top = np.maximum(bbox[..., :2], candidates[..., :2])
    right_bottom = np.minimum(bbox[..., :2] + bbox[..., 2:], candidates[..., :2] + candidates[..., 2:])
    sides = np.maximum(0.0, right_bottom - left_top)
    intersection = sides[..., 0] * sides[..., 1]
    area = bbox[..., 2] * bbox[..., 3]
    area_candidates = candidates[..., 2] * candidates[..., 3]
    return intersection / (area + area_candidates - intersection)


def iou_cost(
    tracks: Sequence[Track],
    detections: Sequence[Detection],
    track_indices: Sequence[int] | None = None,
    detection_indices: Sequence[int] | None = None,
) -> NDArray[np.float64]:
    """Give 1 - IoU of tracks and detections, a metric for `linear_assignment.min_cost_matching`.

    Parameters
    ----------
    tracks, detections : sequence
    track_indices, detection_indices : sequence of int, optional
        Which of them to compare, by default all.

    Returns
    -------
    ndarray, shape (len(track_indices), len(detection_indices))
        `linear_assignment.INFTY_COST` for tracks that were missed in the last frame: their predicted
        boxes are too uncertain.
    """
    if track_indices is None:
        track_indices = range(len(tracks))
    if detection_indices is None:
        detection_indices = range(len(detections))
    cost = 1.0 - iou(stack_track_boxes(tracks, track_indices), stack_boxes(detections, detection_indices))
    stale = [tracks[i].time_since_update > 1 for i in track_indices]
    cost[stale] = linear_assignment.INFTY_COST
    return cost
