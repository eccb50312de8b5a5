"""Arrays in ``.npy`` files, read part by part from the file that was opened, and hashed on the way."""

from __future__ import annotations

import hashlib
import math
import os
import warnings
import weakref
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.lib import format as npy_format
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.files.checksum import hash_rest
from application_util.installation import command_name

TABLES = (".csv", ".tsv", ".json")
"""Endings of what may be taken for a detection file."""

CHUNK_BYTES = 2**24
"""Held at a time: bounds memory whatever the file's size. (To map the file would end the process if it is cut.)"""


class NpyFile:
    """Numbers in rows and columns.

    Parameters
    ----------
    path : str or Path

    Attributes
    ----------
    shape : tuple of int
        Rows and columns.
    dtype : dtype
    sha256 : str
        Hash of the file, once `chunks` has read it to its end.

    Raises
    ------
    UserError
        If the file is missing, unreadable, cut off, or no two-dimensional array of numbers.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        hint = f"{command_name('tools/generate_detections.py')} makes detection files"
        if self.path.is_dir():
            raise UserError(f"{path}: a folder, expected a detection file (.npy or det.txt)")
        try:
            self._file = open(path, "rb", buffering=0)  # noqa: SIM115
            weakref.finalize(self, self._file.close)
            self._state = self._stat()
            start = self._file.read(6)
        except FileNotFoundError:
            raise UserError(f"{path}: no such file; {hint}") from None
        except OSError as error:
            raise UserError(f"{path}: cannot be read ({error.strerror})") from None
        if start.startswith(b"PK"):
            raise UserError(f"{path}: an archive (.npz) and not a .npy array, expected a single array")
        if not start.startswith(npy_format.MAGIC_PREFIX):
            what = "not a .npy array" if start else "empty file, expected a .npy array"
            if self.path.suffix.lower() in TABLES:
                hint = f"{command_name('tools/import_detections.py')} reads tables, and a det.txt ends in .txt"
            raise UserError(f"{path}: {what}; {hint}")
        if not self._file.seekable():
            raise UserError(f"{path}: a pipe, and a detection file is read twice: write it to a file")
        try:
            self.shape, self._column_wise, self.dtype = self._read_header()
            self._offset = self._file.tell()
        except Exception as error:  # NumPy evaluates the header, and a broken one raises almost anything
            reason = " ".join(str(error).split())
            raise UserError(f"{path}: not a .npy array of numbers ({reason:.200})") from None
        if self.dtype.kind not in "fiu":
            what = "objects" if self.dtype.hasobject else f"an array of {self.dtype}"
            raise UserError(f"{path}: {what}, expected numbers (float32 or float64)")
        if len(self.shape) != 2:
            raise UserError(f"{path}: an array of shape {self.shape}, expected N x (10 + features)")
        n_bytes = math.prod(self.shape) * self.dtype.itemsize
        if min(self.shape) < 0 or self._offset + n_bytes > self._state[0]:
            raise UserError(
                f"{path}: not a .npy array of numbers (cut off: {self._state[0]} bytes, shape {self.shape})"
            )
        self._row_bytes = self.shape[1] * self.dtype.itemsize
        self._whole: NDArray | None = None

    def chunks(self) -> Iterator[tuple[int, NDArray]]:
        """Read the file once, and hash it: yield the index of a row and rows from there on."""
        digest = hashlib.sha256(self._bytes(0, self._offset))
        rows, columns = self.shape
        step = 1 + (rows if self._column_wise else CHUNK_BYTES // (1 + self._row_bytes))
        for start in range(0, rows, step):
            content = self._bytes(self._offset + start * self._row_bytes, min(step, rows - start) * self._row_bytes)
            digest.update(content)
            array = np.frombuffer(content, self.dtype)
            if self._column_wise:
                array = self._whole = np.ascontiguousarray(array.reshape(self.shape, order="F"))
            yield start, array.reshape(-1, columns)
        self._file.seek(self._offset + rows * self._row_bytes)
        self.sha256 = hash_rest(self._file, digest)

    def rows(self, start: int, stop: int) -> NDArray:
        """Read some rows again, after `chunks`.

        Raises
        ------
        UserError
            If the file has changed meanwhile.
        """
        state = self._stat()
        if state != self._state:
            self._file.seek(0)
            if hash_rest(self._file, hashlib.sha256()) != self.sha256:
                raise UserError(f"{self.path}: was changed or cut while it was in use: start again")
            self._state = state
        if self._whole is not None:
            return self._whole[start:stop].copy()
        content = self._bytes(self._offset + start * self._row_bytes, (stop - start) * self._row_bytes)
        return np.frombuffer(content, self.dtype).reshape(-1, self.shape[1])

    def _stat(self) -> tuple[int, int]:
        about = os.fstat(self._file.fileno())
        return about.st_size, about.st_mtime_ns

    def _read_header(self) -> tuple[tuple[int, ...], bool, np.dtype]:
        self._file.seek(0)
        version = npy_format.read_magic(self._file)
        read = npy_format.read_array_header_1_0 if version == (1, 0) else npy_format.read_array_header_2_0
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return read(self._file)

    def _bytes(self, place: int, length: int) -> bytearray:
        content = bytearray(length)
        rest = memoryview(content)
        self._file.seek(place)
        while rest:
            n_bytes = self._file.readinto(rest)
            if not n_bytes:
                raise UserError(f"{self.path}: was cut while it was in use: start again")
            rest = rest[n_bytes:]
        return content
