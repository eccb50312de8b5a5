"""Detection files, written row by row."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from application_util.files.detection_file import USUAL_FEATURE_DIM
from application_util.files.mot_table import BOX_COLUMNS
from application_util.files.output import PartialFile

HEADER_BYTES = 128
"""Room for any shape; a multiple of 64, so that rows are aligned when the file is mapped."""


@contextmanager
def open_writer(path: str | Path, feature_dim: int = USUAL_FEATURE_DIM) -> Iterator[DetectionWriter]:
    """Open a detection file for writing: it appears when the block ends well, and is no readable array before.

    Parameters
    ----------
    path : str or Path
        The ``.npy`` file.
    feature_dim : int
        M of a file that stays without rows.

    Raises
    ------
    UserError
        If the file cannot be written.
    """
    with PartialFile(path, "choose another place") as output, output.open("wb") as file:
        file.write(bytes(HEADER_BYTES))  # the number of rows is known at the end
        writer = DetectionWriter(file, feature_dim, output)
        yield writer
        file.seek(0)
        file.write(writer.header())


class DetectionWriter:
    """A detection file in the making: float64 rows of det.txt's columns, then the feature.

    Attributes
    ----------
    rows : int
        Rows written so far.
    output : PartialFile
        Where they are.
    """

    def __init__(self, file: IO[bytes], feature_dim: int, output: PartialFile) -> None:
        self.output = output
        self._file, self._columns, self.rows = file, BOX_COLUMNS + feature_dim, 0

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
            raise ValueError(f"features of {features.shape[1]} dimensions after {self._columns - BOX_COLUMNS}")
        self._columns = rows.shape[1]
        self._file.write(rows.tobytes())
        self.rows += len(rows)

    def header(self) -> bytes:
        """Return the head of the ``.npy`` file, padded to a fixed length (NumPy's format, version 1.0)."""
        shape = (self.rows, self._columns)
        text = repr({"descr": "<f8", "fortran_order": False, "shape": shape}).encode("ascii")
        magic = np.lib.format.magic(1, 0)
        length = HEADER_BYTES - len(magic) - 2
        return magic + length.to_bytes(2, "little") + text.ljust(length - 1) + b"\n"
