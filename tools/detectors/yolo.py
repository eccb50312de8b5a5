"""Families of YOLO: what their single output means."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tools.detectors.head import Candidates, Outputs, best_class, from_center

STRIDES = ((8, 16, 32), (8, 16, 32, 64))
"""Pixels of the input per cell, at each scale of the usual and of the largest networks."""


def cells(size: tuple[int, int], strides: tuple[int, ...]) -> int:
    """Return how many cells the scales of a network have for an input of (height, width)."""
    return sum((size[0] // stride) * (size[1] // stride) for stride in strides)


def yolox(outputs: Outputs, size: tuple[int, int]) -> Candidates:
    """Decode N x (5 + classes) of YOLOX: offset in its cell and log of the size, both in strides; one box a cell."""
    (rows,) = _only(outputs)
    strides = next(each for each in STRIDES if cells(size, each) == len(rows))
    corners, steps = [], []
    for stride in strides:
        y, x = np.mgrid[: size[0] // stride, : size[1] // stride]
        corners.append(np.stack([x.ravel(), y.ravel()], axis=1))
        steps.append(np.full((x.size, 1), stride))
    step = np.concatenate(steps)
    centers = (rows[:, :2] + np.concatenate(corners)) * step
    with np.errstate(over="ignore"):  # of cells without anything in them
        sizes = np.exp(rows[:, 2:4]) * step
    return _with_objectness(np.hstack([centers, sizes]), rows)


def yolo_with_objectness(outputs: Outputs, size: tuple[int, int]) -> Candidates:
    """Decode N x (5 + classes) of YOLOv5 to v7: centre, size, objectness, scores of classes."""
    (rows,) = _only(outputs)
    return _with_objectness(rows, rows)


def yolo_without_objectness(outputs: Outputs, size: tuple[int, int], classes: int | None = None) -> Candidates:
    """Decode (4 + classes) x N of YOLOv8, 11, 12 and 26: centre, size, scores of classes, perhaps masks or joints."""
    (columns,) = _only(outputs)
    rows = columns.T
    scores, best = best_class(rows[:, 4:] if classes is None else rows[:, 4 : 4 + classes])
    return Candidates(from_center(rows), scores, best)


def yolo_end_to_end(outputs: Outputs, size: tuple[int, int]) -> Candidates:
    """Decode N x 6 of networks that have chosen already: left, top, right, bottom, score, class."""
    (rows,) = _only(outputs)
    return Candidates(rows[:, :4], rows[:, 4], rows[:, 5].astype(np.int64))


def _with_objectness(boxes: NDArray, rows: NDArray) -> Candidates:
    scores, classes = best_class(rows[:, 5:])
    return Candidates(from_center(boxes), rows[:, 4] * scores, classes)


def _only(outputs: Outputs) -> tuple[NDArray]:
    """Return the output of boxes, which comes first, without the batch."""
    return (next(iter(outputs.values()))[0],)
