from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tracemalloc
from html import escape

import pytest

from application_util.errors import UserError
from application_util.files.checksum import sha256
from application_util.installation import install_command
from tests.support.browser import find_browser, load
from tests.support.paths import ROOT
from tests.tools.report.conftest import FRAMES, LIFESPANS, NAME, STRETCHES, result_row
from tools.make_report import main
from tools.report.make import make_report

pytestmark = pytest.mark.slow

CHARTS_PER_SEQUENCE = 4


@pytest.fixture(scope="module")
def browser() -> str:
    return find_browser() or pytest.skip("no Chromium found (Debian: apt-get install chromium)")


def test_scores_are_those_of_trackeval(folder):
    pytest.importorskip("trackeval")
    folder.add_truth()
    html = folder.make()
    # 10 boxes of person 3 are found, 3 of track 4 are false, 1 switch: MOTA = 1 - (3 + 1) / 10
    assert '<div class="tile"><b>60.0</b><span>MOTA</span></div>' in html
    assert '<div class="tile"><b>1</b><span>identity switches</span></div>' in html
    assert '<div class="tile"><b>3</b><span>false positives</span></div>' in html


def test_scores_that_are_known_are_not_made_again(folder, monkeypatch):
    pytest.importorskip("trackeval")
    from application_util.scoring.scores import ScoreJob, score_sequence

    folder.add_truth()
    known = {NAME: score_sequence(ScoreJob("MOT17", folder.mot_dir, folder.result_dir, NAME)), "OTHER": {}}
    monkeypatch.setattr("tools.report.scores.score_sequence", lambda job: pytest.fail("scored once more"))
    make_report(folder.mot_dir, folder.result_dir, folder.report, scores=known)
    assert "<b>60.0</b><span>MOTA</span>" in folder.report.read_text(encoding="utf-8")


def test_without_trackeval_the_report_says_which_extra_brings_scores(folder, monkeypatch, capsys):
    folder.add_truth()
    monkeypatch.setitem(sys.modules, "trackeval", None)
    html = folder.make()
    assert "No scores: trackeval is not installed" in html
    assert "[scores]" in html
    assert install_command("scores") in capsys.readouterr().err
    assert "1 identity switch" in html


def test_results_that_trackeval_refuses_are_still_shown(folder):
    pytest.importorskip("trackeval")
    folder.add_truth()
    folder.write_results([result_row(1, 1), result_row(1, 1), result_row(2, 1)])
    assert f"No scores of {NAME}: " in folder.make()


def test_small_videos_are_inside_large_ones_beside(folder):
    (folder.video_dir / f"{NAME}.mp4").write_bytes(b"video" * 100)
    assert 'src="data:video/mp4;base64,dmlkZW92' in folder.make("--video_dir", folder.video_dir)
    html = folder.make("--video_dir", folder.video_dir, "--max_video_mb", "0.0001")
    assert f'src="../videos/{NAME}.mp4"' in html
    assert "base64,dmlkZW92" not in html


def test_videos_that_browsers_do_not_play_are_links(folder):
    (folder.video_dir / f"{NAME}.avi").write_bytes(b"video")
    html = folder.make("--video_dir", folder.video_dir)
    assert f'<a href="../videos/{NAME}.avi">' in html
    assert "<video" not in html


def test_names_are_text_not_html(folder):
    html = folder.make("--title", "<script>alert(1)</script> & more")
    assert "<h1>&lt;script&gt;alert(1)&lt;/script&gt; &amp; more</h1>" in html
    assert "<script>alert" not in html


def test_result_files_of_unknown_sequences_are_skipped_and_named(folder, capsys):
    folder.write_results([result_row(1, 1)], name="OTHER")
    assert "OTHER" not in folder.make().split("</head>")[1]
    assert "OTHER.txt: skipped" in capsys.readouterr().err


def _no_results(folder):
    (folder.result_dir / f"{NAME}.txt").unlink()


def _results_of_a_longer_sequence(folder):
    folder.write_results([result_row(1, 1), result_row(FRAMES + 1, 1)])


def _images_of_another_sequence(folder):
    folder.add_images()
    _results_of_a_longer_sequence(folder)


@pytest.mark.parametrize(
    ("spoil", "more", "message"),
    [
        (_no_results, (), "results: no result file <sequence>.txt of a sequence in "),
        (lambda folder: folder.write_results([]), (), "SEQ-01.txt: no rows, nothing was tracked"),
        (lambda folder: folder.write_results(["1,2,x,4,5,6,7"]), (), "SEQ-01.txt: line 1: column 3: 'x'"),
        (_results_of_a_longer_sequence, (), "SEQ-01.txt: row 2: frame 13, but SEQ-01 has frames 1 to 12"),
        (_images_of_another_sequence, (), "SEQ-01.txt: row 2: frame 13, but SEQ-01 has frames 1 to 12"),
        (None, ("--video_dir", "/nowhere"), "/nowhere: no such folder"),
        (None, ("--result_dir", "/nowhere"), "/nowhere: no such folder"),
        (None, ("--output_file", "report.txt"), "report.txt: a report is an HTML file"),
        (lambda folder: (folder.report.unlink(), folder.report.mkdir()), (), "report.html: cannot be written"),
    ],
)
def test_errors_are_one_line_and_leave_the_old_report(folder, capsys, spoil, more, message):
    folder.report.parent.mkdir()
    folder.report.write_text("old")
    if spoil:
        spoil(folder)
    assert main(folder.arguments(*more)) == 2
    error = capsys.readouterr().err
    assert error.startswith("error: ")
    assert error.count("\n") == 1
    assert message in error
    assert folder.report.is_dir() or folder.report.read_text() == "old"


def test_a_folder_without_videos_is_an_error(folder, capsys):
    assert main(folder.arguments("--video_dir", folder.video_dir)) == 2
    assert "no video of any sequence (.mp4, .webm, .avi)" in capsys.readouterr().err


def test_without_plotly_the_error_names_the_extra(folder):
    code = f"""
import sys
sys.modules["plotly"] = None
from tools.make_report import main
sys.exit(main({folder.arguments()}))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    wanted = f"error: plotly is not installed, and this needs it: {install_command('report')}\n"
    assert (done.returncode, done.stderr) == (2, wanted)


def test_only_the_sequences_that_are_named_are_reported(folder, capsys):
    folder.add_sequence("SEQ-02")
    body = folder.make("--sequences", "SEQ-02").split("</head>")[1]
    assert "SEQ-02" in body and NAME not in body
    assert main(folder.arguments("--sequences", "SEQ-02,SEQ-03")) == 2
    assert "results: no result file of SEQ-03\n" in capsys.readouterr().err


def test_a_result_that_cannot_be_read_is_missing_alone(folder, capsys):
    folder.add_sequence("SEQ-02")
    folder.write_results(["1,2,x,4,5,6,7"])
    assert main(folder.arguments()) == 1
    comment = f"{NAME} is not in this report: {folder.result_dir / NAME}.txt: line 1: column 3: 'x' is not a number"
    assert comment in capsys.readouterr().err
    body = folder.report.read_text(encoding="utf-8").split("</head>")[1]
    assert "SEQ-02" in body and escape(comment) in body


def test_failures_of_the_run_before_are_told(folder):
    failures = {"SEQ-02": UserError("SEQ-02.npy: empty file")}
    assert make_report(folder.mot_dir, folder.result_dir, folder.report, failures=failures) == []
    assert "SEQ-02 is not in this report: SEQ-02.npy: empty file" in folder.report.read_text(encoding="utf-8")


def test_results_of_several_runs_are_told_apart(folder):
    names = ["SEQ-02", "SEQ-03", "SEQ-04"]
    for name in names:
        folder.add_sequence(name)
    assert "several settings" not in folder.make()
    flags = [{"nn_budget": 100}, {"nn_budget": 100}, {"nn_budget": 50}]
    record = {
        name: {"flags": each, "result_sha256": sha256(folder.result_dir / f"{name}.txt")}
        for name, each in zip(names, flags, strict=True)
    }
    (folder.result_dir / "run.json").write_text(json.dumps({"sequences": record}))
    assert f"by run.json: {NAME}, SEQ-04 differ from the rest" in folder.make()
    assert "several settings" not in folder.make("--sequences", "SEQ-02,SEQ-03")


def test_an_image_that_cannot_be_read_is_said(folder):
    folder.add_images()
    (folder.sequence / "img1" / "000001.jpg").write_bytes(b"no image")
    assert re.search("No image: .*000001.jpg: not a readable image", folder.make())


def test_names_that_are_no_text(folder):
    name = os.fsdecode(b"S\xff1")
    folder.add_sequence(name)
    (folder.video_dir / f"{name}.avi").write_bytes(b"video")
    html = folder.make("--video_dir", folder.video_dir)
    assert r"<h2>S\udcff1</h2>" in html and 'href="../videos/S%FF1.avi"' in html


def test_memory_does_not_follow_the_frame_numbers(folder):
    frames = range(1, 2 * 10**8, 10**6)
    (folder.sequence / "seqinfo.ini").unlink()
    folder.write_results([result_row(frame, 1) for frame in frames])
    tracemalloc.start()
    html = folder.make()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert f"frames 1 to {frames[-1]}" in html and peak < 100e6


def test_what_is_read_is_not_replaced(folder, capsys):
    folder.report.parent.mkdir()
    folder.report.symlink_to(folder.result_dir / f"{NAME}.txt")
    assert main(folder.arguments()) == 2
    assert "would replace" in capsys.readouterr().err


def test_the_command_runs_as_a_script(folder, command):
    done = command("tools/make_report.py", *folder.arguments())
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.splitlines()[-1] == f"report of 1 sequences in {folder.report}"


def test_the_browser_tells_errors(browser, tmp_path):
    page = tmp_path / "page.html"
    page.write_text("<script>missing()</script><script src='http://example.org/x.js'></script>")
    assert any("missing is not defined" in line for line in load(browser, page).console)


def test_the_page_works_from_disk_without_network(folder, browser):
    folder.add_images()
    folder.add_truth()
    (folder.mot_dir / "SEQ-02").mkdir()
    folder.write_results([result_row(1, 1)], name="SEQ-02")
    folder.make()
    dom, console = load(browser, folder.report)
    assert console == []
    body = dom[dom.index("<body") :]
    assert len(re.findall(r'class="[^"]*js-plotly-plot', body)) == 2 * CHARTS_PER_SEQUENCE
    assert len(re.findall(r'class="[^"]*svg-container', body)) == 2 * CHARTS_PER_SEQUENCE
    first, second = body.split('<section id="sequence-1"')
    lifespans = first[first.index('id="sequence-0-time"') : first.index('id="sequence-0-tracks"')]
    assert len(re.findall(r'<g class="point"><path d="M', lifespans)) == len(STRETCHES) + len(LIFESPANS)
    assert len(re.findall(r'<path class="point\b', lifespans)) == 1  # the switch
    assert re.search(r'<image [^>]*href="data:image/jpeg', first)
    assert re.search(r'class="annotation-text"[^>]*>no gaps<', second)
    assert not re.search(r'(src|href)="(https?:)?//', body)
