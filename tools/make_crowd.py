"""Write a synthetic crowd: a sequence folder with a detection file, without images."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import CommandParser, run_command
from application_util.flag_types import number
from application_util.flags import add_flag
from application_util.progress import say


def run(output_dir: str | Path, people: int = 20, frames: int = 200, seed: int = 0) -> None:
    """Write a crowd; see `tools.synthetic.crowd.write_crowd`."""
    from tools.synthetic.crowd import write_crowd

    path, rows = write_crowd(output_dir, people, frames, seed)
    say(f"{rows} detections of {people} people in {frames} frames: {path}")


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(__doc__, "MOT/CROWD-01 --people 50 --frames 300")
    parser.add_argument("output_dir", metavar="DIR", help="folder to write to: det/det.txt, seqinfo.ini, <folder>.npy")
    add_flag(parser, "--people", type=number(int, 1, 10_000), default=20)
    add_flag(parser, "--frames", type=number(int, 1, 1_000_000), default=200)
    add_flag(parser, "--seed")
    return parser


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    return create_parser().parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
