"""The first image of a sequence, background of its trajectories; images as text of a page."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from application_util.sequences.sequence import MotSequence

MAX_WIDTH = 960
JPEG_QUALITY = 80

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class FirstImage:
    """An image, made small.

    Attributes
    ----------
    data_uri : str
        JPEG as ``data:image/jpeg;base64,...``.
    extent : tuple of float
        Left, top, right and bottom in pixels of the sequence.
    """

    data_uri: str
    extent: tuple[float, float, float, float]


def first_image(sequence: MotSequence) -> FirstImage | None:
    """Return the first image, at most `MAX_WIDTH` pixels wide; None without images.

    Raises
    ------
    UserError
        If it cannot be decoded.
    """
    if not sequence.images:
        return None
    image = sequence.read_image(min(sequence.images))
    height, width = image.shape[:2]
    return FirstImage(data_uri(shrink(image, MAX_WIDTH)), (0, 0, width, height))


def shrink(image: Image, width: int) -> Image:
    """Return an image at most so wide."""
    scale = min(1.0, width / image.shape[1])
    return np.asarray(cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)


def data_uri(image: Image, quality: int = JPEG_QUALITY) -> str:
    """Return a BGR image as ``data:image/jpeg;base64,...``."""
    jpeg = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()
    return f"data:image/jpeg;base64,{base64.b64encode(jpeg).decode('ascii')}"
