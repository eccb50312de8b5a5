"""Identity switches and breaks: a person who is followed by another track, or by the same after a while by none."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from application_util.files.mot_table import BoxTable
from application_util.scoring.tables import Table, classes_of, counting_rows
from deep_sort.iou_matching import iou

MIN_IOU = 0.5
DISTRACTORS = {"MOT15": (), "MOT16": (2, 7, 8, 12), "MOT17": (2, 7, 8, 12), "MOT20": (2, 6, 7, 8, 12)}
"""Classes of ground truth whose boxes are no mistake and no success: people on vehicles, statues, reflections."""


class Jump(NamedTuple):
    """A person is followed in a frame, and was not followed by the same track in the frame before.

    Attributes
    ----------
    frame : int
    person : int or None
        Id in the ground truth; None where there is none.
    old_track, new_track : int
        Who followed the person last, and who does now.
    last : int
        When the old track was last on the person.
    """

    frame: int
    person: int | None
    old_track: int
    new_track: int
    last: int

    @property
    def is_switch(self) -> bool:
        """Whether the track is another one; otherwise the same track was interrupted."""
        return self.old_track != self.new_track


def identity_jumps(groundtruth: Table, results: Table, benchmark: str = "MOT17") -> list[Jump]:
    """Find switches and breaks as CLEAR MOT (Bernardin and Stiefelhagen, 2008) does.

    In each frame people and boxes are matched one to one where their overlap (IoU) is at least 0.5: as many
    as possible stay with the track of the frame before, then the sum of overlaps is the largest. Boxes on
    distractors are left out first. The rules are those of TrackEval, and so is the number of switches. A break
    is where the same track comes back after frames with the person and without a match.

    Parameters
    ----------
    groundtruth, results : ndarray, shape (N, 7 or more), (M, 6 or more)
        Frame, id, left, top, width, height; for ground truth also flag and, but for MOT15, class.
    benchmark : str
        Whose rules say which ground truth counts.

    Returns
    -------
    list of Jump
        By frame.
    """
    persons = BoxTable(groundtruth[counting_rows(groundtruth, benchmark)])
    everything = BoxTable(groundtruth)
    is_distractor = np.isin(classes_of(groundtruth, benchmark), DISTRACTORS[benchmark])
    distractors = BoxTable(groundtruth[is_distractor])
    tracks = BoxTable(results)
    jumps: list[Jump] = []
    previous: dict[int, int] = {}
    last_seen: dict[int, tuple[int, int]] = {}
    last_there: dict[int, int] = {}
    for frame in np.unique(groundtruth[:, 0]).astype(int).tolist():
        ids, boxes = np.array(tracks.ids(frame), dtype=int), tracks.boxes(frame)
        if len(distractors.ids(frame)):
            free = _not_on_distractor(everything, distractors, frame, boxes)
            ids, boxes = ids[free], boxes[free]
        person_ids = persons.ids(frame)
        overlap = iou(persons.boxes(frame), boxes)
        stays = np.array([previous.get(person, -1) for person in person_ids])[:, None] == ids[None, :]
        rows, columns = _match(overlap, stays)
        previous = {person_ids[row]: int(ids[column]) for row, column in zip(rows, columns, strict=True)}
        for person, track in previous.items():
            old, last = last_seen.get(person, (track, frame))
            if old != track or last < last_there.get(person, last):
                jumps.append(Jump(frame, person, old, track, last))
            last_seen[person] = track, frame
        last_there |= dict.fromkeys(person_ids, frame)
    return jumps


def _match(overlap: Table, stays: NDArray[np.bool_] | bool = False) -> tuple[list[int], list[int]]:
    """Match rows to columns where they overlap enough; pairs that stay together come first."""
    allowed = overlap >= MIN_IOU - np.finfo(float).eps
    rows, columns = linear_sum_assignment(np.where(allowed, overlap + 1000.0 * stays, 0.0), maximize=True)
    kept = allowed[rows, columns]
    return rows[kept].tolist(), columns[kept].tolist()


def _not_on_distractor(everything: BoxTable, distractors: BoxTable, frame: int, boxes: Table) -> NDArray[np.bool_]:
    """Tell which boxes are not matched to a distractor when all ground truth takes part."""
    rows, columns = _match(iou(everything.boxes(frame), boxes))
    ids, wrong = everything.ids(frame), set(distractors.ids(frame))
    free = np.ones(len(boxes), dtype=bool)
    free[[column for row, column in zip(rows, columns, strict=True) if ids[row] in wrong]] = False
    return free
