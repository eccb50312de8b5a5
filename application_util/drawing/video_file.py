"""Writing videos: motion JPEG in .avi by OpenCV, H.264 in .mp4 by imageio-ffmpeg's ffmpeg."""

from __future__ import annotations

import contextlib
import math
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from application_util.errors import UserError, require
from application_util.sequences.video_source import open_video

if TYPE_CHECKING:
    import numpy as np

FRAMES_IN_FLIGHT = 8
H264_OPTIONS = ["-crf", "21", "-preset", "veryfast", "-movflags", "+faststart"]

Encoder = Generator[None, "np.ndarray", None]


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
        encoder = _h264 if h264 else _opencv
        self._encoder = encoder(self.partial_path, self.size, fps, fourcc or "MJPG")
        next(self._encoder)
        self._frames: queue.Queue[np.ndarray | None] = queue.Queue(FRAMES_IN_FLIGHT)
        self._error: Exception | None = None
        self.complete = True
        self._thread: threading.Thread | None = threading.Thread(target=self._encode, daemon=True)
        self._thread.start()

    def write(self, image: np.ndarray) -> None:
        """Append a (height, width, 3) uint8 image (blue, green, red), which may be changed afterwards."""
        import cv2

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
        while (frame := self._frames.get()) is not None:
            self._attempt(lambda frame=frame: self._encoder.send(frame))  # type: ignore[misc]
        self._attempt(self._encoder.close)

    def _attempt(self, action: Callable[[], None]) -> None:
        if self._error is None:
            try:
                action()
            except Exception as error:
                self._error = error

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
                print(f"stopped before the end: the video so far is in {video.partial_path}", file=sys.stderr)


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


def _opencv(path: Path, size: tuple[int, int], fps: float, fourcc: str) -> Encoder:
    """Encode the frames sent to it with OpenCV, until closed."""
    import cv2

    # An absolute name, because what comes before a colon is taken for a protocol.
    writer = cv2.VideoWriter(os.path.abspath(path), cv2.VideoWriter.fourcc(*fourcc), fps, size)
    if not writer.isOpened():
        raise UserError(f"{path}: OpenCV cannot write {fourcc} video here, use .avi or .mp4")
    frames = 0
    try:
        while True:
            writer.write((yield))
            frames += 1
    finally:
        writer.release()
        _check_complete(path, frames)


def _check_complete(path: Path, frames: int) -> None:
    """Make sure that an .avi ends as it should: OpenCV keeps silent when a frame could not be written."""
    import cv2

    if frames and path.suffix.lower() == ".avi":
        announced = round(open_video(path).get(cv2.CAP_PROP_FRAME_COUNT))
        if announced != frames:
            raise OSError("not all frames could be written; is the disk full, or the frame rate too high?")


def _h264(path: Path, size: tuple[int, int], fps: float, fourcc: str) -> Encoder:
    """Encode the frames sent to it with ffmpeg's x264, until closed."""
    width, height = size
    command = [require("imageio_ffmpeg", "video").get_ffmpeg_exe(), "-y", "-v", "error"]
    command += ["-f", "rawvideo", "-pix_fmt", "bgr24", "-s", f"{width}x{height}", "-r", str(fps), "-i", "-"]
    command += ["-c:v", "libx264", "-pix_fmt", "yuv420p", *H264_OPTIONS, os.path.abspath(path)]
    with tempfile.TemporaryFile() as log:
        # In a session of its own, Ctrl-C does not reach ffmpeg, which is told to end by the end of its input.
        process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=log, start_new_session=True
        )
        assert process.stdin is not None
        try:
            with contextlib.suppress(BrokenPipeError):  # ffmpeg has given up, and its log says why
                while True:
                    process.stdin.write((yield).data)
        finally:
            with contextlib.suppress(BrokenPipeError):
                process.stdin.close()
            if process.wait():
                log.seek(0)
                lines = log.read().decode(errors="replace").split("\n")
                raise OSError(next((line for line in reversed(lines) if line.strip()), "ffmpeg failed"))
