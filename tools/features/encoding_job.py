"""The work on one sequence, described by paths only, and whether it has been done."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.files.mot_table import BOX_COLUMNS, read_detections
from application_util.sequences.sequence import Sequence, read_sequence

ROWS_AT_ONCE = 2**16
"""Of a finished file: bounds memory when it is compared."""


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
    sequence : Sequence
    rows : ndarray, shape (N, 10)
        Detections of frames that have an image, frames ascending, det.txt's order inside a frame.
    missing : ndarray, shape (K, 10)
        Detections of those that have none.
    """

    sequence: Sequence
    rows: NDArray[np.float64]
    missing: NDArray[np.float64]


def read_input(job: EncodingJob) -> EncodingInput:
    """Read what a job works on.

    Raises
    ------
    UserError
        For missing or invalid files, and if there are detections, but no image for any of them.
    """
    sequence = read_sequence(job.sequence_dir)
    rows = read_detections(job.detection_path)
    rows = rows[np.argsort(rows[:, 0], kind="stable")]
    has_image = np.isin(rows[:, 0], list(sequence.images))
    if len(rows) and not has_image.any():
        raise UserError(
            f"{sequence.images.place}: no image of any frame in {job.detection_path}; "
            "--sequences selects others"
        )
    return EncodingInput(sequence, rows[has_image], rows[~has_image])


def is_finished(job: EncodingJob, feature_dim: int | None = None) -> bool:
    """Tell whether a job's detection file is there and holds its detections.

    Parameters
    ----------
    job : EncodingJob
    feature_dim : int, optional
        M that the features must have.

    Raises
    ------
    UserError
        As `read_input`.
    """
    try:
        shape = _open(job.output_path).shape
        if (
            len(shape) != 2
            or shape[1] <= BOX_COLUMNS
            or shape[1] - BOX_COLUMNS != (feature_dim or shape[1] - 10)
        ):
            return False
        boxes = _read_boxes(job.output_path)
    except (OSError, ValueError, EOFError):
        return False
    source = read_input(job)
    rows = source.rows
    if job.skip_invalid:
        rows = rows[~np.isin(rows[:, 0], _unreadable_frames(source, boxes))]
    return np.array_equal(boxes, rows)


def _open(path: Path) -> NDArray:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError:
        return np.load(path, allow_pickle=False)  # older NumPy cannot map an array without rows


def _read_boxes(path: Path) -> NDArray:
    """Copy the first columns, mapping the file anew for each part: pages that were read go back."""
    starts = range(0, max(1, len(_open(path))), ROWS_AT_ONCE)
    return np.concatenate([_open(path)[start : start + ROWS_AT_ONCE, :BOX_COLUMNS] for start in starts])


def _unreadable_frames(source: EncodingInput, boxes: NDArray) -> list[int]:
    """Of the frames that the finished file leaves out, those whose images cannot be read."""
    unreadable = []
    for frame in np.setdiff1d(source.rows[:, 0], boxes[:, 0]).astype(int).tolist():
        try:
            source.sequence.images.read_whole(frame)
        except UserError:
            unreadable.append(frame)
    return unreadable
