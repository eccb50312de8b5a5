"""Images of a sequence as files, one a frame."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")


class ImageFolder(Mapping[int, Path]):
    """The images of a folder: frame -> file, frames ascending. A missing folder has none.

    Parameters
    ----------
    place : Path
        The folder, usually ``img1``; a file's name is its frame number.

    Attributes
    ----------
    in_order : bool
        False: frames may be read in any order and by several threads at once.

    Raises
    ------
    UserError
        If a frame has two images.
    """

    in_order = False

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
    def size(self) -> tuple[int, int] | None:
        """(height, width) of the first image in pixels, or None without images."""
        if not self:
            return None
        height, width = self.read(next(iter(self))).shape[:2]
        return height, width

    def read(self, frame: int) -> NDArray[np.uint8]:
        """Read the image of a frame: (height, width, 3), BGR.

        Raises
        ------
        UserError
            If there is none, or it cannot be decoded.
        """
        return read_image(self._file(frame))

    def read_whole(self, frame: int) -> NDArray[np.uint8]:
        """Read the image of a frame; `UserError` also if its file ends early."""
        from application_util.sequences.image_file import read_whole_image

        return read_whole_image(self._file(frame))

    def _file(self, frame: int) -> Path:
        if frame not in self:
            raise UserError(f"{self.place}: no image of frame {frame}")
        return self[frame]


def read_image(path: str | Path) -> NDArray[np.uint8]:
    """Read an image file as (height, width, 3), BGR; `UserError` if it cannot be decoded."""
    import cv2

    image = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if image is None:
        raise UserError(f"{path}: not a readable image")
    return np.asarray(image, dtype=np.uint8)


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
