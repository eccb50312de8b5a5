from __future__ import annotations

import hashlib

import pytest

from application_util.files.checksum import BLOCK_BYTES, sha256


@pytest.mark.parametrize("length", [0, 5, BLOCK_BYTES, 2 * BLOCK_BYTES + 1])
def test_the_hash_is_that_of_the_whole_file(tmp_path, length):
    content = bytes(range(256)) * (length // 256 + 1)
    (tmp_path / "a").write_bytes(content[:length])
    assert sha256(tmp_path / "a") == hashlib.sha256(content[:length]).hexdigest()
