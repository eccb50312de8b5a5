"""Scores as a table, as CSV and as JSON."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from application_util.files.json_file import write_json
from application_util.files.output import write_whole
from application_util.scoring.scores import COMBINED, FamilyScores, combine_scores

FAMILY_FIELDS = {
    "HOTA": "HOTA DetA AssA DetRe DetPr AssRe AssPr LocA OWTA HOTA(0) LocA(0) HOTALocA(0)",
    "CLEAR": "MOTA MOTP MODA CLR_Re CLR_Pr MTR PTR MLR sMOTA CLR_TP CLR_FN CLR_FP IDSW MT PT ML Frag",
    "Identity": "IDF1 IDR IDP IDTP IDFN IDFP",
    "Count": "Dets GT_Dets IDs GT_IDs",
}
FIELDS = {family: fields.split() for family, fields in FAMILY_FIELDS.items()}
COUNTS = {"CLR_TP", "CLR_FN", "CLR_FP", "IDSW", "MT", "PT", "ML", "Frag", "IDTP", "IDFN", "IDFP", *FIELDS["Count"]}
"""Fields that count something; all others are fractions between 0 and 1 (MOTA and MODA may be negative)."""

Row = dict[str, float | int]


def score_rows(scores: Mapping[str, FamilyScores]) -> dict[str, Row]:
    """Return each sequence's scores and the combined ones, in order of names.

    Parameters
    ----------
    scores : mapping of str -> dict
        Sequence -> what `application_util.scoring.scores.score_sequence` gave.

    Returns
    -------
    dict of str -> dict
        Sequence, or "COMBINED" -> field -> count, or share. HOTA's fields are means over its thresholds.
    """
    return {name: _row(result) for name, result in _with_combined(scores).items()}


def format_table(rows: Mapping[str, Row]) -> str:
    """Return a table for each family of scores, fractions in percent with two decimals."""
    name_width = max(len(name) for name in [*rows, *FIELDS]) + 2
    lines = []
    for family, fields in FIELDS.items():
        cells = {family: fields} | {name: [_cell(field, row[field]) for field in fields] for name, row in rows.items()}
        widths = [max(map(len, column)) + 2 for column in zip(*cells.values(), strict=True)]
        for name, row in cells.items():
            numbers = "".join(text.rjust(width) for text, width in zip(row, widths, strict=True))
            lines.append(name.ljust(name_width) + numbers)
        lines.append("")
    return "\n".join(lines)


def write_scores(directory: Path, scores: Mapping[str, FamilyScores], about: Mapping[str, Any]) -> None:
    """Write ``scores.csv`` and ``scores.json``.

    Parameters
    ----------
    directory : Path
    scores : mapping of str -> dict
        As for `score_rows`.
    about : mapping
        What else goes into the JSON file: benchmark, versions.
    """
    write_csv(directory / "scores.csv", [{"sequence": name} | row for name, row in score_rows(scores).items()])
    detailed = {name: _plain(result) for name, result in _with_combined(scores).items()}
    thresholds = [round(0.05 * step, 2) for step in range(1, 20)]
    content = {**about, "thresholds_of_HOTA": thresholds, "scores": detailed}
    write_json(directory / "scores.json", content)


def write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    """Write a table with a header line; all rows have the keys of the first."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    write_whole(path, text.getvalue())


def _with_combined(scores: Mapping[str, FamilyScores]) -> dict[str, FamilyScores]:
    return dict(sorted(scores.items())) | {COMBINED: combine_scores(scores)}


def _row(result: FamilyScores) -> Row:
    row = {field: _number(result[family][field]) for family, fields in FIELDS.items() for field in fields}
    return {field: int(value) if field in COUNTS else float(value) for field, value in row.items()}


def _number(value: Any) -> float | int:
    mean = np.mean(value) if np.ndim(value) else value
    return int(mean) if isinstance(mean, int | np.integer) else float(mean)


def _cell(field: str, value: float | int) -> str:
    return f"{value:d}" if field in COUNTS else f"{100 * value:.2f}"


def _plain(result: FamilyScores) -> dict[str, dict[str, Any]]:
    """Return all of TrackEval's fields as JSON knows them: beside the mean of an array the array itself."""
    plain: dict[str, dict[str, Any]] = {}
    for family, fields in result.items():
        plain[family] = {field: _number(value) for field, value in fields.items()}
        plain[family] |= {f"{field}_by_threshold": value.tolist() for field, value in fields.items() if np.ndim(value)}
    return plain
