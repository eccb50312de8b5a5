"""Contact sheets of tracks: one row a track, crops over its life, so that a track of several people is seen at once."""

from __future__ import annotations

from collections import defaultdict

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


def contact_sheets(
    sequence: MotSequence,
    results: NDArray[np.float64],
    crops: int = 16,
    tracks: int = 16,
    min_length: int = 1,
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
    height, width = CELL[0] + GAP, CELL[1] + GAP
    sheet = np.full((len(shown) * height, LABEL_WIDTH + crops * width, 3), 255, np.uint8)
    wanted: dict[int, list[tuple[int, int, NDArray[np.float64]]]] = defaultdict(list)
    for row, track in enumerate(shown):
        boxes = results[results[:, TRACK] == track]
        boxes = boxes[np.argsort(boxes[:, FRAME], kind="stable")]
        _label(sheet, row * height, (f"id {track}", _span(boxes), f"{len(boxes)} boxes"))
        chosen = np.unique(np.linspace(0, len(boxes) - 1, crops).round().astype(int))
        for column, box in enumerate(boxes[chosen]):
            wanted[int(box[FRAME])].append((row * height, LABEL_WIDTH + column * width, box[BOX]))
    for frame in sorted(wanted):
        if frame not in sequence.images:
            raise UserError(f"{sequence.images.place}: no image of frame {frame}, which has a result")
        image = sequence.read_image(frame)
        for top, left, box in wanted[frame]:
            crop = _crop(image, box)
            if crop is not None:
                sheet[top : top + CELL[0], left : left + CELL[1]] = crop
    return [sheet[start : start + tracks * height] for start in range(0, len(sheet), tracks * height)]


def _span(boxes: NDArray[np.float64]) -> str:
    return f"{boxes[0, FRAME]:.0f}-{boxes[-1, FRAME]:.0f}"


def _label(sheet: Image, top: int, lines: tuple[str, ...]) -> None:
    for number, line in enumerate(lines):
        cv2.putText(sheet, line, (4, top + 20 + 18 * number), cv2.FONT_HERSHEY_PLAIN, 1.0, (0, 0, 0), 1)


def _crop(image: Image, box: NDArray[np.float64]) -> Image | None:
    """Cut a box out, what lies outside the image left away, and bring it to the cell's size."""
    left, top, width, height = box
    columns = np.clip([left, left + width], 0, image.shape[1]).round().astype(int)
    rows = np.clip([top, top + height], 0, image.shape[0]).round().astype(int)
    if columns[0] >= columns[1] or rows[0] >= rows[1]:
        return None
    part = image[rows[0] : rows[1], columns[0] : columns[1]]
    return np.asarray(cv2.resize(part, CELL[::-1], interpolation=cv2.INTER_AREA), np.uint8)
