"""Turn the detections of another tool into a sequence's det.txt.

Reads a MOTChallenge det.txt, COCO results (JSON), a folder of YOLO text files (Ultralytics: save_txt, save_conf) or
a CSV file with a header. The sequence is a MOTChallenge folder or a video.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Collection
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import CommandParser, run_command
from application_util.errors import UserError
from application_util.flag_types import finite_float
from application_util.flags import DEFAULT_NETWORK, add_flag, add_flags
from application_util.settings import TrackerSettings


def run(
    sequence_dir: str | Path,
    detections: str | Path,
    output_file: str | Path | None = None,
    kind: str | None = None,
    classes: Collection[str] = (),
    min_confidence: float | None = None,
    percent: bool = False,
    normalised: bool = False,
    first_frame: int | None = None,
    coco_images: str | Path | None = None,
    skip_invalid: bool = False,
    overwrite: bool = False,
    features: str | Path | None = None,
    model: str | Path | None = None,
    write_class: bool = False,
) -> None:
    """Import the detections of a sequence.

    Parameters
    ----------
    sequence_dir : str or Path
        MOTChallenge sequence folder, or a video.
    detections : str or Path
        File or folder of another tool.
    output_file : str or Path, optional
        A det.txt, or ``.npy`` for an array of the same numbers. By default
        ``det/det.txt`` in the sequence's folder, for a video the folder of its name.
    kind : str, optional
        ``mot``, ``coco``, ``yolo`` or ``csv``, by default guessed.
    classes, min_confidence, percent, first_frame, skip_invalid
        See `tools.detection_formats.selection.Selection`.
    normalised, coco_images
        See `tools.detection_formats.convert.read_export`.
    overwrite : bool
        Replace an output file that is there.
    features : str or Path, optional
        Also make this detection file (``.npy``), as tools/generate_detections.py does.
    model : str or Path, optional
        The network for it, by default that of tools/generate_detections.py.
    write_class : bool
        Put the number of the class in the 8th column.

    Raises
    ------
    UserError
        For whatever the user can fix; an output file that is there was not changed then.
    """
    from application_util.files.network_card import read_card, say_distance, write_card
    from application_util.files.output import check_writable, refuse_overwriting
    from application_util.sequences.sequence import find_det_txt, read_sequence
    from tools.detection_formats.convert import files_of, find_export, read_export
    from tools.detection_formats.selection import Selection, select
    from tools.detection_formats.write import write_detections
    from tools.features.encode_sequence import encode_sequence
    from tools.features.encode_sequences import say_encoded
    from tools.features.encoder import create_box_encoder
    from tools.features.encoding_job import EncodingJob, check_images, outputs_of
    from tools.network.model_file import check_model, default_model

    sequence = read_sequence(sequence_dir)
    output = sequence.directory / "det" / "det.txt" if output_file is None else Path(output_file)
    network = None if features is None else Path(model or default_model())
    if network is not None:
        check_model(network)
    source, kind = find_export(Path(detections), kind)
    made = [] if features is None else outputs_of(Path(features))
    refuse_overwriting([output, *made], [*files_of(source, kind), coco_images, network])
    refuse_overwriting(made, sequence.input_files)
    refuse_overwriting([output], set(sequence.input_files) - {find_det_txt(sequence.directory)})
    if features is not None and output.suffix.lower() == ".npy":
        raise UserError(f"{output}: an array, but --features needs a det.txt to be made of")
    if output.exists() and not overwrite:
        raise UserError(f"{output}: exists already; --overwrite replaces it")
    images = None if coco_images is None else Path(coco_images)
    selection = Selection(
        tuple(classes), min_confidence, percent, first_frame, skip_invalid, fractions=kind != "mot" or percent
    )
    export = read_export(source, kind, sequence, images, normalised, percent)
    boxes, report = select(export, selection, sequence.frames)
    if not boxes:
        raise UserError(f"{source}: {report.nothing_taken}")
    encoder = None
    if features is not None and network is not None:
        check_images(sequence, {box.frame for box in boxes})
        check_writable(features, "choose another --features")
        encoder = create_box_encoder(network)
    write_detections(boxes, output, write_class)
    report.say(sequence.name, len({box.frame for box in boxes}), source, output, bool(classes))
    if encoder is not None and features is not None and network is not None:
        job = EncodingJob(Path(os.path.abspath(sequence.directory)), output, Path(features), skip_invalid)
        say_encoded(encode_sequence(encoder, job), job.output_path)
        write_card(features, encoder.card)
        say_distance(read_card(network), TrackerSettings().max_cosine_distance)


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(
        __doc__,
        "--sequence_dir clip.mp4 --detections runs/detect/predict/labels --classes person --features clip.npy",
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
    add_flag(
        parser,
        "--model",
        ", for --features" + DEFAULT_NETWORK,
    )
    return parser


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    return create_parser().parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
