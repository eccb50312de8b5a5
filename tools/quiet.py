"""TensorFlow without its chatter."""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

CHATTER = re.compile(
    rb"[IWE]\d{4} \d\d:|WARNING: All log messages before absl|To enable the following instructions:"
)


@contextmanager
def quiet_stderr() -> Iterator[None]:
    """Hold back what is written to stderr, and pass it on afterwards without TensorFlow's log lines.

    Its first lines ignore TF_CPP_MIN_LOG_LEVEL, so the file descriptor itself is turned away for the time being.
    Who sets that variable to 0 sees all of them, and so does everybody if the block raises.
    """
    if os.environ.get("TF_CPP_MIN_LOG_LEVEL") == "0":
        yield
        return
    sys.stderr.flush()
    with tempfile.TemporaryFile() as held:
        stderr = os.dup(2)
        os.dup2(held.fileno(), 2)
        hidden: re.Pattern[bytes] | None = None
        try:
            yield
            hidden = CHATTER
        finally:
            sys.stderr.flush()
            os.dup2(stderr, 2)
            held.seek(0)
            for line in held:
                if hidden is None or not hidden.match(line):
                    os.write(stderr, line)
            os.close(stderr)
