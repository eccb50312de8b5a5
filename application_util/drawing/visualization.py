"""What a frame shows of a tracking run, on a canvas, in a window, in videos or nowhere."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from application_util import opencv as cv2
from application_util.drawing.canvas import Canvas
from application_util.drawing.colors import RED, Color, track_color
from application_util.drawing.image_viewer import ImageViewer
from application_util.drawing.labels import LabelLayout
from application_util.drawing.video_file import VideoFile
from application_util.settings import COLORS

WINDOW_WIDTH = 1024
GREY = (190, 190, 190)
WIDTH_PER_PIXEL_OF_LINE = 640
LEAST_THICKNESS = 2
WIDTH_PER_PIXEL_OF_TEXT = 120
LEAST_TEXT_HEIGHT = 8
SMOOTHED_POINTS = 5

Item = TypeVar("Item")
FrameCallback = Callable[[Any, int], object]


def window_shape(image_size: Sequence[int], width: int = WINDOW_WIDTH) -> tuple[int, int]:
    """Return (width, height) of a window for images of (height, width): so wide, aspect kept."""
    return width, max(2, int(image_size[0] / image_size[1] * width))


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

    def draw_groundtruth(
        self,
        track_ids: Iterable[int],
        boxes: Iterable[Any],
        labels: Iterable[str] | None = None,
        dashed: Iterable[bool] | None = None,
    ) -> None:
        """Draw boxes (left, top, width, height) in the colours of their ids, with labels: by default the ids.

        Some may be `dashed`: by default none.
        """

    def draw_detections(self, detections: Iterable[Any]) -> None:
        """Draw the boxes of `deep_sort.detection.Detection` objects, thin, grey and dashed."""

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
    colors : str
        One of `application_util.settings.COLORS`; the original's include red for detections.
    draw_width : int, optional
        Images that are not so wide are enlarged before anything is drawn, so that lines and text stay fine.

    Attributes
    ----------
    viewer : Canvas
        What is drawn on.
    """

    def __init__(
        self, seq_info: Mapping[str, Any], *videos: VideoFile, colors: str = COLORS[0], draw_width: int | None = None
    ) -> None:
        super().__init__(seq_info)
        self._videos, self._colors = videos, colors
        self._draw_width, self._scale = draw_width, 1.0
        self.viewer = Canvas(np.zeros((*seq_info["image_size"][:2], 3), dtype=np.uint8))

    def set_image(self, image: np.ndarray) -> None:  # noqa: D102 (inherited)
        height, width = image.shape[:2]
        self._scale = max(1.0, (self._draw_width or width) / width)
        if self._scale > 1:
            image = np.asarray(cv2.resize(image, window_shape((height, width), self._draw_width or width)))
        self.viewer.image = image

    def draw_groundtruth(  # noqa: D102
        self,
        track_ids: Iterable[int],
        boxes: Iterable[Any],
        labels: Iterable[str] | None = None,
        dashed: Iterable[bool] | None = None,
    ) -> None:
        ids, places = (
            [int(track_id) for track_id in track_ids],
            [[int(self._scale * side) for side in box] for box in boxes],
        )
        lines = [False] * len(ids) if dashed is None else dashed
        for track_id, (left, top, width, height), dash in zip(ids, places, lines, strict=True):
            self._take_pen(track_color(track_id, self._colors))
            if dash:
                self.viewer.dashed_rectangle(left, top, width, height, 4 * self.viewer.thickness)
            else:
                self.viewer.rectangle(left, top, width, height)
        image_height, image_width = self.viewer.image.shape[:2]
        text_height = self._text_height()
        layout = LabelLayout(image_width, image_height)
        for track_id, box, label in zip(ids, places, map(str, ids) if labels is None else labels, strict=True):
            place = layout.place(box, self.viewer.text_size(label, text_height))
            if place is not None:
                self.viewer.color = track_color(track_id, self._colors)
                self.viewer.write(label, *place, text_height)

    def draw_detections(self, detections: Iterable[Any]) -> None:  # noqa: D102
        if self._colors == "original":
            self._take_pen(RED)
            for detection in detections:
                self.viewer.rectangle(*self._scale * detection.tlwh)
        else:
            self._take_pen(GREY, 0.5)
            for detection in detections:
                left, top, width, height = self._scale * detection.tlwh
                self.viewer.dashed_rectangle(left, top, width, height, 4 * self.viewer.thickness)
                self._write_confidence(detection.confidence, left, top + height, width)

    def draw_trackers(self, tracks: Iterable[Any]) -> None:  # noqa: D102
        shown = [track for track in tracks if track.is_confirmed() and track.time_since_update == 0]
        labels = [_label(track) for track in shown]
        self.draw_groundtruth([track.track_id for track in shown], [track.to_tlwh() for track in shown], labels)

    def draw_false_alarms(self, boxes: Iterable[Any]) -> None:  # noqa: D102
        self._take_pen(RED, 2)
        for box in boxes:
            left, top, width, height = (int(self._scale * side) for side in box)
            self.viewer.rectangle(left, top, width, height)

    def draw_trajectory(self, track_id: int, points: ArrayLike) -> None:  # noqa: D102
        self._take_pen(track_color(track_id, self._colors))
        self.viewer.polyline(_smooth(self._scale * np.asarray(points, dtype=float)))

    def _write_confidence(self, confidence: float, left: float, bottom: float, box_width: float) -> None:
        """Write a detection's confidence into the lower left corner of its box, if it has one and there is room."""
        if not 0 < confidence < 1:
            return
        text, text_height = f"{confidence:.2f}", max(LEAST_TEXT_HEIGHT, round(0.7 * self._text_height()))
        width, height = self.viewer.text_size(text, text_height)
        away = 4 * self.viewer.thickness  # from the line of the track's box
        if width + 2 * away <= box_width:
            self.viewer.write(text, int(left) + away, int(bottom) - away - height, text_height)

    def _text_height(self) -> int:
        return max(LEAST_TEXT_HEIGHT, round(self.viewer.image.shape[1] / WIDTH_PER_PIXEL_OF_TEXT))

    def _take_pen(self, color: Color, strength: float = 1) -> None:
        """Set color and thickness, which grows with the image."""
        self.viewer.color = color
        usual = max(LEAST_THICKNESS, round(self.viewer.image.shape[1] / WIDTH_PER_PIXEL_OF_LINE))
        self.viewer.thickness = round(strength * usual)

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
    colors : str
        One of `application_util.settings.COLORS`; the original's include red for detections.
    width : int
        Of the window in pixels.
    draw_width : int, optional
        As for `VideoVisualization`.

    Attributes
    ----------
    viewer : ImageViewer
        The window.
    """

    def __init__(
        self,
        seq_info: Mapping[str, Any],
        update_ms: float,
        *videos: VideoFile,
        colors: str = COLORS[0],
        width: int = WINDOW_WIDTH,
        draw_width: int | None = None,
    ) -> None:
        super().__init__(seq_info, *videos, colors=colors, draw_width=draw_width)
        shape, caption = window_shape(seq_info["image_size"], width), f"Figure {seq_info['sequence_name']}"
        self.viewer: ImageViewer = ImageViewer(update_ms, shape, caption)

    def _shown(self, items: Iterable[Item]) -> Generator[Item, None, None]:
        return self.viewer.frames(items)


def _label(track: Any) -> str:
    """Return a track's id, with class and confidence of its last detection where that has a class."""
    detection = getattr(track, "last_detection", None)  # programs draw tracks of their own
    if getattr(detection, "label", None) is None:
        return str(track.track_id)
    return f"{track.track_id} {detection.label} {detection.confidence:.2f}"  # type: ignore[union-attr]


def _smooth(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Average each of (N, 2) points with its neighbours, as many to each side; the ends stay."""
    reach = SMOOTHED_POINTS // 2
    sums = np.cumsum(np.vstack([np.zeros((1, 2)), points]), axis=0)
    index = np.arange(len(points))
    near = np.minimum(np.minimum(index, index[::-1]), reach)
    return (sums[index + near + 1] - sums[index - near]) / (2 * near + 1)[:, None]
