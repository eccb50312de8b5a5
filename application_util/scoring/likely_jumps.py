"""Likely identity switches where there is no ground truth: a track that ends where another begins."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment

from application_util.scoring.identity_switches import Jump
from application_util.scoring.tables import Table

LONGEST = 60
"""Frames between the end of a track and the start of the next, at most."""
REACH = 0.25
"""How far the next track may start from where the last one was expected, in heights of its box."""
HEIGHT_RATIO = 1.25
MOTION_FRAMES = 5
"""The last frames of a track that its velocity is taken from.

On MOT16-02, 05 and 09 with two detectors these values gave 68 pairs with known people, 33 of them of one person; there
are 145 of one person. Longer or wider ones find more, and fewer of them are right."""

FRAME, TRACK = 0, 1


def likely_jumps(results: Table) -> list[Jump]:
    """Pair tracks that end with tracks that begin soon after, near where they were expected, with boxes as high.

    Parameters
    ----------
    results : ndarray, shape (N, 6 or more)
        Frame, id, left, top, width, height in pixels.

    Returns
    -------
    list of Jump
        By frame, one for each track at most on either side; without a person.
    """
    rows = results[np.lexsort((results[:, FRAME], results[:, TRACK]))]
    starts = np.flatnonzero(np.r_[True, np.diff(rows[:, TRACK]) != 0])
    tracks = np.split(rows, starts[1:])
    first, last = rows[starts], rows[np.r_[starts[1:], len(rows)] - 1]
    gaps = first[:, FRAME] - last[:, FRAME][:, np.newaxis]  # from the end of each to the start of each
    expected = (
        _centres(last)[:, np.newaxis] + gaps[..., np.newaxis] * np.array(list(map(_velocity, tracks)))[:, np.newaxis]
    )
    heights = last[:, 5][:, np.newaxis]
    distance = np.linalg.norm(_centres(first) - expected, axis=-1) / heights
    ratio = first[:, 5] / heights
    allowed = (gaps >= 1) & (gaps <= LONGEST) & (distance <= REACH)
    allowed &= (ratio <= HEIGHT_RATIO) & (ratio >= 1 / HEIGHT_RATIO)
    cost = np.where(allowed, distance, 1e6)
    jumps = [
        Jump(int(first[new, FRAME]), None, int(last[old, TRACK]), int(first[new, TRACK]), int(last[old, FRAME]))
        for old, new in zip(*linear_sum_assignment(cost), strict=True)
        if allowed[old, new]
    ]
    return sorted(jumps, key=lambda jump: (jump.frame, jump.new_track))


def _centres(rows: Table) -> Table:
    return rows[:, 2:4] + rows[:, 4:6] / 2


def _velocity(track: Table) -> Table:
    """Return the velocity of a track's centre in its last frames, pixels a frame, shape (2,)."""
    end = track[track[:, FRAME] > track[-1, FRAME] - MOTION_FRAMES]
    frames = end[-1, FRAME] - end[0, FRAME]
    return np.zeros(2) if frames == 0 else (_centres(end[-1:])[0] - _centres(end[:1])[0]) / frames
