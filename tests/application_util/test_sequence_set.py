"""Which entries of a folder are sequences."""

from __future__ import annotations

import pytest

from application_util.errors import UserError
from application_util.sequences.sequence_set import find_sequences


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "SEQ" / "gt").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize("mark", ["run.json", "sweep.json"])
def test_folders_of_output_are_no_sequences(folder, mark):
    (folder / "out").mkdir()
    assert find_sequences(folder).names == ["SEQ", "out"]
    (folder / "out" / mark).write_text("")
    found = find_sequences(folder)
    assert found.names == ["SEQ"] and found.skipped == ["out"]


@pytest.mark.parametrize("output_dir", ["out", "out/results"])
def test_the_place_for_output_is_no_sequence(folder, output_dir, monkeypatch):
    (folder / output_dir).mkdir(parents=True)
    monkeypatch.chdir(folder)
    for directory, place in ((".", output_dir), (folder, folder / output_dir), (folder, output_dir)):
        found = find_sequences(directory, place)
        assert found.names == ["SEQ"] and found.skipped == ["out"]


def test_a_sequence_stays_one_whatever_is_written_into_it(folder):
    (folder / "SEQ" / "run.json").write_text("")
    assert find_sequences(folder, folder / "SEQ").names == ["SEQ"]
    assert find_sequences(folder, folder).names == ["SEQ"]


def test_nothing_but_output(tmp_path):
    (tmp_path / "results").mkdir()
    with pytest.raises(UserError, match="no sequence folders in it"):
        find_sequences(tmp_path, tmp_path / "results")
