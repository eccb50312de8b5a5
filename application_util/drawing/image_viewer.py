"""A window that plays images drawn on by a program, and records them."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from pathlib import Path
from typing import TypeVar

import numpy as np

from application_util import opencv as cv2
from application_util.drawing.canvas import Canvas
from application_util.drawing.video_file import VideoFile

ESCAPE, QUIT, SPACE, STEP = 27, ord("q"), ord(" "), ord("s")
PAUSE_POLL_MS = 50

Item = TypeVar("Item")


class ImageViewer(Canvas):
    """A canvas shown in a window: ESC or closing it ends, space pauses and goes on, ``s`` steps by one image.

    Parameters
    ----------
    update_ms : float
        Time from one image to the next in milliseconds.
    window_shape : tuple of int
        Width and height of the window; images of other sizes are resized.
    caption : str
        Title of the window.

    Attributes
    ----------
    image, color, text_color, thickness
        See `application_util.drawing.canvas.Canvas`, which also has the drawing methods.
    stopped : bool
        Whether the user ended it, or `stop` was called.
    """

    def __init__(self, update_ms: float, window_shape: tuple[int, int] = (640, 480), caption: str = "Figure 1") -> None:
        width, height = window_shape
        super().__init__(np.zeros((height, width, 3), dtype=np.uint8))
        self._update_ms = update_ms
        self._window_shape = (int(width), int(height))
        self._caption = caption
        self.stopped = self._paused = False
        self._video: VideoFile | None = None

    def enable_videowriter(
        self, video_filename: str | Path, fourcc_string: str | None = None, fps: float | None = None
    ) -> None:
        """Record every image that is shown from now on.

        Parameters
        ----------
        video_filename : str or Path
            The video, see `application_util.drawing.video_file.VideoFile`. It appears under this name when
            `run` ends or the recording is switched off.
        fourcc_string : str, optional
            OpenCV's name of the codec; by default the one that suits the file's extension.
        fps : float, optional
            Frames per second; by default the window's, cut to a whole number.
        """
        self.disable_videowriter()
        # Whole, as the original's recordings; the fraction keeps 1000 / (1000 / 29) from becoming 28.
        rate = max(1, int(1000 / self._update_ms + 1e-6)) if fps is None else fps
        self._video = VideoFile(video_filename, self._window_shape, rate, fourcc_string)

    def disable_videowriter(self) -> None:
        """End the recording and put the video in place."""
        video, self._video = self._video, None
        if video is not None:
            video.close()

    def run(self, update_fun: Callable[[], object] | None = None) -> bool:
        """Open the window and play until the images or the user's patience end.

        Parameters
        ----------
        update_fun : callable, optional
            Draws the next image on this canvas and returns True if there is another one after it.
            Without one, the current image is shown until a key or closing the window ends it.

        Returns
        -------
        bool
            True if the images ended by themselves, False if the user ended it or `stop` was called.
        """
        self._paused = update_fun is None
        images = [None] if update_fun is None else _until_false(update_fun)
        with contextlib.closing(self.frames(images)) as shown:
            for _ in shown:
                pass
        return not self.stopped

    def frames(self, items: Iterable[Item]) -> Generator[Item, None, None]:
        """Open the window and yield the items; after each, show what was drawn for its time or through a pause.

        It ends with the items or with the user's patience; `stopped` says which. Left before that, a recording
        stays a partial file.

        Parameters
        ----------
        items : iterable
            One an image; taken when it is to be drawn.
        """
        self.stopped = False
        cv2.namedWindow(self._caption, cv2.WINDOW_AUTOSIZE | cv2.WINDOW_GUI_NORMAL)
        try:
            start = time.perf_counter()
            for item in items:
                yield item
                if self._video is not None:
                    self._video.write(self.image)
                self._hold(start)
                if self.stopped:
                    break
                start = time.perf_counter()
        except BaseException:
            if self._video is not None:
                self._video.keep_partial()
            raise
        finally:
            self._paused = False
            self._close_window()
            self.disable_videowriter()

    def stop(self) -> None:
        """End `run` or `frames` after the current image."""
        self.stopped = True

    def _frame(self) -> np.ndarray:
        if self.image.shape[1::-1] == self._window_shape:
            return self.image
        return cv2.resize(self.image, self._window_shape)

    def _hold(self, start: float) -> None:
        """Show the image until its time, counted from `start`, is over and no pause holds it."""
        while not self.stopped:
            key = self._show(PAUSE_POLL_MS if self._paused else self._update_ms, start)
            self._paused = key == STEP or self._paused != (key == SPACE)
            if key == STEP or not self._paused:
                return
            start = time.perf_counter()

    def _show(self, duration_ms: float, start: float) -> int:
        """Show the image until `duration_ms` after `start`; return the key pressed, or -1."""
        cv2.imshow(self._caption, self._frame())
        spent_ms = 1e3 * (time.perf_counter() - start)
        key = cv2.waitKey(max(1, int(duration_ms - spent_ms)))
        if (key & 255 in (ESCAPE, QUIT) and key != -1) or not self._window_is_open():
            self.stop()
        return key if key == -1 else key & 255

    def _window_is_open(self) -> bool:
        try:
            return cv2.getWindowProperty(self._caption, cv2.WND_PROP_VISIBLE) >= 1
        except cv2.error:
            return False

    def _close_window(self) -> None:
        with contextlib.suppress(cv2.error):  # the user may have closed it
            cv2.destroyWindow(self._caption)
        cv2.waitKey(1)


def _until_false(update_fun: Callable[[], object]) -> Iterator[None]:
    """Yield after each call, up to the one that returns False."""
    more = True
    while more:
        more = bool(update_fun())
        yield
