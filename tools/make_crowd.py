"""Write a synthetic crowd as a sequence folder with a detection file: people who walk, hide and resemble each other."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import command_parser, number, run_command
from application_util.progress import say


def run(output_dir: str | Path, people: int = 20, frames: int = 200, seed: int = 0) -> None:
    """Write a crowd; see `tools.synthetic.crowd.write_crowd`."""
    from tools.synthetic.crowd import write_crowd

    path, rows = write_crowd(output_dir, people, frames, seed)
    say(f"{rows} detections of {people} people in {frames} frames: {path}")


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    parser = command_parser(__doc__)
    add = parser.add_argument
    add("output_dir", help="folder for det/det.txt, seqinfo.ini and the detection file <folder>.npy")
    add("--people", type=number(int, 1, 10_000), default=20, help="people in view (default: %(default)s)")
    add("--frames", type=number(int, 1, 1_000_000), default=200, help="frames (default: %(default)s)")
    add("--seed", type=number(int, 0, 2**32 - 1), default=0,
        help="another seed, another crowd (default: %(default)s)")  # fmt: skip
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
