"""Search the tracker's parameters on sequences with ground truth."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import CommandParser, run_command
from application_util.errors import UserError
from application_util.flag_types import number, positive_int
from application_util.flags import DETECTION_FILES, add_flag, add_flags, add_worker_flags
from application_util.progress import say, show
from application_util.settings import MAX_GAP
from tools.parameter_search.search import METRICS, add_value_flags, take_values


def run(
    mot_dir: str | Path,
    detection_dir: str | Path,
    output_dir: str | Path = "sweep",
    values: dict[str, list[Any]] | None = None,
    *,
    random: int | None = None,
    trials: int | None = None,
    folds: int | None = None,
    seed: int = 0,
    metric: str = "HOTA",
    skip_invalid: bool = False,
    skip_missing: bool = False,
    max_gap: int = MAX_GAP,
    resume: bool = False,
    benchmark: str | None = None,
    jobs: int | None = None,
    scheduler: str | None = None,
) -> list[str]:
    """Track and score all sequences that have ground truth with each setting, and rank the settings.

    Parameters
    ----------
    mot_dir, detection_dir : str or Path
        Hold the sequence folders, and ``<sequence>.npy`` or det.txt.
    output_dir : str or Path
        For ``best.toml``, the settings file of the best, ``sweep.csv``, ``sweep.png``, ``sweep.json``, and ``sweep.db``
        with the trials of a search that learns; those of an earlier search are renamed to ``*.old``.
    values : dict of str -> list, optional
        Parameter -> values to try; by default the usual values of some.
    random : int, optional
        Draw so many settings instead of trying all: two values are a range then.
    trials : int, optional
        Try so many settings, each drawn by what those before it scored (Optuna); two values are a range, too.
    folds : int, optional
        Also say by cross-validation in so many folds of sequences what to expect elsewhere.
    seed : int
        Of the draw.
    metric : str
        One of `METRICS`: what is best.
    skip_invalid, skip_missing, max_gap, benchmark, jobs, scheduler
        See `application_util.flags.SHARED`.
    resume : bool
        Keep the scores that an earlier search of the same files has.

    Returns
    -------
    list of str
        Sequences that failed.

    Raises
    ------
    UserError
        For whatever the user can fix.
    """
    from application_util.files.lock import lock_folder
    from application_util.files.output import write_whole
    from application_util.parallel.executor import cpu_count
    from application_util.parallel.jobs import JobRunner, report_failures
    from application_util.scoring.score_table import write_csv
    from application_util.settings_file import format_settings
    from tools.parameter_search import folds as cross
    from tools.parameter_search import outcome, search
    from tools.parameter_search.plot import write_plot
    from tools.parameter_search.record import DATABASE_FILE, SETTINGS_FILE, open_record
    from tools.parameter_search.study import learn
    from tools.parameter_search.trial import Trials, plan_trials, try_settings

    if random and trials:
        raise UserError("--random draws without learning, --trials learns: give one of them")
    settings = search.draw(values, random, seed) if random else [] if trials else search.grid(values)
    names, plan, rules = plan_trials(mot_dir, detection_dir, benchmark, skip_missing, skip_invalid, max_gap)
    if folds:
        cross.split(list(plan), folds)
    output_dir = Path(output_dir)
    with lock_folder(output_dir):
        moves = any(motion != "none" for motion in (values or {}).get("camera_motion", []))
        record = open_record(output_dir, plan, rules, resume, moves)
        work = Trials(plan, rules, record, JobRunner(jobs or cpu_count(), scheduler))
        database = output_dir / DATABASE_FILE
        if trials:
            settings = learn(values, trials, seed, metric, work, database)
        else:
            try_settings(settings, work)
        rows = record.table(settings, metric)
        if rows:
            best = search.Setting.of({name: rows[0][name] for name in search.OWNERS})
            write_csv(output_dir / "sweep.csv", rows)
            parameters = search.varied([one for one in settings if one in record.scores])
            if parameters:
                write_plot(output_dir / "sweep.png", rows, parameters, rows[0])
            about = f"Best {metric} of {len(rows)} settings on {', '.join(plan)}: {100 * rows[0][metric]:.2f}"
            text = format_settings(best.tracker, best.postprocessing, comment=about)
            write_whole(output_dir / SETTINGS_FILE, text)
            show(outcome.format_best(rows))
            if folds and not work.failures:
                choose = cross.choose_by_record(record, settings, metric)
                if trials:
                    choose = cross.choose_by_learning(values, trials, seed, metric, work, database)
                scores = cross.cross_validate(folds, choose, metric, work)
                if scores:
                    show(f"\n{cross.describe(scores, folds, metric, best, record)}")
            command = outcome.best_command(
                output_dir / SETTINGS_FILE,
                names,
                mot_dir,
                detection_dir,
                skip_invalid,
                skip_missing,
                benchmark,
                max_gap,
            )
            show(f"\nbest {metric} of {len(rows)} settings:\n{command}")
            say(f"table, plot and scores by sequence in {output_dir}; settings file: {output_dir / SETTINGS_FILE}")
    report_failures(work.failures)
    return sorted(work.failures)


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(
        __doc__, "--mot_dir MOT16/train --detection_dir detections --min_confidence 0.3 0.5 --max_age 30 60"
    )
    add_flag(parser, "--mot_dir", "; those with ground truth are used", required=True)
    add_flag(parser, "--detection_dir", f", <sequence>: {DETECTION_FILES}", required=True)
    add_flag(parser, "--output_dir", "best.toml, sweep.csv, sweep.png, sweep.json, sweep.db", default="sweep")
    add_value_flags(parser)
    parser.add_argument("--random", type=positive_int, metavar="N",
        help="draw N settings, two values of a parameter are a range then (default: none, try all)")  # fmt: skip
    parser.add_argument("--trials", type=positive_int, metavar="N",
        help="learn from N settings which to try, two values are a range, too (default: none)")  # fmt: skip
    parser.add_argument("--folds", type=number(int, 2), metavar="N",
        help="also cross-validate over sequences, in N folds (default: none)")  # fmt: skip
    add_flag(parser, "--seed", type=int)
    parser.add_argument("--metric", choices=METRICS, default="HOTA", help="what is best")
    add_flags(parser, "--skip_invalid", "--max_gap", "--skip_missing")
    add_flag(parser, "--resume", "scores of the same settings and files")
    add_flag(parser, "--benchmark")
    add_worker_flags(parser)
    return parser


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    return take_values(create_parser().parse_args(argv))


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code: 1 if a sequence failed."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
