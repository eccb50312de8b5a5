"""seqinfo.ini, which says in words what a sequence's folder holds."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from application_util.errors import UserError
from application_util.settings import MAX_GAP
from application_util.text_file import decode_text, read_bytes

MAX_LENGTH = 10_000_000
"""Frames that may be announced without images: four days of video."""


@dataclass(frozen=True)
class SequenceFile:
    """What a seqinfo.ini says.

    Attributes
    ----------
    path : Path
    pairs : tuple of (str, str)
        Key in small letters, and value, of each line ``key=value`` in order.
    """

    path: Path = Path("seqinfo.ini")
    pairs: tuple[tuple[str, str], ...] = ()

    def text(self, key: str) -> str | None:
        """Return the value of a key, the last if there are several, None without any."""
        return dict(self.pairs).get(key.lower())

    def number(self, key: str) -> float | None:
        """Return a value as a number, NaN where it is none; None without the key."""
        text = self.text(key)
        try:
            return None if text is None else float(text)
        except ValueError:
            return math.nan

    @property
    def image_folder(self) -> Path | None:
        """The folder that imDir names, as far as it can lie in the sequence's own."""
        name = PurePosixPath((self.text("imDir") or "").replace("\\", "/"))
        inside = name.parts and not name.is_absolute() and ".." not in name.parts
        return Path(*name.parts) if inside else None

    @property
    def frame_rate(self) -> float | None:
        """Frames per second; `UserError` if that is no number above 0."""
        rate = self.number("frameRate")
        if rate is not None and not (math.isfinite(rate) and rate > 0):
            raise UserError(f"{self.path}: frameRate={self.text('frameRate'):.40} is not a positive number")
        return rate

    def length(self, images: Iterable[int]) -> int | None:
        """Return the number of frames, None where that is not said; `UserError` if it is absurd for such images."""
        length = self.number("seqLength")
        if length is None or not (length > 0 and length.is_integer()):
            return None
        if length > MAX_LENGTH and length > max(images, default=0) + MAX_GAP:
            raise UserError(
                f"{self.path}: seqLength={self.text('seqLength'):.40} is more than {MAX_LENGTH}, and there are"
                " fewer images: correct or remove it"
            )
        return int(length)


def read_sequence_file(path: Path) -> SequenceFile:
    """Read a seqinfo.ini; a missing one says nothing. `UserError` if it cannot be read."""
    if not path.exists():
        return SequenceFile(path)
    lines = decode_text(read_bytes(path), path, errors="replace").splitlines()
    pairs = (line.partition("=")[::2] for line in lines if "=" in line)
    return SequenceFile(path, tuple((key.strip().lower(), value.strip()) for key, value in pairs))
