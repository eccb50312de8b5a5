"""Detections in a MOTChallenge det.txt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from application_util.files.mot_table import read_table
from tools.detection_formats.box import Box, to_frame


def read_mot(path: Path) -> Iterator[Box]:
    """Read rows of frame, id, left, top, width, height, confidence; further columns do not matter."""
    for number, row in enumerate(read_table(path).tolist(), start=1):
        place = f"{path}: row {number}"
        yield Box(place, to_frame(row[0], place), *row[2:7])
