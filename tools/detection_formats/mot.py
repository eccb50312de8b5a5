"""Detections in a MOTChallenge det.txt."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from application_util.mot_text import read_table

from .box import Box


def read_mot(path: Path) -> Iterator[Box]:
    """Read rows of frame, id, left, top, width, height, confidence; further columns do not matter."""
    for number, row in enumerate(read_table(path).tolist(), start=1):
        yield Box(f"{path}: row {number}", int(row[0]), *row[2:7])
