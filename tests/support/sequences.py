"""Small sequences, the files that go with them, and whole benchmarks."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import cv2
import numpy as np

from tests.support.paths import GOLDEN

GREY = 90


def frame_image(frame: int, size: tuple[int, int] = (96, 128)) -> np.ndarray:
    """Return a plain image whose brightness is the frame's."""
    return np.full((*size, 3), GREY + frame % 100, dtype=np.uint8)


def noise_image(frame: int, size: tuple[int, int] = (96, 128)) -> np.ndarray:
    """Return an image of noise, another for each frame."""
    return np.random.default_rng(frame).integers(0, 256, (*size, 3), np.uint8)


def make_sequence(
    folder: Path,
    frames: int | Iterable[int] = 8,
    size: tuple[int, int] = (96, 128),
    frame_rate: object = "10",
    length: int | None = None,
    image: Callable[[int, tuple[int, int]], np.ndarray] = frame_image,
    suffix: str = "png",
) -> Path:
    """Write a sequence folder and return it: images of these frames, and a seqinfo.ini if there is a frame rate."""
    folder.mkdir(parents=True, exist_ok=True)
    for frame in range(1, frames + 1) if isinstance(frames, int) else frames:
        (folder / "img1").mkdir(exist_ok=True)
        cv2.imwrite(str(folder / "img1" / f"{frame:06d}.{suffix}"), image(frame, size))
    if frame_rate is not None:
        info = {"name": folder.name, "frameRate": frame_rate} | ({} if length is None else {"seqLength": length})
        lines = ["[Sequence]", *(f"{key}={value}" for key, value in info.items())]
        (folder / "seqinfo.ini").write_text("\n".join(lines) + "\n")
    return folder


def walk(frames: int, track_id: int = 1, start: tuple[float, float] = (10.0, 30.0), step: float = 4.0) -> list[list]:
    """Return rows (frame, id, left, top, width, height) of a box that goes to the right."""
    return [[frame, track_id, start[0] + step * (frame - 1), start[1], 20.0, 40.0] for frame in range(1, frames + 1)]


def write_results(path: Path, rows: list[list]) -> Path:
    """Write a result file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = ["%d,%d,%.2f,%.2f,%.2f,%.2f,1,-1,-1,-1\n" % tuple(row) for row in rows]  # noqa: UP031
    path.write_text("".join(lines))
    return path


def write_detections(path: Path, frames: int, features: int = 4) -> Path:
    """Write a detection file of one person that stands at (30, 20), 20 wide, 40 high."""
    rows = np.full((frames, 10 + features), -1.0, dtype=np.float32)
    rows[:, 0] = np.arange(1, frames + 1)
    rows[:, 2:7] = 30, 20, 20, 40, 1
    rows[:, 10:] = 0.5
    np.save(path, rows)
    return path


class Benchmark:
    """A benchmark in a folder: ``mot/<name>``, ``detections/<name>.npy`` and an empty place for results."""

    def __init__(self, folder: Path):
        self.mot_dir = folder / "mot"
        self.detection_dir = folder / "detections"
        self.output_dir = folder / "results"
        self.mot_dir.mkdir()
        self.detection_dir.mkdir()

    @classmethod
    def at(cls, folder: Path, other: Benchmark) -> Benchmark:
        """Return the same benchmark with another place for results."""
        benchmark = cls.__new__(cls)
        benchmark.mot_dir, benchmark.detection_dir = other.mot_dir, other.detection_dir
        benchmark.output_dir = folder / "results"
        return benchmark

    def add(self, name: str, source: str = "walkers", truth: bool = True, frames: int | None = None) -> str:
        rows = np.load(GOLDEN / f"{source}.npy")
        if frames is not None:
            rows = rows[rows[:, 0] <= frames]
        length = int(rows[:, 0].max())
        make_sequence(self.mot_dir / name, frames=[], frame_rate=25, length=length)
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
