"""Images of a sequence as files, one a frame."""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util import opencv as cv2
from application_util.errors import UserError
from application_util.sequences.image_header import JPEG_START, has_false_chunk, image_size, may_be_turned
from application_util.settings import MAX_GAP

NUMBERED = re.compile(r"(?P<prefix>.*?)(?P<number>\d+)", re.ASCII)
IMAGE_SUFFIXES = (
    ".jpg", ".jpeg", ".jpe", ".png", ".bmp", ".dib", ".tif", ".tiff", ".webp", ".ppm", ".pgm", ".pnm", ".jp2",
)  # fmt: skip
JPEG_SCAN, JPEG_END = b"\xff\xda", b"\xff\xd9"
SYSTEM_NAMES = ("lost+found", "System Volume Information", "Thumbs.db", "desktop.ini")
MAX_PIXELS = 2**27
"""Of one image: 16384 x 8192, which decoding takes less than 1 GB for; a small file can announce any number."""


class FrameSource(Mapping[int, Path]):
    """Where the images of a sequence come from: frame -> file that it lies in, frames ascending.

    Attributes
    ----------
    place : Path
        The folder or video.
    video : Path or None
        The video, if it is one.
    random_access : bool
        Whether frames may be read in any order and by several threads at once; otherwise going back is slow.
    size : tuple of int or None
        (height, width) in pixels, None without images.
    """

    place: Path
    video: Path | None = None
    random_access = True
    size: tuple[int, int] | None

    @property
    def announced_size(self) -> tuple[int, int] | None:
        """`size` as far as it is known without decoding an image."""
        return self.size

    @abstractmethod
    def read(self, frame: int, whole: bool = False) -> NDArray[np.uint8]:
        """Read the image of a frame.

        Parameters
        ----------
        frame : int
        whole : bool
            Refuse a file that ends early, of which OpenCV fills the missing part with grey.

        Returns
        -------
        ndarray of uint8, shape (height, width, 3)
            BGR.

        Raises
        ------
        UserError
            If there is none, or it cannot be decoded.
        """


class ImageFolder(FrameSource):
    """The images of a folder. A missing folder has none.

    Parameters
    ----------
    place : Path
        The folder, usually ``img1``; a file's name is its frame number, as in ``000001.jpg`` or ``frame_000001.jpg``.

    Attributes
    ----------
    unused : list of Path
        Images that are called otherwise than those of the sequence.

    Raises
    ------
    UserError
        If a frame has two images, or frames leave out more than `MAX_GAP`.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self._files = _find_images(place)
        self.unused: list[Path] = sorted(set(images_in(place)) - set(self._files.values())) if self._files else []

    def __getitem__(self, frame: int) -> Path:
        return self._files[frame]

    def __iter__(self) -> Iterator[int]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    @cached_property
    def size(self) -> tuple[int, int] | None:  # type: ignore[override]
        """(height, width) of the first image in pixels, or None without images."""
        if not self:
            return None
        height, width = self.read(next(iter(self))).shape[:2]
        return height, width

    @property
    def announced_size(self) -> tuple[int, int] | None:
        """(height, width) by the head of the first image's file, see `FrameSource.announced_size`."""
        try:
            content = next(iter(self.values())).read_bytes() if self else b""
        except OSError:
            return None
        return None if may_be_turned(content) else image_size(content)

    def read(self, frame: int, whole: bool = False) -> NDArray[np.uint8]:
        """Read the image of a frame, see `FrameSource.read`."""
        if frame not in self:
            raise UserError(f"{self.place}: no image of frame {frame}")
        return read_image(self[frame], whole)


def read_image(path: str | Path, whole: bool = False) -> NDArray[np.uint8]:
    """Read an image file.

    Parameters
    ----------
    path : str or Path
    whole : bool
        Refuse a truncated JPEG, of which OpenCV fills the missing part with grey (of other formats it gives nothing).

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        BGR.

    Raises
    ------
    UserError
        If the file cannot be read or decoded, or has more than `MAX_PIXELS`.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    return decode_image(content, str(path), whole)


def decode_image(content: bytes, place: str, whole: bool = False) -> NDArray[np.uint8]:
    """Decode the content of an image file, see `read_image`; `place` is for messages."""
    height, width = image_size(content) or (0, 0)
    if height * width > MAX_PIXELS:
        raise UserError(f"{place}: {width} x {height} pixels, more than the {MAX_PIXELS:,} that are read")
    if whole and content.startswith(JPEG_START) and content.rfind(JPEG_END) <= content.rfind(JPEG_SCAN):
        raise UserError(f"{place}: truncated image")  # neither marker can occur inside a scan's data
    try:
        encoded = b"" if has_false_chunk(content) else content
        image = cv2.imdecode(np.frombuffer(encoded, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # an empty file, or more pixels than OpenCV accepts
        image = None
    if image is None:
        raise UserError(f"{place}: not a readable image")
    return np.asarray(image, np.uint8)


def no_images(place: Path) -> str:
    """Say that there are no images: what was expected, and what is there instead."""
    folder = place if place.is_dir() else place.parent
    names = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    there = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
    if folder == place:
        return f"{place}: no images named by frame number, such as 000001.jpg; it has {there or 'nothing'}"
    return f"{place}: no images, no such folder (seqinfo.ini's imDir names another); beside: {there or 'nothing'}"


def is_hidden(path: Path) -> bool:
    """Return whether a file or folder is one that systems add, such as ``._a.jpg``, ``@eaDir`` and ``__MACOSX``."""
    return path.name.startswith((".", "@", "#", "$", "~", "__MACOSX")) or path.name in SYSTEM_NAMES


def images_in(directory: Path) -> list[Path]:
    """List the images of a folder by name; none if it is missing, and no hidden ones."""
    if not directory.is_dir():
        return []
    return [
        path for path in sorted(directory.iterdir()) if path.suffix.lower() in IMAGE_SUFFIXES and not is_hidden(path)
    ]


def _find_images(directory: Path) -> dict[int, Path]:
    """Return the images of a folder by frame: named by numbers alone, or else by one prefix and numbers."""
    names = {path: NUMBERED.fullmatch(path.stem) for path in images_in(directory)}
    numbered = {path: match for path, match in names.items() if match}
    plain = {path: match for path, match in numbered.items() if not match["prefix"]}
    prefixes = sorted({match["prefix"] for match in numbered.values()})
    if not plain and len(prefixes) > 1:
        raise UserError(f"{directory}: images of several kinds ({', '.join(prefixes[:5])}): which is the sequence's?")
    images: dict[int, Path] = {}
    for path, match in (plain or numbered).items():
        frame = int(match["number"])
        if frame in images:
            raise UserError(f"{path}: frame {frame} has another image, {images[frame].name}: remove one of them")
        images[frame] = path
    frames = sorted(images)
    for before, after in pairwise(frames):
        if after - before > MAX_GAP:
            raise UserError(
                f"{images[after]}: frame {after} comes {after - before} frames after the last, more than {MAX_GAP}:"
                " is it an image of this sequence?"
            )
    return {frame: images[frame] for frame in frames}
