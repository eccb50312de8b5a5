from __future__ import annotations

import pytest

from application_util.errors import UserError
from application_util.files.json_file import read_json, write_json


def test_what_is_written_is_read(tmp_path):
    content = {"a": [1, 2.5, None], "b": {"c": "é"}}
    write_json(tmp_path / "a.json", content)
    assert read_json(tmp_path / "a.json") == content
    assert (tmp_path / "a.json").read_text().startswith('{\n "a": [\n  1,\n')


@pytest.mark.parametrize(("content", "words"), [
    (b"[" * 100_000, "too deep"), (b"{'a'", "line 1: not JSON"), (b"\xff", "cannot be read as text"),
    (b"9" * 5000, "thousands of digits"), (b"", "not JSON"), (None, "no such file"),
])  # fmt: skip
def test_every_failure_is_one_line(tmp_path, content, words):
    if content is not None:
        (tmp_path / "a.json").write_bytes(content)
    with pytest.raises(UserError, match=rf"a\.json: .*{words}"):
        read_json(tmp_path / "a.json")
