"""Track one sequence: what every command that tracks does between reading and writing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from application_util.files.detection_file import DetectionFile
from application_util.files.invalid_rows import FIRST_FEATURE
from application_util.sequences.sequence import Sequence
from application_util.settings import TrackerSettings
from deep_sort.detection import Detection, stack_boxes
from deep_sort.nn_matching import NearestNeighborDistanceMetric
from deep_sort.preprocessing import non_max_suppression
from deep_sort.tracker import Tracker


def frame_range(sequence: Sequence, detections: DetectionFile | None = None) -> range:
    """Return the frames of a sequence: those of its images, or of its detections when there are no images."""
    frames = list(sequence.images)
    if not frames and detections is not None:
        frames = detections.frames.tolist()
    return range(frames[0], frames[-1] + 1) if frames else range(0)


def create_tracker(settings: TrackerSettings) -> Tracker:
    """Return a tracker with these parameters."""
    metric = NearestNeighborDistanceMetric("cosine", settings.max_cosine_distance, settings.nn_budget)
    return Tracker(metric, settings.max_iou_distance, settings.max_age, settings.n_init)


def detections_from_rows(rows: NDArray, min_height: float = 0) -> list[Detection]:
    """Turn rows of a detection file into detections.

    Parameters
    ----------
    rows : ndarray, shape (N, 10 + M)
        Rows of one frame.
    min_height : float
        Lower boxes are left out, pixels.
    """
    rows = rows[~(rows[:, 5] < min_height)]
    boxes = rows[:, 2:6].astype(np.float64)
    features = rows[:, FIRST_FEATURE:].astype(np.float32)
    return [
        Detection(box, confidence, feature)
        for box, confidence, feature in zip(boxes, rows[:, 6].tolist(), features, strict=True)
    ]


def select_detections(rows: NDArray, settings: TrackerSettings) -> list[Detection]:
    """Return the detections of a frame that are tracked, best first.

    Those that are high and sure enough, after non-maximum suppression.

    Parameters
    ----------
    rows : ndarray, shape (N, 10 + M)
        Rows of one frame in file order.
    settings : TrackerSettings
    """
    detections = detections_from_rows(
        rows[~(rows[:, 6].astype(np.float64) < settings.min_confidence)], settings.min_detection_height
    )
    boxes = stack_boxes(detections, range(len(detections)))
    scores = np.array([detection.confidence for detection in detections])
    return [detections[i] for i in non_max_suppression(boxes, settings.nms_max_overlap, scores)]


@dataclass
class SequenceTracker:
    """A tracker on its way through a sequence.

    Attributes
    ----------
    detections : DetectionFile
    settings : TrackerSettings
    write : callable
        Called with each frame's number and the tracker's tracks.
    """

    detections: DetectionFile
    settings: TrackerSettings
    write: Callable[[int, list], None]

    def __post_init__(self) -> None:
        self.tracker = create_tracker(self.settings)

    def step(self, frame: int) -> list[Detection]:
        """Track one frame, write its rows and return the detections that were used."""
        detections = select_detections(self.detections.rows(frame), self.settings)
        self.tracker.predict()
        self.tracker.update(detections)
        self.write(frame, self.tracker.tracks)
        return detections
