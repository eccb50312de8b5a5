"""Detectors of other packages, where the user has installed them, and functions of one's own."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from application_util.errors import UserError
from tools.detection_formats.class_names import Names
from tools.detectors.boxes import NO_BOXES, Boxes, Detector, Image
from tools.detectors.class_names import coco_names

WITH_BOXES = {"ultralytics": "YOLO", "libreyolo": "LibreYOLO"}
"""Packages whose networks give results with ``boxes`` -> the class that opens a file of weights."""

Opened = tuple[Detector, Names]


def open_package(package: str, model: str, min_confidence: float) -> Opened:
    """Open a network of a package.

    Parameters
    ----------
    package : str
        A key of `PACKAGES`.
    model : str
        What the package knows it by: a file of weights, for rfdetr the size, such as ``nano``.
    min_confidence : float

    Raises
    ------
    UserError
        If the package is not installed, or has no such network.
    """
    return PACKAGES[package](_import(package), model, min_confidence)


def open_function(name: str) -> Opened:
    """Open ``module:function``; modules of the current folder are found as well.

    Raises
    ------
    UserError
        If there is no such function.
    """
    module, _, function = name.partition(":")
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))
    try:
        found = getattr(importlib.import_module(module), function)
    except (ModuleNotFoundError, AttributeError) as error:
        raise UserError(f"{name}: no such function ({error})") from None
    except Exception as error:  # whatever goes wrong in a user's own module
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise UserError(f"{name}: {module} cannot be imported ({reason:.200})") from None
    if not callable(found) or isinstance(found, type):
        raise UserError(f"{name}: not a function, expected one that takes an image")
    return found, {}


def _import(package: str) -> ModuleType:
    try:
        return importlib.import_module(package)
    except ModuleNotFoundError as error:
        if error.name != package:
            raise
        raise UserError(
            f"{package} is not installed, and this detector needs it: pip install {package} (see its licence)"
        ) from None


def _open_with_boxes(package: ModuleType, model: str, min_confidence: float) -> Opened:
    network = getattr(package, WITH_BOXES[package.__name__])(model)

    def detect(image: Image) -> Boxes:
        result = network.predict(image, conf=min_confidence, verbose=False)
        boxes = (result[0] if isinstance(result, list) else result).boxes
        return _from_corners(boxes.xyxy, boxes.conf, boxes.cls)

    return detect, dict(getattr(network, "names", None) or coco_names(80))


def _open_rfdetr(package: ModuleType, model: str, min_confidence: float) -> Opened:
    name = f"RFDETR{model.capitalize()}"
    if not hasattr(package, name):
        sizes = sorted(each[6:].lower() for each in dir(package) if each.startswith("RFDETR") and each[6:])
        raise UserError(f"rfdetr:{model}: no such network; there are {', '.join(sizes)}")
    network = getattr(package, name)()

    def detect(image: Image) -> Boxes:
        found = network.predict(image[..., ::-1].copy(), threshold=min_confidence)
        return _from_corners(found.xyxy, found.confidence, found.class_id)

    return detect, coco_names(91)


PACKAGES: dict[str, Callable[[ModuleType, str, float], Opened]] = {
    "ultralytics": _open_with_boxes,
    "libreyolo": _open_with_boxes,
    "rfdetr": _open_rfdetr,
}


def _from_corners(tlbr: Any, scores: Any, classes: Any) -> Boxes:
    """Turn arrays or tensors, on whatever device, into boxes."""
    corners, confidences, numbers = (
        np.asarray(each.cpu() if hasattr(each, "cpu") else each) for each in (tlbr, scores, classes)
    )
    if not len(corners):
        return NO_BOXES
    tlwh = np.hstack([corners[:, :2], corners[:, 2:4] - corners[:, :2]]).astype(np.float64)
    return Boxes(tlwh, confidences.astype(np.float64), numbers.astype(np.int64))
