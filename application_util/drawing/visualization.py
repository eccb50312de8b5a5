"""What a frame shows of a tracking run, on a canvas, in a window, in videos or nowhere."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike

from application_util.drawing.canvas import Canvas
from application_util.drawing.colors import create_unique_color_uchar
from application_util.drawing.image_viewer import ImageViewer
from application_util.drawing.video_file import VideoFile

WINDOW_WIDTH = 1024
RED = (0, 0, 255)
THICKNESS = 2
FALSE_ALARM_THICKNESS = 4

Item = TypeVar("Item")
FrameCallback = Callable[[Any, int], object]


def window_shape(image_size: Sequence[int]) -> tuple[int, int]:
    """Give (width, height) of the window for images of (height, width): 1024 pixels wide, aspect kept."""
    height, width = image_size[:2]
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
        """Draw on this (height, width, 3) uint8 image from now on; it is changed."""

    def draw_groundtruth(self, track_ids: Iterable[int], boxes: Iterable[Any]) -> None:
        """Draw boxes (left, top, width, height) in the colours of their ids, with the ids."""

    def draw_detections(self, detections: Iterable[Any]) -> None:
        """Draw the boxes of `deep_sort.detection.Detection` objects in red."""

    def draw_trackers(self, tracks: Iterable[Any]) -> None:
        """Draw the `deep_sort.track.Track` objects that are confirmed and were updated in this frame."""

    def draw_false_alarms(self, boxes: Iterable[Any]) -> None:
        """Draw boxes (left, top, width, height) that nobody is in, red and thick."""

    def draw_trajectory(self, track_id: int, points: ArrayLike) -> None:
        """Draw where a track was: a line through (N, 2) points (x, y) in the colour of its id."""

    def frames(self, items: Iterable[Item]) -> Generator[Item, None, None]:
        """Yield the items, one a frame; after each, show and record what was drawn."""
        yield from items

    def run(self, frame_callback: FrameCallback) -> bool:
        """Call ``frame_callback(visualization, frame_idx)`` for each frame; show and record what it drew.

        Returns
        -------
        bool
            True if the last frame was reached, False if the user ended it before.
        """
        with contextlib.closing(self.frames(range(self.frame_idx, self.last_idx + 1))) as frames:
            for frame in frames:
                frame_callback(self, frame)
                self.frame_idx = frame + 1
        return self.frame_idx > self.last_idx


class VideoVisualization(NoVisualization):
    """Draw the frames of a sequence and write them to videos; needs no display.

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
        super().__init__(seq_info)
        self._videos = videos
        self.viewer = Canvas(np.zeros((*seq_info["image_size"][:2], 3), dtype=np.uint8))

    def set_image(self, image: np.ndarray) -> None:  # noqa: D102 (inherited)
        self.viewer.image = image

    def draw_groundtruth(self, track_ids: Iterable[int], boxes: Iterable[Any]) -> None:  # noqa: D102
        self.viewer.thickness = THICKNESS
        for track_id, box in zip(track_ids, boxes, strict=True):
            self.viewer.color = create_unique_color_uchar(int(track_id))
            left, top, width, height = (int(side) for side in box)
            self.viewer.rectangle(left, top, width, height, label=str(int(track_id)))

    def draw_detections(self, detections: Iterable[Any]) -> None:  # noqa: D102
        self.viewer.thickness, self.viewer.color = THICKNESS, RED
        for detection in detections:
            self.viewer.rectangle(*detection.tlwh)

    def draw_trackers(self, tracks: Iterable[Any]) -> None:  # noqa: D102
        shown = [track for track in tracks if track.is_confirmed() and track.time_since_update == 0]
        self.draw_groundtruth([track.track_id for track in shown], [track.to_tlwh() for track in shown])

    def draw_false_alarms(self, boxes: Iterable[Any]) -> None:  # noqa: D102
        self.viewer.thickness, self.viewer.color = FALSE_ALARM_THICKNESS, RED
        for box in boxes:
            left, top, width, height = (int(side) for side in box)
            self.viewer.rectangle(left, top, width, height)

    def draw_trajectory(self, track_id: int, points: ArrayLike) -> None:  # noqa: D102
        self.viewer.thickness, self.viewer.color = THICKNESS, create_unique_color_uchar(track_id)
        self.viewer.polyline(points)

    def frames(self, items: Iterable[Item]) -> Generator[Item, None, None]:  # noqa: D102
        with contextlib.closing(self._shown(items)) as shown:
            for item in shown:
                yield item
                for video in self._videos:
                    video.write(self.viewer.image)

    def _shown(self, items: Iterable[Item]) -> Generator[Item, None, None]:
        return super().frames(items)


class Visualization(VideoVisualization):
    """Draw the frames of a sequence in a window.

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
        super().__init__(seq_info, *videos)
        caption = f"Figure {seq_info['sequence_name']}"
        self.viewer: ImageViewer = ImageViewer(update_ms, window_shape(seq_info["image_size"]), caption)
        self.viewer.thickness = THICKNESS

    def _shown(self, items: Iterable[Item]) -> Generator[Item, None, None]:
        return self.viewer.frames(items)
