"""What is shown of a sequence's tracking results: boxes, detections, false alarms, trajectories."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.drawing.view import DEFAULT_UPDATE_MS
from application_util.drawing.visualization import NoVisualization
from application_util.errors import UserError
from application_util.files.detection_file import DetectionFile, detections_from_rows
from application_util.files.mot_table import BoxTable
from application_util.sequences.images import no_images
from application_util.sequences.sequence import MotSequence
from application_util.settings import DrawingSettings
from deep_sort.iou_matching import iou

FALSE_ALARM_IOU = 0.5
TRAJECTORY_MS = 1000.0
MIDDLE_OF_LOWER_EDGE = (0.5, 1.0)

Boxes = NDArray[np.float64]


@dataclass(frozen=True)
class ResultView:
    """The results of a sequence and what else to draw with them.

    Attributes
    ----------
    sequence : MotSequence
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

    sequence: MotSequence
    results: BoxTable
    groundtruth: BoxTable | None
    detections: DetectionFile | None
    update_ms: float
    trajectories: bool

    @property
    def frames(self) -> range:
        """From the first image's number to the last's."""
        return range(min(self.sequence.images), max(self.sequence.images) + 1)

    def draw(self, drawing: NoVisualization, frame: int) -> None:
        """Draw what belongs to a frame on its image; boxes that fill gaps are dashed."""
        if self.detections is not None:
            drawing.draw_detections(detections_from_rows(self.detections.rows(frame)))
        if self.trajectories:
            self._draw_trajectories(drawing, frame)
        ids, boxes, filled = self.results.ids(frame), self.results.boxes(frame), self.results.filled(frame)
        if self.groundtruth is not None:  # below the labels
            drawing.draw_false_alarms(_false_alarms(boxes, self.groundtruth.boxes(frame)))
        if any(filled):
            drawing.draw_groundtruth(ids, boxes, dashed=filled)
        else:  # as for drawings of programs that know no dashes
            drawing.draw_groundtruth(ids, boxes)

    def _draw_trajectories(self, drawing: NoVisualization, frame: int) -> None:
        """Draw, for each track of the last second, where the middle of its lower edge was."""
        first = frame - round(TRAJECTORY_MS / self.update_ms)
        ids = np.array(self.results.ids(first, frame), dtype=int)
        boxes = self.results.boxes(first, frame)
        points = boxes[:, :2] + boxes[:, 2:] * MIDDLE_OF_LOWER_EDGE
        for track_id in np.unique(ids).tolist():
            drawing.draw_trajectory(track_id, points[ids == track_id])


def _false_alarms(boxes: Boxes, groundtruth: Boxes) -> list[Boxes]:
    return [box for box in boxes if not len(groundtruth) or iou(box, groundtruth).max() < FALSE_ALARM_IOU]


def open_results(
    sequence: MotSequence,
    result_file: str | Path,
    settings: DrawingSettings = DrawingSettings(),  # noqa: B008 (frozen)
    show_false_alarms: bool = False,
    detection_file: str | Path | None = None,
) -> ResultView:
    """Read what is to be shown and make sure that it belongs together.

    Parameters
    ----------
    sequence : MotSequence
    result_file : str or Path
        The tracks, a row each box: frame, id, left, top, width, height, ...
    settings : DrawingSettings
        What it looks like.
    show_false_alarms : bool
        Mark boxes that ground truth does not confirm.
    detection_file : str or Path, optional
        Detections to draw, too.

    Raises
    ------
    UserError
        If the sequence has no images or lacks some, if the results are missing, empty, broken or those of
        another sequence, or if false alarms are to be shown and there is no ground truth.
    """
    _check_images(sequence)
    groundtruth = sequence.groundtruth if show_false_alarms else None
    if show_false_alarms and groundtruth is None:
        raise UserError(
            f"{sequence.directory / 'gt' / 'gt.txt'}: no such file, false alarms cannot be found without it"
        )
    return ResultView(
        sequence,
        BoxTable(sequence.read_results(result_file)),
        None if groundtruth is None else BoxTable(groundtruth),
        None if detection_file is None else DetectionFile(detection_file),
        settings.update_ms or sequence.update_ms or DEFAULT_UPDATE_MS,
        settings.show_trajectories,
    )


def _check_images(sequence: MotSequence) -> None:
    place, images = sequence.images.place, sequence.images
    if not images:
        raise UserError(no_images(place))
    for frame in range(min(images), max(images)):
        if frame not in images:
            raise UserError(f"{place}: no image of frame {frame}")
