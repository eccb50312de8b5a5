"""Overlap of boxes as a cost of association."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from . import linear_assignment
from .batched import Remembered
from .detection import Detection, stack_boxes
from .pair_costs import PairsWithin
from .track import Track

Array = NDArray[np.float64]

BLOCK = 2**18
"""Pairs of boxes that are compared at once: bounds memory for frames of many thousand boxes."""

FEW_PAIRS = 64
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
    if _OURS.unchanged():
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


def overlapping_pairs(
    boxes: Array, candidates: Array, track_indices: Sequence[int], detection_indices: Sequence[int], max_distance: float
) -> PairsWithin:
    """Give the pairs that overlap enough, by the operations of `iou` on numbers: faster than arrays for `FEW_PAIRS`.

    Parameters
    ----------
    boxes, candidates : ndarray, shape (N, 4) and (M, 4)
        Of these tracks, which were seen in the last frame, and of these detections.
    track_indices, detection_indices : sequence of int
    max_distance : float
        Largest 1 - IoU.
    """
    tracks: list[int] = []
    detections: list[int] = []
    costs: list[float] = []
    others = [
        (j, left, top, left + width, top + height, width * height)
        for j, (left, top, width, height) in zip(detection_indices, candidates.tolist(), strict=True)
    ]
    for i, (left, top, width, height) in zip(track_indices, boxes.tolist(), strict=True):
        right, bottom, area = left + width, top + height, width * height
        for j, other_left, other_top, other_right, other_bottom, other_area in others:
            if left < other_right and other_left < right and top < other_bottom and other_top < bottom:
                shared = min(right, other_right) - max(left, other_left)
                shared *= min(bottom, other_bottom) - max(top, other_top)
                cost = 1.0 - shared / (area + other_area - shared)
                if cost <= max_distance:
                    tracks.append(i)
                    detections.append(j)
                    costs.append(cost)
    return PairsWithin(
        tracks, detections, list(range(len(costs))), lambda positions: np.array(costs)[positions], max_distance
    )


_OURS = Remembered(sys.modules[__name__], ["iou"])
