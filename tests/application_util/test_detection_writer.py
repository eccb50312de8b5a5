"""Detection files written row by row."""

from __future__ import annotations

import numpy as np
import pytest

from application_util.files.detection_writer import open_writer


def test_rows_are_those_of_numpys_own_file(tmp_path):
    boxes, features = np.arange(30.0).reshape(3, 10), np.arange(12.0).reshape(3, 4) / 7
    with open_writer(tmp_path / "d.npy") as writer:
        writer.write(boxes[:2], features[:2])
        assert not (tmp_path / "d.npy").exists()
        writer.write(boxes[2:], features[2:].astype(np.float64))
        assert writer.rows == 3 and writer.output.path == tmp_path / "d.npy"
    assert (tmp_path / "d.npy").read_bytes()[127:128] == b"\n"
    np.testing.assert_array_equal(np.load(tmp_path / "d.npy"), np.hstack([boxes, features]))
    assert (tmp_path / "d.npy").stat().st_size == 128 + 3 * 14 * 8  # rows are aligned


def test_a_file_without_rows_knows_its_columns(tmp_path):
    for name, more in (("a", ()), ("b", (5,))):
        with open_writer(tmp_path / name, *more):
            pass
    assert np.load(tmp_path / "a").shape == (0, 138) and np.load(tmp_path / "b").shape == (0, 15)


@pytest.mark.parametrize("length", [3, 5])
def test_features_of_one_length(tmp_path, length):
    with (
        pytest.raises(ValueError, match=f"features of {length} dimensions after 4"),
        open_writer(tmp_path / "d") as writer,
    ):
        writer.write(np.ones((1, 10)), np.ones((1, 4)))
        writer.write(np.ones((1, 10)), np.ones((1, length)))
    assert not (tmp_path / "d").exists()
