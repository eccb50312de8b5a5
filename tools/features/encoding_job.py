"""The work on one sequence, described by paths only, and whether it has been done."""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.files.checksum import sha256
from application_util.files.detection_file import DetectionFile
from application_util.files.mot_table import BOX_COLUMNS, read_detections
from application_util.files.network_card import NetworkCard, card_path, read_card
from application_util.sequences.images import no_images
from application_util.sequences.sequence import MotSequence, read_sequence
from deep_sort import __version__


@dataclass(frozen=True)
class EncodingJob:
    """What to encode and where it goes.

    Attributes
    ----------
    sequence_dir : Path
        Holds ``img1/`` or a video, or has a video beside it.
    detection_path : Path
        Its det.txt.
    output_path : Path
        The detection file to make.
    skip_invalid : bool
        Leave out the rows of images that cannot be read, instead of stopping.
    """

    sequence_dir: Path
    detection_path: Path
    output_path: Path
    skip_invalid: bool = False

    @property
    def name(self) -> str:
        """The sequence's name."""
        return self.sequence_dir.name


@dataclass(frozen=True)
class EncodingInput:
    """A sequence and its detections.

    Attributes
    ----------
    sequence : MotSequence
    rows : ndarray, shape (N, 10)
        Detections of frames that have an image, frames ascending, det.txt's order inside a frame.
    missing : ndarray, shape (K, 10)
        Detections of those that have none.
    """

    sequence: MotSequence
    rows: NDArray[np.float64]
    missing: NDArray[np.float64]


def read_input(job: EncodingJob) -> EncodingInput:
    """Read what a job works on.

    Raises
    ------
    UserError
        For missing or invalid files, and if there are detections, but no image for any of them.
    """
    if not job.detection_path.is_file():
        raise UserError(f"{job.detection_path}: no such file, sequence {job.name} needs one")
    sequence = read_sequence(job.sequence_dir)
    rows = read_detections(job.detection_path)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    has_image = np.isin(rows[:, 0], list(sequence.images))
    if len(rows) and not has_image.any():
        place = sequence.images.place
        missing = f"{place}: no image of any frame in {job.detection_path}" if sequence.images else no_images(place)
        raise UserError(f"{missing}; --sequences selects others")
    return EncodingInput(sequence, rows[has_image], rows[~has_image])


def check_images(sequence: MotSequence, frames: Collection[int]) -> None:
    """Make sure that there are images to encode, and the same when a job finds them by the sequence's folder.

    Parameters
    ----------
    sequence : MotSequence
    frames : collection of int
        Those with detections.

    Raises
    ------
    UserError
    """
    place = sequence.images.place
    if not any(frame in sequence.images for frame in frames):
        raise UserError(f"{place}: no image of any frame with detections, --features needs some")
    encoded = read_sequence(sequence.directory).images.place
    if not os.path.samefile(encoded, place):
        raise UserError(
            f"{place}: features would be of {encoded}, which comes first: "
            f"move one of them away, or give --sequence_dir {sequence.directory}"
        )


def outputs_of(detection_file: Path) -> list[Path]:
    """Return what is written with a detection file: itself and its card.

    Raises
    ------
    UserError
        If there is something else in the card's place.
    """
    card = card_path(detection_file)
    if card.exists() and read_card(detection_file) is None:
        raise UserError(f"{card}: the network's card would replace this file: move it away, or choose another place")
    return [detection_file, card]


def finished_card(card: NetworkCard | None, job: EncodingJob, images: str) -> NetworkCard | None:
    """Return the card of a job's detection file, which is there.

    Parameters
    ----------
    card : NetworkCard or None
        What is known of the network.
    job : EncodingJob
    images : str
        Hash of the sequence's images, see `MotSequence.hash_images`.
    """
    if card is None:
        return None
    made = {"images_sha256": images, "file_sha256": sha256(job.output_path), "version": __version__}
    return replace(card, made=card.made | made)


def is_finished(job: EncodingJob, feature_dim: int | None = None, network: NetworkCard | None = None) -> bool:
    """Return whether a job's detection file is there and holds its detections.

    Parameters
    ----------
    job : EncodingJob
    feature_dim : int, optional
        M that the features must have.
    network : NetworkCard, optional
        What must have made them.

    Raises
    ------
    UserError
        As `read_input`.
    """
    try:
        made = DetectionFile(job.output_path)
    except UserError:
        return False
    if made.feature_dim == 0 or feature_dim not in (None, made.feature_dim):
        return False
    if network is not None:
        expected = finished_card(network, job, read_sequence(job.sequence_dir).hash_images())
        if expected is not None and not expected.made_alike(read_card(job.output_path)):
            return False
    boxes = np.concatenate([np.empty((0, BOX_COLUMNS)), *(made.rows(frame)[:, :BOX_COLUMNS] for frame in made.frames)])
    source = read_input(job)
    rows = source.rows
    if job.skip_invalid:
        rows = rows[~np.isin(rows[:, 0], _unreadable_frames(source, boxes))]
    return np.array_equal(boxes, rows)


def _unreadable_frames(source: EncodingInput, boxes: NDArray) -> list[int]:
    """Of the frames that the finished file leaves out, those whose images cannot be read."""
    unreadable = []
    for frame in np.setdiff1d(source.rows[:, 0], boxes[:, 0]).astype(int).tolist():
        try:
            source.sequence.images.read(frame, whole=True)
        except UserError:
            unreadable.append(frame)
    return unreadable
