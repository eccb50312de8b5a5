"""Images for re-identification: who is on them, seen by which camera."""

from __future__ import annotations

import lzma
import struct
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import numpy as np

from application_util.errors import UserError, require
from application_util.sequences.images import decode_image

JUNK = -1
DISTRACTOR = 0
IMAGE_ENDINGS = {".jpg", ".jpeg", ".png"}
SYSTEM_FOLDERS = {"@eaDir", "__MACOSX", "#recycle", "$RECYCLE.BIN"}
"""Of macOS, Windows and network drives, which keep small or deleted copies of images there."""
ARRAY_BYTES = 2 << 30
LARGEST_FILE = 1 << 28
ARCHIVE_ERRORS = (
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error),
    *(EOFError, LookupError, OSError, RuntimeError, ValueError),
)
"""What `zipfile` raises for archives that are broken, encrypted or of an unknown kind."""


class Entry(NamedTuple):
    """One image before it is read: its name, whose it is, which camera took it, in which tracklet."""

    name: str
    identity: int
    camera: int
    tracklet: int


@dataclass(frozen=True)
class ReidImages:
    """A set of images of known people (vehicles, animals).

    Parameters
    ----------
    images : ndarray
        (N, H, W, 3) uint8, BGR.
    identities : ndarray
        (N,) int; ``JUNK`` for images to leave out of a ranking, ``DISTRACTOR`` for nobody in the queries.
    cameras : ndarray
        (N,) int; below 0, and each another, where the camera is not known.
    tracklets : ndarray
        (N,) int; images of one tracklet count as one in a ranking.
    """

    images: np.ndarray
    identities: np.ndarray
    cameras: np.ndarray
    tracklets: np.ndarray

    def __len__(self) -> int:
        return len(self.identities)

    @property
    def known(self) -> np.ndarray:
        """(N,) bool: whether an image is of somebody known, a distractor included."""
        return self.identities != JUNK

    def __getitem__(self, chosen: np.ndarray) -> ReidImages:
        return ReidImages(*(getattr(self, column.name)[chosen] for column in fields(self)))


def one_line(text: str) -> str:
    """Return the start of a text that may be long and of several lines."""
    return " ".join(text.split())[:200]


class ImageSource:
    """Files below a folder or inside a zip archive, by their relative names.

    Parameters
    ----------
    location : path
        The folder or the ``.zip`` file.

    Raises
    ------
    UserError
        If it is neither.
    """

    def __init__(self, location: str | Path):
        self.location = Path(location)
        self._archive = None
        if self.location.is_file():
            try:
                self._archive = zipfile.ZipFile(self.location)
            except ARCHIVE_ERRORS:
                raise UserError(f"{location}: neither a folder nor a readable zip archive") from None
        elif not self.location.is_dir():
            raise UserError(f"{location}: no such folder or zip archive")

    def names(self) -> list[str]:
        """Relative names of all files, sorted, parts separated by ``/``."""
        if self._archive is not None:
            return sorted(name for name in self._archive.namelist() if not name.endswith("/"))
        files = (path for path in self.location.rglob("*") if path.is_file())
        return sorted(path.relative_to(self.location).as_posix() for path in files)

    def images(self) -> Iterator[str]:
        """Names of all images; hidden files and folders, and those that systems add, are left out."""
        for name in self.names():
            path = PurePosixPath(name)
            hidden = any(part.startswith(".") or part in SYSTEM_FOLDERS for part in path.parts)
            if path.suffix.lower() in IMAGE_ENDINGS and not hidden:
                yield name

    def images_in(self, folder: str) -> Iterator[str]:
        """Names of the images below the folder of that name, at whatever depth the folder lies."""
        return (name for name in self.images() if folder in PurePosixPath(name).parts[:-1])

    def read(self, name: str) -> bytes:
        """Contents of a file.

        Raises
        ------
        UserError
            If it cannot be read, or is too large for what belongs into a data set.
        """
        try:
            if self._archive is None:
                return (self.location / name).read_bytes()
            if self._archive.getinfo(name).file_size <= LARGEST_FILE:
                return self._archive.read(name)
            reason = f"more than {LARGEST_FILE >> 20} MB"
        except ARCHIVE_ERRORS as error:
            reason = f"{error}"
        raise UserError(f"{self.place(name)}: cannot be read ({one_line(reason)})")

    def place(self, name: str) -> str:
        """Return where a file is, for messages."""
        return f"{self.location}: {one_line(name)}"


def load_images(source: ImageSource, entries: Sequence[Entry], image_shape: tuple[int, int]) -> ReidImages:
    """Decode images and bring them to one size.

    Parameters
    ----------
    source : ImageSource
        Where the files are.
    entries : sequence of Entry
        The images to read.
    image_shape : tuple of int
        Height and width in pixels.

    Raises
    ------
    UserError
        If there are none, or one cannot be decoded.
    """
    if not entries:
        raise UserError(f"{source.location}: no image found for this part of the data set")
    images = _room_for(len(entries), image_shape)
    for image, entry in zip(images, entries, strict=True):
        decoded = decode_image(source.read(entry.name), source.place(entry.name))
        image[:] = resize_images(decoded[None], image_shape)[0]
    return ReidImages(images, *np.array([entry[1:] for entry in entries]).T)


def concatenate(parts: Sequence[ReidImages]) -> ReidImages:
    """Put parts of one data set together."""
    images = _room_for(sum(map(len, parts)), parts[0].images.shape[1:3])
    np.concatenate([part.images for part in parts], out=images)
    columns = ("identities", "cameras", "tracklets")
    return ReidImages(images, *(np.concatenate([getattr(part, name) for part in parts]) for name in columns))


def merge(data_sets: Sequence[ReidImages]) -> ReidImages:
    """Put data sets together; identities, cameras and tracklets of different sets become different ones."""
    apart, first = [], {"identities": 0, "cameras": 0, "tracklets": 0}
    for data in data_sets:
        columns = {}
        for name, offset in first.items():
            own = getattr(data, name)
            columns[name] = np.where(own > 0, own + offset, own)
            first[name] += max(0, int(own.max(initial=0)))
        apart.append(replace(data, **columns))
    return concatenate(apart)


def resize_images(images: np.ndarray, image_shape: tuple[int, int]) -> np.ndarray:
    """Bring (N, H, W, 3) images to another height and width, averaging where they shrink."""
    if images.shape[1:3] == tuple(image_shape):
        return images
    cv2 = require("cv2", "features")
    method = cv2.INTER_AREA if images.shape[1] > image_shape[0] else cv2.INTER_LINEAR
    resized = _room_for(len(images), image_shape)
    for image, target in zip(images, resized, strict=True):
        target[:] = cv2.resize(image, image_shape[::-1], interpolation=method)
    return resized


def _room_for(count: int, image_shape: tuple[int, int]) -> np.ndarray:
    """An array for images: in memory, or in a nameless temporary file when it would be very large."""
    shape = (count, *image_shape, 3)
    if np.prod(shape, dtype=np.int64) <= ARRAY_BYTES:
        return np.empty(shape, np.uint8)
    with tempfile.TemporaryFile() as file:
        return np.memmap(file, np.uint8, "w+", shape=shape)


def hold_out(data: ReidImages, fraction: float, seed: int) -> tuple[ReidImages, ReidImages]:
    """Split a training set by identities.

    Parameters
    ----------
    data : ReidImages
        The training set.
    fraction : float
        Fraction of the identities to hold out, at least one of them.
    seed : int
        Seed of the choice.

    Returns
    -------
    tuple
        What is left for training, and the images of the identities held out.
    """
    people = np.unique(data.identities[data.known])
    chosen = np.random.default_rng(seed).permutation(people)[: max(1, round(fraction * len(people)))]
    held = np.isin(data.identities, chosen)
    return data[~held], data[held]
