"""Tables of numbers in MATLAB files of version 5; SciPy's reader allocates by, and dies of, sizes that are wrong."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HEAD = b"MATLAB 5.0 MAT-file"
HEAD_BYTES, TAG_BYTES = 128, 8
MATRIX, COMPRESSED = 14, 15
NUMBERS = {1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8"}
LARGEST = 1 << 28


class Element(NamedTuple):
    """What a file and a matrix consist of: a kind and some bytes."""

    kind: int
    content: bytes

    def numbers(self, order: str) -> NDArray:
        """Return the content as numbers, shape (N,)."""
        kind = np.dtype(f"{order}{NUMBERS[self.kind]}")
        return np.frombuffer(self.content, kind, len(self.content) // kind.itemsize)


def read_table(contents: bytes, key: str) -> NDArray[np.int64]:
    """Return a table of whole numbers.

    Parameters
    ----------
    contents : bytes
        Of the file.
    key : str
        The table's name.

    Raises
    ------
    ValueError
        If the file is broken, or has no such table of whole numbers.
    """
    if not contents.startswith(HEAD) or len(contents) < HEAD_BYTES:
        raise ValueError("no MATLAB file of version 5")
    order = "<" if contents[126:128] == b"IM" else ">"
    for element in _elements(contents[HEAD_BYTES:], order):
        if element.kind == COMPRESSED:
            element = next(_elements(_inflate(element.content), order), element)
        if element.kind != MATRIX:
            continue
        # Flags, sides, name, values; sparse and complex matrices, texts and structures have other parts.
        parts = list(_elements(element.content, order))
        if len(parts) == 4 and parts[2].content.decode("latin-1") == key:
            return _whole_numbers(parts[1], parts[3], order)
    raise ValueError("not in this file")


def _whole_numbers(sides: Element, values: Element, order: str) -> NDArray[np.int64]:
    if sides.kind not in NUMBERS or values.kind not in NUMBERS:
        raise ValueError("not a table of numbers")
    numbers = values.numbers(order).astype(np.float64)
    if not (np.abs(numbers) < 2**31).all() or (numbers != np.floor(numbers)).any():
        raise ValueError("not a table of whole numbers")
    return numbers.astype(np.int64).reshape(sides.numbers(order).astype(np.int64).tolist(), order="F")


def _elements(data: bytes, order: str) -> Iterator[Element]:
    """Take elements apart; `ValueError` where one says that it is longer than what it lies in."""
    place = 0
    while place + TAG_BYTES <= len(data):
        kind, length = np.frombuffer(data, f"{order}u4", 2, place).tolist()
        place += TAG_BYTES
        if kind >> 16:  # a short element lies in its tag
            yield Element(kind & 0xFFFF, data[place - 4 : place - 4 + min(4, kind >> 16)])
            continue
        content = data[place : place + length]
        if len(content) < length:
            raise ValueError("cut off, or with a wrong size")
        yield Element(kind, content)
        place += length if kind == COMPRESSED else -(-length // TAG_BYTES) * TAG_BYTES


def _inflate(content: bytes) -> bytes:
    unpacker = zlib.decompressobj()
    try:
        unpacked = unpacker.decompress(content, LARGEST)
    except zlib.error as error:
        raise ValueError(f"compressed data are broken: {error}") from None
    if unpacker.unconsumed_tail:
        raise ValueError(f"more than {LARGEST >> 20} MB")
    return unpacked
