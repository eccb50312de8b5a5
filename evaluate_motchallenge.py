"""Track the sequences of a MOTChallenge benchmark and score the results."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from application_util.cli import (
    add_benchmark_flag,
    add_max_gap_flag,
    add_parameter_flags,
    add_skip_invalid_flag,
    add_worker_flags,
    command_parser,
    positive_int,
    run_command,
    take_parameters,
)
from application_util.progress import say
from application_util.settings import BENCHMARK_SETTINGS, MAX_GAP, TrackerSettings

if TYPE_CHECKING:
    from application_util.scoring.scores import FamilyScores


def run(
    mot_dir: str | Path,
    detection_dir: str | Path | None = None,
    output_dir: str | Path = "results",
    settings: TrackerSettings = BENCHMARK_SETTINGS,
    *,
    jobs: int | None = None,
    scheduler: str | None = None,
    benchmark: str | None = None,
    eval_classes: list[int] | None = None,
    resume: bool = False,
    skip_missing: bool = False,
    skip_invalid: bool = False,
    max_gap: int = MAX_GAP,
    report: str | Path | None = None,
) -> list[str]:
    """Track all sequences of a folder, and score those that have ground truth.

    Parameters
    ----------
    mot_dir : str or Path
        Holds the sequence folders.
    detection_dir : str or Path, optional
        Holds ``<sequence>.npy``, or a det.txt of each sequence. Without it
        nothing is tracked: what ``output_dir`` holds is scored.
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
    eval_classes : list of int, optional
        Classes of ground truth that are scored instead of pedestrians, class 1.
    resume : bool
        Keep complete results that were made with the same settings and detections.
    skip_missing : bool
        Go on without sequences that have no detection file (or no result, when nothing is tracked).
    skip_invalid : bool
        Leave invalid detections out instead of refusing the file.
    max_gap : int
        Frames without detections that may follow each other.
    report : str or Path, optional
        HTML file for a report of the results, see `tools.report.make`.

    Returns
    -------
    list of str
        Sequences that failed; the others are done.

    Raises
    ------
    UserError
        For whatever the user can fix, before anything is tracked.
    """
    from application_util.files.output import lock_folder, set_aside
    from application_util.parallel.executor import cpu_count
    from application_util.parallel.jobs import JobRunner, report_failures
    from application_util.scoring import benchmark as scoring
    from application_util.sequences.sequence_set import find_sequences
    from application_util.tracking import benchmark as tracking
    from tools.report.make import check_output_file, make_report

    if report is not None:
        check_output_file(report)
    output_dir = Path(output_dir)
    runner = JobRunner(jobs or cpu_count(), scheduler)
    sequences = find_sequences(mot_dir, output_dir)
    if sequences.skipped:
        say(f"skipped, no sequences: {', '.join(sequences.skipped)}")
    failures: dict[str, BaseException] = {}
    if detection_dir is None:
        names = scoring.find_existing_results(sequences, output_dir, skip_missing)
    else:
        plan = tracking.plan_tracking(sequences, detection_dir, settings, skip_missing, skip_invalid, max_gap)
        tracking.refuse_lost_inputs(plan, output_dir, scoring.SUMMARY_FILES)
    with lock_folder(output_dir):
        set_aside(output_dir, scoring.SUMMARY_FILES)
        if detection_dir is not None:
            names, failures = tracking.track_benchmark(plan, output_dir, runner, resume)
        with_truth = [name for name in names if sequences.has_groundtruth(name)]
        scores: dict[str, FamilyScores] | None = None
        classes = tuple(eval_classes or ())
        if with_truth and scoring.can_score(required=detection_dir is None):
            scores, unscored = scoring.score_benchmark(
                benchmark, classes, sequences, with_truth, output_dir, runner.processes
            )
            failures |= unscored
        if len(with_truth) < len(names):
            without = [name for name in names if name not in with_truth]
            scoring.pack_submission(output_dir, names, without, failures)
        report_failures(failures)
        if report is not None:
            there = [name for name in names if (output_dir / f"{name}.txt").is_file()]
            make_report(
                mot_dir,
                output_dir,
                report,
                sequences=there,
                benchmark=benchmark,
                eval_classes=classes,
                scores=scores,
                failures=failures,
            )
    return sorted(failures)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    parser = command_parser(__doc__)
    add = parser.add_argument
    add("--mot_dir", required=True, help="folder of MOTChallenge sequences or videos, such as MOT16/train")
    add("--detection_dir", help="folder of detections: <sequence>.npy with features, or det.txt; without it nothing is "
        "tracked, and the result files that are in --output_dir are scored")  # fmt: skip
    add(
        "--output_dir",
        default="results",
        help="folder of result files, <sequence>.txt (default: %(default)s)",
    )
    add_parameter_flags(parser, BENCHMARK_SETTINGS, "tracker")
    add_skip_invalid_flag(parser)
    add_max_gap_flag(parser)
    add("--skip_missing", action="store_true",
        help="go on without sequences that lack a detection file, or a result")  # fmt: skip
    add("--resume", action="store_true",
        help="keep complete results made with the same settings and detections")  # fmt: skip
    add_benchmark_flag(parser)
    add("--eval_classes", type=positive_int, nargs="+", metavar="CLASS",
        help="classes of ground truth to score (default: 1, pedestrians)")  # fmt: skip
    add("--report", metavar="FILE", help="also write a report of the results, an HTML file")
    add_worker_flags(parser)
    args = parser.parse_args(argv)
    take_parameters(args, TrackerSettings, "settings")
    return args


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code: 1 if a sequence failed."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
