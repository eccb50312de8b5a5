"""Result files as text: what post-processing does not change keeps its characters."""

from __future__ import annotations

import numpy as np

from application_util.files.mot_table import CONFIDENCE_COLUMN, FILLED, split_lines
from application_util.postprocessing.track_boxes import TrackBoxes


def write_rows(path: str, original: TrackBoxes, tracks: TrackBoxes) -> str:
    """Return the text of a result file after post-processing.

    Parameters
    ----------
    path : str
        The file, whose rows may have any columns and separators.
    original : TrackBoxes
        Its boxes.
    tracks : TrackBoxes
        What became of them.

    Returns
    -------
    str
        The fields of each row as they were, except for ids and coordinates that are other ones now (by a hundredth of a
        pixel at least). A box that fills a gap has the fields of the one before, and confidence `FILLED`. Rows are in
        the order of the file, or of frames if any were added.
    """
    separator, rows = split_lines(path)
    new = tracks.frames != original.frames[tracks.rows]
    renamed = tracks.ids != original.ids[tracks.rows]
    moved = np.abs(tracks.boxes.round(2) - original.boxes[tracks.rows].round(2)) > 0.001
    order = np.argsort(tracks.frames, kind="stable") if new.any() else np.arange(len(tracks))
    width = max(len(rows[0]), CONFIDENCE_COLUMN + 1) if tracks.filled.any() else len(rows[0])
    lines = []
    for index in order.tolist():
        fields = [*rows[tracks.rows[index]]]
        fields += ["1"] * (width - len(fields))
        if renamed[index]:
            fields[1] = str(tracks.ids[index])
        for column in range(4) if new[index] else np.flatnonzero(moved[index]).tolist():
            fields[2 + column] = f"{tracks.boxes[index, column]:.2f}"
        if new[index]:
            fields[0], fields[CONFIDENCE_COLUMN] = str(tracks.frames[index]), str(FILLED)
        lines.append((separator or " ").join(fields) + "\n")
    return "".join(lines)
