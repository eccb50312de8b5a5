"""Tracks of one person, joined by appearance, motion and time.

After the appearance-free link (AFLink) of StrongSORT (Du et al. 2023, section 3.3), with the features of detections and
constant velocity where that has a network. A track that ends in frame e and one that starts in frame s are joined if
``0 < s - e <= longest gap`` and both terms of this cost are at most 1::

    cost = (1 - r . r') / d  +  (|p(s) - p'(s)| + |p'(e) - p(e)|) / (2 a h)

r and r' are the tracks' mean features, d the largest appearance distance; p and p' centre and height of the earlier and
the later track's box, (x, y, height), by the straight lines through the earlier's last and the later's first boxes; h
the mean height there, and a how far from the predicted place, in heights, a person may be. Ends and starts are assigned
one to one so that the sum of 2 - cost is largest. Since a later track starts after the end of the earlier, what is
joined never overlaps in time, however many tracks that are.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from application_util.postprocessing.track_boxes import TrackBoxes
from deep_sort.linear_assignment import min_cost_matching
from deep_sort.pair_costs import PairCosts

VELOCITY_BOXES = 10
"""Boxes at a track's end that tell its velocity."""

NEAR = 0.6
"""How far from the predicted place a track may go on, a, in heights."""

LARGEST_COST = 2.0


class TrackEnd:
    """The first or the last boxes of a track, and the straight line through them.

    Parameters
    ----------
    frames : ndarray, shape (n,)
    boxes : ndarray, shape (n, 4)
        Left, top, width, height.
    """

    def __init__(self, frames: NDArray[np.int64], boxes: NDArray[np.float64]) -> None:
        places = np.column_stack([boxes[:, :2] + boxes[:, 2:] / 2, boxes[:, 3]])
        self.height = float(boxes[:, 3].mean())
        self._middle, self._mean = frames.mean(), places.mean(axis=0)
        offsets = frames - self._middle
        spread = float(offsets @ offsets)
        self._velocity = offsets @ places / spread if spread else np.zeros(3)

    def place(self, frame: int) -> NDArray[np.float64]:
        """Return centre and height of the box in a frame by the line, shape (3,)."""
        return self._mean + (frame - self._middle) * self._velocity


def link_tracks(
    tracks: TrackBoxes, features: dict[int, NDArray[np.float64]], longest: int, max_distance: float
) -> TrackBoxes:
    """Join tracks; what is joined has the id of the earliest of them.

    Parameters
    ----------
    tracks : TrackBoxes
    features : dict of int -> ndarray
        See `mean_features`; a track without is not joined.
    longest : int
        Frames from the end of a track to the start of the next.
    max_distance : float
        Largest appearance distance d.
    """
    parts = {int(tracks.ids[track[0]]): track for track in tracks.tracks()}
    ids = [track_id for track_id in parts if track_id in features]
    if len(ids) < 2:
        return tracks
    heads, tails = (
        [TrackEnd(tracks.frames[parts[each][end]], tracks.boxes[parts[each][end]]) for each in ids]
        for end in (slice(VELOCITY_BOXES), slice(-VELOCITY_BOXES, None))
    )
    starts = np.array([tracks.frames[parts[each][0]] for each in ids])
    ends = np.array([tracks.frames[parts[each][-1]] for each in ids])
    features_of = np.array([features[each] for each in ids])
    pairs: list[tuple[int, int, float]] = []
    for earlier, end in enumerate(ends.tolist()):
        distances = 1 - features_of @ features_of[earlier]
        for later in np.flatnonzero((starts > end) & (starts <= end + longest) & (distances <= max_distance)).tolist():
            start = int(starts[later])
            away = place_distance(tails[earlier], heads[later], end, start)
            if away <= 1:
                pairs.append((earlier, later, distances[later] / max_distance + away))
    return tracks.with_ids(_joined(tracks.ids, ids, pairs))


def place_distance(tail: TrackEnd, head: TrackEnd, end: int, start: int) -> float:
    """Return the second term of the cost: 1 as far away as a later track may start."""
    forward = np.linalg.norm(tail.place(start) - head.place(start))
    backward = np.linalg.norm(head.place(end) - tail.place(end))
    height = max((tail.height + head.height) / 2, 1e-6)  # boxes of other trackers may have none
    return float((forward + backward) / (2 * NEAR * height))


def _joined(of_box: NDArray[np.int64], ids: list[int], pairs: list[tuple[int, int, float]]) -> NDArray[np.int64]:
    """Return the ids of boxes after the cheapest assignment of ends to starts."""
    if not pairs:
        return of_box
    one, other, costs = (np.array(each) for each in zip(*pairs, strict=True))
    earlier, row = np.unique(one, return_inverse=True)
    later, column = np.unique(other, return_inverse=True)
    matches, _, _ = min_cost_matching(
        PairCosts(row.tolist(), column.tolist(), costs), LARGEST_COST, list(earlier), list(later)
    )
    first = {ids[later[column]]: ids[earlier[row]] for row, column in matches}
    known, number = np.unique(of_box, return_inverse=True)
    renamed = []
    for each in known.tolist():
        while each in first:
            each = first[each]
        renamed.append(each)
    return np.array(renamed)[number]
