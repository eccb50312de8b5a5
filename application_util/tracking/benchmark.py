"""Track the sequences of a benchmark: which detections belong to which, and what is complete already."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from application_util.errors import Interrupted, UserError
from application_util.files.output import refuse_overwriting, write_whole
from application_util.parallel.jobs import Failures, Job, JobRunner
from application_util.progress import say, warn
from application_util.sequences.sequence import find_detection_file, read_sequence
from application_util.sequences.sequence_set import SequenceSet, expected_frames
from application_util.settings import MAX_GAP, PostprocessingSettings, TrackerSettings
from application_util.tracking.outcome import report_outcome
from application_util.tracking.run_record import RunRecord, read_record
from application_util.tracking.sequence_job import SequenceJob, track_into_bytes, track_into_file


def plan_tracking(
    sequences: SequenceSet,
    detection_dir: str | Path,
    settings: TrackerSettings,
    skip_missing: bool,
    skip_invalid: bool,
    max_gap: int = MAX_GAP,
    postprocessing: PostprocessingSettings = PostprocessingSettings(),  # noqa: B008 (frozen)
) -> dict[str, SequenceJob]:
    """Find the detection file of each sequence, see `find_detection_file`.

    Raises
    ------
    UserError
        If one is missing and ``skip_missing`` is false, or all are.
    """
    detection_dir = Path(detection_dir)
    if not detection_dir.is_dir():
        raise UserError(f"{detection_dir}: no such folder, expected one with <sequence>.npy or det.txt")
    files = {name: find_detection_file(detection_dir, name) for name in sequences.names}
    names = sequences.with_file(files, "detection file", skip_missing)
    return {
        name: SequenceJob(sequences.path(name), files[name], settings, skip_invalid, max_gap, postprocessing)
        for name in names
    }


def refuse_lost_inputs(jobs: dict[str, SequenceJob], output_dir: Path, other_outputs: Iterable[str]) -> None:
    """Make sure that no output overwrites a file that is read.

    Parameters
    ----------
    jobs : dict of str -> SequenceJob
    output_dir : Path
        For the results and their record.
    other_outputs : iterable of str
        Names of other files that go there.

    Raises
    ------
    UserError
        If one would. Results recorded there may be replaced, even where the det.txt of a video would be.
    """
    record = read_record(output_dir)
    outputs = [record.path, *map(record.result_file, jobs), *(output_dir / name for name in other_outputs)]
    inputs: list[Path] = []
    for name, job in jobs.items():
        result = os.path.realpath(record.result_file(name))
        files = _input_files(job)
        if any(os.path.realpath(path) == result for path in files) and record.is_own(name):
            files = [path for path in files if os.path.realpath(path) != result]
        inputs += files
    refuse_overwriting(outputs, inputs)


def track_benchmark(
    jobs: dict[str, SequenceJob], output_dir: Path, runner: JobRunner, resume: bool
) -> tuple[list[str], Failures]:
    """Track sequences into result files.

    Parameters
    ----------
    jobs : dict of str -> SequenceJob
    output_dir : Path
        For the results and their record.
    runner : JobRunner
    resume : bool
        Leave out sequences whose result is complete already.

    Returns
    -------
    list of str
        Sequences that have results, in order of names.
    Failures
    """
    record = read_record(output_dir)
    todo = {name: job for name, job in jobs.items() if not (resume and _is_complete(record, name, job))}
    if len(todo) < len(jobs):
        say(f"{len(jobs) - len(todo)} of {len(jobs)} sequences are complete")
    replaced = [name for name, job in todo.items() if record.has_other_settings(name, job)]
    if replaced:
        say(f"replacing results in {record.directory} made with other settings: {', '.join(replaced)}")
    on_cluster = runner.scheduler is not None
    queue = [
        Job(name, (job.absolute(),) if on_cluster else (job, record.result_file(name)), count_frames(job))
        for name, job in todo.items()
    ]
    failures: Failures = {}
    try:
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
                warn(warning)
            report_outcome(name, result.outcome, result.rows, record.result_file(name))
    except KeyboardInterrupt:
        raise Interrupted(f"what is complete is in {record.directory}, --resume continues") from None
    return [name for name in jobs if name not in failures], failures


def count_frames(job: SequenceJob) -> int:
    """Return about how many frames a job has, 0 if it will fail."""
    try:
        return expected_frames(read_sequence(job.sequence_dir), job.detection_file)
    except Exception:  # a broken file raises almost anything
        return 0  # reported when it is tracked


def _input_files(job: SequenceJob) -> list[Path]:
    try:
        return [job.detection_file, *read_sequence(job.sequence_dir).input_files]
    except UserError:
        return [job.detection_file]  # reported when it is tracked, and then there is no result


def _is_complete(record: RunRecord, name: str, job: SequenceJob) -> bool:
    try:
        return record.is_complete(name, job, read_sequence(job.sequence_dir))
    except UserError:
        return False  # reported when it is tracked
