"""Render a street scene as a sequence: images, detections and ground truth.

People who differ in clothes and build walk about, hide behind things and each other, leave and come back.
The same arguments give the same files (with the same versions of NumPy and OpenCV on the same machine).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import CommandParser, run_command
from application_util.flag_types import number
from application_util.flags import add_flag


def run(
    output_dir: str | Path,
    people: int = 12,
    frames: int = 150,
    width: int = 640,
    height: int = 480,
    seed: int = 1,
    detector_quality: float = 0.6,
) -> None:
    """Render a sequence; see `tools.synthetic.street.render.render_sequence`."""
    from tools.synthetic.street.render import render_sequence

    render_sequence(output_dir, people, frames, width, height, seed, detector_quality)


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(__doc__, "MOT/STREET-01 --people 20 --frames 300 --seed 4")
    add = parser.add_argument
    add("output_dir", metavar="DIR", help="folder to write to: the sequence, which gets its name")
    add_flag(parser, "--people", type=number(int, 1, 60), default=12)
    add_flag(parser, "--frames", ", 15 per second", type=number(int, 1, 100_000), default=150)
    add("--width", type=number(int, 160, 3840), default=640, metavar="PIXELS", help="width in pixels")
    add("--height", type=number(int, 120, 2160), default=480, metavar="PIXELS", help="height in pixels")
    add_flag(parser, "--seed", default=1)
    add("--detector_quality", type=number(float, 0, 1), default=0.6, metavar="FRACTION",
        help="0 to 1; 1 misses only people who are mostly hidden")  # fmt: skip
    return parser


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    return create_parser().parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
