"""Detection files, written row by row."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import IO

import numpy as np
from numpy.typing import NDArray

from application_util.files.detection_file import USUAL_FEATURE_DIM
from application_util.files.mot_table import BOX_COLUMNS
from application_util.files.output import PartialFile

HEADER_BYTES = 128
"""Room for any shape; a multiple of 64, so that rows are aligned when the file is mapped."""


class DetectionWriter:
    """A detection file in the making: float64 rows of det.txt's columns, then the feature.

    A context manager. Rows go to ``<path>.partial``, which takes the place of ``path`` when the block ends
    well, and is not a readable array before.

    Parameters
    ----------
    path : str or Path
        The ``.npy`` file.
    feature_dim : int
        M of a file that stays without rows.

    Attributes
    ----------
    rows : int
        Rows written so far.

    Raises
    ------
    UserError
        On entering, if the file cannot be written.
    """

    def __init__(self, path: str | Path, feature_dim: int = USUAL_FEATURE_DIM) -> None:
        self._output = PartialFile(path, "choose another --output_dir")
        self._columns = BOX_COLUMNS + feature_dim

    def __enter__(self) -> DetectionWriter:
        self._file: IO[bytes] = self._output.open("wb")
        self._file.write(bytes(HEADER_BYTES))  # the number of rows is known at the end
        self.rows = 0
        return self

    def write(self, boxes: NDArray, features: NDArray) -> None:
        """Add rows.

        Parameters
        ----------
        boxes : ndarray, shape (n, 10)
            Columns of det.txt.
        features : ndarray, shape (n, M)
            M must be the same in every call.

        Raises
        ------
        ValueError
            If it is not.
        """
        rows = np.hstack([boxes, features]).astype("<f8", copy=False)
        if self.rows and rows.shape[1] != self._columns:
            raise ValueError(
                f"features of {features.shape[1]} dimensions after {self._columns - BOX_COLUMNS}"
            )
        self._columns = rows.shape[1]
        self._file.write(rows.tobytes())
        self.rows += len(rows)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._file:
            if kind is None:
                self._file.seek(0)
                self._file.write(_header(self.rows, self._columns))
        if kind is None:
            self._output.finish()


def _header(rows: int, columns: int) -> bytes:
    """Head of a ``.npy`` file, padded to a fixed length (NumPy's format, version 1.0)."""
    text = repr({"descr": "<f8", "fortran_order": False, "shape": (rows, columns)}).encode("ascii")
    magic = np.lib.format.magic(1, 0)
    length = HEADER_BYTES - len(magic) - 2
    return magic + length.to_bytes(2, "little") + text.ljust(length - 1) + b"\n"
