"""The frames of a sequence, gone through in a window, into videos, both or neither: one loop for all of them."""

from __future__ import annotations

import contextlib
import itertools
from collections.abc import Generator, Iterable, Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, TypeVar

import numpy as np

from application_util.drawing.display import use_window
from application_util.drawing.video_file import VideoFile, check_video_path
from application_util.drawing.visualization import (
    WINDOW_WIDTH,
    NoVisualization,
    VideoVisualization,
    Visualization,
    window_shape,
)
from application_util.errors import UserError
from application_util.parallel.read_ahead import read_ahead
from application_util.progress import progress
from application_util.sequences.images import no_images
from application_util.sequences.sequence import MotSequence
from application_util.settings import DrawingSettings

DEFAULT_UPDATE_MS = 20.0


Item = TypeVar("Item")


class Shown(Protocol):
    """What a view needs to know of frames whose images are brought to it, see `View.shown`."""

    @property
    def name(self) -> str:
        """What the frames are those of."""

    @property
    def image_size(self) -> tuple[int, int]:
        """(height, width) in pixels."""

    @property
    def update_ms(self) -> float | None:
        """Time between frames in milliseconds, None if unknown."""


class View:
    """What a run shows of its sequence: a window, videos, both, or nothing but progress.

    Whether it can is found out at once, and nothing is written before the view is entered as a context manager.
    Videos get their names at the end of the block if the last frame was reached, and stay partial otherwise.

    Parameters
    ----------
    sequence : MotSequence
    display : bool or None
        Show a window; None shows one where that is possible.
    videos : iterable of str or Path
        Videos to write, ``.avi`` or ``.mp4``; None among them stands for no video.
    settings : DrawingSettings
        What it looks like.
    window_ms : float, optional
        Time between frames in the window, where it is another than the videos'.
    instead : str
        What the user can do where no window is possible.

    Attributes
    ----------
    finished : bool
        Whether the last frame was reached; False after the user ended it.
    drawing : NoVisualization
        What to draw on; a `Visualization` or `VideoVisualization` inside the block, if anything is drawn at all.
    videos : list of Path

    Raises
    ------
    UserError
        If a window or a video is asked for and cannot be had.
    """

    def __init__(
        self,
        sequence: MotSequence | Shown,
        display: bool | None = None,
        videos: Iterable[str | Path | None] = (),
        settings: DrawingSettings = DrawingSettings(),  # noqa: B008 (frozen)
        window_ms: float | None = None,
        instead: str = "use --display False",
    ) -> None:
        self.sequence: Any = sequence
        self.finished = False
        self.videos = [Path(video) for video in videos if video is not None]
        self.settings = settings
        self._update_ms = settings.update_ms or sequence.update_ms or DEFAULT_UPDATE_MS
        self._window_ms = self._update_ms if window_ms is None else window_ms
        self._info: dict[str, Any] = {
            "sequence_name": sequence.name,
            "image_size": sequence.image_size,
            "min_frame_idx": 0,
            "max_frame_idx": -1,
        }
        self.drawing = NoVisualization(self._info)
        self._files: list[VideoFile] = []
        self._resources = contextlib.ExitStack()
        if sequence.image_size is None:
            if display:
                raise UserError(f"{no_images(sequence.images.place)}; {instead}")
            if self.videos:
                raise UserError(f"{no_images(sequence.images.place)}; a video needs them")
            display = False
        self._window = use_window(display, instead)
        for video in self.videos:
            check_video_path(video)

    def __enter__(self) -> View:
        if self._window or self.videos:
            settings, (height, width) = self.settings, self._info["image_size"]
            shape = (width, height) if settings.width is None else window_shape((height, width), settings.width)
            self._files = [
                self._resources.enter_context(VideoFile(video, shape, 1000 / self._update_ms)) for video in self.videos
            ]
            if self._window:
                self.drawing = Visualization(
                    self._info,
                    self._window_ms,
                    *self._files,
                    colors=settings.colors,
                    width=settings.width or WINDOW_WIDTH,
                    draw_width=settings.width,
                )
            else:
                self.drawing = VideoVisualization(
                    self._info, *self._files, colors=settings.colors, draw_width=settings.width
                )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for video in self._files:
            if not self.finished:
                video.keep_partial()
        self._resources.__exit__(kind, error, trace)

    def keep_partial(self) -> list[Path]:
        """Leave videos as they are, without a word; return where they are."""
        for video in self._files:
            video.keep_partial(quiet=True)
        return [video.partial_path for video in self._files]

    def frames(self, frames: Sequence[int], quiet: bool = False) -> Iterator[int]:
        """Yield the numbers of frames; show and record what was drawn after each.

        Images are read a little ahead, and set for drawing; a frame without an image shows the one before.

        Parameters
        ----------
        frames : sequence of int
            Usually a range.
        quiet : bool
            Report no progress.
        """
        images = self._resources.enter_context(contextlib.closing(self._images(frames)))
        yield from self.shown(zip(frames, images, strict=False), len(frames), quiet)

    def shown(
        self, pairs: Iterable[tuple[Item, np.ndarray | None]], total: int | None = None, quiet: bool = False
    ) -> Iterator[Item]:
        """Yield what comes with images, one a frame; show and record what was drawn after each.

        Parameters
        ----------
        pairs : iterable of (any, ndarray or None)
            What to yield, and the image to draw on; None for that of the frame before.
        total : int, optional
            How many there are, as far as is known.
        quiet : bool
            Report no progress.
        """
        yield from self._resources.enter_context(contextlib.closing(self._each(pairs, total, quiet)))

    def draw(self, frame: int, detections: Iterable[Any], tracks: Iterable[Any]) -> None:
        """Draw detections, and over them the tracks that are confirmed and were updated in this frame."""
        if self.settings.draw_detections:
            self.drawing.draw_detections(detections)
        self.drawing.draw_trackers(tracks)

    def _each(
        self, pairs: Iterable[tuple[Item, np.ndarray | None]], total: int | None, quiet: bool
    ) -> Generator[Item, None, None]:
        pairs = self._to_the_end(pairs)
        if not quiet:
            pairs = progress(pairs, self.sequence.name, total=total)
        with contextlib.closing(self.drawing.frames(pairs)) as shown:
            for done, (item, image) in enumerate(shown, start=1):
                if image is not None:
                    self.drawing.set_image(image)
                yield item
                self.finished = done == total

    def _to_the_end(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items and note when there are no more."""
        yield from items
        self.finished = True

    def _images(self, frames: Sequence[int]) -> Generator[np.ndarray | None, None, None]:
        if self._window or self.videos:
            return read_ahead(self._read, frames)
        return (None for _ in itertools.count())

    def _read(self, frame: int) -> np.ndarray | None:
        return self.sequence.read_image(frame) if frame in self.sequence.images else None
