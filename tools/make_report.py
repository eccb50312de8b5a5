"""Make a report of tracking results: one HTML file with scores, charts and videos.

The file needs no network and nothing beside it, but videos that are too large to be embedded.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import (
    add_benchmark_flag,
    comma_separated,
    command_parser,
    number,
    positive_int,
    run_command,
)
from application_util.errors import command_name


def run(
    mot_dir: str | Path,
    result_dir: str | Path = "results",
    output_file: str | Path = "report.html",
    video_dir: str | Path | None = None,
    max_video_mb: float = 20.0,
    sequences: Collection[str] | None = None,
    title: str | None = None,
    benchmark: str | None = None,
    eval_classes: Sequence[int] = (),
) -> list[str]:
    """Make a report; see `tools.report.make.make_report`."""
    from tools.report.make import make_report

    return make_report(
        mot_dir,
        result_dir,
        output_file,
        video_dir,
        max_video_mb=max_video_mb,
        sequences=sequences,
        title=title,
        benchmark=benchmark,
        eval_classes=eval_classes,
    )


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    parser = command_parser(__doc__)
    add = parser.add_argument
    add("--mot_dir", required=True, help="folder of MOTChallenge sequences or videos")
    add(
        "--result_dir",
        default="results",
        help="folder of result files, <sequence>.txt (default: %(default)s)",
    )
    add("--output_file", default="report.html", help="the report (default: %(default)s)")
    add("--sequences", type=comma_separated("names of sequences"), metavar="NAME,NAME",
        help="report these only (default: all that have a result file)")  # fmt: skip
    add(
        "--video_dir",
        help=f"folder of videos, <sequence>.mp4, as {command_name('generate_videos.py')} --convert_h264 makes them",
    )
    add("--max_video_mb", type=number(float, 0), default=20.0, metavar="MB",
        help="megabytes of video in the report, others are linked (default: %(default)s)")  # fmt: skip
    add("--title", help="heading (default: by the folder of results)")
    add_benchmark_flag(parser)
    add("--eval_classes", type=positive_int, nargs="+", default=(), metavar="CLASS",
        help="classes of ground truth to score (default: 1, pedestrians)")  # fmt: skip
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code: 1 if a sequence could not be reported."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
