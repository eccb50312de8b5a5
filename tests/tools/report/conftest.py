"""A sequence, its results and a place for the report."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from tools.make_report import main
from tools.report.gather import gather

NAME, FRAMES, WIDTH, HEIGHT = "SEQ-01", 12, 160, 120
LIFESPANS = {1: (1, 2, 3, 6, 7), 4: (2, 3, 4), 5: (8, 9, 10, 11, 12)}
STRETCHES = [(1, 1, 3), (1, 6, 7), (4, 2, 4), (5, 8, 12)]


class Folder:
    """A sequence, its results and a place for the report."""

    def __init__(self, path: Path):
        self.mot_dir, self.result_dir, self.video_dir = path / "mot", path / "results", path / "videos"
        self.sequence, self.report = self.mot_dir / NAME, path / "out" / "report.html"
        for folder in (self.sequence, self.result_dir, self.video_dir):
            folder.mkdir(parents=True)
        info = f"[Sequence]\nname={NAME}\nframeRate=10\nseqLength={FRAMES}\n"
        (self.sequence / "seqinfo.ini").write_text(info)
        self.write_results([result_row(frame, track) for track, frames in LIFESPANS.items() for frame in frames])

    def write_results(self, rows: list[str], name: str = NAME) -> None:
        (self.result_dir / f"{name}.txt").write_text("\n".join(rows))

    def add_sequence(self, name: str) -> None:
        (self.mot_dir / name).mkdir()
        self.write_results([result_row(1, 1)], name)

    def add_images(self) -> None:
        (self.sequence / "img1").mkdir()
        for frame in range(1, FRAMES + 1):
            image = np.full((HEIGHT, WIDTH, 3), 10 * frame, np.uint8)
            cv2.imwrite(str(self.sequence / "img1" / f"{frame:06d}.jpg"), image)

    def add_truth(self) -> None:
        """Person 3 is where track 1 is, and then where track 5 is."""
        (self.sequence / "gt").mkdir()
        rows = [result_row(frame, track) for track in (1, 5) for frame in LIFESPANS[track]]
        people = [",".join([row.split(",")[0], "3", *row.split(",")[2:6], "1,1,1"]) for row in rows]
        (self.sequence / "gt" / "gt.txt").write_text("\n".join(people))

    def arguments(self, *more: object) -> list[str]:
        flags = ("--mot_dir", self.mot_dir, "--result_dir", self.result_dir, "--output_file", self.report)
        return [*map(str, flags), *map(str, more)]

    def make(self, *more: object) -> str:
        assert main(self.arguments(*more)) == 0
        assert not self.report.with_name("report.html.partial").exists()
        return self.report.read_text(encoding="utf-8")

    def tracked(self):
        return gather(self.mot_dir, self.result_dir)[0][0]


def result_row(frame: int, track: int) -> str:
    return f"{frame},{track},{20 * track + 3 * frame * (frame % 2):.2f},{10 + frame:.2f},16.00,40.00,1,-1,-1,-1"


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)
