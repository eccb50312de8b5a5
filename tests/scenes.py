"""Small sequences for tests of what is drawn."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

GREY = 90


def frame_image(frame: int, size: tuple[int, int] = (96, 128)) -> np.ndarray:
    """Return a plain image whose brightness tells the frame."""
    return np.full((*size, 3), GREY + frame % 100, dtype=np.uint8)


def make_sequence(
    directory: Path,
    frames: int | list[int] = 8,
    size: tuple[int, int] = (96, 128),
    frame_rate: str | None = "10",
) -> Path:
    """Write a sequence folder with lossless images and return it."""
    (directory / "img1").mkdir(parents=True)
    for frame in range(1, frames + 1) if isinstance(frames, int) else frames:
        cv2.imwrite(str(directory / "img1" / f"{frame:06d}.png"), frame_image(frame, size))
    if frame_rate is not None:
        (directory / "seqinfo.ini").write_text(f"[Sequence]\nframeRate={frame_rate}\n")
    return directory


def walk(
    frames: int, track_id: int = 1, start: tuple[float, float] = (10.0, 30.0), step: float = 4.0
) -> list[list]:
    """Return rows (frame, id, left, top, width, height) of a box that goes to the right."""
    return [
        [frame, track_id, start[0] + step * (frame - 1), start[1], 20.0, 40.0]
        for frame in range(1, frames + 1)
    ]


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


def read_video(path: Path) -> tuple[list[np.ndarray], float]:
    """Return the frames of a video and its frames per second."""
    capture = cv2.VideoCapture(str(path))
    frames: list[np.ndarray] = []
    while True:
        there, frame = capture.read()
        if not there:
            return frames, capture.get(cv2.CAP_PROP_FPS)
        frames.append(frame)
