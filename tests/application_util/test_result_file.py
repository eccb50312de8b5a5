"""Result files: which rows are written, and what stays of a run that does not end well."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from application_util.errors import Interrupted, UserError
from application_util.files.result_file import ResultFile, read_results

UNLABELLED = SimpleNamespace(label=None)


def track(number, missed=0, confirmed=True, detection=UNLABELLED):
    return SimpleNamespace(
        track_id=number,
        time_since_update=missed,
        is_confirmed=lambda: confirmed,
        to_tlwh=lambda: np.array([1.004, 2.0, 30.5, 40.126]),
        last_detection=detection,
    )


def row(frame, number, kind=-1):
    return f"{frame},{number},1.00,2.00,30.50,40.13,1,{kind},-1,-1\n"


def test_confirmed_tracks_of_this_frame_and_the_one_before_are_written(tmp_path):
    with ResultFile(tmp_path / "o.txt") as results:
        results.write(3, [track(7), track(8, missed=1), track(9, missed=2), track(10, confirmed=False)])
        assert results.partial_path.read_text() == row(3, 7) + row(3, 8)  # a killed run keeps them
        results.write(4, [])
        results.write(5, [track(7)])
        assert results.rows == 3 and results.track_ids == {7, 8}
    assert (tmp_path / "o.txt").read_text() == row(3, 7) + row(3, 8) + row(5, 7)


@pytest.mark.parametrize(("flags", "kinds"), [((), (-1, -1, -1)), ((True,), (0, -1, -1))])
def test_classes_are_written_where_asked_and_known(tmp_path, flags, kinds):
    with ResultFile(tmp_path / "o.txt", *flags) as results:
        labelled = track(1, detection=SimpleNamespace(label=0))
        results.write(1, [labelled, track(2), track(3, detection=None)])
    assert (tmp_path / "o.txt").read_text() == "".join(row(1, n, kind) for n, kind in enumerate(kinds, 1))


def test_a_text_takes_the_place_of_all_rows(tmp_path):
    with ResultFile(tmp_path / "o.txt") as results:
        results.write(1, [track(1), track(2)])
        results.replace("one\ntwo\nthree\n")
        assert results.rows == 3
        results.replace("one\n")
        assert results.rows == 1 and results.partial_path.read_text() == "one\n"
    assert (tmp_path / "o.txt").read_text() == "one\n"


@pytest.mark.parametrize("quiet", [False, True])
def test_rows_of_a_run_that_was_stopped_stay_in_the_partial_file(tmp_path, capsys, quiet):
    place = tmp_path / "o.txt.partial"
    with ResultFile(tmp_path / "o.txt") as results:
        results.write(1, [track(1)])
        assert (results.keep_partial(quiet=True) if quiet else results.keep_partial()) == place
    said = "" if quiet else f"stopped before the end: the rows so far are in {place}\n"
    assert capsys.readouterr().err == said
    assert place.read_text() == row(1, 1) and not (tmp_path / "o.txt").exists()


def test_an_interrupt_tells_where_the_rows_are(tmp_path):
    told = pytest.raises(Interrupted, match=r"the rows so far are in .*o\.txt\.partial")
    with told, ResultFile(tmp_path / "o.txt"):
        raise KeyboardInterrupt
    with pytest.raises(ZeroDivisionError), ResultFile(tmp_path / "o.txt"):
        raise ZeroDivisionError


def test_results_are_read_with_six_columns_or_more(tmp_path):
    (tmp_path / "o.txt").write_text("1,2,3,4,5,6\n")
    assert read_results(tmp_path / "o.txt").tolist() == [[1, 2, 3, 4, 5, 6]]
    (tmp_path / "o.txt").write_text("1,2,3,4,5\n")
    with pytest.raises(UserError, match="5 columns, expected at least 6"):
        read_results(tmp_path / "o.txt")
    (tmp_path / "o.txt").write_text("\n")
    with pytest.raises(UserError, match="no rows, nothing was tracked"):
        read_results(tmp_path / "o.txt")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (row(1, 1) + row(2, 1), ""),
        (row(1, -1) + row(2, -1), "2 rows have ids below 0: are these detections rather than tracks?"),
        (row(1, 1.5), "ids such as 1.5 are no whole numbers, and cut to such"),
        (row(1, 1) + row(1, 1), "1 times an id is in a frame once more"),
        (row(1, 1) + row(2, 1).replace("30.50", "-30.50"), "1 boxes have no width or height above 0"),
    ],
)
def test_results_that_no_tracker_writes_are_mentioned(tmp_path, capsys, text, words):
    (tmp_path / "o.txt").write_text(text)
    assert len(read_results(tmp_path / "o.txt")) == text.count("\n")
    said = capsys.readouterr().err
    assert words in said and bool(said) == bool(words)
