"""Evaluate a tracker on the sequences of a benchmark: track them, score them, pack them."""

from __future__ import annotations

import io
import os
import zipfile
from pathlib import Path

from application_util.errors import UserError
from application_util.files.overwriting import refuse_overwriting
from application_util.files.whole_file import write_whole
from application_util.parallel.jobs import Failures, Job, JobRunner
from application_util.progress import say
from application_util.scoring.scores import FamilyScores, ScoreJob, score_sequence
from application_util.sequences.sequence import read_sequence
from application_util.sequences.sequence_set import SequenceSet, expected_frames, sequence_length
from application_util.settings import TrackerSettings
from application_util.tracking.run_record import FILE_NAME, RunRecord
from application_util.tracking.sequence_job import (
    SequenceJob,
    track_into_bytes,
    track_into_file,
)

SUBMISSION_FILE = "submission.zip"
SUMMARY_FILES = ("scores.csv", "scores.json", SUBMISSION_FILE)
"""Files about the results of several sequences."""


def plan(
    sequences: SequenceSet,
    detection_dir: str | Path,
    settings: TrackerSettings,
    skip_missing: bool,
    skip_invalid: bool,
) -> dict[str, SequenceJob]:
    """Find the detection file ``<detection_dir>/<sequence>.npy`` of each sequence.

    Raises
    ------
    UserError
        If one is missing and ``skip_missing`` is false, or all are.
    """
    detection_dir = Path(detection_dir)
    if not detection_dir.is_dir():
        raise UserError(f"{detection_dir}: no such folder, expected one with detection files <sequence>.npy")
    files = {name: detection_dir / f"{name}.npy" for name in sequences.names}
    names = _with_file(files, "detection file", skip_missing)
    return {name: SequenceJob(sequences.path(name), files[name], settings, skip_invalid) for name in names}


def existing_results(sequences: SequenceSet, result_dir: Path, skip_missing: bool) -> list[str]:
    """Return the sequences that have a result file ``<result_dir>/<sequence>.txt``.

    Raises
    ------
    UserError
        If one with ground truth has none and ``skip_missing`` is false, or none has one.
    """
    if not result_dir.is_dir():
        raise UserError(f"{result_dir}: no such folder, expected one with result files <sequence>.txt")
    files = {name: result_dir / f"{name}.txt" for name in sequences.names}
    others = sorted(path.stem for path in result_dir.glob("*.txt") if path.stem not in files)
    if others:
        say(f"not scored, no such sequences in {sequences.directory}: {', '.join(others)}")
    needed = {name: path for name, path in files.items() if path.is_file() or sequences.has_groundtruth(name)}
    return _with_file(needed or files, "result file", skip_missing)


def refuse_lost_inputs(jobs: dict[str, SequenceJob], record: RunRecord) -> None:
    """Make sure that no result takes the place of a file that is read.

    Raises
    ------
    UserError
        If one would. Results recorded there may be replaced, even where the det.txt of a video would be.
    """
    outputs = [record.directory / name for name in (FILE_NAME, *SUMMARY_FILES)]
    outputs += [record.result_file(name) for name in jobs]
    inputs: list[Path] = []
    for name, job in jobs.items():
        result = os.path.realpath(record.result_file(name))
        files = _input_files(job)
        if any(os.path.realpath(path) == result for path in files) and record.is_own(name):
            files = [path for path in files if os.path.realpath(path) != result]
        inputs += files
    refuse_overwriting(outputs, inputs)


def track(
    jobs: dict[str, SequenceJob], record: RunRecord, runner: JobRunner, resume: bool
) -> tuple[list[str], Failures]:
    """Track sequences into result files.

    Parameters
    ----------
    jobs : dict of str -> SequenceJob
    record : RunRecord
        Of the folder that the results go to.
    runner : JobRunner
    resume : bool
        Leave out sequences whose result is complete already.

    Returns
    -------
    list of str
        Sequences that have results, in order of names.
    Failures
    """
    todo = {name: job for name, job in jobs.items() if not (resume and _is_complete(record, name, job))}
    if len(todo) < len(jobs):
        say(f"{len(jobs) - len(todo)} of {len(jobs)} sequences are complete")
    replaced = [name for name, job in todo.items() if record.has_other_settings(name, job)]
    if replaced:
        say(f"replacing results in {record.directory} made with other settings: {', '.join(replaced)}")
    on_cluster = runner.scheduler is not None
    queue = [
        Job(name, (job.absolute(),) if on_cluster else (job, record.result_file(name)), size_of(job))
        for name, job in todo.items()
    ]
    failures: Failures = {}
    for outcome in runner.run(track_into_bytes if on_cluster else track_into_file, queue, "tracking"):
        name = outcome.job.name
        if outcome.error is not None:
            failures[name] = outcome.error
            say(f"{name}: failed")
            continue
        if on_cluster:
            result, content = outcome.value
            write_whole(record.result_file(name), content)
        else:
            result = outcome.value
        record.add(name, jobs[name], result)
        for warning in result.warnings:
            say(f"warning: {warning}")
        say(f"{name}: {result.tracks} tracks, {result.rows} rows in {record.result_file(name)}")
    return [name for name in jobs if name not in failures], failures


def score(
    benchmark: str, sequences: SequenceSet, names: list[str], result_dir: Path, processes: int
) -> tuple[dict[str, FamilyScores], Failures]:
    """Score the result files of sequences that have ground truth.

    Returns
    -------
    dict of str -> dict
        Sequence -> its scores.
    Failures
    """
    queue = [
        Job(
            name, (ScoreJob(benchmark, sequences.directory, result_dir, name),), _length(sequences.path(name))
        )
        for name in names
    ]
    scores: dict[str, FamilyScores] = {}
    failures: Failures = {}
    for outcome in JobRunner(processes).run(score_sequence, queue, "scoring"):
        if outcome.error is None:
            scores[outcome.job.name] = outcome.value
        else:
            failures[outcome.job.name] = outcome.error
    return scores, failures


def size_of(job: SequenceJob) -> int:
    """Return about how many frames a job has, 0 if it will fail."""
    try:
        return expected_frames(read_sequence(job.sequence_dir), job.detection_file)
    except (UserError, OSError, ValueError, IndexError):
        return 0  # told when it is tracked


def write_submission(result_dir: Path, names: list[str]) -> Path:
    """Pack result files the way the MOTChallenge server takes them: in the archive's root, named by sequence.

    The same results give the same bytes.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(f"{name}.txt")  # of 1980: no time of day
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, (result_dir / entry.filename).read_bytes())
    path = result_dir / SUBMISSION_FILE
    write_whole(path, packed.getvalue())
    return path


def _with_file(files: dict[str, Path], what: str, skip_missing: bool) -> list[str]:
    """Return the sequences whose file exists; refuse the others unless they may be skipped."""
    missing = [name for name, path in files.items() if not path.is_file()]
    if not missing:
        return list(files)
    if not skip_missing or len(missing) == len(files):
        hint = " (--skip_missing goes on without)" if len(missing) < len(files) else ""
        raise UserError(f"{files[missing[0]]}: no such {what}; missing for: {', '.join(missing)}{hint}")
    say(f"skipped, no {what}: {', '.join(missing)}")
    return [name for name in files if name not in missing]


def _input_files(job: SequenceJob) -> list[Path]:
    try:
        return [job.detection_file, *read_sequence(job.sequence_dir).input_files]
    except UserError:
        return [job.detection_file]  # told when it is tracked, and then there is no result


def _is_complete(record: RunRecord, name: str, job: SequenceJob) -> bool:
    try:
        return record.is_complete(name, job, read_sequence(job.sequence_dir).images)
    except UserError:
        return False  # told when it is tracked


def _length(directory: Path) -> int:
    try:
        return sequence_length(directory)
    except UserError:
        return 0  # told when it is scored
