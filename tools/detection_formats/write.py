"""Detections of another tool as a det.txt, or an array of the same numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np

from application_util.files.detection_writer import open_writer
from application_util.files.mot_table import BOX_COLUMNS, CONFIDENCE_COLUMN
from application_util.files.output import whole_file
from tools.detection_formats.box import DECIMALS, Box, score_text


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
    lines = [row_text(_columns(box, write_class)) for box in boxes]
    if path.suffix.lower() == ".npy":
        with open_writer(path, 0) as array:
            rows = np.array([line.split(",") for line in lines], np.float64).reshape(-1, BOX_COLUMNS)
            array.write(rows, rows[:, :0])
        return
    with whole_file(path, "choose another --output_file", encoding="ascii", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def row_text(row: Sequence[float]) -> str:
    """Return a line of det.txt; the confidence, whose order counts, in all digits that a 32-bit number has."""
    fields = [_decimal(number) for number in row]
    fields[CONFIDENCE_COLUMN] = score_text(row[CONFIDENCE_COLUMN])
    return ",".join(fields)


def _columns(box: Box, write_class: bool) -> tuple[float, ...]:
    """Return the 10 columns of a detection; its confidence is 1 where there is none."""
    number = int(box.class_id) if write_class and (box.class_id or "").isdecimal() else -1  # type: ignore[arg-type]
    confidence = 1.0 if box.confidence is None else box.confidence
    return box.frame, -1, box.left, box.top, box.width, box.height, confidence, number, -1, -1


def _decimal(number: float) -> str:
    """Write a number with at most `DECIMALS` decimals, and no more than it needs."""
    text = f"{number:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
