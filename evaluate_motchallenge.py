"""Track the sequences of a MOTChallenge benchmark and score the results."""

from __future__ import annotations

import argparse
import importlib.util
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from application_util.cli import (
    add_benchmark_flag,
    add_parameter_flags,
    add_skip_invalid_flag,
    add_worker_flags,
    run_command,
    take_parameters,
)
from application_util.errors import require
from application_util.settings import BENCHMARK_SETTINGS, TrackerSettings

if TYPE_CHECKING:
    from application_util.parallel.jobs import Failures
    from application_util.scoring.scores import FamilyScores
    from application_util.sequences.sequence_set import SequenceSet


def run(
    mot_dir: str | Path,
    detection_dir: str | Path | None = None,
    output_dir: str | Path = "results",
    settings: TrackerSettings = BENCHMARK_SETTINGS,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    benchmark: str | None = None,
    resume: bool = False,
    skip_missing: bool = False,
    skip_invalid: bool = False,
    report: str | Path | None = None,
) -> list[str]:
    """Track all sequences of a folder, and score those that have ground truth.

    Parameters
    ----------
    mot_dir : str or Path
        Holds the sequence folders.
    detection_dir : str or Path, optional
        Holds ``<sequence>.npy``. Without it nothing is tracked: what ``output_dir`` holds is scored.
    output_dir : str or Path
        Result files ``<sequence>.txt``, ``run.json``, ``scores.csv``, ``scores.json``, ``submission.zip``.
        Of an earlier run the last three are renamed to ``<name>.old``.
    settings : TrackerSettings
        The tracker's parameters.
    jobs : int, optional
        Processes, by default one per core.
    scheduler : str, optional
        Address of a dask.distributed scheduler whose workers do the tracking.
    benchmark : str, optional
        Whose rules of scoring, by default as the names of the sequences tell.
    resume : bool
        Keep complete results that were made with the same settings and detections.
    skip_missing : bool
        Go on without sequences that have no detection file (or no result, when nothing is tracked).
    skip_invalid : bool
        Leave invalid detections out instead of refusing the file.
    report : str or Path, optional
        HTML file for a report of the results, see `tools.make_report`.

    Returns
    -------
    list of str
        Sequences that failed; the others are done.

    Raises
    ------
    UserError
        For whatever the user can mend, before anything is tracked.
    """
    from application_util.files.earlier_run import set_aside
    from application_util.parallel.executor import cpu_count
    from application_util.parallel.jobs import JobRunner, report_failures
    from application_util.scoring.scores import load_trackeval
    from application_util.sequences.sequence_set import find_sequences
    from application_util.tracking import benchmark as evaluation
    from application_util.tracking.run_record import read_record

    if report is not None:
        require("plotly", "report")
    output_dir = Path(output_dir)
    runner = JobRunner(jobs or cpu_count(), scheduler)
    sequences = find_sequences(mot_dir, output_dir)
    if sequences.skipped:
        print(f"skipped, no sequences: {', '.join(sequences.skipped)}", file=sys.stderr)
    failures: Failures = {}
    if detection_dir is None:
        names = evaluation.existing_results(sequences, output_dir, skip_missing)
        if any(map(sequences.has_groundtruth, names)):
            load_trackeval()
        set_aside(output_dir, evaluation.SUMMARY_FILES)
    else:
        plan = evaluation.plan(sequences, detection_dir, settings, skip_missing, skip_invalid)
        record = read_record(output_dir)
        evaluation.refuse_lost_inputs(plan, record)
        output_dir.mkdir(parents=True, exist_ok=True)
        set_aside(output_dir, evaluation.SUMMARY_FILES)
        try:
            names, failures = evaluation.track(plan, record, runner, resume)
        except KeyboardInterrupt:
            raise KeyboardInterrupt(
                f"what is complete is in {output_dir}, --resume goes on from there"
            ) from None
    can_score = detection_dir is None or importlib.util.find_spec("trackeval") is not None
    with_truth = [name for name in names if sequences.has_groundtruth(name)]
    scores: Mapping[str, FamilyScores] | None = None
    if with_truth and can_score:
        scores, unscored = _score(benchmark, sequences, with_truth, output_dir, runner.processes)
        failures |= unscored
    elif with_truth:
        print("no scores, trackeval is not installed: pip install 'deep-sort[scores]'", file=sys.stderr)
    if len(with_truth) < len(names):
        _pack(output_dir, names, with_truth, failures)
    if report is not None:
        from tools.make_report import make_report

        make_report(mot_dir, output_dir, report, benchmark=benchmark, scores=scores)
    report_failures(failures)
    return sorted(failures)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--mot_dir", required=True, help="folder of MOTChallenge sequences or videos, such as MOT16/train")
    add("--detection_dir", help="folder of detections with features, <sequence>.npy; without it nothing is "
        "tracked, and the result files that are in --output_dir are scored")  # fmt: skip
    add(
        "--output_dir",
        default="results",
        help="folder of result files, <sequence>.txt (default: %(default)s)",
    )
    add_parameter_flags(parser, BENCHMARK_SETTINGS, "tracker")
    add_skip_invalid_flag(parser)
    add("--skip_missing", action="store_true",
        help="go on without sequences that lack a detection file, or a result")  # fmt: skip
    add("--resume", action="store_true",
        help="keep complete results made with the same settings and detections")  # fmt: skip
    add_benchmark_flag(parser)
    add("--report", metavar="FILE", help="also write a report of the results, an HTML file")
    add_worker_flags(parser)
    args = parser.parse_args(argv)
    take_parameters(args, TrackerSettings, "settings")
    return args


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code: 1 if a sequence failed."""
    return run_command(run, **vars(parse_args(argv)))


def _score(
    benchmark: str | None, sequences: SequenceSet, names: list[str], output_dir: Path, jobs: int
) -> tuple[Mapping[str, FamilyScores], Failures]:
    """Print, write and return the scores of these sequences; also return what failed."""
    from application_util.scoring import score_table
    from application_util.scoring.scores import guess_benchmark, load_trackeval
    from application_util.tracking import benchmark as evaluation

    version = load_trackeval().__version__
    rules = benchmark or guess_benchmark(names)
    scores, failures = evaluation.score(rules, sequences, names, output_dir, jobs)
    if scores:
        score_table.write_scores(output_dir, scores, {"benchmark": rules, "trackeval": version})
        print(f"{rules} by TrackEval {version}; shares in percent\n")
        print(score_table.format_table(score_table.score_rows(scores)))
        print(
            f"scores of {len(scores)} sequences in {output_dir / 'scores.csv'} and scores.json",
            file=sys.stderr,
        )
    return scores, failures


def _pack(output_dir: Path, names: list[str], with_truth: list[str], failures: Failures) -> None:
    from application_util.tracking.benchmark import write_submission

    without = ", ".join(name for name in names if name not in with_truth)
    if failures:
        print(f"no ground truth, results only: {without}; no archive, because of failures", file=sys.stderr)
        return
    path = write_submission(output_dir, names)
    print(
        f"no ground truth, results only: {without}; packed for the MOTChallenge server in {path}",
        file=sys.stderr,
    )


if __name__ == "__main__":
    sys.exit(main())
