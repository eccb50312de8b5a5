"""Questions about tracks that lost their object, answered by tracking once more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from application_util.settings import TrackerSettings
from application_util.tracking.causes import Reason, too_old, why_dropped, why_not
from application_util.tracking.replay import Life, Moment, replay
from application_util.tracking.sequence_job import SequenceJob
from deep_sort.iou_matching import iou

MIN_IOU = 0.5
"""Overlap from which on a detection is one of the object."""

Box = NDArray[np.float64]


@dataclass(frozen=True)
class Question:
    """Why a track did not go on with an object.

    Attributes
    ----------
    track : int
        The track that should have.
    places : dict of int -> ndarray, shape (4,)
        Where the object is, as far as is known, in frames after the track had it: left, top, width, height.
    """

    track: int
    places: Mapping[int, Box]


@dataclass(frozen=True)
class Answer:
    """What ruled the right match out.

    Attributes
    ----------
    frame : int
        The frame in question: the first one with a detection that the track did not get, else that with a detection
        which was dropped, else the first one.
    place : ndarray, shape (4,)
        Where the object is.
    reasons : list of Reason
        The first comes first in the tracker, too.
    without : int
        Frames without a detection of the object that was tracked: before the one in question, or, where no such
        detection came, all.
    detection : ndarray or None, shape (4,)
        The right detection's box.
    predicted : ndarray or None, shape (4,)
        Where the track was expected; None if it was given up.
    ellipse : (ndarray, ndarray) or None
        Mean (2,) and covariance (2, 2) of the centre that was expected.
    """

    frame: int
    place: Box
    reasons: list[Reason]
    without: int = 0
    detection: Box | None = None
    predicted: Box | None = None
    ellipse: tuple[Box, Box] | None = None


def ask(job: SequenceJob, questions: Sequence[Question], lives: Mapping[int, Life]) -> list[Answer | None]:
    """Answer questions about the tracks that a job makes.

    Parameters
    ----------
    job : SequenceJob
    questions : sequence of Question
    lives : dict of int -> Life
        Of all tracks of the job, by `replay.lives_of`.

    Returns
    -------
    list of Answer or None
        In the order of the questions; None for one without places.
    """
    inquiries = [_Inquiry(question, lives, job.settings) for question in questions]
    waiting: dict[int, list[_Inquiry]] = defaultdict(list)
    for inquiry in inquiries:
        for frame in inquiry.question.places:
            waiting[frame].append(inquiry)

    def look(moment: Moment) -> None:
        for inquiry in waiting.get(moment.frame, ()):
            inquiry.look(moment)

    if waiting:
        replay(job, look, last=max(waiting))
    return [inquiry.answer() for inquiry in inquiries]


class _Inquiry:
    """A question on its way through the frames."""

    def __init__(self, question: Question, lives: Mapping[int, Life], settings: TrackerSettings) -> None:
        self.question, self._lives, self._settings = question, lives, settings
        self._refused: Answer | None = None
        self._dropped: Answer | None = None
        self._first: Answer | None = None
        self._without = 0

    def look(self, moment: Moment) -> None:
        """Look for the object's detection in a frame, and why the track does not get it."""
        if self._refused is not None:
            return
        frame, place = moment.frame, self.question.places[moment.frame]
        column = _nearest(place, moment.found.tlwh)
        if column is not None:
            reasons = self._why_not(moment, column)
            if reasons:
                self._refused = self._note(moment, reasons, moment.found.tlwh[column])
            elif self._first is None:
                text = f"the track had its detection, but its box has an IoU below {MIN_IOU} with the object"
                self._first = Answer(frame, place, [Reason("box", text)])
            return
        self._without += 1
        row = _nearest(place, moment.rows[:, 2:6].astype(np.float64))
        if row is not None and self._dropped is None:
            reason = why_dropped(moment, row, self._settings)
            self._dropped = self._note(moment, [reason], moment.rows[row, 2:6].astype(np.float64))
        if self._first is None or self._first.reasons[0].cause == "box":
            self._first = self._note(moment, [Reason("absent", f"no detection has an IoU of {MIN_IOU} with it")], None)

    def answer(self) -> Answer | None:
        """Return what was found in the end."""
        missed = self._dropped or self._first
        return self._refused or (missed and replace(missed, without=self._without))

    def _note(self, moment: Moment, reasons: list[Reason], detection: Box | None) -> Answer:
        place = self.question.places[moment.frame]
        answer = Answer(moment.frame, place, reasons, self._without, detection)
        track = moment.tracks.get(self.question.track)
        if track is None:
            return answer
        mean, covariance = moment.tracker.kf.project(track.mean, track.covariance)
        ellipse = mean[:2].copy(), covariance[:2, :2].copy()
        return replace(answer, predicted=track.to_tlwh(), ellipse=ellipse)

    def _why_not(self, moment: Moment, column: int) -> list[Reason]:
        track = moment.tracks.get(self.question.track)
        if track is not None:
            reasons = why_not(moment, track, column, self._settings)
        else:
            reasons = [_given_up(self._lives[self.question.track], moment.frame, self._settings)]
            if self._dropped is not None:
                reasons += self._dropped.reasons
        return reasons + self._unconfirmed(moment.frame) if reasons else []

    def _unconfirmed(self, frame: int) -> list[Reason]:
        """Say which tracks started on the object since, and were missed before they counted."""
        started = [
            number
            for number, life in self._lives.items()
            if not life.confirmed
            and frame <= life.birth
            and life.birth in self.question.places
            and _nearest(self.question.places[life.birth], life.box[np.newaxis]) is not None
        ]
        if not started:
            return []
        number = "a track" if len(started) == 1 else f"{len(started)} tracks"
        least = max(2, self._settings.n_init)
        return [Reason("unconfirmed", f"{number} started there and ended before {least} detections in a row")]


def _given_up(life: Life, frame: int, settings: TrackerSettings) -> Reason:
    last = max(seen for seen in life.seen if seen < frame)
    if not life.confirmed:
        least = max(2, settings.n_init)
        return Reason("unconfirmed", f"ended after {len(life.seen)} detections, before {least} in a row")
    return too_old(frame - last, settings)


def _nearest(place: Box, boxes: Box) -> int | None:
    """Return which box overlaps a place most, None if none does so enough."""
    if not len(boxes):
        return None
    overlap = iou(place, boxes)
    best = int(overlap.argmax())
    return best if overlap[best] >= MIN_IOU else None
