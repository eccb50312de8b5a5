"""Result files that appear only when they are complete."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import TextIO

from deep_sort.track import Track

from .errors import UserError


class ResultFile:
    """Tracks of a sequence, written row by row.

    A context manager. Rows go to ``<path>.partial``, which takes the place of ``path`` when the block ends
    well and stays where it is otherwise. Folders are made as needed. What is no regular file (``/dev/stdout``)
    is written directly.

    Parameters
    ----------
    path : str or Path

    Raises
    ------
    UserError
        On entering, if the file cannot be written.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        direct = self.path.exists() and not self.path.is_file() and not self.path.is_dir()
        self.partial_path = self.path if direct else self.path.with_name(self.path.name + ".partial")

    def __enter__(self) -> ResultFile:
        try:
            if self.path.is_dir():
                raise IsADirectoryError("it is a folder")
            self.path.parent.mkdir(parents=True, exist_ok=True)
            if self.path.exists() and not os.access(self.path, os.W_OK):
                raise PermissionError("the file is write-protected")
            self._file: TextIO = open(self.partial_path, "w", encoding="ascii", newline="\n")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise UserError(f"{self.path}: cannot be written ({reason}): choose another --output_file") from None
        self.rows = 0
        self.track_ids: set[int] = set()
        self._keep_partial = False
        return self

    def write(self, frame: int, tracks: Iterable[Track]) -> None:
        """Add the confirmed tracks that were updated in this frame or the one before."""
        lines = []
        for track in tracks:
            if track.is_confirmed() and track.time_since_update <= 1:
                box = track.to_tlwh().tolist()
                lines.append("%d,%d,%.2f,%.2f,%.2f,%.2f,1,-1,-1,-1\n" % (frame, track.track_id, *box))  # noqa: UP031
                self.track_ids.add(track.track_id)
        if lines:
            self._file.write("".join(lines))
            self._file.flush()  # a killed run keeps what was tracked
            self.rows += len(lines)

    def keep_partial(self) -> None:
        """Leave the rows in the partial file, because the sequence was not tracked to its end."""
        self._keep_partial = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        if kind is None and not self._keep_partial and self.partial_path != self.path:
            os.replace(self.partial_path, self.path)
