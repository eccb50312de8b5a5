"""Turn the detections of another tool into a sequence's det.txt.

Reads a MOTChallenge det.txt, COCO results (JSON), a folder of YOLO text files (Ultralytics: save_txt, save_conf) or
a CSV file with a header. The sequence is a MOTChallenge folder or a video.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for `python tools/import_detections.py`

from application_util.cli import finite_float, run_command
from application_util.errors import UserError
from application_util.files.output import check_writable, refuse_overwriting

if TYPE_CHECKING:
    from application_util.sequences.sequence import MotSequence
    from tools.detection_formats.box import Box
    from tools.detection_formats.convert import ImportReport


def run(
    sequence_dir: str | Path,
    detections: str | Path,
    output_file: str | Path | None = None,
    kind: str | None = None,
    classes: Sequence[str] = (),
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
        One of `tools.detection_formats.convert.FORMATS`, by default guessed.
    classes, min_confidence, percent, first_frame, skip_invalid
        See `tools.detection_formats.convert.Selection`.
    normalised, coco_images
        See `tools.detection_formats.convert.read_boxes`.
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
        For whatever the user can mend; an output file that is there was not changed then.
    """
    from application_util.sequences.sequence import read_sequence
    from tools.detection_formats.convert import (
        Selection,
        frames_of,
        guess_format,
        read_boxes,
        select,
        write_detections,
    )

    sequence = read_sequence(sequence_dir)
    output = sequence.directory / "det" / "det.txt" if output_file is None else Path(output_file)
    network = _find_network(model) if features is not None else None
    refuse_overwriting(
        [output, features], [*_files_to_read(detections, output, features), coco_images, network]
    )
    refuse_overwriting([features], sequence.input_files)
    if features is not None and output.suffix.lower() == ".npy":
        raise UserError(f"{output}: an array, but --features needs a det.txt to be made of")
    if output.exists() and not overwrite:
        raise UserError(f"{output}: exists already; --overwrite replaces it")
    kind = kind or guess_format(Path(detections))
    if classes and kind == "mot":
        raise UserError(f"{detections}: a MOTChallenge det.txt tells no classes, --classes cannot select any")
    selection = Selection(tuple(classes), min_confidence, percent, first_frame, skip_invalid)
    images = None if coco_images is None else Path(coco_images)
    boxes, report = select(
        read_boxes(Path(detections), kind, sequence, images, normalised, percent),
        selection,
        frames_of(sequence),
        shares=kind != "mot" or percent,
    )
    if not boxes:
        raise UserError(f"{detections}: {_nothing_left(report)}")
    encode = None
    if features is not None and network is not None:
        encode = _prepare_encoding(sequence, boxes, output, Path(features), network, skip_invalid)
    write_detections(boxes, output, write_class)
    _say(sequence, report, output, len({box.frame for box in boxes}), bool(classes))
    if encode is not None:
        encode()


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    args = vars(_parse_args(argv))
    return run_command(lambda: run(**args))


def _parse_args(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--sequence_dir", required=True, help="MOTChallenge sequence folder, or a video")
    add("--detections", required=True, metavar="PATH", help="file or folder of another tool")
    add(
        "--format",
        dest="kind",
        choices=("mot", "coco", "yolo", "csv"),
        help="of the detections (default: guessed)",
    )
    add(
        "--output_file",
        help="det.txt to make (default: det/det.txt in the sequence's folder, for clip.mp4 clip/det/det.txt)",
    )
    add("--overwrite", action="store_true", help="replace an output file that is there")
    add("--classes", type=_words, default=(), metavar="CLASS,CLASS",
        help="take only these, by name or id, e.g. person or 0 (default: all)")  # fmt: skip
    add(
        "--min_confidence",
        type=finite_float,
        help="leave less sure detections out, 0 to 1 (default: take all)",
    )
    add("--percent", action="store_true", help="scores are given in percent")
    add(
        "--normalised",
        action="store_true",
        help="boxes of a CSV file are given in shares of the image's size",
    )
    add("--first_frame", type=int, metavar="N",
        help="number that the detector gives to the first frame, e.g. 0 (default: as the sequence counts)")  # fmt: skip
    add("--coco_images", metavar="JSON",
        help="COCO annotation file whose images tell the frames (default: image_id is the frame)")  # fmt: skip
    add("--skip_invalid", action="store_true", help="leave invalid detections out instead of stopping")
    add(
        "--features", metavar="NPY", help="also compute the features: the detection file for deep_sort_app.py"
    )
    add("--model", help="frozen network for --features (default: as tools/generate_detections.py)")
    add("--write_class", action="store_true", help="put the number of the class in the 8th column")
    return parser.parse_args(argv)


def _words(text: str) -> tuple[str, ...]:
    words = tuple(word.strip() for word in text.split(",") if word.strip())
    if not words:
        raise argparse.ArgumentTypeError("expected classes, separated by commas")
    return words


def _say(sequence: MotSequence, report: ImportReport, output: Path, frames: int, selected: bool) -> None:
    left_out = f"; left out: {report.left_out}" if report.left_out else ""
    print(
        f"{sequence.name}: {report.taken} detections in {frames} frames: {output}{left_out}", file=sys.stderr
    )
    if not selected and len(report.classes) > 1:
        found = ", ".join(f"{name} {number}" for name, number in report.classes.most_common())
        print(f"warning: several classes were taken: {found}; --classes selects", file=sys.stderr)


def _nothing_left(report: ImportReport) -> str:
    if not report.all_classes:
        return "no detections in it"
    found = ", ".join(name or "none" for name in sorted(report.all_classes))
    return f"no detection left ({report.left_out}); classes in it: {found}"


def _find_network(model: str | Path | None) -> Path:
    from tools.network.model_file import check_model, default_model

    network = default_model() if model is None else Path(model)
    check_model(network)
    return network


def _files_to_read(detections: str | Path, *outputs: str | Path | None) -> list[Path]:
    """Give the file of detections; of a folder, the files that an output could replace."""
    if not Path(detections).is_dir():
        return [Path(detections)]
    names = [Path(output).name for output in outputs if output is not None]
    return [Path(detections, part, name) for part in ("", "labels") for name in names]


def _prepare_encoding(
    sequence: MotSequence, boxes: list[Box], det_txt: Path, features: Path, network: Path, skip_invalid: bool
) -> Callable[[], None]:
    """Make sure that features can be computed, before det.txt is there; return what computes them."""
    _check_images(sequence, boxes)
    check_writable(features, "choose another --features")
    from tools.features.encode_sequence import encode_sequence
    from tools.features.encode_sequences import say_encoded
    from tools.features.encoder import create_box_encoder
    from tools.features.encoding_job import EncodingJob
    from tools.network.model_file import say_distance

    encoder = create_box_encoder(network)
    named = sequence.directory.name == sequence.name  # unlike "."
    directory = sequence.directory if named else Path(os.path.abspath(sequence.directory))
    job = EncodingJob(directory, det_txt, features, skip_invalid)

    def encode() -> None:
        say_encoded(encode_sequence(encoder, job), job.output_path)
        say_distance(network)

    return encode


def _check_images(sequence: MotSequence, boxes: list[Box]) -> None:
    """Make sure that there are images to encode, the same as boxes were checked against."""
    from application_util.sequences.sequence import read_sequence

    place = sequence.images.place
    if not any(box.frame in sequence.images for box in boxes):
        raise UserError(f"{place}: no image of any frame with detections, --features needs some")
    encoded = read_sequence(sequence.directory).images.place
    if not os.path.samefile(encoded, place):
        raise UserError(
            f"{place}: features would be of {encoded}, which comes first: "
            f"move one of them away, or give --sequence_dir {sequence.directory}"
        )


if __name__ == "__main__":
    sys.exit(main())
