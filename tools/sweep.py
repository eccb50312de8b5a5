"""Search the tracker's parameters on sequences with ground truth: table, plot and best command line."""

from __future__ import annotations

import argparse
import shlex
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import add_worker_flags, positive_int, run_command
from application_util.errors import UserError
from application_util.settings import BENCHMARK_SETTINGS, BENCHMARKS, TrackerSettings
from tools.parameter_search.record import METRICS, OUTPUT_FILES, TABLE_FIELDS, SweepRecord
from tools.parameter_search.search import add_value_flags


def run(args: argparse.Namespace) -> list[str]:
    """Try the settings; return what went wrong."""
    from application_util.files.earlier_run import set_aside
    from application_util.scoring import score_table
    from application_util.scoring.scores import guess_benchmark, load_trackeval
    from application_util.sequences.sequence_set import SequenceSet, find_sequences
    from application_util.tracking import benchmark as evaluation
    from tools.parameter_search import plot as sweep_plot
    from tools.parameter_search import search as sweep_search

    load_trackeval()
    output_dir = Path(args.output_dir)
    values = sweep_search.values_from(args, BENCHMARK_SETTINGS)
    settings = sweep_search.draw(values, args.random, args.seed) if args.random else sweep_search.grid(values)
    found = find_sequences(args.mot_dir)
    names = [name for name in found.names if found.has_groundtruth(name)]
    if not names:
        raise UserError(f"{args.mot_dir}: no sequence has ground truth (gt/gt.txt), nothing to search by")
    plan = evaluation.plan(
        SequenceSet(found.directory, names, []),
        args.detection_dir,
        BENCHMARK_SETTINGS,
        args.skip_missing,
        args.skip_invalid,
    )
    benchmark = args.benchmark or guess_benchmark(plan)
    output_dir.mkdir(parents=True, exist_ok=True)
    record = SweepRecord(output_dir, _inputs(plan, benchmark, args.skip_invalid))
    if args.resume:
        record.read()
    else:
        set_aside(output_dir, OUTPUT_FILES)
    errors = _try_settings(
        [one for one in settings if one not in record.scores], plan, benchmark, record, args
    )
    rows = record.table(settings, args.metric)
    if rows:
        score_table.write_csv(output_dir / "sweep.csv", rows)
        parameters = sweep_search.varied([one for one in settings if one in record.scores])
        if parameters:
            sweep_plot.write_plot(output_dir / "sweep.png", rows, parameters, rows[0])
        _print_best(rows)
        print(f"\nbest {args.metric} of {len(rows)} settings:\n{_best_command(rows[0], found.names, args)}")
        print(f"table, plot and scores by sequence in {output_dir}", file=sys.stderr)
    return errors


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code: 1 if a setting failed."""
    args = _parse_args(argv)
    errors: list[str] = []
    code = run_command(lambda: errors.extend(run(args)))
    for error in errors:
        print(f"error: {error}", file=sys.stderr)
    return code or int(bool(errors))


def _parse_args(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--mot_dir", required=True, help="folder of MOTChallenge sequences; those with ground truth are used")
    add("--detection_dir", required=True, help="folder of detections with features, <sequence>.npy")
    add("--output_dir", default="sweep",
        help="folder of sweep.csv, sweep.png, sweep.json (default: %(default)s)")  # fmt: skip
    add_value_flags(parser, BENCHMARK_SETTINGS)
    add("--random", type=positive_int, metavar="N",
        help="draw N settings instead of trying all: two values of a parameter are a range then")  # fmt: skip
    add("--seed", type=int, default=0, help="another seed draws other settings (default: %(default)s)")
    add("--metric", choices=METRICS, default="HOTA", help="what is best (default: %(default)s)")
    add(
        "--skip_invalid",
        action="store_true",
        help="leave invalid detections out instead of refusing their file",
    )
    add("--skip_missing", action="store_true", help="go on without sequences that lack a detection file")
    add("--resume", action="store_true", help="keep the scores of settings that an earlier sweep has")
    add(
        "--benchmark",
        choices=BENCHMARKS,
        help="whose rules of scoring (default: as the sequences' names tell)",
    )
    add_worker_flags(parser)
    return parser.parse_args(argv)


def _inputs(plan: dict[str, Any], benchmark: str, skip_invalid: bool) -> dict[str, Any]:
    from application_util.tracking.sequence_job import sha256

    files = {
        name: {
            "detections": sha256(job.detection_file),
            "groundtruth": sha256(job.sequence_dir / "gt" / "gt.txt"),
        }
        for name, job in plan.items()
    }
    return {"benchmark": benchmark, "skip_invalid": skip_invalid, "sequences": files}


def _try_settings(
    settings: list[TrackerSettings],
    plan: dict[str, Any],
    benchmark: str,
    record: SweepRecord,
    args: argparse.Namespace,
) -> list[str]:
    """Track and score all sequences with each of the settings; return what went wrong, each thing once."""
    from application_util.parallel.executor import cpu_count
    from application_util.parallel.jobs import Job, JobRunner
    from application_util.scoring.score_table import score_rows
    from application_util.tracking import benchmark as evaluation
    from tools.parameter_search.trial import track_and_score

    sizes = {name: evaluation.size_of(job) for name, job in plan.items()}
    jobs = []
    for number, one in enumerate(settings):
        for name, job in plan.items():
            task = replace(job, settings=one).absolute()
            jobs.append(Job(f"{number} {name}", (task, benchmark), sizes[name]))
    found: dict[int, dict[str, Any]] = {number: {} for number in range(len(settings))}
    errors: dict[str, None] = {}
    runner = JobRunner(args.jobs or cpu_count(), args.scheduler)
    label = f"{len(settings)} settings"
    for outcome in runner.run(track_and_score, jobs, label, longest_first=False):
        place, name = outcome.job.name.split(" ", 1)
        number = int(place)
        if outcome.error is not None:
            errors[f"{name}: {outcome.error}"] = None
            continue
        scores = found[number]
        scores[name] = outcome.value
        if len(scores) == len(plan):
            record.add(settings[number], score_rows(found.pop(number)))
    return list(errors)


def _print_best(rows: list[dict[str, Any]]) -> None:
    """Print the ten best settings."""
    print(" ".join(name.rjust(len(name) + 2) for name in rows[0]))
    for row in rows[:10]:
        print(" ".join(_cell(name, value).rjust(len(name) + 2) for name, value in row.items()))


def _best_command(best: dict[str, Any], names: list[str], args: argparse.Namespace) -> str:
    """Return the command line that evaluates these settings on the same files."""
    command = ["python", "evaluate_motchallenge.py"]
    command += ["--mot_dir", args.mot_dir, "--detection_dir", args.detection_dir]
    for name in BENCHMARK_SETTINGS.as_dict():
        command += [f"--{name}", str(best[name]).lower()]
    if args.skip_invalid:
        command.append("--skip_invalid")
    # Sequences without ground truth are not searched by, but tracked.
    if args.skip_missing or not all(Path(args.detection_dir, f"{name}.npy").is_file() for name in names):
        command.append("--skip_missing")
    if args.benchmark:
        command += ["--benchmark", args.benchmark]
    return shlex.join(command)


def _cell(name: str, value: float | None) -> str:
    if name in TABLE_FIELDS and isinstance(value, float):
        return f"{100 * value:.2f}"
    return str(value).lower()


if __name__ == "__main__":
    sys.exit(main())
