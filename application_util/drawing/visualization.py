"""What a tracking run looks like: colours of tracks, and the three ways to go through a sequence's frames.

OpenCV is loaded only by the ways that draw.
"""

from __future__ import annotations

import colorsys
import contextlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

if TYPE_CHECKING:
    from pathlib import Path

    from application_util.drawing.canvas import Canvas
    from application_util.drawing.image_viewer import ImageViewer
    from application_util.drawing.video_file import VideoFile

WINDOW_WIDTH = 1024
DEFAULT_UPDATE_MS = 20.0
RED = (0, 0, 255)
THICKNESS = 2

Item = TypeVar("Item")
FrameCallback = Callable[[Any, int], object]


def create_unique_color_float(tag: int, hue_step: float = 0.41) -> tuple[float, float, float]:
    """Give each track id a colour of its own; neighbouring ids differ clearly.

    Parameters
    ----------
    tag : int
        The track id.
    hue_step : float
        How far hues of neighbouring ids lie apart, as a fraction of the colour circle. After each
        turn of the circle colours are darker, four shades in all.

    Returns
    -------
    tuple of float
        Three channels in [0, 1].
    """
    turn = int(tag * hue_step)
    return colorsys.hsv_to_rgb(tag * hue_step % 1, 1.0, 1.0 - turn % 4 / 5.0)


def create_unique_color_uchar(tag: int, hue_step: float = 0.41) -> tuple[int, int, int]:
    """Give each track id a colour as three channels from 0 to 255; see `create_unique_color_float`."""
    red, green, blue = create_unique_color_float(tag, hue_step)
    return int(255 * red), int(255 * green), int(255 * blue)


def window_shape(seq_info: Mapping[str, Any]) -> tuple[int, int]:
    """Give (width, height) of the window and the video of a sequence: 1024 pixels wide, aspect kept."""
    height, width = seq_info["image_size"][:2]
    return WINDOW_WIDTH, max(2, int(height / width * WINDOW_WIDTH))


class NoVisualization:
    """Go through the frames of a sequence and draw nothing.

    Parameters
    ----------
    seq_info : mapping
        The sequence, as `deep_sort_app.gather_sequence_info` describes it.
    """

    def __init__(self, seq_info: Mapping[str, Any]) -> None:
        self.frame_idx: int = seq_info["min_frame_idx"]
        self.last_idx: int = seq_info["max_frame_idx"]

    def set_image(self, image: np.ndarray) -> None:
        """Ignore the image."""

    def draw_groundtruth(self, track_ids: Iterable[int], boxes: Iterable[Any]) -> None:
        """Ignore the boxes."""

    def draw_detections(self, detections: Iterable[Any]) -> None:
        """Ignore the detections."""

    def draw_trackers(self, tracks: Iterable[Any]) -> None:
        """Ignore the tracks."""

    def run(self, frame_callback: FrameCallback) -> bool:
        """Call ``frame_callback(visualization, frame_idx)`` for each frame.

        Returns
        -------
        bool
            True: it always reaches the last frame.
        """
        while self.frame_idx <= self.last_idx:
            frame_callback(self, self.frame_idx)
            self.frame_idx += 1
        return True


class _Drawing:
    """Draws what a frame shows on the canvas `viewer`, and writes it to the videos."""

    viewer: Canvas

    def __init__(self, seq_info: Mapping[str, Any], videos: Iterable[VideoFile]) -> None:
        self.frame_idx: int = seq_info["min_frame_idx"]
        self.last_idx: int = seq_info["max_frame_idx"]
        self._videos = tuple(videos)

    def set_image(self, image: np.ndarray) -> None:
        """Draw on this (height, width, 3) uint8 image from now on; it is changed."""
        self.viewer.image = image

    def draw_groundtruth(self, track_ids: Iterable[int], boxes: Iterable[Any]) -> None:
        """Draw boxes (left, top, width, height) in the colours of their ids, with the ids."""
        self.viewer.thickness = THICKNESS
        for track_id, box in zip(track_ids, boxes, strict=True):
            self.viewer.color = create_unique_color_uchar(int(track_id))
            left, top, width, height = (int(side) for side in box)
            self.viewer.rectangle(left, top, width, height, label=str(int(track_id)))

    def draw_detections(self, detections: Iterable[Any]) -> None:
        """Draw the boxes of `deep_sort.detection.Detection` objects in red."""
        self.viewer.thickness = THICKNESS
        self.viewer.color = RED
        for detection in detections:
            self.viewer.rectangle(*detection.tlwh)

    def draw_trackers(self, tracks: Iterable[Any]) -> None:
        """Draw the `deep_sort.track.Track` objects that are confirmed and were updated in this frame."""
        shown = [track for track in tracks if track.is_confirmed() and track.time_since_update == 0]
        self.draw_groundtruth([track.track_id for track in shown], [track.to_tlwh() for track in shown])

    def frames(self, items: Iterable[Item]) -> Generator[Item, None, None]:
        """Yield the items, one a frame; after each, record and show what was drawn."""
        with contextlib.closing(self._shown(items)) as shown:
            for item in shown:
                yield item
                for video in self._videos:
                    video.write(self.viewer.image)

    def _shown(self, items: Iterable[Item]) -> Generator[Item, None, None]:
        return (item for item in items)

    def run(self, frame_callback: FrameCallback) -> bool:
        """Call ``frame_callback(visualization, frame_idx)`` for each frame; show and record what it drew.

        Returns
        -------
        bool
            True if the last frame was reached, False if the user ended it before.
        """
        with contextlib.closing(self.frames(range(self.frame_idx, self.last_idx + 1))) as shown:
            for frame in shown:
                frame_callback(self, frame)
                self.frame_idx = frame + 1
        return self.frame_idx > self.last_idx


class Visualization(_Drawing):
    """Go through the frames of a sequence in a window.

    Parameters
    ----------
    seq_info : mapping
        The sequence, as `deep_sort_app.gather_sequence_info` describes it.
    update_ms : float
        Time from one frame to the next in milliseconds.
    *videos : VideoFile
        Where to write each frame that was shown; opened and closed by the caller.

    Attributes
    ----------
    viewer : ImageViewer
        The window.
    """

    def __init__(self, seq_info: Mapping[str, Any], update_ms: float, *videos: VideoFile) -> None:
        from application_util.drawing.image_viewer import ImageViewer

        super().__init__(seq_info, videos)
        caption = f"Figure {seq_info['sequence_name']}"
        self.viewer: ImageViewer = ImageViewer(update_ms, window_shape(seq_info), caption)
        self.viewer.thickness = THICKNESS

    def _shown(self, items: Iterable[Item]) -> Generator[Item, None, None]:
        return self.viewer.frames(items)


class VideoVisualization(_Drawing):
    """Go through the frames of a sequence and write what is drawn to videos; needs no display.

    Parameters
    ----------
    seq_info : mapping
        The sequence, as `deep_sort_app.gather_sequence_info` describes it.
    *videos : VideoFile
        Where to write; opened and closed by the caller.

    Attributes
    ----------
    viewer : Canvas
        What is drawn on.
    """

    def __init__(self, seq_info: Mapping[str, Any], *videos: VideoFile) -> None:
        from application_util.drawing.canvas import Canvas

        super().__init__(seq_info, videos)
        self.viewer = Canvas(np.zeros((*seq_info["image_size"][:2], 3), dtype=np.uint8))
        self.viewer.thickness = THICKNESS


def play(
    seq_info: Mapping[str, Any],
    frame_callback: FrameCallback,
    window_update_ms: float | None = None,
    video_filenames: Sequence[str | Path] = (),
) -> bool:
    """Go through the frames of a sequence in a window, into videos, or both.

    Parameters
    ----------
    seq_info : mapping
        The sequence, as `deep_sort_app.gather_sequence_info` describes it; its ``update_ms``, 20 if None, is
        the time between the videos' frames.
    frame_callback : callable
        ``frame_callback(visualization, frame_idx)`` draws a frame.
    window_update_ms : float, optional
        Time between frames in the window in milliseconds; None for no window.
    video_filenames : sequence of str or Path
        Videos to write, see `application_util.drawing.video_file.VideoFile`. They stay partial files if the user stops.

    Returns
    -------
    bool
        True if the last frame was reached, False if the user ended it before.
    """
    from application_util.drawing.video_file import open_videos

    update_ms = seq_info["update_ms"] or DEFAULT_UPDATE_MS
    with open_videos(video_filenames, window_shape(seq_info), update_ms) as videos:
        if window_update_ms is None:
            return VideoVisualization(seq_info, *videos).run(frame_callback)
        finished = Visualization(seq_info, window_update_ms, *videos).run(frame_callback)
        if not finished:
            for video in videos:
                video.keep_partial()
        return finished
