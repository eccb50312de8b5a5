"""OpenCV, imported when it is first used: that takes 20 ms and more, and tracking without images needs none."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cv2 import *  # noqa: F403


def __getattr__(name: str) -> Any:
    return getattr(importlib.import_module("cv2"), name)
