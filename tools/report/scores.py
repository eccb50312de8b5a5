"""Scores for a report, as far as they can be had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from application_util.errors import UserError, require
from application_util.scoring.score_table import Row, score_rows
from application_util.scoring.scores import FamilyScores, ScoreJob, score_sequence

if TYPE_CHECKING:
    from tools.report.gather import Tracked


@dataclass(frozen=True)
class Scores:
    """Scores by TrackEval.

    Attributes
    ----------
    rows : dict of str -> dict
        Sequence, or "COMBINED" -> field -> share or count; empty without scores.
    remarks : list of str
        Why there are none, or not all.
    """

    rows: Mapping[str, Row]
    remarks: list[str]


def score(mot_dir: Path, result_dir: Path, tracked: list[Tracked], benchmark: str) -> Scores:
    """Score the sequences that have ground truth, as far as TrackEval is there and accepts them."""
    names = [each.sequence.name for each in tracked if each.people is not None]
    if not names:
        return Scores({}, ["No scores: there is no ground truth (gt/gt.txt)."])
    try:
        require("trackeval", "scores")
    except UserError as error:
        return Scores({}, [f"No scores: {error}"])
    scores: dict[str, FamilyScores] = {}
    remarks = []
    for name in names:
        try:
            scores[name] = score_sequence(ScoreJob(benchmark, mot_dir, result_dir, name))
        except UserError as error:
            remarks.append(f"No scores of {name}: {error}")
    return collect(scores, [each.sequence.name for each in tracked], remarks)


def collect(scores: Mapping[str, FamilyScores], names: list[str], remarks: list[str]) -> Scores:
    """Arrange the scores of those sequences that are among the names."""
    chosen = {name: scores[name] for name in names if name in scores}
    return Scores(score_rows(chosen) if chosen else {}, remarks)
