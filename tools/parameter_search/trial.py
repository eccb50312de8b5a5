"""Try parameters of the tracker on a sequence: track it and score what came of it."""

from __future__ import annotations

import tempfile
from pathlib import Path

from application_util.scoring.scores import FamilyScores, ScoreJob, score_sequence
from application_util.tracking.sequence_job import SequenceJob, track_into_file


def track_and_score(job: SequenceJob, benchmark: str) -> FamilyScores:
    """Track a sequence and return its scores; nothing is kept.

    Parameters
    ----------
    job : SequenceJob
        The sequence folder has ground truth.
    benchmark : str
        One of `application_util.scoring.scores.BENCHMARKS`.

    Raises
    ------
    UserError
        For whatever the user can mend.
    """
    name = job.sequence_dir.name
    with tempfile.TemporaryDirectory(prefix="deep-sort-") as folder:
        track_into_file(job, Path(folder) / f"{name}.txt")
        return score_sequence(ScoreJob(benchmark, job.sequence_dir.parent, Path(folder), name))
