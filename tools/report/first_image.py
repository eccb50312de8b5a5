"""The first image of a sequence: background of its trajectories and poster of its video."""

from __future__ import annotations

import base64
from dataclasses import dataclass

import cv2

from application_util.sequences.sequence import MotSequence

MAX_WIDTH = 960
JPEG_QUALITY = 80


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
    scale = min(1.0, MAX_WIDTH / width)
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    jpeg = cv2.imencode(".jpg", small, [cv2.IMWRITE_JPEG_QUALITY, JPEG_QUALITY])[1].tobytes()
    text = base64.b64encode(jpeg).decode("ascii")
    return FirstImage(f"data:image/jpeg;base64,{text}", (0, 0, width, height))
