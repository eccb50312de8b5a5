"""Contact sheets of tracks: one row a track, crops over its life, so that a track of several people is seen at once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.sequences.sequence import MotSequence

CELL = (104, 52)
"""Height and width of a crop in pixels."""
GAP = 2
LABEL_WIDTH = 92
FRAME, TRACK, BOX = 0, 1, slice(2, 6)

Image = NDArray[np.uint8]
Wanted = dict[int, list[Callable[[Image], object]]]
"""Frame -> what to do with its image."""


def contact_sheets(
    sequence: MotSequence, results: NDArray[np.float64], crops: int = 16, tracks: int = 16, min_length: int = 1
) -> list[Image]:
    """Draw the tracks of a result file, in the order of their ids.

    Parameters
    ----------
    sequence : MotSequence
        With images or a video, which is read once.
    results : ndarray, shape (N, >= 6)
        Rows of the result file: frame, track id, left, top, width, height in pixels.
    crops : int
        Crops of a track, from its first row to its last at even distances.
    tracks : int
        Tracks on one sheet.
    min_length : int
        Tracks with fewer rows are left out.

    Returns
    -------
    list of ndarray of uint8, shape (height, width, 3)
        Sheets, BGR. Before each row stand the track's id, its first and last frame and its number of rows.

    Raises
    ------
    UserError
        If there is no such track, or an image is missing or cannot be read.
    """
    ids, counts = np.unique(results[:, TRACK].astype(int), return_counts=True)
    shown = ids[counts >= min_length].tolist()
    if not shown:
        raise UserError(f"{sequence.name}: no track of at least {min_length} rows")
    wanted: Wanted = defaultdict(list)
    strips = plan_strips(results, shown, crops, wanted)
    visit(sequence, wanted)
    rows = []
    for track, strip in strips.items():
        boxes = results[results[:, TRACK] == track]
        row = np.full((CELL[0] + GAP, LABEL_WIDTH + crops * (CELL[1] + GAP), 3), 255, np.uint8)
        row[: CELL[0], LABEL_WIDTH : LABEL_WIDTH + strip.shape[1]] = strip
        _label(row, (f"id {track}", f"{boxes[:, FRAME].min():.0f}-{boxes[:, FRAME].max():.0f}", f"{len(boxes)} boxes"))
        rows.append(row)
    return [np.concatenate(rows[start : start + tracks]) for start in range(0, len(rows), tracks)]


def plan_strips(results: NDArray[np.float64], tracks: Sequence[int], crops: int, wanted: Wanted) -> dict[int, Image]:
    """Make a strip of crops for each of these tracks, white until `visit` has been to the frames.

    Parameters
    ----------
    results, crops
        As for `contact_sheets`.
    tracks : sequence of int
    wanted : dict of int -> list of callables
        Gets what is to be done with the images of which frames.

    Returns
    -------
    dict of int -> ndarray of uint8, shape (height, width, 3)
        Track -> its strip, BGR.
    """
    strips = {}
    width = CELL[1] + GAP
    for track in tracks:
        boxes = results[results[:, TRACK] == track]
        boxes = boxes[np.argsort(boxes[:, FRAME], kind="stable")]
        chosen = np.unique(np.linspace(0, len(boxes) - 1, crops).round().astype(int))
        strip = strips[track] = np.full((CELL[0], len(chosen) * width, 3), 255, np.uint8)
        for column, box in enumerate(boxes[chosen]):
            cell = strip[:, column * width : column * width + CELL[1]]
            wanted[int(box[FRAME])].append(partial(_paste, cell, box[BOX]))
    return strips


def visit(sequence: MotSequence, wanted: Wanted) -> None:
    """Read the images that are wanted, each once, in their order.

    Raises
    ------
    UserError
        If one is missing or cannot be read.
    """
    for frame in sorted(wanted):
        if frame not in sequence.images:
            raise UserError(f"{sequence.images.place}: no image of frame {frame}, which has a result")
        image = sequence.read_image(frame)
        for use in wanted[frame]:
            use(image)


def crop_box(image: Image, box: NDArray[np.float64], size: tuple[int, int] = CELL) -> Image | None:
    """Cut a box out, what lies outside the image left away, and bring it to (height, width); None if all does."""
    left, top, width, height = box
    columns = np.clip([left, left + width], 0, image.shape[1]).round().astype(int)
    rows = np.clip([top, top + height], 0, image.shape[0]).round().astype(int)
    if columns[0] >= columns[1] or rows[0] >= rows[1]:
        return None
    part = image[rows[0] : rows[1], columns[0] : columns[1]]
    return np.asarray(cv2.resize(part, size[::-1], interpolation=cv2.INTER_AREA), np.uint8)


def _paste(cell: Image, box: NDArray[np.float64], image: Image) -> None:
    crop = crop_box(image, box)
    if crop is not None:
        cell[:] = crop


def _label(row: Image, lines: Sequence[str]) -> None:
    for number, line in enumerate(lines):
        cv2.putText(row, line, (4, 20 + 18 * number), cv2.FONT_HERSHEY_PLAIN, 1.0, (0, 0, 0), 1)
