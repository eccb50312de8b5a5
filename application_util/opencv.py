"""OpenCV, imported when it is first used: that takes 20 ms and more, and tracking without images needs none."""

from __future__ import annotations

import importlib
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from application_util.errors import UserError

if TYPE_CHECKING:
    from cv2 import *  # noqa: F403


def __getattr__(name: str) -> Any:
    return getattr(importlib.import_module("cv2"), name)


def file_name(path: str | Path) -> str:
    """Return the name of a file as OpenCV takes it.

    It is absolute, because what comes before a colon is taken for a protocol. Where the system's encoding is not
    UTF-8, other letters stand for the same bytes.

    Raises
    ------
    UserError
        If its bytes are no UTF-8: OpenCV would end the process.
    """
    try:
        return os.fsencode(os.path.abspath(path)).decode()
    except UnicodeDecodeError:
        raise UserError(f"{path}: OpenCV opens no video whose name is not UTF-8: rename it") from None
