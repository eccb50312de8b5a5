"""Images of which every pixel was in the file."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError

JPEG_START, JPEG_SCAN, JPEG_END = b"\xff\xd8", b"\xff\xda", b"\xff\xd9"


def read_whole_image(path: str | Path) -> NDArray[np.uint8]:
    """Read an image file, and refuse one that ends early.

    OpenCV fills the missing part of a truncated JPEG with grey; for all other formats it gives no image.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    ndarray of uint8, shape (height, width, 3)
        BGR.

    Raises
    ------
    UserError
        If the file cannot be read or decoded, or is truncated.
    """
    try:
        content = Path(path).read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    if content.startswith(JPEG_START) and not _jpeg_is_whole(content):
        raise UserError(f"{path}: truncated image")
    try:
        image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR)
    except cv2.error:  # an empty file, or more pixels than OpenCV accepts
        image = None
    if image is None:
        raise UserError(f"{path}: not a readable image")
    return np.asarray(image, np.uint8)


def _jpeg_is_whole(content: bytes) -> bool:
    """Look for the end marker after the last scan; neither marker can occur inside a scan's data."""
    return content.rfind(JPEG_END) > content.rfind(JPEG_SCAN)
