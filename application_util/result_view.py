"""What is shown of a sequence's tracking results: boxes, detections, false alarms, trajectories."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deep_sort.iou_matching import iou

from .detection_file import DetectionFile
from .errors import UserError
from .mot_text import read_table
from .read_ahead import read_ahead
from .sequence import Sequence
from .tracking import detections_from_rows
from .visualization import RED, VideoVisualization, Visualization, create_unique_color_uchar

DEFAULT_UPDATE_MS = 20.0
FALSE_ALARM_IOU = 0.5
FALSE_ALARM_THICKNESS = 4
TRAJECTORY_SECONDS = 1.0

Table = NDArray[np.float64]


class BoxTable:
    """Rows of a result file or of ground truth (frame, id, left, top, width, height, ...) by frame.

    Parameters
    ----------
    table : ndarray, shape (N, 6 or more)
    """

    def __init__(self, table: Table) -> None:
        table = table[np.argsort(table[:, 0], kind="stable")]
        frames, starts = np.unique(table[:, 0].astype(int), return_index=True)
        self._groups = dict(zip(frames.tolist(), np.split(table, starts)[1:], strict=True))
        self._none = table[:0]

    def ids(self, frame: int) -> list[int]:
        """Return the ids of a frame's boxes, in file order."""
        return [int(number) for number in self._rows(frame)[:, 1]]

    def boxes(self, frame: int) -> Table:
        """Return a frame's boxes (left, top, width, height), shape (n, 4), in file order."""
        return self._rows(frame)[:, 2:6]

    def _rows(self, frame: int) -> Table:
        return self._groups.get(frame, self._none)


@dataclass(frozen=True)
class ResultView:
    """The results of a sequence and what else to draw with them.

    Attributes
    ----------
    sequence : Sequence
        With images.
    results : BoxTable
        The tracks.
    groundtruth : BoxTable or None
        If given, boxes without a counterpart there are marked as false alarms.
    detections : DetectionFile or None
        If given, these are drawn, too.
    update_ms : float
        Time between frames in milliseconds.
    trajectories : bool
        Draw where each track was in the last second.
    """

    sequence: Sequence
    results: BoxTable
    groundtruth: BoxTable | None
    detections: DetectionFile | None
    update_ms: float
    trajectories: bool

    @property
    def frames(self) -> range:
        """From the first image's number to the last's."""
        return range(min(self.sequence.images), max(self.sequence.images) + 1)

    @property
    def seq_info(self) -> dict[str, Any]:
        """What a visualization wants to know about the sequence."""
        return {
            "sequence_name": self.sequence.name,
            "image_size": self.sequence.image_size,
            "min_frame_idx": self.frames[0],
            "max_frame_idx": self.frames[-1],
            "update_ms": self.update_ms,
        }

    def play(
        self, visualization: Visualization | VideoVisualization, watch: Callable[[Iterator[Any]], Iterator[Any]]
    ) -> bool:
        """Draw all frames, while the images of the next ones are being read.

        Parameters
        ----------
        visualization : Visualization or VideoVisualization
            Where to draw.
        watch : callable
            Given the images as they come, passes them on; to report progress or to interrupt.

        Returns
        -------
        bool
            True if the last frame was reached, False if the user ended it before.
        """
        with contextlib.closing(read_ahead(self.sequence.read_image, self.frames)) as images:
            watched = watch(images)

            def draw_frame(vis: Visualization | VideoVisualization, frame: int) -> None:
                vis.set_image(next(watched))
                self.draw(vis, frame)

            return visualization.run(draw_frame)

    def draw(self, vis: Visualization | VideoVisualization, frame: int) -> None:
        """Draw one frame on the visualization's image."""
        if self.detections is not None:
            vis.draw_detections(detections_from_rows(self.detections.rows(frame)))
        if self.trajectories:
            self._draw_trajectories(vis, frame)
        boxes = self.results.boxes(frame)
        vis.draw_groundtruth(self.results.ids(frame), boxes)
        if self.groundtruth is not None:
            _draw_false_alarms(vis, boxes, self.groundtruth.boxes(frame))

    def _draw_trajectories(self, vis: Visualization | VideoVisualization, frame: int) -> None:
        """Draw, for each track of the last second, the line that the middle of its lower edge went."""
        first = frame + 1 - round(1000 * TRAJECTORY_SECONDS / self.update_ms)
        paths: dict[int, list[Table]] = {}
        for past in range(first, frame + 1):
            for track_id, box in zip(self.results.ids(past), self.results.boxes(past), strict=True):
                paths.setdefault(track_id, []).append(box[:2] + box[2:] * (0.5, 1.0))
        for track_id, points in paths.items():
            vis.viewer.color = create_unique_color_uchar(track_id)
            vis.viewer.polyline(points)


def _draw_false_alarms(vis: Visualization | VideoVisualization, boxes: Table, groundtruth: Table) -> None:
    vis.viewer.color, vis.viewer.thickness = RED, FALSE_ALARM_THICKNESS
    for box in boxes:
        if not len(groundtruth) or iou(box, groundtruth).max() < FALSE_ALARM_IOU:
            left, top, width, height = box.astype(int).tolist()
            vis.viewer.rectangle(left, top, width, height)


def open_view(
    sequence: Sequence,
    result_file: str | Path,
    show_false_alarms: bool = False,
    detection_file: str | Path | None = None,
    update_ms: float | None = None,
    trajectories: bool = False,
) -> ResultView:
    """Read what is to be shown and make sure that it belongs together.

    Raises
    ------
    UserError
        If the sequence has no images or lacks some, if the results are missing, empty, broken or those of
        another sequence, or if false alarms are to be shown and there is no ground truth.
    """
    images = sequence.images
    if not images:
        raise UserError(f"{sequence.directory / 'img1'}: no images, and there is nothing to draw on without them")
    missing = next((frame for frame in range(min(images), max(images)) if frame not in images), None)
    if missing is not None:
        raise UserError(f"{sequence.directory / 'img1'}: no image of frame {missing}")
    results = read_table(result_file)
    if not len(results):
        raise UserError(f"{result_file}: no rows, nothing was tracked that could be shown")
    outside = np.flatnonzero((results[:, 0] < min(images)) | (results[:, 0] > max(images)))
    if len(outside):
        row = outside[0]
        raise UserError(
            f"{result_file}: row {row + 1}: frame {results[row, 0]:.0f}, but {sequence.name} has frames"
            f" {min(images)} to {max(images)}: these are the results of another sequence"
        )
    groundtruth = sequence.groundtruth if show_false_alarms else None
    if show_false_alarms and groundtruth is None:
        raise UserError(f"{sequence.directory / 'gt' / 'gt.txt'}: no such file, and false alarms need ground truth")
    return ResultView(
        sequence,
        BoxTable(results),
        None if groundtruth is None else BoxTable(groundtruth),
        None if detection_file is None else DetectionFile(detection_file),
        update_ms or sequence.update_ms or DEFAULT_UPDATE_MS,
        trajectories,
    )
