"""Track a sequence once more and look into the tracker between its steps, which changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from application_util.association.create import create_tracker
from application_util.errors import UserError
from application_util.files.detection_file import DetectionFile, detections_from_rows
from application_util.sequences.sequence import read_sequence
from application_util.sequences.sequence_info import frame_range
from application_util.tracking.camera_motions import camera_motions
from application_util.tracking.sequence_job import SequenceJob
from application_util.tracking.sequence_tracker import select_rows
from deep_sort.detection import Detections
from deep_sort.track import Track
from deep_sort.tracker import Tracker

HUNDREDTHS = 0.0051
"""Result files round to two decimals."""


@dataclass(frozen=True)
class Moment:
    """A frame after the tracks have moved on and before they get its detections.

    Attributes
    ----------
    frame : int
    tracker : Tracker
    rows : ndarray, shape (N, 10 + M)
        All detections of the frame in the detection file.
    kept : ndarray of int
        Which of them are tracked, best first.
    found : Detections
        Those that are tracked.
    """

    frame: int
    tracker: Tracker
    rows: NDArray
    kept: NDArray[np.int64]
    found: Detections

    @cached_property
    def tracks(self) -> dict[int, Track]:
        """The tracks by id, tentative ones included."""
        return {track.track_id: track for track in self.tracker.tracks}

    @cached_property
    def taken(self) -> dict[int, int]:
        """The index of the detection that each matched track is about to get."""
        matches = self.tracker.match(self.found)[0]
        return {self.tracker.tracks[row].track_id: column for row, column in matches}


@dataclass(frozen=True)
class Life:
    """What became of a track.

    Attributes
    ----------
    birth : int
        Frame of its first detection.
    box : ndarray, shape (4,)
        That detection: left, top, width, height.
    seen : list of int
        Frames in which it got a detection.
    confirmed : bool
        Whether it ever was.
    """

    birth: int
    box: NDArray[np.float64]
    seen: list[int] = field(default_factory=list)
    confirmed: bool = False


def replay(
    job: SequenceJob,
    ask: Callable[[Moment], object] | None = None,
    note: Callable[[Moment], object] | None = None,
    last: int | None = None,
) -> None:
    """Track a sequence.

    Parameters
    ----------
    job : SequenceJob
    ask : callable, optional
        Called in each frame after the tracks have moved on, before they get its detections.
    note : callable, optional
        Called after they got them.
    last : int, optional
        Frame after which to stop.

    Raises
    ------
    UserError
        If sequence or detections cannot be read.
    """
    detections = DetectionFile(job.detection_file, job.skip_invalid, job.max_gap)
    by_class = job.settings.class_aware
    tracker = create_tracker(job.settings, by_class)
    sequence = read_sequence(job.sequence_dir)
    frames = frame_range(sequence, detections)
    motions = camera_motions(sequence, job.settings.camera_motion, frames)
    for frame in frames:
        rows = detections.rows(frame)
        kept = select_rows(rows, job.settings, by_class=by_class)
        moment = Moment(frame, tracker, rows, kept, detections_from_rows(rows[kept], by_class))
        tracker.predict(motions.get(frame))
        if ask is not None:
            ask(moment)
        if frame == last:
            break
        tracker.update(moment.found)
        if note is not None:
            note(moment)


def lives_of(job: SequenceJob, results: NDArray[np.float64]) -> dict[int, Life]:
    """Track a sequence and note what becomes of each track, by id.

    Parameters
    ----------
    job : SequenceJob
    results : ndarray, shape (N, 6 or more)
        What the job made, as its result file holds it: frame, id, left, top, width, height.

    Raises
    ------
    UserError
        If the job makes another result now, or its files cannot be read.
    """
    lives: dict[int, Life] = {}
    rows: list[list[float]] = []

    def note(moment: Moment) -> None:
        for track in moment.tracker.tracks:
            number = track.track_id
            if number not in lives:
                lives[number] = Life(moment.frame, track.to_tlwh())
            if track.time_since_update == 0:
                lives[number].seen.append(moment.frame)
            if track.is_confirmed() and track.time_since_update <= 1:
                rows.append([moment.frame, number, *track.to_tlwh().tolist()])

    replay(job, note=note)
    again, before = (table[np.lexsort((table[:, 1], table[:, 0]))] for table in (_table(rows), results[:, :6]))
    if again.shape != before.shape or np.abs(again - before).max(initial=0) > HUNDREDTHS:
        raise UserError(f"{job.detection_file}: tracked with these settings it gives another result")
    for number in np.unique(before[:, 1]).astype(int).tolist():
        lives[number] = replace(lives[number], confirmed=True)
    return lives


def _table(rows: list[list[float]]) -> NDArray[np.float64]:
    return np.array(rows, dtype=np.float64).reshape(-1, 6)
