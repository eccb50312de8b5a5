"""Try parameters: track sequences with each setting and score what came of it."""

from __future__ import annotations

import tempfile
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import cast

from application_util.errors import UserError, require
from application_util.parallel.jobs import Failures, Job, JobRunner
from application_util.progress import warn
from application_util.scoring.score_table import score_rows
from application_util.scoring.scores import FamilyScores, ScoreJob, guess_benchmark, score_and_hash
from application_util.sequences.contradictions import warn_of_each
from application_util.sequences.sequence_set import SequenceSet, find_sequences
from application_util.settings import BENCHMARK_SETTINGS, MAX_GAP
from application_util.tracking.benchmark import count_frames, plan_tracking
from application_util.tracking.sequence_job import SequenceJob, track_into_file
from tools.parameter_search.record import SearchRecord
from tools.parameter_search.search import Setting


@dataclass(frozen=True)
class Trial(Job):
    """One setting on one sequence.

    Attributes
    ----------
    setting : Setting
    """

    setting: Setting


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
    warn_of_each(job.sequence_dir for job in plan.values())
    return found.names, plan, benchmark or guess_benchmark(plan)


@dataclass
class Trials:
    """What is tried: sequences, the rules of scoring, and who does the work.

    Attributes
    ----------
    plan : dict of str -> SequenceJob
        The sequences.
    benchmark : str
        By whose rules they are scored.
    record : SearchRecord
        What is known already, and what the files held.
    runner : JobRunner
    failures : dict of str -> Exception
        Sequences that failed, with the last reason.
    said : set of str
        What was warned of already.
    """

    plan: dict[str, SequenceJob]
    benchmark: str
    record: SearchRecord
    runner: JobRunner
    failures: Failures = field(default_factory=dict)
    said: set[str] = field(default_factory=set)

    def run(
        self, settings: Collection[Setting], names: Collection[str], label: str
    ) -> Iterator[tuple[Setting, str, FamilyScores]]:
        """Track and score sequences with settings; yield the scores of each as they come."""
        jobs = [
            Trial(name, (self._job(name, one), self.benchmark), count_frames(self.plan[name]), one)
            for one in settings
            for name in names
        ]
        for outcome in self.runner.run(track_and_score, jobs, label, longest_first=False):
            trial = cast(Trial, outcome.job)
            if outcome.error is not None:
                self.failures[trial.name] = outcome.error
                continue
            scores, hashes, warnings = outcome.value
            for warning in warnings:
                if warning not in self.said:
                    self.said.add(warning)
                    warn(warning)
            if hashes != self.record.hashes(trial.name):
                detections = self.plan[trial.name].detection_file
                self.failures[trial.name] = UserError(
                    f"{detections}: this file or the ground truth was changed during the search"
                )
                continue
            yield trial.setting, trial.name, scores

    def _job(self, name: str, setting: Setting) -> SequenceJob:
        job = replace(self.plan[name], settings=setting.tracker, postprocessing=setting.postprocessing)
        return job.absolute()


def try_settings(settings: Sequence[Setting], trials: Trials) -> None:
    """Track and score all sequences with each setting that has no scores yet, and record its scores."""
    settings = [one for one in settings if one not in trials.record.scores]
    found: dict[Setting, dict[str, FamilyScores]] = {one: {} for one in settings}
    for setting, name, scores in trials.run(settings, trials.plan, f"{len(settings)} settings"):
        found[setting][name] = scores
        if len(found[setting]) == len(trials.plan):
            trials.record.add(setting, score_rows(found.pop(setting)))


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
