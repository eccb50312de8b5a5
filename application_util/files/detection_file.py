"""Detection files: N x (10 + M) arrays, read without holding them in memory."""

from __future__ import annotations

import mmap
import warnings
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError, command_name
from application_util.files.invalid_rows import FIRST_FEATURE, find_invalid_rows
from application_util.files.mot_table import read_detections
from deep_sort.detection import Detection

USUAL_FEATURE_DIM = 128
TEXT_SUFFIX = ".txt"
"""Of a det.txt."""
CHUNK_BYTES = 2**24
"""Read before mapped pages are given back: bounds resident memory whatever the file's size."""


class DetectionFile:
    """Detections with features of one sequence, grouped by frame.

    Parameters
    ----------
    path : str or Path
        ``.npy`` array: the 10 columns of det.txt, then the features; or a det.txt, which has none. Rows may come in
        any order.
    skip_invalid : bool
        Leave invalid rows out instead of refusing the file.

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

    Raises
    ------
    UserError
        If the file is missing, no such array, or has an invalid row (and ``skip_invalid`` is false).
    """

    def __init__(self, path: str | Path, skip_invalid: bool = False) -> None:
        self.path = Path(path)
        self._array = _open_array(self.path)
        self._bytes_read = 0
        self.feature_dim = self._array.shape[1] - FIRST_FEATURE
        frame_of_row, self.skipped = self._check(skip_invalid)
        rows = np.flatnonzero(frame_of_row >= 0)
        frame_of_row = frame_of_row[rows]
        if np.any(np.diff(frame_of_row) < 0):
            order = np.argsort(frame_of_row, kind="stable")
            rows, frame_of_row = rows[order], frame_of_row[order]
        self.frames, starts = np.unique(frame_of_row, return_index=True)
        self._rows_of_frame = dict(
            zip(self.frames.tolist(), np.split(rows, starts[1:]), strict=len(starts) > 0)
        )

    @property
    def array(self) -> NDArray:
        """All rows of the file, shape (N, 10 + M), mapped from it."""
        return self._array

    @property
    def warnings(self) -> list[str]:
        """Lines about what is suspicious: features of another length than usual, rows that were left out."""
        lines = []
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
            return np.empty((0, self._array.shape[1]), dtype=self._array.dtype)
        rows = np.array(self._array[index])
        self._release(rows.nbytes)
        return rows

    def __len__(self) -> int:
        return sum(len(index) for index in self._rows_of_frame.values())

    def _check(self, skip_invalid: bool) -> tuple[NDArray[np.int64], int]:
        """Return the frame of each row, -1 for those to leave out, and how many those are."""
        frame_of_row = np.empty(len(self._array), dtype=np.int64)
        skipped = self.repeated = 0
        for start, chunk in self._chunks():
            invalid = find_invalid_rows(chunk)
            if invalid.any() and not skip_invalid:
                raise UserError(
                    f"{self.path}: {invalid.describe(start)} (--skip_invalid leaves such rows out)"
                )
            frame_of_row[start : start + len(chunk)] = np.where(invalid.rows, -1, invalid.frames)
            skipped += int(invalid.rows.sum())
            self.repeated += _count_repeated(chunk[~invalid.rows])
            self._release(chunk.nbytes)
        return frame_of_row, skipped

    def _chunks(self) -> Iterator[tuple[int, NDArray]]:
        step = max(1, CHUNK_BYTES // (self._array.shape[1] * self._array.itemsize))
        for start in range(0, len(self._array), step):
            yield start, self._array[start : start + step]

    def _release(self, n_bytes: int) -> None:
        """Count what was read, and give the mapped pages back when it is much."""
        self._bytes_read += n_bytes
        mapping = self._array.base
        if self._bytes_read >= CHUNK_BYTES and isinstance(mapping, mmap.mmap) and hasattr(mapping, "madvise"):
            mapping.madvise(mmap.MADV_DONTNEED)
            self._bytes_read = 0


def _count_repeated(rows: NDArray) -> int:
    """Return how many rows have frame and box of another one."""
    places = np.ascontiguousarray(rows[:, [0, 2, 3, 4, 5]]).view(f"V{5 * rows.itemsize}")
    return len(rows) - len(np.unique(places))


def detections_from_rows(rows: NDArray, min_height: float = 0) -> list[Detection]:
    """Turn rows of a detection file into detections.

    Parameters
    ----------
    rows : ndarray, shape (N, 10 + M)
        Rows of one frame.
    min_height : float
        Lower boxes are left out, pixels.
    """
    rows = rows[~(rows[:, 5] < min_height)]
    boxes = rows[:, 2:6].astype(np.float64)
    features = rows[:, FIRST_FEATURE:].astype(np.float32)
    return [
        Detection(box, confidence, feature)
        for box, confidence, feature in zip(boxes, rows[:, 6].tolist(), features, strict=True)
    ]


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
    return detections_from_rows(detection_mat[detection_mat[:, 0].astype(int) == frame_idx], min_height)


def _open_array(path: Path) -> NDArray:
    """Map a file as a numeric array (N, 10 + M)."""
    if path.is_dir():
        raise UserError(f"{path}: a folder, expected a detection file (.npy or det.txt)")
    if path.suffix.lower() == TEXT_SUFFIX:
        return read_detections(path)
    try:
        if not path.stat().st_size:
            raise UserError(f"{path}: empty file, expected a .npy array")
        with path.open("rb") as file:
            if not file.read(6).startswith(
                (b"\x93NUMPY", b"PK")
            ):  # PK: an archive, which is told apart below
                raise UserError(
                    f"{path}: not a .npy array; {command_name('tools/generate_detections.py')} makes detection files"
                )
    except FileNotFoundError:
        raise UserError(
            f"{path}: no such file; {command_name('tools/generate_detections.py')} makes detection files"
        ) from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            array = _load(path)
    except Exception as error:  # NumPy evaluates the header, and a broken one raises almost anything
        reason = "it holds objects, not numbers" if "bject" in str(error) else " ".join(str(error).split())
        raise UserError(f"{path}: not a .npy array of numbers ({reason:.200})") from None
    if not isinstance(array, np.ndarray):
        raise UserError(f"{path}: an archive of arrays, expected a single .npy array")
    if array.dtype.kind not in "fiu":
        raise UserError(f"{path}: an array of {array.dtype}, expected numbers (float32 or float64)")
    if array.ndim != 2:
        raise UserError(f"{path}: an array of shape {array.shape}, expected N x (10 + features)")
    if array.shape[1] < FIRST_FEATURE:
        raise UserError(
            f"{path}: {array.shape[1]} columns, expected at least 10: those of det.txt, then the feature"
        )
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)


def _load(path: Path) -> NDArray:
    try:
        return np.load(path, mmap_mode="r", allow_pickle=False)
    except ValueError:
        return np.load(path, allow_pickle=False)  # an empty array cannot be mapped
