"""Images of a sequence as files, one a frame."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")
JPEG_START, JPEG_SCAN, JPEG_END = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"


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
        The folder, usually ``img1``; a file's name is its frame number.

    Raises
    ------
    UserError
        If a frame has two images.
    """

    def __init__(self, place: Path) -> None:
        self.place = place
        self._files = _find_images(place)

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
        If the file cannot be read or decoded.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    if whole and content.startswith(JPEG_START) and content.rfind(JPEG_END) <= content.rfind(JPEG_SCAN):
        raise UserError(f"{path}: truncated image")  # neither marker can occur inside a scan's data
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # an empty file, or more pixels than OpenCV accepts
        image = None
    if image is None:
        raise UserError(f"{path}: not a readable image")
    return np.asarray(image, np.uint8)


def _find_images(directory: Path) -> dict[int, Path]:
    if not directory.is_dir():
        return {}
    images: dict[int, Path] = {}
    for path in sorted(directory.iterdir()):
        if path.suffix.lower() in IMAGE_SUFFIXES and path.stem.isdecimal():
            frame = int(path.stem)
            if frame in images:
                raise UserError(
                    f"{path}: frame {frame} has another image, {images[frame].name}: remove one of them"
                )
            images[frame] = path
    return dict(sorted(images.items()))
