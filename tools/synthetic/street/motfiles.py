"""Writes a sequence folder in the form of MOT16."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tools.synthetic.street.scene import Sighting


def write_detections(folder: Path, rows: np.ndarray) -> None:
    """Write det/det.txt from (N, 6) rows of frame, left, top, width, height and score."""
    lines = [f"{frame:.0f},-1,{_box(box)},{score:.6f},-1,-1,-1\n" for frame, *box, score in rows]
    _write(folder / "det" / "det.txt", lines)


def write_ground_truth(folder: Path, sightings: list[list[Sighting]]) -> None:
    """Write gt/gt.txt: frame, id, left, top, width, height, 1 (counts), 1 (pedestrian), visibility; by id."""
    rows = [
        (seen.person, frame, f"{frame},{seen.person},{_box(seen.box)},1,1,{seen.visibility:.5f}\n")
        for frame, everybody in enumerate(sightings, start=1)
        for seen in everybody
    ]
    lines = [line for _, _, line in sorted(rows)]
    _write(folder / "gt" / "gt.txt", lines)


def _box(box: Iterable[float]) -> str:
    return ",".join(f"{value:.2f}" for value in box)


def _write(path: Path, lines: list[str]) -> None:
    path.parent.mkdir(exist_ok=True)
    with open(path, "w", encoding="ascii", newline="\n") as file:
        file.writelines(lines)
