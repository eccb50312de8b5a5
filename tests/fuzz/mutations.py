"""Ways to break a file. Each edit takes a source of chance and the file's bytes, and returns other bytes.

The source of chance is a `random.Random`: a seeded one for long runs, hypothesis's for those that shrink.
"""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Sequence
from random import Random

import numpy as np

Edit = Callable[[Random, bytes], bytes]

NUMBERS = (
    b"nan", b"inf", b"-inf", b"NaN", b"0", b"-0", b"-1", b"1", b"0.5", b"-0.5", b"1.5", b"1e-320", b"1e-30", b"1e30",
    b"1e308", b"1e400", b"127", b"128", b"255", b"256", b"32768", b"65536", b"100000", b"2147483647", b"2147483648",
    b"1000000000", b"4294967296", b"9007199254740993", b"9223372036854775808", b"1e18", b"9" * 400, b"9" * 5000,
    b"0x10", b"1_000", b"1,5", b"--1", b"+1", b"", b" ", b"1 2", b"\xef\xbc\x91", b"\xd9\xa3", b"true", b"null",
)  # fmt: skip
FLOATS = (
    0.0, -0.0, -1.0, 1.0, 0.5, 1.5, np.nan, np.inf, -np.inf, 1e-320, 1e-30, 1e-10, 1e10, 1e30, 1e150, 1e308, 100.0,
    50_000.0, 200_000.0, 1e7, 1e9, 2.0**31, 2.0**53, 2.0**63,
)  # fmt: skip
INTEGERS = (0, 1, 2, 127, 128, 255, 256, 32767, 32768, 65535, 65536, 2**24, 2**31 - 1, 2**31, 2**32 - 1)
PIECES = (
    b"\x00", b"\n", b"\r\n", b"\r", b"\t", b",", b";", b" ", b"#", b"\"", b"'", b"\xef\xbb\xbf", b"\xff\xfe", b"\xc3",
    b"\xe2\x80\xa8", b"\xed\xa0\x80", b"%s", b"{}", b"[", b"]]", b"..", b"/", b"-", b"\x1a", b"\x85", b"=", b"[a]",
)  # fmt: skip
JSON_VALUES = (
    b"null", b"true", b"[]", b"{}", b'""', b'"x"', b"-1", b"0", b"1.5", b"1e999", b"NaN", b"[[1]]", b'{"a": 1}',
    b'"\\ud800"', b"[" * 3000, b"9" * 5000,
)  # fmt: skip

KINDS = ("f2", "f4", "f8", ">f4", "i8", "u1", "c16", "?", "S3", "U2", "M8[s]")

_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
_WORD = re.compile(rb"[A-Za-z_]\w*")
_JSON_VALUE = re.compile(rb'"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null')


def mutate(chance: Random, content: bytes, edits: Sequence[Edit]) -> bytes:
    """Apply one edit, or a few."""
    for _ in range(chance.choice((1, 1, 1, 1, 2, 2, 4, 8))):
        content = chance.choice(edits)(chance, content)
    return content


def _span(chance: Random, content: bytes, longest: int = 64) -> tuple[int, int]:
    start = chance.randint(0, len(content))
    return start, min(len(content), start + chance.randint(0, longest))


def flip_bit(chance: Random, content: bytes) -> bytes:
    if not content:
        return content
    place = chance.randint(0, len(content) - 1)
    return content[:place] + bytes([content[place] ^ 1 << chance.randint(0, 7)]) + content[place + 1 :]


def set_integer(chance: Random, content: bytes) -> bytes:
    order, kind = chance.choice("<>"), chance.choice("BHIQ")
    number = chance.choice(INTEGERS) % 2 ** (8 * struct.calcsize(kind))
    packed = struct.pack(order + kind, number)
    place = chance.randint(0, max(0, len(content) - len(packed)))
    return content[:place] + packed + content[place + len(packed) :]


def set_early_integer(chance: Random, content: bytes) -> bytes:
    """Headers are at the start."""
    return set_integer(chance, content[:96]) + content[96:]


def truncate(chance: Random, content: bytes) -> bytes:
    return content[: chance.randint(0, len(content))]


def delete(chance: Random, content: bytes) -> bytes:
    start, end = _span(chance, content)
    return content[:start] + content[end:]


def duplicate(chance: Random, content: bytes) -> bytes:
    start, end = _span(chance, content)
    return content[:end] + content[start:end] * chance.choice((1, 1, 3)) + content[end:]


def insert_piece(chance: Random, content: bytes) -> bytes:
    place = chance.randint(0, len(content))
    return content[:place] + chance.choice(PIECES) + content[place:]


def insert_noise(chance: Random, content: bytes) -> bytes:
    start, end = _span(chance, content, 16)
    return content[:start] + bytes(chance.randint(0, 255) for _ in range(chance.randint(1, 12))) + content[end:]


def zero(chance: Random, content: bytes) -> bytes:
    start, end = _span(chance, content)
    return content[:start] + bytes(end - start) + content[end:]


def swap_tokens(chance: Random, content: bytes) -> bytes:
    tokens = list(_NUMBER.finditer(content)) + list(_WORD.finditer(content))
    if len(tokens) < 2:
        return content
    first, second = sorted(chance.sample(tokens, 2), key=lambda token: token.start())
    if first.end() > second.start():
        return content
    between = content[first.end() : second.start()]
    return content[: first.start()] + second[0] + between + first[0] + content[second.end() :]


def _replace_token(pattern: re.Pattern[bytes], values: Sequence[bytes]) -> Edit:
    def replace(chance: Random, content: bytes) -> bytes:
        tokens = list(pattern.finditer(content))
        if not tokens:
            return content
        token = chance.choice(tokens)
        return content[: token.start()] + chance.choice(values) + content[token.end() :]

    return replace


replace_number = _replace_token(_NUMBER, NUMBERS)
replace_word = _replace_token(_WORD, (b"", b"x", b"None", b"frame", b"\xc3\xa4", b"a b", b"x" * 3000, b"../x"))
replace_json = _replace_token(_JSON_VALUE, JSON_VALUES)


def shuffle_lines(chance: Random, content: bytes) -> bytes:
    """Delete, repeat, move or join lines."""
    lines = content.split(b"\n")
    place, other = chance.randint(0, len(lines) - 1), chance.randint(0, len(lines) - 1)
    match chance.choice(("delete", "repeat", "move", "join", "blank")):
        case "delete":
            del lines[place]
        case "repeat":
            lines.insert(other, lines[place])
        case "move":
            lines.insert(other, lines.pop(place))
        case "join" if place + 1 < len(lines):
            lines[place : place + 2] = [lines[place] + lines[place + 1]]
        case _:
            lines.insert(place, b"")
    return b"\n".join(lines)


def change_delimiter(chance: Random, content: bytes) -> bytes:
    before, after = (chance.choice(b",;\t \n"), chance.choice((b",", b";", b"\t", b" ", b", ", b",,", b"\r\n", b"|")))
    return content.replace(bytes([before]), after)


def reencode(chance: Random, content: bytes) -> bytes:
    try:
        return content.decode().encode(chance.choice(("utf-16", "utf-32", "utf-8-sig", "cp037")))
    except UnicodeError:
        return content


def npy_value(chance: Random, content: bytes) -> bytes:
    """Put suspicious numbers into an array."""
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False).copy()
    except Exception:
        return content
    if not array.size or array.dtype.kind != "f":
        return content
    for _ in range(chance.choice((1, 1, 3))):
        place = tuple(chance.randint(0, side - 1) for side in array.shape)
        if array.ndim == 2 and chance.random() < 0.7:
            place = (place[0], chance.choice((0, 2, 3, 4, 5, 6)) % array.shape[1])
        with np.errstate(over="ignore"):
            array[place] = chance.choice(FLOATS)
    return npy_bytes(array)


def npy_form(chance: Random, content: bytes) -> bytes:
    """Give an array another type, shape or order."""
    try:
        array = np.load(io.BytesIO(content), allow_pickle=False)
    except Exception:
        return content
    change = chance.choice((
        lambda: array.astype(chance.choice(KINDS)),
        lambda: array[: chance.randint(0, 2)],
        lambda: array[:, : chance.randint(0, 12)],
        lambda: array.ravel(),
        lambda: array[None],
        lambda: array.T,
        lambda: np.asfortranarray(array),
        lambda: array.astype(object),
        lambda: array[::-1],
        lambda: np.array(1.0),
        lambda: np.zeros(len(array), [("frame", "f8"), ("id", "i4")]),
    ))  # fmt: skip
    try:
        with np.errstate(all="ignore"):
            return npy_bytes(change(), allow_pickle=True)
    except Exception:
        return content


def npy_header(chance: Random, content: bytes) -> bytes:
    """Change a word or number of the header, which stays as long as it says."""
    if content[:6] != b"\x93NUMPY" or len(content) < 10:
        return content
    length = int.from_bytes(content[8:10], "little")
    header = chance.choice((replace_number, replace_word, swap_tokens))(chance, content[10 : 10 + length])
    header = header.rstrip().ljust(length - 1) + b"\n"
    return content[:8] + len(header).to_bytes(4, "little")[:2] + header + content[10 + length :]


def npy_bytes(array: np.ndarray, allow_pickle: bool = False) -> bytes:
    file = io.BytesIO()
    np.save(file, array, allow_pickle=allow_pickle)
    return file.getvalue()


def png_size(chance: Random, content: bytes) -> bytes:
    """Announce another size or kind in the header of a PNG, with the right checksum."""
    if content[:4] != b"\x89PNG" or len(content) < 33:
        return content
    header = bytearray(content[16:29])
    place = chance.choice((0, 4))
    header[place : place + 4] = struct.pack(">I", chance.choice((0, 1, 2, 5000, 30_000, 2**20, 2**31 - 1)))
    if chance.random() < 0.3:
        header[8:10] = chance.choice((b"\x10\x06", b"\x08\x00", b"\x01\x03", b"\x05\x05"))
    return content[:16] + bytes(header) + struct.pack(">I", zlib.crc32(b"IHDR" + header)) + content[33:]


def zip_member(edits: Sequence[Edit]) -> Edit:
    """Return an edit of what is inside an archive, or of its members' names."""

    def edit(chance: Random, content: bytes) -> bytes:
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                members = {name: archive.read(name) for name in archive.namelist()}
        except Exception:
            return content
        if not members:
            return content
        name = chance.choice(list(members))
        match chance.choice(("content", "content", "name", "drop")):
            case "content":
                members[name] = mutate(chance, members[name], edits)
            case "name":
                members[mutate(chance, name.encode(), TEXT).decode("utf-8", "replace").replace("\0", "")] = members.pop(
                    name
                )
            case _:
                del members[name]
        packed = io.BytesIO()
        try:
            with zipfile.ZipFile(packed, "w", chance.choice((zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED))) as archive:
                for name, member in members.items():
                    archive.writestr(name, member)
        except Exception:
            return content
        return packed.getvalue()

    return edit


def literal(chance: Random, content: bytes) -> bytes:
    """Nothing of the file is left: empty, a word, a header of another kind of file."""
    return chance.choice(
        (b"", b"\n", b"\0" * 100, b"PK\x03\x04", b"\x93NUMPY\x01\x00", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff",
         b"x", b"[]", b"{}", b"null", b"%PDF-1.4\n", b"version https://git-lfs.github.com/spec/v1\n")
    )  # fmt: skip


BYTES: tuple[Edit, ...] = (
    flip_bit, flip_bit, set_integer, set_early_integer, truncate, delete, duplicate, insert_noise, zero, literal
)  # fmt: skip
TEXT: tuple[Edit, ...] = (
    replace_number, replace_number, replace_number, swap_tokens, replace_word, shuffle_lines, shuffle_lines,
    change_delimiter, insert_piece, delete, duplicate, truncate, flip_bit, reencode, literal,
)  # fmt: skip
JSON: tuple[Edit, ...] = (*TEXT, replace_json, replace_json, replace_json, replace_json)
NPY: tuple[Edit, ...] = (npy_value, npy_value, npy_value, npy_form, npy_form, npy_header, *BYTES)
PNG: tuple[Edit, ...] = (png_size, png_size, *BYTES)
ZIP: tuple[Edit, ...] = (zip_member(BYTES), zip_member(TEXT), *BYTES)
