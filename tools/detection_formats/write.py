"""Detections of another tool as a det.txt, or an array of the same numbers."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from application_util.files.detection_writer import open_writer
from application_util.files.mot_table import BOX_COLUMNS
from application_util.files.output import whole_file
from tools.detection_formats.box import DECIMALS, Box


def write_detections(boxes: Iterable[Box], path: Path, write_class: bool = False) -> None:
    """Write detections in the 10 columns of det.txt; the file appears when it is complete.

    Parameters
    ----------
    boxes : iterable of Box
    path : Path
        ``.npy`` for an array of the same numbers, text otherwise.
    write_class : bool
        Put the number of the class in the 8th column, which is -1 otherwise.
    """
    lines = [",".join(det_row(box, write_class)) for box in boxes]
    if path.suffix.lower() == ".npy":
        with open_writer(path, 0) as array:
            rows = np.array([line.split(",") for line in lines], np.float64).reshape(-1, BOX_COLUMNS)
            array.write(rows, rows[:, :0])
        return
    with whole_file(path, "choose another --output_file", encoding="ascii", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def det_row(box: Box, write_class: bool = False) -> list[str]:
    """Return the 10 columns of a detection; its confidence is 1 where there is none."""
    number = box.class_id if write_class and box.class_id is not None and box.class_id.isdecimal() else "-1"
    confidence = 1.0 if box.confidence is None else box.confidence
    numbers = (box.left, box.top, box.width, box.height, confidence)
    return [str(box.frame), "-1", *map(_decimal, numbers), number, "-1", "-1"]


def _decimal(number: float) -> str:
    """Write a number with at most `DECIMALS` decimals, and no more than it needs."""
    text = f"{number:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
