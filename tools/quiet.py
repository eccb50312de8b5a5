"""TensorFlow without its chatter."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Keep what libraries write to stderr at start-up to themselves, unless the block raises.

    TensorFlow's first lines ignore TF_CPP_MIN_LOG_LEVEL, so the file descriptor itself is turned away for the
    time being. Who sets that variable to 0 wants to see them, and does.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "0":
        yield
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as said:
        stderr = os.dup(2)
        os.dup2(said.fileno(), 2)
        try:
            yield
        except BaseException:
            said.seek(0)
            os.write(stderr, said.read())
            raise
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
