"""MOTChallenge sequence folders."""

from __future__ import annotations

import configparser
import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from .errors import UserError
from .mot_text import read_table

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp")


@dataclass(frozen=True)
class Sequence:
    """A sequence folder.

    Attributes
    ----------
    directory : Path
        Holds ``img1/``, ``det/det.txt``, ``gt/gt.txt``, ``seqinfo.ini``, each as far as there is one.
    name : str
        The folder's name.
    images : dict of int -> Path
        Image file of each frame, frames ascending; empty when there are no images.
    frame_rate : float or None
        Frames per second by seqinfo.ini.
    length : int or None
        Number of frames by seqinfo.ini.
    """

    directory: Path
    name: str
    images: dict[int, Path]
    frame_rate: float | None
    length: int | None = None

    @property
    def update_ms(self) -> float | None:
        """Time between frames in milliseconds, or None if unknown."""
        return None if self.frame_rate is None else 1000 / self.frame_rate

    def read_image(self, frame: int) -> NDArray[np.uint8]:
        """Read the image of a frame: (height, width, 3), BGR.

        Raises
        ------
        UserError
            If there is none, or it cannot be decoded.
        """
        if frame not in self.images:
            raise UserError(f"{self.directory / 'img1'}: no image of frame {frame}")
        return read_image(self.images[frame])

    @cached_property
    def image_size(self) -> tuple[int, int] | None:
        """(height, width) of the first image in pixels, or None without images."""
        if not self.images:
            return None
        height, width = self.read_image(next(iter(self.images))).shape[:2]
        return height, width

    @cached_property
    def detections(self) -> NDArray[np.float64]:
        """Rows of ``det/det.txt``: frame, id, left, top, width, height, confidence, perhaps more."""
        return read_table(self.directory / "det" / "det.txt")

    @cached_property
    def groundtruth(self) -> NDArray[np.float64] | None:
        """Rows of ``gt/gt.txt``: frame, id, left, top, width, height, flag, perhaps more; None without it."""
        path = self.directory / "gt" / "gt.txt"
        return read_table(path) if path.exists() else None


def read_sequence(directory: str | Path) -> Sequence:
    """Look into a sequence folder.

    Parameters
    ----------
    directory : str or Path
        The folder; a trailing slash does not matter.

    Returns
    -------
    Sequence

    Raises
    ------
    UserError
        If there is no such folder, or its seqinfo.ini gives no usable frameRate.
    """
    directory = Path(directory)
    if not directory.is_dir():
        what = "is not a folder" if directory.exists() else "no such folder"
        raise UserError(f"{directory}: {what}, expected a MOTChallenge sequence")
    name = directory.resolve().name
    return Sequence(
        directory, name, _find_images(directory / "img1"), *_read_seqinfo(directory / "seqinfo.ini")
    )


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


def _read_seqinfo(path: Path) -> tuple[float | None, int | None]:
    """Return frame rate and length, None as far as the file does not tell."""
    if not path.exists():
        return None, None
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    try:
        parser.read_string(path.read_text(encoding="utf-8-sig"), source=str(path))
        section = parser["Sequence"]
        text = section["frameRate"]
    except KeyError:
        raise UserError(
            f"{path}: no frameRate in a section [Sequence]: add a line like frameRate=30"
        ) from None
    except (configparser.Error, OSError, UnicodeDecodeError) as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{path}: cannot be read ({reason})") from None
    frame_rate = _to_float(text)
    if not (math.isfinite(frame_rate) and frame_rate > 0):
        raise UserError(f"{path}: frameRate={text} is not a positive number")
    length = _to_float(section.get("seqLength", "nan"))
    return frame_rate, int(length) if length.is_integer() and length > 0 else None


def _to_float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan
