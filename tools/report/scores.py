"""Scores for a report, as far as there are any."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from application_util.errors import UserError, require
from application_util.scoring.score_table import Row, score_rows
from application_util.scoring.scores import FamilyScores, ScoreJob, score_sequence
from tools.report.gather import Tracked


@dataclass(frozen=True)
class Scores:
    """Scores by TrackEval.

    Attributes
    ----------
    rows : dict of str -> dict
        Sequence, or "COMBINED" -> field -> fraction or count; empty without scores.
    comments : list of str
        Why there are none, or not all.
    """

    rows: Mapping[str, Row]
    comments: list[str]


def score(
    mot_dir: Path, result_dir: Path, tracked: list[Tracked], benchmark: str, classes: Sequence[int] = ()
) -> Scores:
    """Score the sequences that have ground truth, as far as TrackEval is there and accepts them."""
    names = [each.name for each in tracked if each.people is not None]
    if not names:
        return Scores({}, ["No scores: there is no ground truth (gt/gt.txt)."])
    try:
        require("trackeval", "scores")
    except UserError as error:
        return Scores({}, [f"No scores: {error}"])
    scores: dict[str, FamilyScores] = {}
    comments = []
    for name in names:
        try:
            scores[name] = score_sequence(ScoreJob(benchmark, mot_dir, result_dir, name, tuple(classes)))
        except UserError as error:
            comments.append(f"No scores of {name}: {error}")
    return collect(scores, tracked, comments)


def collect(scores: Mapping[str, FamilyScores], tracked: list[Tracked], comments: list[str]) -> Scores:
    """Arrange the scores of those sequences that are reported."""
    chosen = {each.name: scores[each.name] for each in tracked if each.name in scores}
    return Scores(score_rows(chosen) if chosen else {}, comments)
