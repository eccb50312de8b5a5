"""Make a report of tracking results: one HTML file with scores, charts and videos.

The file needs no network and nothing beside it, but videos that are too large to be embedded.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import CommandParser, run_command
from application_util.flag_types import number
from application_util.flags import add_flag, add_flags, add_tracker_flags
from application_util.installation import command_name
from application_util.settings import BENCHMARK_SETTINGS, TrackerSettings


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
    detection_dir: str | Path | None = None,
    settings: TrackerSettings = BENCHMARK_SETTINGS,
    crops: int = 16,
    explain: bool = False,
) -> list[str]:
    """Make a report, see `tools.report.make.make_report`; with `explain` print why ids jump instead."""
    from tools.report.make import make_report, print_jumps

    common: dict[str, Any] = {
        "sequences": sequences,
        "benchmark": benchmark,
        "eval_classes": eval_classes,
        "detection_dir": detection_dir,
        "settings": settings,
    }
    if explain:
        return print_jumps(mot_dir, result_dir, **common)
    return make_report(
        mot_dir, result_dir, output_file, video_dir, max_video_mb=max_video_mb, title=title, crops=crops, **common
    )


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(__doc__, "--mot_dir MOT16/train --result_dir results --output_file report.html")
    add = parser.add_argument
    add_flag(parser, "--mot_dir", required=True)
    add_flag(parser, "--result_dir", default="results")
    add_flag(parser, "--output_file", "the report, .html", default="report.html")
    add_flag(parser, "--sequences")
    add("--video_dir", metavar="DIR",
        help=f"folder of videos, <sequence>.mp4, see {command_name('generate_videos.py')} (default: none)")  # fmt: skip
    add("--max_video_mb", type=number(float, 0), default=20.0, metavar="MB",
        help="megabytes of video in the report, others are linked")  # fmt: skip
    add_flag(parser, "--crops", ", 0 for none")
    add("--explain", action="store_true",
        help="print what made ids jump, a line each, and make no report")  # fmt: skip
    add("--title", metavar="TEXT", help="heading (default: by the folder of results)")
    add_flags(parser, "--benchmark", "--eval_classes")
    add_flag(parser, "--detection_dir", " of which the results were made, to explain why ids jump (default: as "
        "run.json beside the results says)")  # fmt: skip
    add_tracker_flags(parser, BENCHMARK_SETTINGS, pack="settings")
    return parser


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    return create_parser().parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code: 1 if a sequence could not be reported."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
