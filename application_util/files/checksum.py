"""Hashes of files, by which records know their inputs again."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import IO

BLOCK_BYTES = 2**20


def sha256(path: str | Path) -> str:
    """Return the SHA-256 of a file's bytes in hexadecimal."""
    with open(path, "rb") as file:
        return hash_rest(file, hashlib.sha256())


def hash_rest(file: IO[bytes], digest: hashlib._Hash) -> str:
    """Add what has not been read of a file to a digest; return it in hexadecimal."""
    while block := file.read(BLOCK_BYTES):
        digest.update(block)
    return digest.hexdigest()
