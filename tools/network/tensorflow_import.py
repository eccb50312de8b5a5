"""Import TensorFlow when it is needed, quietly."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType

from application_util.errors import require

GPU_MEMORY = "TF_FORCE_GPU_ALLOW_GROWTH"
"""Set: TensorFlow takes a GPU's memory as it needs it (`allow_growth` of all its sessions), not all at once."""


def load_tensorflow(extra: str = "features") -> ModuleType:
    """Import TensorFlow without its messages at start-up.

    Parameters
    ----------
    extra : str
        The extra of this package to name when TensorFlow is missing.

    Raises
    ------
    UserError
        If TensorFlow is not installed.
    """
    loaded = sys.modules.get("tensorflow")
    if loaded is not None:
        return loaded
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault(GPU_MEMORY, "true")
    with _silent_stderr():
        return require("tensorflow", extra)


@contextmanager
def _silent_stderr() -> Iterator[None]:
    """Keep what native code prints off the terminal; TensorFlow does so before it can be told not to."""
    try:
        kept = os.dup(2)
    except OSError:  # closed
        yield
        return
    if sys.stderr is not None:
        sys.stderr.flush()
    with open(os.devnull, "wb") as nowhere:
        os.dup2(nowhere.fileno(), 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
