"""Turn the detections of another tool into a sequence's det.txt.

Reads a MOTChallenge det.txt, COCO results (JSON), a folder of YOLO text files (Ultralytics: save_txt, save_conf) or
a CSV file with a header. The sequence is a MOTChallenge folder or a video.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import CommandParser, run_command
from application_util.flag_types import finite_float
from application_util.flags import DEFAULT_NETWORK, add_flag, add_flags


def run(sequence_dir: str | Path, detections: str | Path, *arguments: Any, **more: Any) -> None:
    """Import the detections of a sequence, see `tools.detection_formats.importing.import_detections`."""
    from tools.detection_formats.importing import import_detections

    import_detections(sequence_dir, detections, *arguments, **more)


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(
        __doc__, "--sequence_dir clip.mp4 --detections runs/detect/predict/labels --classes person --features clip.npy"
    )
    add = parser.add_argument
    add_flag(parser, "--sequence_dir", required=True)
    add("--detections", required=True, metavar="PATH", help="file or folder of another tool")
    add("--format", dest="kind", choices=("mot", "coco", "yolo", "csv"),
        help="format of the detections (default: guessed)")  # fmt: skip
    add_flag(parser, "--output_file", "a det.txt, or .npy without features (default: det/det.txt in the sequence's "
        "folder, or in a folder of the video's name)")  # fmt: skip
    add_flags(parser, "--overwrite", "--classes", "--write_class")
    add("--min_confidence", type=finite_float, metavar="SCORE",
        help="drop detections with a lower score, 0 to 1 (default: drop none)")  # fmt: skip
    add("--percent", action="store_true", help="scores are given in percent")
    add("--normalised", action="store_true", help="boxes of a CSV file are fractions of the image's size")
    add("--first_frame", type=int, metavar="FRAME",
        help="number that the detector gives to the first frame, e.g. 0 (default: as the sequence counts)")  # fmt: skip
    add("--coco_images", metavar="FILE",
        help="COCO annotation file (.json) whose images name the frames (default: image_id is the frame)")  # fmt: skip
    add_flag(parser, "--skip_invalid")
    add("--features", metavar="FILE",
        help="also compute the features and write the detection file, .npy (default: none)")  # fmt: skip
    add_flag(parser, "--model", ", for --features" + DEFAULT_NETWORK)
    return parser


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    return create_parser().parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
