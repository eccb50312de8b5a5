"""Numbers of a report: how much was tracked, and how well."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from application_util.scoring.scores import COMBINED
from tools.report.gather import Tracked
from tools.report.scores import Scores

FRACTIONS = ("HOTA", "DetA", "AssA", "IDF1", "MOTA")
COUNTS = {"IDSW": "IDSW", "CLR_FP": "FP", "CLR_FN": "FN", "GT_IDs": "people", "MT": "MT", "ML": "ML"}
"""TrackEval's name -> heading."""
NUMBERS = ("frames", "tracks", "boxes", "median length", "gaps")


class Tile(NamedTuple):
    """A number to be shown first."""

    number: str
    label: str


def overview(tracked: list[Tracked], scores: Scores) -> list[list[str]]:
    """Return a table: a heading, a row per sequence and, if there are several, one for all together."""
    table = [["sequence", *NUMBERS, *((*FRACTIONS, *COUNTS.values()) if scores.rows else ())]]
    for each in tracked:
        name = each.name
        table.append([name, *_numbers([each]), *_score_cells(scores, name)])
    if len(tracked) > 1:
        table.append(["all", *_numbers(tracked), *_score_cells(scores, COMBINED)])
    return table


def tiles(tracked: list[Tracked], scores: Scores) -> list[Tile]:
    """Return the numbers to be shown first: scores if there are any, else how much was tracked."""
    if not scores.rows:
        return [Tile(number, name) for name, number in zip(NUMBERS, _numbers(tracked), strict=True)]
    row = scores.rows[COMBINED]
    fractions = [Tile(f"{100 * row[field]:.1f}", field) for field in ("HOTA", "IDF1", "MOTA")]
    counts = {"IDSW": "identity switches", "CLR_FP": "false positives", "CLR_FN": "false negatives"}
    return fractions + [Tile(f"{row[field]:,}", label) for field, label in counts.items()]


def _numbers(tracked: list[Tracked]) -> list[str]:
    """Return the texts of `NUMBERS`."""
    lengths = np.concatenate([each.lifespans.lengths for each in tracked])
    counts = [
        sum(len(each.frames) for each in tracked),
        len(lengths),
        sum(len(each.results) for each in tracked),
        int(np.median(lengths)),
        sum(len(each.lifespans.gaps) for each in tracked),
    ]
    return [f"{count:,}" for count in counts]


def _score_cells(scores: Scores, name: str) -> list[str]:
    if not scores.rows:
        return []
    row = scores.rows.get(name)
    if row is None:
        return ["–"] * (len(FRACTIONS) + len(COUNTS))
    return [f"{100 * row[field]:.1f}" for field in FRACTIONS] + [f"{row[field]:,}" for field in COUNTS]
