"""Families of DETR (RT-DETR, D-FINE, RF-DETR): a fixed number of queries, each a box or nothing."""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from tools.detectors.head import Candidates, Outputs, best_class, from_center


def find_boxes_and_logits(outputs: Outputs) -> tuple[NDArray, NDArray] | None:
    """Return boxes (queries, 4) and logits (queries, classes) among outputs of rank 3, if they are there."""
    by_name = sorted(outputs, key=lambda name: not re.search("box|dets", name))  # 4 classes look like boxes
    arrays = [outputs[name][0] for name in by_name if outputs[name].ndim == 3 and len(outputs[name]) == 1]
    for boxes in arrays:
        for logits in arrays:
            if boxes is not logits and boxes.shape[1] == 4 and len(boxes) == len(logits):
                return boxes, logits
    return None


def boxes_and_logits(outputs: Outputs, size: tuple[int, int]) -> Candidates:
    """Decode boxes (centre, size, normalised) and logits of classes of each query."""
    found = find_boxes_and_logits(outputs)
    assert found is not None  # the head was recognised by them
    boxes, logits = found
    logit, classes = best_class(logits)
    scores = 1 / (1 + np.exp(-logit.astype(np.float64)))
    return Candidates(from_center(boxes) * (size[::-1] * 2), scores, classes)


def boxes_and_scores(outputs: Outputs, size: tuple[int, int]) -> Candidates:
    """Decode queries x (4 + classes): centre, size, normalised, then scores (RT-DETR as Ultralytics exports it)."""
    rows = next(iter(outputs.values()))[0]
    scores, classes = best_class(rows[:, 4:])
    return Candidates(from_center(rows) * (size[::-1] * 2), scores, classes)


def labels_boxes_scores(outputs: Outputs, size: tuple[int, int]) -> Candidates:
    """Decode what the authors' exports of RT-DETR and D-FINE give: labels, boxes in pixels of the size told, scores."""
    return Candidates(outputs["boxes"][0], outputs["scores"][0], outputs["labels"][0].astype(np.int64))
