"""Text files in whatever encoding their programs write: UTF-8, or UTF-16 as Windows' do."""

from __future__ import annotations

import codecs
from pathlib import Path

from application_util.errors import UserError

MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
"""How files begin that say their encoding; UTF-32's little-endian mark begins like UTF-16's."""

NO_TEXT = {
    b"PK\3\4": "an archive (.zip): unpack it",
    b"\x1f\x8b": "compressed (.gz): unpack it",
    b"\x93NUMPY": "a NumPy array",
    b"\x80": "a Python pickle",
    b"\x89HDF": "an HDF5 file",
    b"SQLite": "a database",
    b"%PDF": "a PDF",
}
"""How files begin that are often taken for text."""


def read_text(path: str | Path) -> str:
    """Read a text file.

    Raises
    ------
    UserError
        If it is missing, unreadable or no text.
    """
    return decode_text(read_bytes(path), path)


def read_bytes(path: str | Path) -> bytes:
    """Read a file in full; `UserError` if it is missing or unreadable."""
    try:
        return Path(path).read_bytes()
    except FileNotFoundError:
        raise UserError(f"{path}: no such file") from None
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None


def decode_text(content: bytes, path: str | Path, errors: str = "strict") -> str:
    """Decode the content of a text file; `path` is for messages, `errors` as for ``bytes.decode``."""
    for start, what in NO_TEXT.items():
        if content.startswith(start):
            raise UserError(f"{path}: cannot be read as text: it is {what}")
    encoding = next((name for mark, name in MARKS.items() if content.startswith(mark)), "utf-8")
    if encoding == "utf-8" and len(content) > 1 and 0 in content[:2] and any(content[:2]):
        # UTF-16 without a mark, of a file that begins with ASCII.
        encoding = "utf-16-be" if content[0] == 0 else "utf-16-le"
    try:
        return content.decode(encoding, errors)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise UserError(
            f"{path}: line {line}: cannot be read as text, neither UTF-8 nor UTF-16: save it as UTF-8"
        ) from None
