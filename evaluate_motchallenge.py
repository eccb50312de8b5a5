"""Track the sequences of a MOTChallenge benchmark and score the results."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from application_util.cli import CommandParser, run_command
from application_util.errors import UserError
from application_util.flags import (
    DETECTION_FILES,
    add_flag,
    add_flags,
    add_postprocessing_flags,
    add_settings_flag,
    add_tracker_flags,
    add_worker_flags,
)
from application_util.installation import command_name
from application_util.progress import say
from application_util.settings import BENCHMARK_SETTINGS, MAX_GAP, PostprocessingSettings, TrackerSettings

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
    eval_classes: Sequence[int] = (),
    resume: bool = False,
    skip_missing: bool = False,
    skip_invalid: bool = False,
    max_gap: int = MAX_GAP,
    postprocessing: PostprocessingSettings = PostprocessingSettings(),  # noqa: B008 (frozen)
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
    jobs, scheduler, benchmark, eval_classes, resume, skip_missing, skip_invalid, max_gap
        See `application_util.flags.SHARED`.
    postprocessing : PostprocessingSettings
        What is done with the tracks after tracking.
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
    from application_util.files.lock import lock_folder
    from application_util.files.output import set_aside
    from application_util.parallel.executor import cpu_count
    from application_util.parallel.jobs import JobRunner, report_failures
    from application_util.scoring import benchmark as scoring
    from application_util.sequences.sequence_set import find_sequences
    from application_util.tracking import benchmark as tracking
    from tools.report.make import check_output_file, make_report

    if postprocessing.active and detection_dir is None:
        instead = command_name("tools/postprocess.py")
        raise UserError(f"results that are there are scored as they are: {instead} post-processes them")
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
        plan = tracking.plan_tracking(
            sequences, detection_dir, settings, skip_missing, skip_invalid, max_gap, postprocessing
        )
        tracking.refuse_lost_inputs(plan, output_dir, scoring.SUMMARY_FILES)
    with lock_folder(output_dir):
        set_aside(output_dir, scoring.SUMMARY_FILES)
        if detection_dir is not None:
            names, failures = tracking.track_benchmark(plan, output_dir, runner, resume)
        with_truth = [name for name in names if sequences.has_groundtruth(name)]
        scores: dict[str, FamilyScores] | None = None
        classes = tuple(eval_classes)
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


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(
        __doc__, "--mot_dir MOT16/train --detection_dir detections --output_dir results --report report.html"
    )
    add_flag(parser, "--mot_dir", required=True)
    add_flag(parser, "--detection_dir", f", <sequence>: {DETECTION_FILES} (default: none, nothing is tracked, and the "
        "result files that are in --output_dir are scored)")  # fmt: skip
    add_flag(parser, "--output_dir", "result files, <sequence>.txt, and scores", default="results")
    add_tracker_flags(parser, BENCHMARK_SETTINGS, pack="settings")
    add_postprocessing_flags(parser, "postprocessing")
    add_flags(parser, "--skip_invalid", "--max_gap", "--skip_missing")
    add_flag(parser, "--resume", "results made with the same settings and detections")
    add_flags(parser, "--benchmark", "--eval_classes")
    parser.add_argument("--report", metavar="FILE", help="also write a report of the results, .html (default: none)")
    add_worker_flags(parser)
    add_settings_flag(parser)
    return parser


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    return create_parser().parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code: 1 if a sequence failed."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
