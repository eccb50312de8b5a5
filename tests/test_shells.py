"""Habits of shells and systems: closed streams, names that are no UTF-8, locales without UTF-8."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from tests.support.cli import error_line, headless_environment
from tests.support.paths import ROOT
from tests.support.sequences import make_sequence, walk, write_detections, write_results

pytestmark = pytest.mark.slow

PLAIN_LOCALE = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def shell(line, **environment):
    """Run a line of a shell in which $APP, $SHOW and $VIDEOS are commands."""
    commands = {
        "APP": "deep_sort_app.py",
        "SHOW": "show_results.py",
        "VIDEOS": "generate_videos.py",
        "EVALUATE": "evaluate_motchallenge.py",
    }
    places = {name: f"{sys.executable} {ROOT / script}" for name, script in commands.items()}
    return subprocess.run(
        ["bash", "-c", line], env=headless_environment(**places, **environment), capture_output=True, check=False
    )


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&- >&- 2>&-"])
def test_a_closed_stream_is_no_way_into_an_input(tmp_path, closed):
    """The first file opened gets the number of what is closed, and /dev/stdout would be that file."""
    make_sequence(tmp_path / "S")
    detections = write_detections(tmp_path / "S.npy", 8)
    before = detections.read_bytes()
    flags = f"--sequence_dir {tmp_path}/S --detection_file {detections} --output_file /dev/stdout --display False"
    assert shell(f"$APP {flags} {closed}").returncode == 0
    assert detections.read_bytes() == before


def test_videos_of_names_that_the_locale_does_not_know(tmp_path):
    make_sequence(tmp_path / "mot" / "Straße", 3)
    write_results(tmp_path / "results" / "Straße.txt", walk(3))
    done = shell(
        f"$VIDEOS --mot_dir {tmp_path}/mot --result_dir {tmp_path}/results --output_dir {tmp_path}/videos",
        **PLAIN_LOCALE,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "videos" / "Straße.avi").stat().st_size > 1000


@pytest.mark.skipif(sys.platform != "linux", reason="names are text here")
def test_videos_of_names_that_are_no_utf8_are_refused(tmp_path):
    make_sequence(tmp_path / "S", 3)
    write_results(tmp_path / "S.txt", walk(3))
    name = os.fsdecode(os.fsencode(tmp_path) + b"/\xff.avi")
    files = f"--sequence_dir {tmp_path}/S --result_file {tmp_path}/S.txt"
    done = shell(f"$SHOW {files} --display False --output_file '{name}'")
    assert done.returncode == 2
    assert "not UTF-8" in error_line(done.stderr.decode())


@pytest.fixture
def scored(tmp_path):
    """A benchmark of one sequence and its result, and the arguments that score and report it."""
    make_sequence(tmp_path / "mot" / "S", 8)
    rows = walk(8)
    (tmp_path / "mot" / "S" / "gt").mkdir()
    truth = "".join("%d,%d,%.1f,%.1f,%.1f,%.1f,1,1,1\n" % tuple(row) for row in rows)  # noqa: UP031
    (tmp_path / "mot" / "S" / "gt" / "gt.txt").write_text(truth)
    write_results(tmp_path / "results" / "S.txt", rows)
    report = tmp_path / "report.html"
    return f"--mot_dir {tmp_path}/mot --output_dir {tmp_path}/results --jobs 1 --report {report}", report


@pytest.mark.parametrize(
    ("end", "said"), [("| true", ""), ("> /dev/full", "warning: stdout cannot be written (No space"), (">&-", "")]
)
def test_work_goes_on_when_nobody_reads_the_table(scored, end, said):
    pytest.importorskip("trackeval")
    arguments, report = scored
    done = shell(f"$EVALUATE {arguments} {end}; echo ${{PIPESTATUS[0]}} >&2")
    lines = done.stderr.decode()
    assert lines.splitlines()[-1] == "0", lines
    assert said in lines and "Exception" not in lines and "error" not in lines
    assert report.stat().st_size > 1000


def test_a_table_with_letters_that_stdout_does_not_know(scored, tmp_path):
    pytest.importorskip("trackeval")
    for place in ("mot/S", "results/S.txt"):
        (tmp_path / place).rename(tmp_path / place.replace("S", "図"))
    done = shell(f"$EVALUATE {scored[0]}", PYTHONIOENCODING="ascii:strict", LC_ALL="C.UTF-8")
    assert done.returncode == 0, done.stderr
    assert rb"\u56f3" in done.stdout
