"""Small videos, whose frames show their numbers as black and white bars."""

from __future__ import annotations

import subprocess
from pathlib import Path

import cv2
import imageio_ffmpeg
import numpy as np

from application_util.drawing.video_file import VideoFile

SIZE = (96, 128)
BITS = 8


def bars(frame: int) -> np.ndarray:
    """Return an image with a bar for each bit of a number."""
    bits = [frame >> bit & 1 for bit in range(BITS)]
    row = np.repeat(bits, SIZE[1] // BITS).astype(np.uint8) * 200 + 20
    return np.tile(row[None, :, None], (SIZE[0], 1, 3))


def number(image: np.ndarray) -> int:
    """Read the bars of an image."""
    means = image.mean(axis=(0, 2)).reshape(BITS, -1).mean(axis=1)
    return sum(1 << bit for bit in range(BITS) if means[bit] > 120)


def write_film(path: Path, frames: int = 12, fps: float = 10) -> Path:
    """Write a video of 128 x 96 pixels; .mkv by way of .mp4."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".mkv":
        film = write_film(path.with_suffix(".mp4"), frames, fps)
        ffmpeg("-i", film, "-c", "copy", path)
        film.unlink()
        return path
    with VideoFile(path, SIZE[::-1], fps) as video:
        for frame in range(1, frames + 1):
            video.write(bars(frame))
    return path


def ffmpeg(*args: object) -> None:
    """Run the encoder that the package brings."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-y", "-loglevel", "error", *map(str, args)]
    subprocess.run(command, check=True, stdin=subprocess.DEVNULL)


def read_video(path: Path) -> tuple[list[np.ndarray], float]:
    """Return the frames of a video and its frames per second."""
    capture = cv2.VideoCapture(str(path))
    frames: list[np.ndarray] = []
    while True:
        there, frame = capture.read()
        if not there:
            return frames, capture.get(cv2.CAP_PROP_FPS)
        frames.append(frame)
