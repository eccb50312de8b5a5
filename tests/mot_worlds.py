"""Small benchmarks: sequence folders with ground truth and detection files."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .conftest import GOLDEN

SOURCES = ("walkers", "crowded")


class World:
    """A benchmark in a folder: ``mot/<name>``, ``detections/<name>.npy`` and an empty place for results."""

    def __init__(self, folder: Path):
        self.mot_dir = folder / "mot"
        self.detection_dir = folder / "detections"
        self.output_dir = folder / "results"
        self.mot_dir.mkdir()
        self.detection_dir.mkdir()

    @classmethod
    def at(cls, folder: Path, other: World) -> World:
        """Return the same benchmark with another place for results."""
        world = cls.__new__(cls)
        world.mot_dir, world.detection_dir = other.mot_dir, other.detection_dir
        world.output_dir = folder / "results"
        return world

    def add(self, name: str, source: str = "walkers", truth: bool = True, frames: int | None = None) -> str:
        rows = np.load(GOLDEN / f"{source}.npy")
        if frames is not None:
            rows = rows[rows[:, 0] <= frames]
        directory = self.mot_dir / name
        directory.mkdir()
        length = int(rows[:, 0].max())
        (directory / "seqinfo.ini").write_text(f"[Sequence]\nname={name}\nframeRate=25\nseqLength={length}\n")
        np.save(self.detection_dir / f"{name}.npy", rows)
        if truth:
            self.add_truth(name, source, length)
        return name

    def add_truth(self, name: str, source: str, length: int = 10**9) -> None:
        path = self.mot_dir / name / "gt" / "gt.txt"
        path.parent.mkdir()
        write_truth(path, source, length)

    def result(self, name: str) -> Path:
        return self.output_dir / f"{name}.txt"

    def flags(self) -> list[str]:
        return [
            *("--mot_dir", str(self.mot_dir)),
            *("--detection_dir", str(self.detection_dir)),
            *("--output_dir", str(self.output_dir)),
        ]


def write_truth(path: Path, source: str, length: int, seed: int = 0) -> None:
    """Write what the recorded tracks might have come from: shifted, with gaps, and some that are not to be scored."""
    rng = np.random.default_rng(seed)
    tracks = np.loadtxt(GOLDEN / f"{source}-A.txt", delimiter=",")
    tracks = tracks[(tracks[:, 0] <= length) & (rng.random(len(tracks)) < 0.9)]
    tracks[:, 2:6] += rng.normal(0, 0.08, (len(tracks), 4)) * tracks[:, 4:5]
    tracks[:, 4:6] = np.maximum(tracks[:, 4:6], 2)
    swapped = (tracks[:, 0] > tracks[:, 0].max() / 2) & (tracks[:, 1] <= 2)
    tracks[swapped, 1] = 3 - tracks[swapped, 1]
    classes = np.where(tracks[:, 1] % 7 == 0, 8, 1)
    flags = (rng.random(len(tracks)) < 0.97) & (classes == 1)
    truth = np.column_stack([tracks[:, :6], flags, classes, rng.random(len(tracks))])
    np.savetxt(path, truth, fmt="%d,%d,%.1f,%.1f,%.1f,%.1f,%d,%d,%.3f")
