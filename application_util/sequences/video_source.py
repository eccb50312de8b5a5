"""Images of a sequence as the frames of a video file."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import cached_property, lru_cache
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from application_util import opencv as cv2
from application_util.errors import UserError
from application_util.progress import LineReporter, warn
from application_util.sequences.images import FrameSource, is_hidden

Opened = TypeVar("Opened")

VIDEO_SUFFIXES = (
    ".mp4", ".avi", ".mkv", ".mov", ".m4v", ".webm", ".mpg", ".mpeg",
    ".ts", ".mts", ".m2ts", ".wmv", ".flv", ".3gp", ".ogv", ".gif",
)  # fmt: skip
MOST_FRAMES_PER_SECOND = 1000.0
"""Files without a frame rate give the ticks of their clock instead, e.g. 90000."""


class VideoSource(FrameSource):
    """The frames of a video, 1 to their number, each of which lies in the same file.

    Frames are decoded one after the other: going forward is cheap, going back starts over. Any thread may
    read, one at a time. The file is opened when its first frame is read and closed after the last.

    Parameters
    ----------
    place : Path
        The video.

    Attributes
    ----------
    size : tuple of int
        (height, width) in pixels, as shown: turned if the camera was.
    frame_rate : float or None
        Frames per second, None if the video does not say.

    Raises
    ------
    UserError
        If no frame of it can be decoded.
    """

    random_access = False

    def __init__(self, place: Path) -> None:
        self.place = self.video = place
        capture = open_video(place)
        image = capture.read()[1]
        if image is None:
            raise UserError(f"{place}: not a readable video, no frame can be decoded")
        self.size: tuple[int, int] = (image.shape[0], image.shape[1])
        rate = capture.get(cv2.CAP_PROP_FPS)
        self.frame_rate = float(rate) if 0 < rate <= MOST_FRAMES_PER_SECOND else None
        self._lock = Lock()
        self._capture: cv2.VideoCapture | None = None
        self._position = 0

    def __getitem__(self, frame: int) -> Path:
        if frame not in self:
            raise KeyError(frame)
        return self.place

    def __iter__(self) -> Iterator[int]:
        return iter(range(1, len(self) + 1))

    def __contains__(self, frame: object) -> bool:
        return frame in range(1, len(self) + 1)

    def __bool__(self) -> bool:
        return True  # no need to count

    def __len__(self) -> int:
        return self._length

    @cached_property
    def _length(self) -> int:
        status = self.place.stat()
        return _count_frames(self.place.absolute(), status.st_size, status.st_mtime_ns)

    def read(self, frame: int, whole: bool = False) -> NDArray[np.uint8]:
        """Decode a frame, see `FrameSource.read`."""
        with self._lock:
            image = self._decode(frame) if frame >= 1 else None
        if image is None:
            raise UserError(f"{self.place}: no frame {frame}, the video has frames 1 to {len(self)}")
        return np.asarray(image, dtype=np.uint8)

    def _decode(self, frame: int) -> np.ndarray | None:
        if self._capture is None or frame < self._position:
            self._capture, self._position = open_video(self.place), 0
        while self._position < frame:
            if not self._capture.grab():
                self._capture = None
                return None
            self._position += 1
        image = self._capture.retrieve()[1]
        if frame == self.__dict__.get("_length"):
            self._capture = None
        return image


def find_video(directory: Path) -> Path | None:
    """Find the video of a sequence folder, which itself need not exist if the video lies beside it.

    Parameters
    ----------
    directory : Path
        With ``directory/<name>.mp4`` or ``<directory>.mp4``, or another of `VIDEO_SUFFIXES`.

    Raises
    ------
    UserError
        If there are two.
    """
    directory = Path(os.path.abspath(directory))
    for folder in (directory, directory.parent):
        found = [path for path in videos_in(folder) if path.stem == directory.name]
        if len(found) > 1:
            raise UserError(f"{found[1]}: another video of this sequence is {found[0].name}: remove one of them")
        if found:
            return found[0]
    return None


def videos_in(directory: Path) -> list[Path]:
    """List the videos in a folder, by name; hidden ones and such that are not complete are none."""
    if not directory.is_dir():
        return []
    return [
        path
        for path in sorted(directory.iterdir())
        if path.suffix.lower() in VIDEO_SUFFIXES
        and not is_hidden(path)
        and not path.stem.endswith(".partial")
        and path.is_file()
    ]


def open_video(path: Path) -> cv2.VideoCapture:
    """Open a video.

    Raises
    ------
    UserError
        If it is not there or no video.
    """
    if not path.is_file():
        raise UserError(f"{path}: no such file, expected a video")
    capture = without_messages(cv2.VideoCapture, name_for_opencv(path), cv2.CAP_FFMPEG)
    if not capture.isOpened():
        raise UserError(f"{path}: not a readable video")
    return capture


def name_for_opencv(path: str | Path) -> str:
    """Return the name of a file as OpenCV takes it.

    It is absolute, because what comes before a colon is taken for a protocol. Where the system's encoding is not
    UTF-8, other letters stand for the same bytes.

    Raises
    ------
    UserError
        If its bytes are no UTF-8: OpenCV would end the process.
    """
    try:
        return os.fsencode(os.path.abspath(path)).decode()
    except UnicodeDecodeError:
        raise UserError(f"{path}: OpenCV opens no video whose name is not UTF-8: rename it") from None


def without_messages(make: Callable[..., Opened], *arguments: Any) -> Opened:
    """Return ``make(*arguments)``, a video opened or not, without what OpenCV and FFmpeg print about it."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", "-8")
    logging = getattr(cv2.utils, "logging", cv2)  # its place has changed since OpenCV 4.8
    level = logging.getLogLevel()
    logging.setLogLevel(0)
    try:
        return make(*arguments)
    finally:
        logging.setLogLevel(level)


@lru_cache
def _count_frames(path: Path, size: int, changed: int) -> int:
    """Count the frames that can be decoded, once for each state of the file.

    Nothing else is reliable: what a container promises counts what lies before a cut, or after its end.
    """
    capture = open_video(path)
    promised = round(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    lines = LineReporter(f"{path.name}: counting", "frame", promised if promised > 0 else None)
    count = 0
    while capture.grab():
        count += 1
        lines.count(1)
    if count < promised - 1:
        warn(
            f"{path}: {count} frames can be decoded, {promised} are announced: "
            "it was cut from a longer video, or is damaged"
        )
    return count
