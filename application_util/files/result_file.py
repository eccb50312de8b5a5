"""Result files: reading them, and writing them so that they appear only when they are complete."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np

from application_util.errors import Interrupted, UserError
from application_util.files.mot_table import Table, read_tracks
from application_util.files.output import PartialFile
from application_util.progress import say, warn
from deep_sort.track import Track


def read_results(path: str | Path) -> Table:
    """Read the result file of a sequence.

    Returns
    -------
    ndarray, shape (rows, 6 or more)
        Frame, id, left, top, width, height, ...

    Raises
    ------
    UserError
        If the file is missing, broken or empty, see `read_tracks`. What the original would draw nevertheless, but is
        not what trackers write, is a warning.
    """
    results = read_tracks(path, min_columns=6)
    if not len(results):
        raise UserError(f"{path}: no rows, nothing was tracked")
    for line in _doubts(results):
        warn(f"{path}: {line}")
    return results


def _doubts(results: Table) -> Iterator[str]:
    ids, sizes = results[:, 1], results[:, 4:6]
    if (ids < 0).any():
        yield f"{int((ids < 0).sum())} rows have ids below 0: are these detections rather than tracks?"
    if (ids != np.floor(ids)).any():
        yield f"ids such as {ids[ids != np.floor(ids)][0]:g} are no whole numbers, and cut to such"
    repeated = len(results) - len(np.unique(results[:, :2], axis=0))
    if repeated:
        yield f"{repeated} times an id is in a frame once more"
    if (sizes <= 0).any():
        yield f"{int((sizes <= 0).any(axis=1).sum())} boxes have no width or height above 0"


class ResultFile:
    """Tracks of a sequence, written row by row.

    A context manager. Rows go to ``<path>.partial``, which replaces ``path`` when the block ends
    well and stays where it is otherwise. Folders are made as needed. What is no regular file (``/dev/stdout``)
    is written directly.

    Parameters
    ----------
    path : str or Path
    write_class : bool
        Put the class that a track's detections are labelled with in the 8th column, -1 where there is none.

    Raises
    ------
    UserError
        On entering, if the file cannot be written.
    """

    def __init__(self, path: str | Path, write_class: bool = False) -> None:
        self._output = PartialFile(path, "choose another place")
        self._write_class = write_class
        self.path = self._output.path

    def __enter__(self) -> ResultFile:
        with ExitStack() as stack:
            stack.enter_context(self._output)
            file = self._output.open("w", encoding="ascii", newline="\n")
            self._file: IO[str] = stack.enter_context(file)
            self._stack = stack.pop_all()
        self.rows = 0
        self.track_ids: set[int] = set()
        return self

    def write(self, frame: int, tracks: Iterable[Track]) -> None:
        """Add the confirmed tracks that were updated in this frame or the one before."""
        lines = []
        for track in tracks:
            if track.is_confirmed() and track.time_since_update <= 1:
                box = track.to_tlwh().tolist()
                label = track.last_detection.label if self._write_class and track.last_detection else None
                number = -1 if label is None else label
                lines.append("%d,%d,%.2f,%.2f,%.2f,%.2f,1,%d,-1,-1\n" % (frame, track.track_id, *box, number))  # noqa: UP031
                self.track_ids.add(track.track_id)
        if lines:
            self._file.write("".join(lines))
            self._file.flush()  # a killed run keeps what was tracked
            self.rows += len(lines)

    def replace(self, text: str) -> None:
        """Write a text in place of all rows so far."""
        self._file.seek(0)
        self._file.truncate()
        self._file.write(text)
        self._file.flush()
        self.rows = text.count("\n")

    @property
    def partial_path(self) -> Path:
        """Where the rows so far are."""
        return self._output.partial_path

    def keep_partial(self, quiet: bool = False) -> Path:
        """Leave the rows in the partial file, because the sequence was not tracked to its end; return where."""
        self._output.keep_partial()
        if not quiet:
            say(f"stopped before the end: {self._so_far}")
        return self._output.partial_path

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)
        if kind is not None and issubclass(kind, KeyboardInterrupt):
            raise Interrupted(self._so_far) from None

    @property
    def _so_far(self) -> str:
        return f"the rows so far are in {self.partial_path}"
