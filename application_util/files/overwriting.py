"""Output that would take the place of input."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from application_util.errors import UserError


def refuse_overwriting(outputs: Iterable[str | Path | None], inputs: Iterable[str | Path | None]) -> None:
    """Make sure, before any work, that no output is one of the inputs, nor two outputs one file.

    Parameters
    ----------
    outputs : iterable of path
        Files to be written; each is called ``<output>.partial`` meanwhile. None stands for no file.
    inputs : iterable of path
        Files to be read, as far as they exist.

    Raises
    ------
    UserError
        If one would be lost.
    """
    taken = {os.path.realpath(path): path for path in inputs if path is not None and os.path.isfile(path)}
    for output in outputs:
        if output is None or (os.path.exists(output) and not os.path.isfile(output)):
            continue  # /dev/null may be named twice
        place = os.path.realpath(output)
        for path in (place, f"{place}.partial"):
            if path in taken:
                raise UserError(
                    f"{output}: would replace {taken[path]}, which is needed here: choose another name"
                )
        taken[place] = output
