"""Where things are: the project, its recorded results, data of real sequences."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent
GOLDEN = ROOT / "tests" / "golden"
SHARED = Path(os.environ["DEEP_SORT_SHARED"]).resolve() if os.environ.get("DEEP_SORT_SHARED") else None


def shared_path(relative: str) -> Path:
    """Return a path in the folder of DEEP_SORT_SHARED, or skip the test."""
    if SHARED is None:
        pytest.skip("DEEP_SORT_SHARED is not set: no data of real sequences")
    path = SHARED / relative
    if not path.exists():
        pytest.skip(f"{relative} is not in DEEP_SORT_SHARED")
    return path
