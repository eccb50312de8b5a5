"""Features of one sequence's detections: images and det.txt in, detection file out."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from functools import partial
from itertools import islice
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.files.detection_file import USUAL_FEATURE_DIM
from application_util.files.detection_writer import open_writer
from application_util.parallel.read_ahead import read_ahead
from application_util.progress import progress_count
from tools.features.encoder import BoxEncoder
from tools.features.encoding_job import EncodingInput, EncodingJob, read_input
from tools.features.encoding_report import EncodingReport
from tools.features.patches import cut_patches

IMAGE_THREADS = 2
"""For image files; a video is decoded by one."""
IMAGES_AHEAD = 4
PATCHES_AHEAD = 16
"""Pieces whose patches wait for the network: their images are gone by then."""
BOXES_AT_ONCE = 256
"""Cut from one image: bounds memory when a frame has very many boxes."""
NETWORK_THREADS = 2
"""While one batch is in a step that does not fill all processor cores, another fills them."""

Image = NDArray[np.uint8]
Rows = NDArray[np.float64]
Encoder = Callable[[Image, Rows], Any]
Encoded = Generator[tuple[Rows, NDArray], None, None]
Item = TypeVar("Item")


class Piece(NamedTuple):
    """Detections of one frame, all or some; `place` is the first one's among all."""

    frame: int
    place: int
    rows: Rows

    @property
    def boxes(self) -> Rows:
        """Left, top, width, height."""
        return self.rows[:, 2:6]


def encode_sequence(encoder: Encoder, job: EncodingJob) -> EncodingReport:
    """Compute the features of a sequence's detections and write its detection file.

    Parameters
    ----------
    encoder : callable
        ``encoder(image, boxes)``: (height, width, 3) BGR uint8 and (n, 4) left, top, width, height in pixels
        to (n, M). It is called once a frame; a `BoxEncoder`'s network gets patches in batches across frames.
    job : EncodingJob

    Returns
    -------
    EncodingReport

    Raises
    ------
    UserError
        For whatever the user can fix; the detection file is not there then.
    """
    started = time.monotonic()
    source = read_input(job)
    report = EncodingReport(job.name, frames_without_image=source.missing[:, 0].astype(int).tolist())
    read = partial(_read, source, job.skip_invalid, report)
    encoded = (
        _by_batch(encoder, source, read, report) if type(encoder) is BoxEncoder else _by_frame(encoder, source, read)
    )
    feature_dim = getattr(encoder, "feature_dim", USUAL_FEATURE_DIM)
    with (
        open_writer(job.output_path, feature_dim) as output,
        progress_count(report.name, "crop", len(source.rows)) as count,
        closing(encoded),
    ):
        for rows, features in encoded:
            output.write(rows, features)
            count(len(rows))
    report.rows = output.rows
    report.seconds = time.monotonic() - started
    return report


def _by_batch(
    encoder: BoxEncoder, source: EncodingInput, read: Callable[[Piece], Image | None], report: EncodingReport
) -> Encoded:
    """Encode full batches, whatever frames their patches come from."""
    sequence_seed = zlib.crc32(os.fsencode(report.name))

    def cut(piece: Piece) -> Iterable[tuple[NDArray, NDArray]]:
        image = read(piece)
        if image is None:
            return ()
        seed = (sequence_seed, piece.frame, piece.place)
        patches, empty = cut_patches(image, piece.boxes, encoder.patch_shape, seed)
        if empty:
            report.noise.append((piece.frame, empty))
        return zip(piece.rows, patches, strict=True)

    def encode(batch: list[tuple[NDArray, NDArray]]) -> tuple[Rows, NDArray]:
        rows, patches = zip(*batch, strict=True)
        return np.array(rows), encoder.image_encoder(np.array(patches), encoder.batch_size)

    pieces = _pieces(source.rows, BOXES_AT_ONCE)
    crops = (crop for piece in read_ahead(cut, pieces, PATCHES_AHEAD, _threads(source)) for crop in piece)
    yield from read_ahead(encode, _batches(crops, encoder.batch_size), NETWORK_THREADS, NETWORK_THREADS)


def _by_frame(encoder: Encoder, source: EncodingInput, read: Callable[[Piece], Image | None]) -> Encoded:
    """Call the encoder once a frame, in this thread."""
    pieces = _pieces(source.rows, len(source.rows))
    for piece, image in read_ahead(lambda piece: (piece, read(piece)), pieces, IMAGES_AHEAD, _threads(source)):
        if image is None:
            continue
        features = np.asarray(encoder(image, piece.boxes.copy()))
        if features.ndim != 2 or len(features) != len(piece.rows):
            raise ValueError(f"encoder gave shape {features.shape} for {len(piece.rows)} boxes, expected (boxes, M)")
        yield piece.rows, features


def _threads(source: EncodingInput) -> int:
    return IMAGE_THREADS if source.sequence.images.random_access else 1


def _read(source: EncodingInput, skip_invalid: bool, report: EncodingReport, piece: Piece) -> Image | None:
    try:
        return source.sequence.images.read(piece.frame, whole=True)
    except UserError as error:
        if not skip_invalid:
            raise UserError(f"{error} (--skip_invalid leaves its rows out)") from None
        report.unreadable.append((source.sequence.images[piece.frame], len(piece.rows)))
        return None


def _pieces(rows: Rows, most: int) -> Iterator[Piece]:
    """Split rows, ascending by frame, into frames, and frames into pieces of at most so many rows."""
    frames, starts = np.unique(rows[:, 0].astype(int), return_index=True)
    for frame, of_frame in zip(frames.tolist(), np.split(rows, starts[1:]), strict=False):
        for place in range(0, len(of_frame), most):
            yield Piece(frame, place, of_frame[place : place + most])


def _batches(items: Iterable[Item], size: int) -> Iterator[list[Item]]:
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
