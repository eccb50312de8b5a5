"""Detection files: N x (10 + M) arrays, read without holding them in memory."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.files.invalid_rows import FIRST_FEATURE, find_invalid_rows
from application_util.files.mot_table import BOX_COLUMNS, in_full_width, read_hashed_table, refuse_gap
from application_util.files.npy_file import NpyFile
from application_util.settings import MAX_GAP
from deep_sort.detection import Detection, Detections

USUAL_FEATURE_DIM = 128
CLASS_COLUMN = 7
"""Of files that tell classes; -1 otherwise."""
MAX_CLASS = 2**31 - 1
LOOKED_AT = 100
"""Frames whose boxes tell whether they fit the images."""
TEXT_SUFFIX = ".txt"
"""Of a det.txt."""


class TextRows:
    """Rows of a det.txt, held in memory: what `NpyFile` is for arrays; `left_out` columns after the 10th."""

    def __init__(self, path: Path) -> None:
        table, self.sha256 = read_hashed_table(path)
        self._table, self.left_out = in_full_width(table), max(0, table.shape[1] - BOX_COLUMNS)
        self.shape, self.dtype = self._table.shape, self._table.dtype

    def chunks(self) -> Iterator[tuple[int, NDArray]]:
        """Yield the index of the first row, and all rows."""
        yield 0, self._table

    def rows(self, start: int, stop: int) -> NDArray:
        """Return some rows."""
        return self._table[start:stop].copy()


def open_rows(path: Path) -> NpyFile | TextRows:
    """Open a detection file by its suffix; `UserError` if it cannot be read."""
    return TextRows(path) if path.suffix.lower() == TEXT_SUFFIX and not path.is_dir() else NpyFile(path)


class DetectionFile:
    """Detections with features of one sequence, grouped by frame.

    Parameters
    ----------
    path : str or Path
        ``.npy`` array: the 10 columns of det.txt, then the features; or a det.txt, which has none. Rows may come in
        any order.
    skip_invalid : bool
        Leave invalid rows out instead of refusing the file.
    max_gap : int
        Frames without detections that may follow each other.

    Attributes
    ----------
    frames : ndarray of int64
        Frame numbers that have detections, ascending.
    feature_dim : int
        M, the length of a feature.
    skipped : int
        Invalid rows left out.
    repeated : int
        Rows whose frame and box another row has as well (seen if they lie close together).
    sha256 : str
        Hash of the file as it was read.

    Raises
    ------
    UserError
        If the file is missing, no such array, or has an invalid row (and ``skip_invalid`` is false) or a longer gap.
    """

    def __init__(self, path: str | Path, skip_invalid: bool = False, max_gap: int = MAX_GAP) -> None:
        self.path = Path(path)
        self._file = open_rows(self.path)
        if self._file.shape[1] < FIRST_FEATURE:
            raise UserError(
                f"{path}: {self._file.shape[1]} columns, expected at least 10: those of det.txt, then the feature"
            )
        self.feature_dim = self._file.shape[1] - FIRST_FEATURE
        frame_of_row, self.skipped = self._check(skip_invalid)
        self.sha256 = self._file.sha256
        rows = np.flatnonzero(frame_of_row >= 0)
        rows = rows[np.argsort(frame_of_row[rows], kind="stable")]
        self.frames, starts = np.unique(frame_of_row[rows], return_index=True)
        refuse_gap(self.path, self.frames, rows[starts], max_gap, " (--max_gap allows more)")
        self._rows_of_frame = dict(zip(self.frames.tolist(), np.split(rows, starts[1:]), strict=False))

    def check_classes(self) -> None:
        """Make sure, before classes are read, that there are numbers in their column; `UserError` if not."""
        if self._bad_class:
            raise UserError(f"{self.path}: {self._bad_class}")

    @property
    def array(self) -> NDArray:
        """All rows of the file, shape (N, 10 + M)."""
        return self._file.rows(0, self._file.shape[0])

    @property
    def warnings(self) -> list[str]:
        """Lines about what is suspicious: features and confidences that are not as usual, what was left out."""
        lines = []
        if isinstance(self._file, TextRows) and self._file.left_out:
            lines.append(
                f"{self.path}: {self._file.left_out} columns after the 10th are not used: features are read from .npy"
            )
        if self._equal_features:
            lines.append(f"{self.path}: all features are equal, and tell nobody apart")
        if 1 < self._lowest_confidence < math.inf:
            lines.append(
                f"{self.path}: all confidences are above 1, the lowest {self._lowest_confidence:g}: in percent?"
            )
        if not self.feature_dim:
            lines.append(f"{self.path}: no features: tracks follow motion and overlap alone")
        elif self.feature_dim != USUAL_FEATURE_DIM:
            lines.append(
                f"{self.path}: features of {self.feature_dim} dimensions, the usual network gives {USUAL_FEATURE_DIM}"
            )
            if self.feature_dim == USUAL_FEATURE_DIM - 3:
                lines[0] += (
                    "; made from a 7-column det.txt? Then 3 of them are taken for box columns: make the file again"
                )
        if self.skipped:
            lines.append(f"{self.path}: {self.skipped} invalid rows skipped")
        return lines

    def rows(self, frame: int) -> NDArray:
        """Return the rows of a frame in file order, shape (n, 10 + M), n = 0 for a frame without detections."""
        index = self._rows_of_frame.get(frame)
        if index is None:
            return np.empty((0, self._file.shape[1]), dtype=self._file.dtype)
        if index[-1] - index[0] < len(index):
            return self._file.rows(index[0], index[-1] + 1)
        return np.concatenate([self._file.rows(row, row + 1) for row in index.tolist()])

    def some_boxes(self) -> NDArray[np.float64]:
        """Return boxes of up to `LOOKED_AT` frames, evenly spread: left, top, width, height, shape (n, 4)."""
        step = -(-len(self.frames) // LOOKED_AT) or 1
        rows = [self.rows(frame)[:, 2:6] for frame in self.frames[::step].tolist()]
        return np.concatenate([np.empty((0, 4)), *rows]).astype(np.float64)

    def count(self, frames: range) -> int:
        """Return the number of detections in these frames."""
        first, last = np.searchsorted(self.frames, [frames.start, frames.stop])
        return sum(len(self._rows_of_frame[frame]) for frame in self.frames[first:last].tolist())

    def __len__(self) -> int:
        return sum(map(len, self._rows_of_frame.values()))

    def _check(self, skip_invalid: bool) -> tuple[NDArray[np.int64], int]:
        """Return the frame of each row, -1 for those to leave out, and how many those are."""
        frame_of_row = np.empty(self._file.shape[0], dtype=np.int64)
        skipped = self.repeated = 0
        self._equal_features, self._lowest_confidence = self.feature_dim > 0, math.inf
        first: NDArray | None = None
        self._bad_class = ""
        for start, chunk in self._file.chunks():
            invalid = find_invalid_rows(chunk)
            if invalid.any() and not skip_invalid:
                raise UserError(f"{self.path}: {invalid.describe(start)} (--skip_invalid leaves such rows out)")
            frame_of_row[start : start + len(chunk)] = invalid.frames
            skipped += int(invalid.rows.sum())
            bad = np.flatnonzero(~(np.abs(chunk[:, CLASS_COLUMN].astype(np.float64)) <= MAX_CLASS) & ~invalid.rows)
            if len(bad) and not self._bad_class:
                place = f"row {start + bad[0] + 1}: column {CLASS_COLUMN + 1} (class)"
                self._bad_class = f"{place}: {chunk[bad[0], CLASS_COLUMN]:.15g} is no number of a class"
            valid = chunk[~invalid.rows]
            self.repeated += _count_repeated(valid)
            if len(valid):
                first = valid[0, FIRST_FEATURE:] if first is None else first
                self._lowest_confidence = min(self._lowest_confidence, float(valid[:, 6].min()))
            if self._equal_features and len(valid):
                self._equal_features = bool((valid[:, FIRST_FEATURE:] == first).all())
        self._equal_features &= self._file.shape[0] - skipped > 1
        return frame_of_row, skipped


def _count_repeated(rows: NDArray) -> int:
    """Return how many rows have frame and box of another one."""
    places = np.ascontiguousarray(rows[:, [0, 2, 3, 4, 5]]).view(f"V{5 * rows.itemsize}")
    return len(rows) - len(np.unique(places))


def detections_from_rows(rows: NDArray, labelled: bool = False) -> Detections:
    """Turn rows of a detection file into detections.

    Parameters
    ----------
    rows : ndarray, shape (N, 10 + M)
        Rows of one frame.
    labelled : bool
        Take the class in the 8th column for the detections' label.
    """
    labels = rows[:, CLASS_COLUMN].astype(int).tolist() if labelled else None
    return Detections(rows[:, 2:6], rows[:, 6], rows[:, FIRST_FEATURE:], labels)


def create_detections(detection_mat: NDArray, frame_idx: int, min_height: float = 0) -> list[Detection]:
    """Return the detections of a frame in file order.

    Parameters
    ----------
    detection_mat : ndarray, shape (N, 10 + M)
        Rows of all frames.
    frame_idx : int
    min_height : float
        Lower boxes are left out, pixels.
    """
    rows = detection_mat[detection_mat[:, 0].astype(int) == frame_idx]
    return list(detections_from_rows(rows[~(rows[:, 5] < min_height)]))
