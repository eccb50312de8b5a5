"""Try parameters of the tracker: track sequences with each setting and score what came of it."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from application_util.errors import UserError, require
from application_util.parallel.jobs import Failures, Job, JobRunner
from application_util.progress import warn
from application_util.scoring.score_table import score_rows
from application_util.scoring.scores import FamilyScores, ScoreJob, guess_benchmark, score_and_hash
from application_util.sequences.sequence_set import SequenceSet, find_sequences
from application_util.settings import BENCHMARK_SETTINGS, MAX_GAP, TrackerSettings
from application_util.tracking.benchmark import count_frames, plan_tracking
from application_util.tracking.sequence_job import SequenceJob, track_into_file
from tools.parameter_search.record import SearchRecord


@dataclass(frozen=True)
class Trial(Job):
    """One setting on one sequence.

    Attributes
    ----------
    settings : TrackerSettings
    """

    settings: TrackerSettings


def plan_trials(
    mot_dir: str | Path,
    detection_dir: str | Path,
    benchmark: str | None,
    skip_missing: bool,
    skip_invalid: bool,
    max_gap: int = MAX_GAP,
) -> tuple[list[str], dict[str, SequenceJob], str]:
    """Find what to track and score in each trial.

    Returns
    -------
    list of str
        All sequences.
    dict of str -> SequenceJob
        Those that have ground truth, and detections.
    str
        The benchmark whose rules of scoring apply.

    Raises
    ------
    UserError
        If no sequence has ground truth, or TrackEval is not installed.
    """
    require("trackeval", "scores")
    found = find_sequences(mot_dir)
    names = [name for name in found.names if found.has_groundtruth(name)]
    if not names:
        raise UserError(f"{mot_dir}: no sequence has ground truth (gt/gt.txt), nothing to search by")
    chosen = SequenceSet(found.directory, names, [])
    plan = plan_tracking(chosen, detection_dir, BENCHMARK_SETTINGS, skip_missing, skip_invalid, max_gap)
    return found.names, plan, benchmark or guess_benchmark(plan)


def try_settings(
    settings: Sequence[TrackerSettings],
    plan: dict[str, SequenceJob],
    benchmark: str,
    record: SearchRecord,
    runner: JobRunner,
) -> Failures:
    """Track and score all sequences with each setting that has no scores yet, and record its scores.

    Returns
    -------
    Failures
        Sequences that failed, with the last reason.
    """
    settings = [one for one in settings if one not in record.scores]
    sizes = {name: count_frames(job) for name, job in plan.items()}
    trials = [
        Trial(name, (replace(job, settings=one).absolute(), benchmark), sizes[name], one)
        for one in settings
        for name, job in plan.items()
    ]
    found: dict[TrackerSettings, dict[str, Any]] = {one: {} for one in settings}
    failures: Failures = {}
    said: set[str] = set()
    for outcome in runner.run(track_and_score, trials, f"{len(settings)} settings", longest_first=False):
        trial = cast(Trial, outcome.job)
        if outcome.error is not None:
            failures[trial.name] = outcome.error
            continue
        scores = found[trial.settings]
        result, hashes, warnings = outcome.value
        for warning in warnings:
            if warning not in said:
                said.add(warning)
                warn(warning)
        if hashes != record.hashes(trial.name):
            failures[trial.name] = UserError(
                f"{plan[trial.name].detection_file}: this file or the ground truth was changed during the search"
            )
            continue
        scores[trial.name] = result
        if len(scores) == len(plan):
            record.add(trial.settings, score_rows(found.pop(trial.settings)))
    return failures


def track_and_score(job: SequenceJob, benchmark: str) -> tuple[FamilyScores, dict[str, str], list[str]]:
    """Track a sequence; return its scores, hashes of what was read, and what is suspicious; nothing is kept.

    Parameters
    ----------
    job : SequenceJob
        The sequence folder has ground truth.
    benchmark : str
        One of `application_util.settings.BENCHMARKS`.

    Raises
    ------
    UserError
        For whatever the user can fix.
    """
    name = job.sequence_dir.name
    with tempfile.TemporaryDirectory(prefix="deep-sort-") as folder:
        result = track_into_file(job, Path(folder) / f"{name}.txt")
        scored = score_and_hash(ScoreJob(benchmark, job.sequence_dir.parent, Path(folder), name))
        hashes = {"detections": result.detection_sha256, "groundtruth": scored.sha256["groundtruth"]}
        problem = result.outcome.problem()
        return scored.scores, hashes, result.warnings + ([f"{name}: {problem}"] if problem else [])
