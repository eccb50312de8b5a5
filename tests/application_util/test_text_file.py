"""Text in whatever encoding, and what is no text."""

from __future__ import annotations

import numpy as np
import pytest

from application_util.errors import UserError
from application_util.files.mot_table import read_table
from application_util.text_file import decode_text, read_text

ROWS = [[1, -1, 21.5, 60, 30, 80, 0.9], [2, -1, 23, 60.25, 30, 80, 0.8]]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_encodings(tmp_path, encoding):
    path = tmp_path / "a.txt"
    path.write_bytes("name,Größe\r\n".encode(encoding))
    assert read_text(path).splitlines() == ["name,Größe"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"PK\3\4 x", "a.txt: cannot be read as text: it is an archive \\(.zip\\): unpack it"),
        (b"\x93NUMPY", "it is a NumPy array"),
        (b"\x80\4\x95", "it is a Python pickle"),
        (
            b"1,2\nFu\xdfg\xe4nger\n",
            "a.txt: line 2: cannot be read as text, neither UTF-8 nor UTF-16: save it as UTF-8",
        ),
    ],
)
def test_what_is_no_text_is_said(content, words):
    with pytest.raises(UserError, match=words):
        decode_text(content, "a.txt")


@pytest.mark.parametrize("separator", [";", "|", "\t", " ", "  ", " ; "])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_tables_with_decimal_commas(tmp_path, separator, encoding):
    path = tmp_path / "det.txt"
    lines = (separator.join(map(str, row)).replace(".", ",") + "\n" for row in ROWS)
    path.write_bytes("".join(lines).encode(encoding))
    assert np.array_equal(read_table(path), ROWS)


@pytest.mark.parametrize("separator", [",", ", ", " ,", ",\t"])
def test_commas_that_separate_are_no_decimal_ones(tmp_path, separator):
    path = tmp_path / "det.txt"
    path.write_text("".join(separator.join(map(str, row)) + "\n" for row in ROWS))
    assert np.array_equal(read_table(path), ROWS)
