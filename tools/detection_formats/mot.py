"""Detections in a MOTChallenge det.txt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from application_util.files.mot_table import read_detections
from tools.detection_formats.box import Box, Export, to_frame


def read_mot(path: Path) -> Export:
    """Read rows of frame, id, left, top, width, height, confidence, optionally the number of a class.

    The 8th column is a class where it is a whole number of at least 0 and the next is -1 or, as in ground truth, a
    visibility from 0 to 1; in 3-D tables it is a position.
    """
    return Export(_boxes(path), {})


def _boxes(path: Path) -> Iterator[Box]:
    for number, row in enumerate(read_detections(path).tolist(), start=1):
        place = f"{path}: row {number}"
        has_class = row[7] >= 0 and row[7].is_integer() and (row[8] == -1 or 0 <= row[8] <= 1) and row[9] == -1
        class_id = str(int(row[7])) if has_class else None
        left, top, width, height, confidence = row[2:7]
        yield Box(place, to_frame(row[0], place), left, top, width, height, confidence, class_id)
