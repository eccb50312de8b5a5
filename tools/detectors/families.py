"""Which family a detector belongs to, by the shapes and names of what it gives."""

from __future__ import annotations

from functools import partial
from typing import Any

from numpy.typing import NDArray

from application_util.errors import UserError
from tools.detectors.detr import boxes_and_logits, boxes_and_scores, find_boxes_and_logits, labels_boxes_scores
from tools.detectors.head import Head, Outputs
from tools.detectors.ssd import detection_output
from tools.detectors.yolo import STRIDES, cells, yolo_end_to_end, yolo_with_objectness, yolo_without_objectness, yolox

FAMILIES = (
    "YOLOX and YOLOv6 (1 x cells x (5 + classes))",
    "YOLOv5, v7 (1 x 3 cells x (5 + classes))",
    "YOLOv8, 11, 12, 26 (1 x (4 + classes) x cells)",
    "end-to-end YOLO (1 x N x 6)",
    "RT-DETR, D-FINE, RF-DETR (1 x N x 4 and 1 x N x classes; labels, boxes, scores; 1 x N x (4 + classes))",
    "SSD (1 x 1 x N x 7)",
)
IMAGENET: dict[str, Any] = {"mean": (123.675, 116.28, 103.53), "scale": (58.395, 57.12, 57.375)}
UNSCALED: dict[str, Any] = {"color_order": "BGR", "scale": (1.0, 1.0, 1.0)}
YOLO_IOU = 0.45
YOLOV8_IOU = 0.7


def recognize(outputs: Outputs, size: tuple[int, int], names: int | None = None) -> Head | None:
    """Return the family of a detector, None if it is none that is known.

    Parameters
    ----------
    outputs : mapping of str -> ndarray
        What it gives for an empty image.
    size : tuple of int
        (height, width) of its input.
    names : int, optional
        How many classes its metadata name.
    """
    first = next(iter(outputs.values()))
    if any(array.ndim == 4 and array.shape[:2] == (1, 1) and array.shape[3] == 7 for array in outputs.values()):
        return Head("SSD", detection_output, fit="stretch", **UNSCALED)
    if {"labels", "boxes", "scores"} <= outputs.keys() and outputs["boxes"].ndim == 3:
        return Head("RT-DETR, D-FINE", labels_boxes_scores, 80, fit="stretch")
    queries = find_boxes_and_logits(outputs)
    if queries is not None:
        classes = queries[1].shape[1]
        if {"dets", "labels"} <= outputs.keys():
            return Head("RF-DETR", boxes_and_logits, classes, fit="stretch", **IMAGENET)
        return Head("RT-DETR, D-FINE", boxes_and_logits, classes, fit="stretch")
    if first.ndim != 3 or len(first) != 1:
        return None
    return _recognize_rows(first, size, names)


def unknown_head(outputs: Outputs) -> UserError:
    """Return an error that says what was found and what is known."""
    found = ", ".join(f"{name} {' x '.join(map(str, array.shape))}" for name, array in outputs.items())
    return UserError(f"gives {found}; known are {'; '.join(FAMILIES)}")


def _recognize_rows(first: NDArray, size: tuple[int, int], names: int | None) -> Head | None:
    """Tell the families apart that give one table."""
    _, rows, columns = first.shape
    grids = [cells(size, strides) for strides in STRIDES]
    if rows in [3 * number for number in grids] and columns > 5:
        return Head("YOLOv5, v7", yolo_with_objectness, columns - 5, max_iou=YOLO_IOU)
    if columns in grids and rows > 4:
        classes = min(names or rows - 4, rows - 4)
        return Head("YOLOv8 and later", partial(yolo_without_objectness, classes=classes), classes, max_iou=YOLOV8_IOU)
    if rows in grids and columns > 5:
        in_pixels = first[0, :, :2].max() > max(size) / 2  # rather than within its cell
        if in_pixels and (first[0, :, 4] == 1).all():
            return Head("YOLOv6", yolo_with_objectness, columns - 5, max_iou=YOLO_IOU)
        decode = yolo_with_objectness if in_pixels else yolox
        return Head("YOLOX", decode, columns - 5, fit="corner", max_iou=YOLO_IOU, **UNSCALED)
    if columns == 6:
        return Head("end-to-end YOLO", yolo_end_to_end, names)
    if columns > 6 and names in (None, columns - 4) and rows <= 1000:
        return Head("RT-DETR by Ultralytics", boxes_and_scores, columns - 4, fit="stretch")
    return None
