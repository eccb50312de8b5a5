"""Render a street scene as a MOT16-style sequence: images, detections and ground truth.

People who differ in clothes and build walk about, hide behind things and each other, leave and come back.
The same arguments give the same files (with the same versions of NumPy and OpenCV on the same machine).
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import command_parser, number, run_command


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


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    parser = command_parser(__doc__)
    add = parser.add_argument
    add("output_dir", metavar="OUTPUT_DIR", help="the sequence folder to make; its name is the sequence's")
    add("--people", type=number(int, 1, 60), default=12, help="how many people (default: %(default)s)")
    add("--frames", type=number(int, 1, 100_000), default=150,
        help="how many frames, 15 per second (default: %(default)s)")  # fmt: skip
    add(
        "--width",
        type=number(int, 160, 3840),
        default=640,
        help="of a frame in pixels (default: %(default)s)",
    )
    add(
        "--height",
        type=number(int, 120, 2160),
        default=480,
        help="of a frame in pixels (default: %(default)s)",
    )
    add("--seed", type=number(int, 0, 2**32 - 1), default=1,
        help="another seed, another scene (default: %(default)s)")  # fmt: skip
    add("--detector_quality", type=number(float, 0, 1), default=0.6,
        help="0 to 1; 1 misses only people who are mostly hidden (default: %(default)s)")  # fmt: skip
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
