"""From another tool's detections to a sequence's det.txt, and to its detection file."""

from __future__ import annotations

import os
from collections.abc import Collection
from pathlib import Path

from application_util.errors import UserError
from application_util.files.network_card import read_card, say_distance, write_card
from application_util.files.output import check_writable, refuse_overwriting
from application_util.sequences.contradictions import warn_of_contradictions
from application_util.sequences.sequence import MotSequence, find_det_txt, read_sequence
from application_util.settings import TrackerSettings
from tools.detection_formats.convert import files_of, find_export, read_export
from tools.detection_formats.selection import Selection, select
from tools.detection_formats.write import write_detections
from tools.features.encode_sequence import encode_sequence
from tools.features.encode_sequences import say_encoded
from tools.features.encoder import create_box_encoder
from tools.features.encoding_job import EncodingJob, check_images, finished_card, outputs_of
from tools.network.model_file import check_model, default_model


def import_detections(
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
    sequence = read_sequence(sequence_dir)
    warn_of_contradictions(sequence)
    output = sequence.directory / "det" / "det.txt" if output_file is None else Path(output_file)
    feature_file = None if features is None else _FeatureFile(Path(features), Path(model or default_model()))
    source, kind = find_export(Path(detections), kind)
    made = [] if feature_file is None else outputs_of(feature_file.path)
    network = None if feature_file is None else feature_file.network
    refuse_overwriting([output, *made], [*files_of(source, kind), coco_images, network])
    refuse_overwriting(made, sequence.input_files)
    refuse_overwriting([output], set(sequence.input_files) - {find_det_txt(sequence.directory)})
    if feature_file and feature_file.path.suffix.lower() != ".npy":
        raise UserError(f"{features}: the name of a detection file ends in .npy")
    if feature_file and output.suffix.lower() == ".npy":
        raise UserError(f"{output}: an array, but --features needs a det.txt to be made of")
    if output.exists() and not overwrite:
        raise UserError(f"{output}: exists already; --overwrite replaces it")
    images = None if coco_images is None else Path(coco_images)
    selection = Selection(
        tuple(classes), min_confidence, percent, first_frame, skip_invalid, fractions=kind != "mot" or percent
    )
    boxes, report = select(
        read_export(source, kind, sequence, images, normalised, percent),
        selection,
        sequence.frames,
        sequence.announced_size,
    )
    if not boxes:
        raise UserError(f"{source}: {report.nothing_taken}")
    frames = {box.frame for box in boxes}
    if feature_file:
        feature_file.prepare(sequence, frames)
    write_detections(boxes, output, write_class)
    report.say(sequence.name, len(frames), source, output, bool(classes))
    if feature_file:
        feature_file.write(sequence, output, skip_invalid)


class _FeatureFile:
    """A detection file to be made of a det.txt; whether it can be is found out before that is written."""

    def __init__(self, path: Path, network: Path) -> None:
        check_model(network)
        self.path, self.network = path, network

    def prepare(self, sequence: MotSequence, frames: set[int]) -> None:
        check_images(sequence, frames)
        check_writable(self.path, "choose another --features")
        self._encoder = create_box_encoder(self.network)

    def write(self, sequence: MotSequence, det_txt: Path, skip_invalid: bool) -> None:
        job = EncodingJob(Path(os.path.abspath(sequence.directory)), det_txt, self.path, skip_invalid)
        images = sequence.hash_images()
        say_encoded(encode_sequence(self._encoder, job), job.output_path)
        write_card(self.path, finished_card(self._encoder.card, job, images))
        say_distance(read_card(self.network), TrackerSettings().max_cosine_distance)
