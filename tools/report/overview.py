"""Numbers of a report: what was tracked, and how well."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from application_util.scoring.scores import COMBINED

if TYPE_CHECKING:
    from tools.report.gather import Tracked
    from tools.report.scores import Scores

SHARES = ("HOTA", "DetA", "AssA", "IDF1", "MOTA")
COUNTS = {
    "IDSW": "switches",
    "CLR_FP": "false",
    "CLR_FN": "missed",
    "GT_IDs": "people",
    "MT": "MT",
    "ML": "ML",
}
NUMBERS = ("frames", "tracks", "boxes", "median length", "gaps")


class Tile(NamedTuple):
    """A number to be seen first."""

    number: str
    label: str


def overview(tracked: list[Tracked], scores: Scores) -> list[list[str]]:
    """Return a table: a heading, a row a sequence and, if there are several, a row for all together."""
    table = [["sequence", *NUMBERS, *((*SHARES, *COUNTS.values()) if scores.rows else ())]]
    for each in tracked:
        name = each.sequence.name
        table.append([name, *_numbers([each]), *_score_cells(scores, name)])
    if len(tracked) > 1:
        table.append(["all", *_numbers(tracked), *_score_cells(scores, COMBINED)])
    return table


def tiles(tracked: list[Tracked], scores: Scores) -> list[Tile]:
    """Return the numbers to be seen first: scores if there are any, else how much was tracked."""
    if not scores.rows:
        return [Tile(number, name) for name, number in zip(NUMBERS, _numbers(tracked), strict=True)]
    row = scores.rows[COMBINED]
    shares = [Tile(f"{100 * row[field]:.1f}", field) for field in ("HOTA", "IDF1", "MOTA")]
    counts = {
        "IDSW": "identity switches",
        "CLR_FP": "false boxes",
        "CLR_FN": "missed boxes",
    }
    return shares + [Tile(f"{row[field]:,}", label) for field, label in counts.items()]


def _numbers(tracked: list[Tracked]) -> list[str]:
    """Return the texts of `NUMBERS`."""
    lengths = np.concatenate([each.lives.lengths for each in tracked])
    counts = [
        sum(len(each.frames) for each in tracked),
        len(lengths),
        sum(len(each.results) for each in tracked),
        int(np.median(lengths)),
        sum(len(each.lives.gaps) for each in tracked),
    ]
    return [f"{count:,}" for count in counts]


def _score_cells(scores: Scores, name: str) -> list[str]:
    if not scores.rows:
        return []
    row = scores.rows.get(name)
    if row is None:
        return ["–"] * (len(SHARES) + len(COUNTS))
    return [f"{100 * row[field]:.1f}" for field in SHARES] + [f"{row[field]:,}" for field in COUNTS]
