"""Locks on files and folders, which end with their process, whatever ends it."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from application_util.errors import UserError

try:
    import fcntl
except ImportError:
    fcntl = None  # type: ignore[assignment]
try:
    import msvcrt
except ImportError:
    msvcrt = None  # type: ignore[assignment]

RENAMES_OPEN_FILES = os.name != "nt"
"""Windows does not rename a file while it is open."""
LOCKED_BYTE = 2**31 - 2
"""Of a file on Windows, whose locks keep others from reading what they cover: beyond any content."""


def lock(descriptor: int) -> bool | None:
    """Lock an open file (or folder, but on Windows) for this process.

    Returns
    -------
    bool or None
        False if another process has locked it, None if locks cannot be had here (some network drives).
    """
    try:
        if fcntl is not None:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        elif msvcrt is not None:
            return _lock_byte(descriptor)
        else:
            return None
    except BlockingIOError:
        return False
    except OSError:
        return None
    return True


def _lock_byte(descriptor: int) -> bool:
    place = os.lseek(descriptor, 0, os.SEEK_CUR)
    os.lseek(descriptor, LOCKED_BYTE, os.SEEK_SET)
    try:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined]
    except OSError:
        return False
    finally:
        os.lseek(descriptor, place, os.SEEK_SET)
    return True


@contextmanager
def lock_folder(folder: str | Path) -> Iterator[None]:
    """Keep a folder, made as needed, to this process while the block runs; it must not be renamed or replaced.

    What was made of it and stays empty is removed at the end.

    Raises
    ------
    UserError
        If another process has locked it. Where nothing can be locked (some network drives), nothing is.
    """
    made = [each for each in (Path(folder), *Path(folder).parents) if not each.exists()]
    Path(folder).mkdir(parents=True, exist_ok=True)
    descriptor = os.open(*((folder, os.O_RDONLY) if fcntl is not None else _stand_in(folder)))
    try:
        if lock(descriptor) is False:
            raise UserError(f"{folder}: in use by another run: wait for its end, or choose another folder")
        yield
    finally:
        os.close(descriptor)
        with suppress(OSError):
            for each in made:
                each.rmdir()


def _stand_in(folder: str | Path) -> tuple[str, int]:
    """Return a file to lock instead of a folder, which Windows does not open, and how to open it."""
    name = os.path.normcase(os.path.realpath(folder))
    digest = hashlib.sha256(name.encode(errors="surrogateescape")).hexdigest()
    return os.path.join(tempfile.gettempdir(), f"deep-sort-{digest[:32]}.lock"), os.O_RDWR | os.O_CREAT
