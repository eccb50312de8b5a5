"""The size of an image by the head of its file, before memory is taken for its pixels."""

from __future__ import annotations

import struct

PNG_START, JPEG_START, BMP_START = b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"BM"
TIFF_STARTS = {b"II*\0": "<", b"MM\0*": ">"}
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of the segment that holds a JPEG's size."""


def image_size(content: bytes) -> tuple[int, int] | None:
    """Return (height, width) in pixels as a PNG, JPEG, BMP or TIFF file announces it; None if it is anything else.

    (A WebP file has at most 16383 x 16383 pixels.)
    """
    try:
        if content.startswith(PNG_START):
            width, height = struct.unpack_from(">II", content, 16)
        elif content.startswith(BMP_START):
            width, height = map(abs, struct.unpack_from("<ii", content, 18))
        elif content.startswith(JPEG_START):
            height, width = _jpeg_size(content)
        elif content[:4] in TIFF_STARTS:
            height, width = _tiff_size(content, TIFF_STARTS[content[:4]])
        else:
            return None
    except (struct.error, KeyError):  # cut off
        return None
    return height, width


def _jpeg_size(content: bytes) -> tuple[int, int]:
    place = 2
    while content[place + 1 : place + 2] and content[place + 1] not in JPEG_FRAMES:
        # Before a marker there may be any number of fill bytes.
        padded = content[place : place + 2] == b"\xff\xff"
        place += 1 if padded else 2 + struct.unpack_from(">H", content, place + 2)[0]
    height, width = struct.unpack_from(">HH", content, place + 5)
    return height, width


def _tiff_size(content: bytes, order: str) -> tuple[int, int]:
    (place,) = struct.unpack_from(order + "I", content, 4)
    (entries,) = struct.unpack_from(order + "H", content, place)
    sizes = {}
    for entry in range(place + 2, place + 2 + 12 * entries, 12):
        tag, kind = struct.unpack_from(order + "HH", content, entry)
        if tag in (256, 257):
            (sizes[tag],) = struct.unpack_from(order + ("H" if kind == 3 else "I"), content, entry + 8)
    return sizes[257], sizes[256]
