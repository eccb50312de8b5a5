"""Writing videos: motion JPEG in .avi by OpenCV, H.264 in .mp4 by imageio-ffmpeg's ffmpeg."""

from __future__ import annotations

import contextlib
import math
import os
import queue
import subprocess
import tempfile
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np

from application_util.errors import UserError, require
from application_util.progress import say
from application_util.sequences.video_source import open_video

FRAMES_IN_FLIGHT = 8
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


def frames_per_second(update_ms: float) -> int:
    """Give the whole number of frames that fit into a second, ``floor(1000 / update_ms)``, at least 1."""
    return max(1, math.floor(1000 / update_ms + 1e-6))


class VideoFile:
    """A video being written; encoding runs in a thread of its own beside the caller's drawing.

    Frames go to ``<name>.partial.<extension>``, which gets its name when the video is complete.
    A context manager: an exception leaves the partial file, which is playable up to the last frame.

    Parameters
    ----------
    path : str or Path
        The video. ``.avi`` means motion JPEG, ``.mp4`` H.264 (yuv420p, CRF 21). Its folder is created.
    size : tuple of int
        Width and height in pixels; frames of other sizes are resized. H.264 rounds down to even numbers.
    fps : float
        Frames per second.
    fourcc : str, optional
        Name of another codec, which OpenCV then writes.

    Attributes
    ----------
    path, partial_path : Path
        The video's name, when it is complete and until then.
    size : tuple of int
        Width and height in pixels.
    complete : bool
        False after `keep_partial`.

    Raises
    ------
    UserError
        If the file cannot be written, the extension is unknown, or H.264 is asked for and
        imageio-ffmpeg is not installed.
    """

    def __init__(
        self, path: str | Path, size: tuple[int, int], fps: float, fourcc: str | None = None
    ) -> None:
        self.path = Path(path)
        self.partial_path = self.path.with_name(f"{self.path.stem}.partial{self.path.suffix}")
        h264 = check_video_path(self.path, fourcc)
        width, height = size
        self.size = (width - width % 2, height - height % 2) if h264 else (width, height)
        self._encoder: OpenCVEncoder | H264Encoder
        if h264:
            self._encoder = H264Encoder(self.partial_path, self.size, fps)
        else:
            self._encoder = OpenCVEncoder(self.partial_path, self.size, fps, fourcc or "MJPG")
        self._frames: queue.Queue[np.ndarray | None] = queue.Queue(FRAMES_IN_FLIGHT)
        self._error: Exception | None = None
        self.complete = True
        self._thread: threading.Thread | None = threading.Thread(target=self._encode, daemon=True)
        self._thread.start()

    def write(self, image: np.ndarray) -> None:
        """Append a (height, width, 3) uint8 image (blue, green, red), which may be changed afterwards."""
        fits = image.shape[1::-1] == self.size
        self._frames.put(image.copy() if fits else cv2.resize(image, self.size))
        self._raise_error()

    def keep_partial(self) -> None:
        """Leave the frames in the partial file, because the sequence was not shown to its end."""
        self.complete = False

    def close(self) -> None:
        """Finish the file and, unless `keep_partial` was called, give it its name."""
        if self._thread is None:
            return
        self._frames.put(None)
        self._thread.join()
        self._thread = None
        if self.complete:
            self._raise_error()
            os.replace(self.partial_path, self.path)

    def __enter__(self) -> VideoFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self.keep_partial()
        self.close()

    def _encode(self) -> None:
        """Feed the encoder until the end marker comes; after a failure, only empty the queue."""
        frames = self._take_frames()
        try:
            with contextlib.closing(self._encoder) as encoder:
                for frame in frames:
                    encoder.write(frame)
        except Exception as error:
            self._error = error
        for _ in frames:
            pass

    def _take_frames(self) -> Iterator[np.ndarray]:
        while (frame := self._frames.get()) is not None:
            yield frame

    def _raise_error(self) -> None:
        if self._error is not None:
            reason = str(self._error).strip().splitlines() or ["the encoder stopped"]
            raise UserError(f"{self.partial_path}: writing the video failed: {reason[-1]}") from self._error


@contextlib.contextmanager
def open_videos(
    paths: Iterable[str | Path], size: tuple[int, int], update_ms: float
) -> Iterator[list[VideoFile]]:
    """Open a video for each path; after the block they are in place, or it is said where they are.

    Parameters
    ----------
    paths : iterable of str or Path
        Names of the videos, see `VideoFile`.
    size : tuple of int
        Width and height in pixels.
    update_ms : float
        Time between frames in milliseconds.
    """
    fps = frames_per_second(update_ms)
    videos: list[VideoFile] = []
    try:
        with contextlib.ExitStack() as stack:
            videos.extend(stack.enter_context(VideoFile(path, size, fps)) for path in paths)
            yield videos
    finally:
        for video in videos:
            if not video.complete and video.partial_path.exists():
                say(f"stopped before the end: the video so far is in {video.partial_path}")


def check_video_path(path: Path, fourcc: str | None = None) -> bool:
    """Make sure that a video can be written to `path`, before any work; return whether it will be H.264.

    Raises
    ------
    UserError
        As `VideoFile` does.
    """
    suffix = path.suffix.lower()
    if fourcc is None and suffix not in (".avi", ".mp4"):
        raise UserError(f"{path}: unknown kind of video, use a name that ends in .avi or .mp4")
    if path.is_dir():
        raise UserError(f"{path}: is a folder, give the name of a video file")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UserError(f"{path.parent}: cannot be created: {error.strerror}") from None
    if not os.access(path.parent, os.W_OK) or (path.exists() and not os.access(path, os.W_OK)):
        raise UserError(f"{path}: cannot be written, no permission")
    h264 = fourcc is None and suffix == ".mp4"
    if h264:
        require("imageio_ffmpeg", "video")
    return h264


class OpenCVEncoder:
    """Encodes frames with OpenCV, as motion JPEG or by another codec that it knows."""

    def __init__(self, path: Path, size: tuple[int, int], fps: float, fourcc: str = "MJPG") -> None:
        self._path, self._frames = path, 0
        # An absolute name, because what comes before a colon is taken for a protocol.
        self._writer = cv2.VideoWriter(os.path.abspath(path), cv2.VideoWriter.fourcc(*fourcc), fps, size)
        if not self._writer.isOpened():
            raise UserError(f"{path}: OpenCV cannot write {fourcc} video here, use .avi or .mp4")

    def write(self, frame: np.ndarray) -> None:
        """Append a frame of the video's size."""
        self._writer.write(frame)
        self._frames += 1

    def close(self) -> None:
        """Finish the file, and make sure of its end: OpenCV keeps silent when a frame could not be written."""
        self._writer.release()
        if self._frames and self._path.suffix.lower() == ".avi":
            announced = round(open_video(self._path).get(cv2.CAP_PROP_FRAME_COUNT))
            if announced != self._frames:
                raise OSError(
                    "not all frames could be written; is the disk full, or the frame rate too high?"
                )


class H264Encoder:
    """Encodes frames with ffmpeg's x264."""

    def __init__(self, path: Path, size: tuple[int, int], fps: float) -> None:
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
