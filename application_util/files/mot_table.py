"""Tables of MOTChallenge, a box a row: det.txt, gt.txt and result files."""

from __future__ import annotations

import hashlib
import io
import re
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.settings import MAX_GAP
from application_util.text_file import decode_text, read_bytes

Table = NDArray[np.float64]

DECIMAL_COMMA = re.compile(r"[-+]?\d+(,\d+)?(e[-+]?\d+)?", re.IGNORECASE)
"""A number as it is written where commas are decimal ones, between blanks."""

BOX_COLUMNS = 10
"""Columns of a det.txt in full: frame, id, left, top, width, height, confidence, three for 3-D positions."""

MAX_ID = 2**31 - 1

CONFIDENCE_COLUMN = 6
FILLED = 0
"""Confidence of a box in a result file that fills a gap: no detection stands behind it. Scores do not look at it."""


def read_detections(path: str | Path) -> Table:
    """Read a det.txt, see `read_table` and `in_full_width`."""
    return in_full_width(read_table(path))


def in_full_width(table: Table) -> Table:
    """Return rows in 10 columns: missing ones are -1, as in MOT17's files, which end with the confidence, the 7th.

    Columns after the 10th are left out.
    """
    table = table[:, :BOX_COLUMNS]
    return np.pad(table, ((0, 0), (0, BOX_COLUMNS - table.shape[1])), constant_values=-1)


def read_table(path: str | Path, min_columns: int = 7) -> Table:
    """Read a table of numbers, one box a row, as `read_hashed_table`."""
    return read_hashed_table(path, min_columns)[0]


def read_hashed_table(path: str | Path, min_columns: int = 7) -> tuple[Table, str]:
    """Read a table of numbers, one box a row.

    Parameters
    ----------
    path : str or Path
        Text file: frame, id, left, top, width, height, confidence, optionally more columns, the same in all
        rows, separated by commas, semicolons, ``|`` or blanks; in UTF-8 or UTF-16, with decimal points, or with
        decimal commas where commas do not separate. Spaces around numbers, empty lines, what follows a ``#``
        and a missing or repeated newline at the end do not matter.
    min_columns : int
        Columns that are needed.

    Returns
    -------
    ndarray, shape (rows, columns)
        (0, min_columns) for a file without rows.
    str
        SHA-256 of the bytes that were read.

    Raises
    ------
    UserError
        If the file is missing or unreadable, or naming the first line with something other than finite
        numbers, with another number of columns than the first, or with a frame that is no whole number >= 0.
    """
    content = read_bytes(path)
    digest = hashlib.sha256(content).hexdigest()
    table = _read_quickly(content)
    numbered: list[tuple[int, str]] = []
    if table is None:
        numbered = _numbered_lines(path, content)
        if not numbered:
            return np.empty((0, min_columns)), digest
        try:
            delimiter = _delimiter(numbered[0][1])
            table = np.array([line.split(delimiter) for _, line in numbered], dtype=np.float64)
        except ValueError:
            raise _first_broken_line(path, numbered, min_columns) from None
    if table.shape[1] < min_columns or not np.isfinite(table).all() or not are_frames(table[:, 0]).all():
        raise _first_broken_line(path, numbered or _numbered_lines(path, content), min_columns)
    return table, digest


def read_tracks(path: str | Path, min_columns: int = 7) -> Table:
    """Read a table whose ids count, as `read_table`: ground truth or results.

    Raises
    ------
    UserError
        Also for an id that needs more than 32 bits, and for a gap between frames that is longer than `MAX_GAP`.
    """
    table = read_table(path, min_columns)
    for row in np.flatnonzero(np.abs(table[:, 1]) > MAX_ID).tolist():
        raise UserError(f"{path}: row {row + 1}: id {table[row, 1]:.15g} is larger than {MAX_ID}")
    refuse_gap(path, *np.unique(table[:, 0], return_index=True))
    return table


def split_lines(path: str | Path) -> tuple[str | None, list[list[str]]]:
    """Return the separator of a table, None for blanks, and the fields of its rows as they are written."""
    lines = [line for _, line in _numbered_lines(path, read_bytes(path))]
    separator = _delimiter(lines[0]) if lines else None
    return separator, [line.split(separator) for line in lines]


def are_frames(numbers: NDArray | np.floating) -> NDArray[np.bool_]:
    """Return which numbers can be those of frames: whole ones, as far as there is one for each frame."""
    return (numbers >= 0) & (numbers < 2**53) & (numbers == np.floor(numbers))


def is_filled(table: Table) -> NDArray[np.bool_]:
    """Return which boxes of a result fill gaps in their tracks, see `FILLED`; none if all boxes are marked so."""
    if table.shape[1] <= CONFIDENCE_COLUMN or not table[:, CONFIDENCE_COLUMN].any():
        return np.zeros(len(table), dtype=bool)
    return table[:, CONFIDENCE_COLUMN] == FILLED


def refuse_gap(path: str | Path, frames: NDArray, rows: NDArray, max_gap: int = MAX_GAP, hint: str = "") -> None:
    """Make sure that frames do not leave out too many, which would take time or memory by a number in a file.

    Parameters
    ----------
    path : str or Path
        The file they are from.
    frames, rows : ndarray, shape (n,)
        Different frame numbers, ascending, and the index of a row of each.
    max_gap : int
        How far one of them may be from the next.
    hint : str
        What allows more.

    Raises
    ------
    UserError
        Naming the first row after a longer gap.
    """
    for after in (np.flatnonzero(np.diff(frames) > max_gap) + 1).tolist():
        raise UserError(
            f"{path}: row {rows[after] + 1}: frame {frames[after]:.0f} comes {frames[after] - frames[after - 1]:.0f}"
            f" frames after frame {frames[after - 1]:.0f}, more than {max_gap}: is its number right?{hint}"
        )


def _read_quickly(content: bytes) -> Table | None:
    """Read a regular table; None for whatever needs a closer look."""
    try:
        file = io.TextIOWrapper(io.BytesIO(content), encoding="utf-8-sig")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about a file without rows
            first = next((line for line in file if line.partition("#")[0].strip()), "")
            file.seek(0)
            table = np.loadtxt(file, np.float64, comments="#", delimiter=_delimiter(first), ndmin=2)
    except ValueError:
        return None
    return table if table.size else None


def _numbered_lines(path: str | Path, content: bytes) -> list[tuple[int, str]]:
    """Return the lines that are not empty, with their numbers, without comments and with decimal points."""
    lines = (line.partition("#")[0] for line in decode_text(content, path).splitlines())
    numbered = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if numbered and _delimiter(numbered[0][1]) != ",":  # then commas are decimal ones
        return [(number, line.replace(",", ".")) for number, line in numbered]
    return numbered


def _delimiter(line: str) -> str | None:
    """Return what separates the numbers of a line, None for blanks."""
    line = line.partition("#")[0]
    marks = ";|" if len(line.split()) > 1 and all(map(DECIMAL_COMMA.fullmatch, line.split())) else ";|,"
    return next((mark for mark in marks if mark in line), None)


def _first_broken_line(path: str | Path, numbered: list[tuple[int, str]], min_columns: int) -> UserError:
    delimiter = _delimiter(numbered[0][1])
    expected = len(numbered[0][1].split(delimiter))
    for number, line in numbered:
        place = f"{path}: line {number}"
        fields = line.split(delimiter)
        if len(fields) < min_columns:
            return UserError(f"{place}: {len(fields)} columns, expected at least {min_columns}")
        if len(fields) != expected:
            return UserError(f"{place}: {len(fields)} columns, but {expected} in the first line")
        for column, field in enumerate(fields, start=1):
            try:
                value = float(field)
            except ValueError:
                return UserError(f"{place}: column {column}: {field.strip()[:40]!r} is not a number")
            if not np.isfinite(value):
                return UserError(f"{place}: column {column}: {field.strip():.40} is not finite")
        if not are_frames(np.float64(fields[0])):
            return UserError(f"{place}: frame {fields[0].strip():.40} is not a whole number from 0 to 2^53")
    return UserError(f"{path}: not a table of numbers")


class BoxTable:
    """Rows of a result file or of ground truth by frame.

    Parameters
    ----------
    table : ndarray, shape (N, 6 or more)
        Frame, id, left, top, width, height and optionally more, rows in any order.
    """

    def __init__(self, table: Table) -> None:
        self._table = table[np.argsort(table[:, 0], kind="stable")]
        self._frames = self._table[:, 0].copy()
        self._filled = is_filled(self._table)

    def ids(self, first: int, last: int | None = None) -> list[int]:
        """Return the ids of the boxes of a frame, or of the frames from `first` to `last`."""
        return self._rows(first, last)[:, 1].astype(int).tolist()

    def boxes(self, first: int, last: int | None = None) -> Table:
        """Return the boxes (left, top, width, height) that belong to `ids`, shape (n, 4).

        Frames are ascending, boxes of a frame are in the table's order.
        """
        return self._rows(first, last)[:, 2:6]

    def filled(self, first: int, last: int | None = None) -> list[bool]:
        """Return which of these boxes fill gaps, see `is_filled`."""
        return self._filled[self._slice(first, last)].tolist()

    def _rows(self, first: int, last: int | None) -> Table:
        return self._table[self._slice(first, last)]

    def _slice(self, first: int, last: int | None) -> slice:
        start = np.searchsorted(self._frames, first, side="left")
        stop = np.searchsorted(self._frames, first if last is None else last, side="right")
        return slice(int(start), int(stop))
