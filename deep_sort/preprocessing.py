"""Non-maximum suppression."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

BLOCK = 256
"""Boxes whose overlap with all others is computed at once: bounds memory for frames of many thousand boxes."""


def non_max_suppression(boxes: ArrayLike, max_bbox_overlap: float, scores: ArrayLike | None = None) -> list[int]:
    """Drop boxes that a better one covers.

    Parameters
    ----------
    boxes : array_like, shape (N, 4)
        (left, top, width, height) in pixels; further columns are not looked at.
    max_bbox_overlap : float
        A box goes when a better one covers more than this share of its area.
    scores : array_like, shape (N,), optional
        Higher is better; by default the box with the lowest bottom edge in the image is.

    Returns
    -------
    list of int
        Indices of the boxes kept, best first. Among equal scores the order is that of NumPy's default sort,
        which is not stable and differs between processors.
    """
    tlwh = np.asarray(boxes, dtype=np.float64)
    if not len(tlwh):
        return []
    tlwh = tlwh[:, :4]
    order = np.asarray(tlwh[:, 1] + tlwh[:, 3] if scores is None else scores).argsort()[::-1]
    if max_bbox_overlap >= 1 and tlwh[:, 2:].min() > 0:
        return order.tolist()  # no box covers more than all of another
    left_top = tlwh[:, :2]
    right_bottom = left_top + tlwh[:, 2:]
    sides = right_bottom - left_top + 1  # pixels are counted inclusively
    left_top, right_bottom, areas = left_top[order], right_bottom[order], (sides[:, 0] * sides[:, 1])[order]
    alive = np.ones(len(order), dtype=bool)
    for start in range(0, len(order), BLOCK):
        block, rest = slice(start, start + BLOCK), slice(start, None)
        covers = _overlap(left_top[block], right_bottom[block], left_top[rest], right_bottom[rest], areas[rest])
        covers = np.triu(covers > max_bbox_overlap, k=1)
        for row in np.flatnonzero(covers.any(axis=1)).tolist():
            if alive[start + row]:
                alive[rest] &= ~covers[row]
    return order[alive].tolist()


def _overlap(
    left_top: NDArray, right_bottom: NDArray, others_left_top: NDArray, others_right_bottom: NDArray, areas: NDArray
) -> NDArray[np.float64]:
    """Return the share of each other box's area that each box covers, shape (boxes, others)."""
    width = _common(left_top[:, 0], right_bottom[:, 0], others_left_top[:, 0], others_right_bottom[:, 0])
    height = _common(left_top[:, 1], right_bottom[:, 1], others_left_top[:, 1], others_right_bottom[:, 1])
    return width * height / areas


def _common(start: NDArray, end: NDArray, others_start: NDArray, others_end: NDArray) -> NDArray[np.float64]:
    """Return the pixels that intervals share, shape (intervals, others)."""
    shared = np.minimum.outer(end, others_end) - np.maximum.outer(start, others_start) + 1
    return np.maximum(0.0, shared, out=shared)
