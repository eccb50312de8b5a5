"""What a report shows of a sequence's images, which are gone through once."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from application_util.drawing.contact_sheet import Image, Wanted, plan_strips, visit
from application_util.drawing.visualization import VideoVisualization
from application_util.errors import UserError
from application_util.files.mot_table import is_filled
from tools.report.first_image import MAX_WIDTH, FirstImage, data_uri, first_image, shrink
from tools.report.gather import Tracked
from tools.report.jump_picture import JumpPicture
from tools.report.jumps import Explained

QUALITY = 70
"""Of small pictures as JPEG."""
MOST_STRIPS = 60
MOST_JUMPS = 60
MOST_FRAMES = 400
"""Images that are looked at for crops of tracks, about."""


@dataclass
class Pictures:
    """Pictures of a sequence, as data URIs.

    Attributes
    ----------
    background : FirstImage or None
        The first image.
    poster : str or None
        The frame with most boxes, drawn.
    poster_frame : int
    strips : dict of int -> str
        Track -> crops over its life.
    jumps : dict of int -> str
        Index of a jump -> its picture.
    comment : str or None
        Why there are none.
    """

    background: FirstImage | None = None
    poster: str | None = None
    poster_frame: int = 0
    strips: dict[int, str] = field(default_factory=dict)
    jumps: dict[int, str] = field(default_factory=dict)
    comment: str | None = None


def take_pictures(tracked: Tracked, explained: Explained, crops: int) -> Pictures:
    """Draw what a report shows of the images of a sequence.

    Parameters
    ----------
    tracked : Tracked
    explained : Explained
        Its jumps.
    crops : int
        Crops of each track, 0 for none.
    """
    pictures, images = Pictures(), tracked.sequence.images
    try:
        pictures.background = first_image(tracked.sequence)
        if not images:
            return pictures
        wanted: Wanted = defaultdict(list)
        frames, counts = np.unique(tracked.results[:, 0], return_counts=True)
        pictures.poster_frame = int(frames[counts.argmax()])
        wanted[pictures.poster_frame].append(partial(_draw_poster, pictures, tracked))
        strips = plan_strips(_thinned(tracked), _chosen(tracked), crops, wanted) if crops else {}
        jumps = _plan_jumps(tracked, explained, wanted)
        visit(tracked.sequence, {frame: uses for frame, uses in wanted.items() if frame in images})
        pictures.strips = {track: data_uri(strip, QUALITY) for track, strip in strips.items()}
        pictures.jumps = {index: data_uri(jump.image, QUALITY) for index, jump in jumps.items()}
    except UserError as error:
        pictures.comment = f"No image: {error}"
    return pictures


def _draw_poster(pictures: Pictures, tracked: Tracked, image: Image) -> None:
    small = shrink(image, MAX_WIDTH)
    shown = tracked.results[:, 0] == pictures.poster_frame
    rows, filled = tracked.results[shown], is_filled(tracked.results)[shown]
    info = {"image_size": small.shape, "min_frame_idx": 0, "max_frame_idx": 0}
    drawing = VideoVisualization(info)
    drawing.set_image(small)
    boxes = rows[:, 2:6] * small.shape[1] / image.shape[1]
    drawing.draw_groundtruth(rows[:, 1].astype(int).tolist(), boxes, dashed=filled.tolist())
    pictures.poster = data_uri(small)


def _chosen(tracked: Tracked) -> list[int]:
    """Return the tracks to show crops of, by id: those that take part in jumps first, then the longest."""
    lifespans = tracked.lifespans
    longest = lifespans.ids[np.argsort(-lifespans.lengths, kind="stable")].tolist()
    jumping = [track for jump in tracked.jumps for track in (jump.old_track, jump.new_track)]
    return sorted(list(dict.fromkeys(jumping + longest))[:MOST_STRIPS])


def _thinned(tracked: Tracked) -> np.ndarray:
    """Return the results in a part of the frames, but of each track at least its first."""
    results = tracked.results
    step = -(-len(tracked.frames) // MOST_FRAMES)
    first = results[:, 0] == tracked.lifespans.first_of(results[:, 1])
    return results[(results[:, 0] % step == 0) | first]


def _plan_jumps(tracked: Tracked, explained: Explained, wanted: Wanted) -> dict[int, JumpPicture]:
    jumps: dict[int, JumpPicture] = {}
    results = tracked.results
    for index, (jump, answer) in enumerate(explained.jumps):
        if answer is None or len(jumps) >= MOST_JUMPS:
            continue
        before = results[(results[:, 1] == jump.old_track) & (results[:, 0] <= jump.last)]
        last = before[before[:, 0].argmax()]
        jumps[index] = JumpPicture(jump, last[2:6], answer)
        wanted[int(last[0])].append(jumps[index].last_seen)
        wanted[answer.frame].append(jumps[index].scene)
    return jumps
