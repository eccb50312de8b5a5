"""Videos in the making: encoded beside the drawing, and in place only when they are complete."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

import numpy as np

from application_util import opencv as cv2
from application_util.drawing.video_encoder import H264Encoder, OpenCVEncoder
from application_util.errors import UserError, require
from application_util.files.output import PartialFile, check_writable
from application_util.progress import say

FRAMES_IN_FLIGHT = 8
ADVICE = "choose another name for the video"


class VideoFile:
    """A video being written; encoding runs in a thread of its own beside the caller's drawing.

    Frames go to ``<stem>.partial.<extension>``, which gets its name when the video is complete, see
    `application_util.files.output.PartialFile`. A context manager: an exception leaves the partial file, which is
    playable up to the last frame; where it is gets said.

    Parameters
    ----------
    path : str or Path
        The video. ``.avi`` means motion JPEG, ``.mp4`` H.264 (yuv420p, CRF 21). Its folder is made as needed.
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

    Raises
    ------
    UserError
        If the file cannot be written, the extension is unknown, or H.264 is asked for and
        imageio-ffmpeg is not installed.
    """

    def __init__(self, path: str | Path, size: tuple[int, int], fps: float, fourcc: str | None = None) -> None:
        self.path = Path(path)
        h264 = _is_h264(self.path, fourcc)
        width, height = size
        self.size = (width - width % 2, height - height % 2) if h264 else (width, height)
        with contextlib.ExitStack() as resources:
            self._output = resources.enter_context(PartialFile(path, ADVICE, keep_suffix=True))
            self.partial_path = self._output.partial_path
            self._encoder: OpenCVEncoder | H264Encoder
            if h264:
                self._encoder = H264Encoder(self.partial_path, self.size, fps, self._output.locks)
            else:
                self._encoder = OpenCVEncoder(self.partial_path, self.size, fps, fourcc or "MJPG")
            self._resources = resources.pop_all()
        self._frames: queue.Queue[np.ndarray | None] = queue.Queue(FRAMES_IN_FLIGHT)
        self._error: Exception | None = None
        self._complete, self._quiet = True, False
        self._thread: threading.Thread | None = threading.Thread(target=self._encode, daemon=True)
        self._thread.start()

    def write(self, image: np.ndarray) -> None:
        """Append a (height, width, 3) uint8 image (blue, green, red), which may be changed afterwards."""
        fits = image.shape[1::-1] == self.size
        self._frames.put(image.copy() if fits else cv2.resize(image, self.size))
        self._raise_error()

    def keep_partial(self, quiet: bool = False) -> None:
        """Leave the frames in the partial file, because the sequence was not shown to its end."""
        self._complete = False
        self._quiet |= quiet
        self._output.keep_partial()

    def close(self) -> None:
        """Finish the file and, unless `keep_partial` was called, give it its name."""
        if self._thread is None:
            return
        self._frames.put(None)
        self._thread.join()
        self._thread = None
        with self._resources:
            if self._complete:
                self._raise_error()
            elif not self._quiet:
                say(f"stopped before the end: the video so far is in {self.partial_path}")

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


def check_video_path(path: Path) -> None:
    """Make sure that a video can be written to `path`, before any work.

    Raises
    ------
    UserError
        As `VideoFile` does.
    """
    _is_h264(path, None)
    check_writable(path, ADVICE)


def _is_h264(path: Path, fourcc: str | None) -> bool:
    """Decide by the name how a video is encoded; `UserError` if that cannot be done."""
    suffix = path.suffix.lower()
    if fourcc is None and suffix not in (".avi", ".mp4"):
        raise UserError(f"{path}: unknown kind of video, use a name that ends in .avi or .mp4")
    if fourcc is None and suffix == ".mp4":
        require("imageio_ffmpeg", "video")
        return True
    return False
