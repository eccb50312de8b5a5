"""Encoders of videos: motion JPEG by OpenCV, H.264 by imageio-ffmpeg's ffmpeg."""

from __future__ import annotations

import contextlib
import os
import subprocess
import tempfile
from pathlib import Path

import numpy as np

from application_util import opencv as cv2
from application_util.errors import UserError, require
from application_util.sequences.video_source import name_for_opencv, open_video, without_messages

H264_OPTIONS = [
    "-c:v",
    "libx264",
    "-pix_fmt",
    "yuv420p",
    "-crf",
    "21",
    "-preset",
    "veryfast",
    "-movflags",
    "+faststart",
]


class OpenCVEncoder:
    """Encodes frames with OpenCV, as motion JPEG or by another codec that it knows."""

    def __init__(self, path: Path, size: tuple[int, int], fps: float, fourcc: str = "MJPG") -> None:
        self._path, self._frames = path, 0
        name = name_for_opencv(path)
        self._writer = without_messages(cv2.VideoWriter, name, cv2.VideoWriter.fourcc(*fourcc), fps, size)
        if not self._writer.isOpened():
            raise UserError(
                f"{path}: OpenCV cannot write {fourcc} video of {fps:g} frames per second here, use .avi or .mp4"
            )

    def write(self, frame: np.ndarray) -> None:
        """Append a frame of the video's size."""
        self._writer.write(frame)
        self._frames += 1

    def close(self) -> None:
        """Finish the file, and make sure of its end: OpenCV keeps silent when a frame could not be written."""
        self._writer.release()
        if self._frames and self._path.suffix.lower() == ".avi":
            announced = round(open_video(self._path).get(cv2.CAP_PROP_FRAME_COUNT))
            if announced != self._frames or _is_cut(self._path):
                raise OSError("not all frames could be written; is the disk full, or the frame rate too high?")


def _is_cut(path: Path) -> bool:
    """Return whether an AVI file is shorter than its head says."""
    with path.open("rb") as file:
        return path.stat().st_size < int.from_bytes(file.read(8)[4:], "little") + 8


class H264Encoder:
    """Encodes frames with ffmpeg's x264, which keeps the descriptors `locks` open as long as it runs."""

    def __init__(self, path: Path, size: tuple[int, int], fps: float, locks: tuple[int, ...] = ()) -> None:
        form = ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{size[0]}x{size[1]}", "-r", str(fps)]
        ffmpeg = require("imageio_ffmpeg", "video").get_ffmpeg_exe()
        command = [ffmpeg, "-y", "-v", "error", *form, "-i", "-", *H264_OPTIONS, os.path.abspath(path)]
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 (`close` closes it)
        # In a session of its own, Ctrl-C does not reach ffmpeg, which is told to end by the end of its input.
        self._process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=self._log,
            start_new_session=True,
            pass_fds=locks,
        )
        assert self._process.stdin is not None
        self._input = self._process.stdin

    def write(self, frame: np.ndarray) -> None:
        """Append a frame of the video's size."""
        with contextlib.suppress(BrokenPipeError):  # ffmpeg has given up: `close` says why
            self._input.write(frame.data)

    def close(self) -> None:
        """Finish the file."""
        with self._log:
            with contextlib.suppress(BrokenPipeError):
                self._input.close()
            if self._process.wait():
                self._log.seek(0)
                lines = self._log.read().decode(errors="replace").split("\n")
                raise OSError(next((line for line in reversed(lines) if line.strip()), "ffmpeg failed"))
