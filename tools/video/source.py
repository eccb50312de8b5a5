"""Where frames come from: videos, images, cameras and streams, each read once from front to back."""

from __future__ import annotations

import contextlib
import itertools
import re
import threading
import time
from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.progress import say
from application_util.sequences.images import ImageFolder, images_in
from application_util.sequences.sequence import MotSequence, read_sequence
from application_util.sequences.video_source import MOST_FRAMES_PER_SECOND, open_video, without_messages

STREAM = re.compile(r"\w+://.*?([^/]*)/?")
ANSWER_MS = 10_000
"""How long a stream may be silent before it counts as broken."""
SECONDS_BETWEEN_TRIES = 0.5

Image = NDArray[Any]


class Source:
    """Frames to be tracked.

    Attributes
    ----------
    name : str
    image_size : tuple of int
        (height, width) of the first image in pixels.
    frame_rate : float or None
        Frames per second, None if unknown.
    numbers : range or None
        Of the frames, None for a stream without end. Of a video, what it announces, which may not be true.
    sequence : MotSequence or None
        The same as a sequence, where it is one.
    """

    name: str
    image_size: tuple[int, int]
    frame_rate: float | None = None
    numbers: range | None = None
    sequence: MotSequence | None = None

    @property
    def update_ms(self) -> float | None:
        """Time between frames in milliseconds, None if unknown."""
        return None if self.frame_rate is None else 1000 / self.frame_rate

    @abstractmethod
    def frames(self, start: int | None, end: int | None, every: int = 1) -> Iterator[tuple[int, Image | None]]:
        """Yield numbers of frames and their images, None where there is no image.

        Parameters
        ----------
        start, end : int or None
            First and last frame.
        every : int
            Take one of so many frames.

        Raises
        ------
        UserError
            If an image cannot be read, or there is no frame `start`.
        """

    def count(self, start: int | None, end: int | None, every: int = 1) -> int | None:
        """Return how many frames `frames` yields, as far as is known before."""
        return None if self.numbers is None else len(_chosen(self.numbers, start, end, every))

    def stop(self) -> None:
        """End `frames` soon, from another thread."""


class Images(Source):
    """The images of a sequence folder, or of any folder.

    Parameters
    ----------
    sequence : MotSequence
        With at least one image, each in a file of its own.
    """

    def __init__(self, sequence: MotSequence) -> None:
        size = sequence.image_size
        assert size is not None
        self.name, self.image_size, self.frame_rate = sequence.name, size, sequence.frame_rate
        self.sequence = sequence
        self.numbers = range(min(sequence.images), max(sequence.images) + 1)

    def frames(self, start: int | None, end: int | None, every: int = 1) -> Iterator[tuple[int, Image | None]]:
        """Yield frames, see `Source.frames`."""
        assert self.sequence is not None and self.numbers is not None
        frames = _chosen(self.numbers, start, end, every)
        if not frames:
            place, numbers = self.sequence.images.place, self.numbers
            raise UserError(f"{place}: no frame {start or end}, there are frames {numbers[0]} to {numbers[-1]}")
        for frame in frames:
            yield frame, self.sequence.read_image(frame) if frame in self.sequence.images else None


class Capture(Source):
    """A video, a camera or a stream, frames counted from 1.

    Parameters
    ----------
    place : Path or str
        A video; the number of a camera, or an address.
    name : str
    reconnect : float
        Seconds for which a stream without an announced end is tried again when it breaks.

    Raises
    ------
    UserError
        If it cannot be opened, or gives no image.
    """

    def __init__(self, place: Path | str, name: str, reconnect: float = 0.0) -> None:
        self.name, self._place, self._reconnect = name, place, reconnect
        self._stopped = threading.Event()
        self._capture = self._open()
        self._first: Image | None = self._capture.read()[1]
        if self._first is None:
            raise UserError(f"{place}: gives no image")
        self.image_size = self._first.shape[0], self._first.shape[1]
        rate = self._capture.get(cv2.CAP_PROP_FPS)
        self.frame_rate = float(rate) if 0 < rate <= MOST_FRAMES_PER_SECOND else None
        announced = round(self._capture.get(cv2.CAP_PROP_FRAME_COUNT))
        if isinstance(place, Path) or announced > 0:
            self.numbers = range(1, max(announced, 1) + 1)

    def frames(self, start: int | None, end: int | None, every: int = 1) -> Iterator[tuple[int, Image | None]]:
        """Yield frames, see `Source.frames`; they end where a stream broke and did not come back."""
        first, reached = start or 1, 0
        for frame in itertools.count(1):
            if self._stopped.is_set() or (end is not None and frame > end) or not (frame == 1 or self._grab()):
                break
            reached = frame
            if frame >= first and (frame - first) % every == 0:
                yield frame, self._first if frame == 1 else self._capture.retrieve()[1]
        if reached < first and not self._stopped.is_set():
            raise UserError(f"{self._place}: no frame {first}, there are frames 1 to {reached}")

    def stop(self) -> None:
        """End `frames` soon, from another thread."""
        self._stopped.set()

    def _open(self) -> cv2.VideoCapture:
        if isinstance(self._place, Path):
            return open_video(self._place)
        if self._place.isdecimal():
            capture = without_messages(cv2.VideoCapture, int(self._place))
        else:
            timeouts = [cv2.CAP_PROP_OPEN_TIMEOUT_MSEC, ANSWER_MS, cv2.CAP_PROP_READ_TIMEOUT_MSEC, ANSWER_MS]
            capture = without_messages(cv2.VideoCapture, self._place, cv2.CAP_FFMPEG, timeouts)
        if not capture.isOpened():
            raise UserError(f"{self._place}: no camera or stream that can be read")
        return capture

    def _grab(self) -> bool:
        """Take the next frame, of a stream that broke the first when it is back; return whether there is one."""
        if self._capture.grab():
            return True
        if self.numbers is not None or not self._reconnect:
            return False
        say(f"{self.name}: the stream broke, trying again for {self._reconnect:g} s")
        latest = time.monotonic() + self._reconnect
        while time.monotonic() < latest and not self._stopped.wait(SECONDS_BETWEEN_TRIES):
            with contextlib.suppress(UserError):
                self._capture = self._open()
                if self._capture.grab():
                    say(f"{self.name}: the stream is back")
                    return True
        return False


class _AllImages(ImageFolder):
    """The images of a folder whatever their names, numbered from 1 in the order of the numbers in these."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.unused = []
        self._files = dict(enumerate(sorted(images_in(place), key=_natural), start=1))


def open_source(text: str, reconnect: float = 0.0) -> Source:
    """Open what the user names: a video, a folder of images or a sequence, a camera's number, an address.

    Parameters
    ----------
    text : str
    reconnect : float
        See `Capture`.

    Raises
    ------
    UserError
        If there is no such thing, or nothing in it.
    """
    address = STREAM.fullmatch(text)
    if address:
        return Capture(text, re.sub(r"\W+", "_", address[1].partition("?")[0]).strip("_") or "stream", reconnect)
    if text.isdecimal() and not Path(text).exists():
        return Capture(text, f"camera{text}", reconnect)
    sequence = read_sequence(text)
    if sequence.images.video is not None:
        source: Source = Capture(sequence.images.video, sequence.name)
        source.frame_rate, source.sequence = sequence.frame_rate, sequence
        return source
    if not sequence.images:
        sequence = replace(sequence, images=_images_of(Path(text)))
    return Images(sequence)


def _images_of(place: Path) -> ImageFolder:
    """Return the images of any folder: numbered by their names if all can be, else in the order of these."""
    folder = _AllImages(place)
    if not folder:
        raise UserError(f"{place}: no video and no images in it")
    with contextlib.suppress(UserError):  # names of several kinds
        numbered = ImageFolder(place)
        if len(numbered) == len(folder):
            return numbered
    first, last = folder[1].name, folder[len(folder)].name
    say(f"{place}: names of several kinds: frames are numbered in their order, 1 is {first}, {len(folder)} is {last}")
    return folder


def _natural(path: Path) -> list[tuple[int, str]]:
    """Key of a name that sorts frame10 after frame9."""
    return [(int(number or 0), word) for word, number in re.findall(r"(\D*)(\d*)", path.name)]


def _chosen(numbers: range, start: int | None, end: int | None, every: int) -> range:
    first = numbers.start if start is None else start
    return range(max(first, numbers.start), min(numbers.stop, numbers.stop if end is None else end + 1), every)
