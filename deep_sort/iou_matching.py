"""Overlap of boxes as a cost of association."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from . import linear_assignment
from .batched import Remembered
from .detection import Detection, stack_boxes
from .track import Track

BLOCK = 2**18
"""Pairs of boxes that are compared at once: bounds memory for frames of many thousand boxes."""

FEW_PAIRS = 24
"""Up to here arrays are slower than numbers."""


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
    """Give 1 - IoU of tracks and detections, by default all, a cost for `linear_assignment.min_cost_matching`.

    Returns
    -------
    ndarray, shape (len(track_indices), len(detection_indices))
        `linear_assignment.INFTY_COST` for tracks that were missed in the last frame: their predicted
        boxes are too uncertain.
    """
    track_indices = range(len(tracks)) if track_indices is None else track_indices
    detection_indices = range(len(detections)) if detection_indices is None else detection_indices
    candidates = stack_boxes(detections, detection_indices)
    boxes = np.array([tracks[i].to_tlwh() for i in track_indices]).reshape(-1, 4)
    cost = np.empty((len(boxes), len(candidates)))
    if _OURS.unchanged() and cost.size <= FEW_PAIRS:
        others = candidates.tolist()
        for row, sides in enumerate(boxes.tolist()):
            cost[row] = [1.0 - _iou_of_two(sides, other) for other in others]
    elif _OURS.unchanged():
        step = max(1, BLOCK // max(1, len(candidates)))
        for start in range(0, len(boxes), step):
            cost[start : start + step] = 1.0 - iou(boxes[start : start + step], candidates)
    else:  # a program's own takes one box at a time
        for row, box in enumerate(boxes):
            cost[row] = 1.0 - iou(box, candidates)
    for row, i in enumerate(track_indices):
        if tracks[i].time_since_update > 1:
            cost[row] = linear_assignment.INFTY_COST
    return cost


def _iou_of_two(box: list[float], other: list[float]) -> float:
    """Do as `iou` for one box and one candidate, by the same operations on numbers."""
    left, top, width, height = box
    other_left, other_top, other_width, other_height = other
    common_width = min(left + width, other_left + other_width) - max(left, other_left)
    common_height = min(top + height, other_top + other_height) - max(top, other_top)
    if common_width <= 0 or common_height <= 0:
        return 0.0
    intersection = common_width * common_height
    return intersection / (width * height + other_width * other_height - intersection)


_OURS = Remembered(sys.modules[__name__], ["iou"])
