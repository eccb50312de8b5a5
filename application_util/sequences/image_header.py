"""The size of an image by the head of its file, before memory is taken for its pixels."""

from __future__ import annotations

import re
import struct

PNG_START, JPEG_START, BMP_START, GIF_START = b"\x89PNG\r\n\x1a\n", b"\xff\xd8", b"BM", b"GIF8"
TIFF_STARTS = {b"II*\0": "<", b"MM\0*": ">"}
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
"""Markers of the segment that holds a JPEG's size."""


def image_size(content: bytes) -> tuple[int, int] | None:
    """Return (height, width) in pixels as a PNG, JPEG, BMP, TIFF, WebP or GIF file announces it, else None."""
    try:
        if content.startswith(PNG_START):
            width, height = struct.unpack_from(">II", content, 16)
        elif content.startswith(BMP_START):
            width, height = map(abs, struct.unpack_from("<ii", content, 18))
        elif content.startswith(JPEG_START):
            height, width = _jpeg_size(content)
        elif content[:4] in TIFF_STARTS:
            height, width = _tiff_size(content, TIFF_STARTS[content[:4]])
        elif content[8:12] == b"WEBP":
            height, width = _webp_size(content)
        elif content.startswith(GIF_START):
            width, height = struct.unpack_from("<HH", content, 6)
        else:
            return None
    except (struct.error, KeyError):  # cut off
        return None
    return height, width


def may_be_turned(content: bytes) -> bool:
    """Return whether a file may tell to turn the image when it is shown, which exchanges width and height."""
    return re.search(rb"exif", content[:65536], re.IGNORECASE) is not None


def has_false_chunk(content: bytes) -> bool:
    """Return whether a chunk of a PNG file says that it is longer than the file; OpenCV takes memory by that."""
    place = len(PNG_START)
    while content.startswith(PNG_START) and place + 8 <= len(content):
        (length,) = struct.unpack_from(">I", content, place)
        if content[place + 4 : place + 8] == b"IEND":
            break
        place += 12 + length
    return place > len(content)


def _jpeg_size(content: bytes) -> tuple[int, int]:
    place = 2
    while content[place + 1 : place + 2] and content[place + 1] not in JPEG_FRAMES:
        # Before a marker there may be any number of fill bytes.
        padded = content[place : place + 2] == b"\xff\xff"
        place += 1 if padded else 2 + struct.unpack_from(">H", content, place + 2)[0]
    height, width = struct.unpack_from(">HH", content, place + 5)
    return height, width


def _webp_size(content: bytes) -> tuple[int, int]:
    kind = content[12:16]
    if kind == b"VP8X":
        (width,), (height,) = (struct.unpack("<I", content[place : place + 3] + b"\0") for place in (24, 27))
        return height + 1, width + 1
    if kind == b"VP8L":
        (sides,) = struct.unpack_from("<I", content, 21)
        return (sides >> 14 & 0x3FFF) + 1, (sides & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", content, 26)
    return height & 0x3FFF, width & 0x3FFF


def _tiff_size(content: bytes, order: str) -> tuple[int, int]:
    (place,) = struct.unpack_from(order + "I", content, 4)
    (entries,) = struct.unpack_from(order + "H", content, place)
    sizes = {}
    for entry in range(place + 2, place + 2 + 12 * entries, 12):
        tag, kind = struct.unpack_from(order + "HH", content, entry)
        if tag in (256, 257):
            (sizes[tag],) = struct.unpack_from(order + ("H" if kind == 3 else "I"), content, entry + 8)
    return sizes[257], sizes[256]
