from __future__ import annotations

import json
import re

import numpy as np
import pytest

from application_util.scoring.identity_switches import Jump
from application_util.tracking.causes import Reason
from application_util.tracking.questions import Answer
from evaluate_motchallenge import main as evaluate
from tests.support.browser import find_browser, load
from tests.support.sequences import Benchmark
from tests.tools.report.conftest import FRAMES, NAME
from tools.make_report import main
from tools.report.jump_picture import HEIGHT, JumpPicture, _part
from tools.report.jumps import Explained, lines

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def tracked(tmp_path_factory):
    """A benchmark with results and a record, and one sequence without ground truth."""
    benchmark = Benchmark(tmp_path_factory.mktemp("benchmark"))
    benchmark.add("SEQ-01", "crowded")
    benchmark.add("SEQ-02", "walkers", truth=False)
    assert evaluate([*benchmark.flags(), "--jobs", "1"]) == 0
    return benchmark


def flags(benchmark, *more):
    return ["--mot_dir", str(benchmark.mot_dir), "--result_dir", str(benchmark.output_dir), *map(str, more)]


def explain(benchmark, capsys, *more):
    assert main(flags(benchmark, "--explain", *more)) == 0
    return capsys.readouterr()


def test_every_switch_and_break_has_its_line(tracked, capsys):
    text = explain(tracked, capsys).out.splitlines()
    scores = json.loads((tracked.output_dir / "scores.json").read_text())["scores"]["SEQ-01"]["CLEAR"]
    first = [line for line in text if line.startswith("SEQ-01: ")]
    assert sum(" -> " in line for line in first) == scores["IDSW"] > 3
    assert any("broken" in line for line in first)
    form = r"SEQ-01: frame \d+, person \d+: track (\d+ -> \d+|\d+ broken): frame \d+: .*(<|>|got|better|chose|IoU)"
    assert [line for line in first if not re.match(form, line)] == []
    likely = [line for line in text if line.startswith("SEQ-02: ")]
    assert likely and all(re.match(r"SEQ-02: frame \d+: track \d+ -> \d+: frame \d+: ", line) for line in likely)


def test_the_page_explains_with_flags(tracked, tmp_path):
    assert main(flags(tracked, "--output_file", tmp_path / "report.html")) == 0
    body = (tmp_path / "report.html").read_text(encoding="utf-8").split("</head>")[1]
    first, second = body.split('<section id="sequence-1"')
    assert "Identity switches and breaks" in first and "what ruled the right match out" in first
    assert "<code>--" in first[first.index('class="jumps"') :]
    assert "Likely identity switches" in second and '<td data-name="person">' not in second
    assert "equations 1 to" in second


def test_without_the_detections_nothing_is_explained(tracked, tmp_path, capsys):
    moved = tracked.detection_dir / "SEQ-01.npy"
    away = moved.rename(tmp_path / "SEQ-01.npy")
    try:
        done = explain(tracked, capsys, "--sequences", "SEQ-01")
        assert "SEQ-01.npy: no such file; --detection_dir says where" in done.err
        assert "not explained" in done.out
        assert "not explained" not in explain(tracked, capsys, "--sequences", "SEQ-01", "--detection_dir", tmp_path).out
        rows = np.load(away)
        np.save(tmp_path / "SEQ-01.npy", rows[::2])
        done = explain(tracked, capsys, "--sequences", "SEQ-01", "--detection_dir", tmp_path)
        assert "tracked with these settings it gives another result" in done.err
        np.save(away, rows)
    finally:
        away.rename(moved)


def test_results_without_a_record_need_their_settings(tracked, tmp_path, capsys):
    results = tmp_path / "results"
    results.mkdir()
    (results / "SEQ-01.txt").write_bytes(tracked.result("SEQ-01").read_bytes())
    arguments = ["--mot_dir", str(tracked.mot_dir), "--result_dir", str(results), "--explain"]
    assert main(arguments) == 0
    assert "run.json does not say how SEQ-01.txt was made; --detection_dir and" in capsys.readouterr().err
    arguments += ["--detection_dir", str(tracked.detection_dir)]
    assert main(arguments) == 0
    assert "not explained" not in capsys.readouterr().out
    assert main([*arguments, "--max_cosine_distance", "0.1"]) == 0
    assert "gives another result" in capsys.readouterr().err


def test_flags_that_are_not_the_trackers_are_told(tracked, capsys):
    record = tracked.output_dir / "run.json"
    before = record.read_text()
    content = json.loads(before)
    content["sequences"]["SEQ-01"]["flags"]["unknown"] = 1
    try:
        record.write_text(json.dumps(content))
        assert (
            "only results as they were tracked are explained" in explain(tracked, capsys, "--sequences", "SEQ-01").err
        )
    finally:
        record.write_text(before)


def test_a_line_says_frame_person_tracks_and_reasons():
    place = np.array([0.0, 0, 10, 20])
    reasons = [Reason("gate", "squared Mahalanobis distance 25.0 > 9.49"), Reason("appearance", "0.3 > 0.2")]
    jumps = [(Jump(9, 3, 1, 2, 5), Answer(7, place, reasons)), (Jump(12, None, 4, 4, 9), None)]
    assert lines("S", Explained(jumps)) == [
        "S: frame 9, person 3: track 1 -> 2: frame 7: squared Mahalanobis distance 25.0 > 9.49; "
        "0.3 > 0.2 (--max_cosine_distance)",
        "S: frame 12: track 4 broken: not explained",
    ]
    assert Explained(jumps).causes == [("motion gate", None, 1)]


def test_a_picture_shows_who_was_last_seen_and_where_it_was_expected():
    box, moved = np.array([40.0, 20, 20, 40]), np.array([60.0, 20, 20, 40])
    answer = Answer(5, moved, [], detection=moved, predicted=box, ellipse=(np.array([50.0, 40]), np.eye(2)))
    picture = JumpPicture(Jump(5, None, 1, 2, 4), box, answer)
    dark, light = np.full((120, 160, 3), 40, np.uint8), np.full((120, 160, 3), 200, np.uint8)
    picture.last_seen(dark)
    picture.scene(light)
    assert (picture.image[:, :66] == 40).all()
    scene = picture.image[:, 68:]
    left, top, scale = _part(np.array([box, moved]))
    assert scale == HEIGHT / 64  # so many heights of the boxes
    x, y = int((moved[0] - left) * scale), int((moved[1] + 20 - top) * scale)
    assert (scene[y, x] != 200).any() and (scene[y, x + 12] == 200).all()


def test_crops_and_pictures_are_linked(folder):
    folder.add_images()
    folder.add_truth()
    html = folder.make("--crops", 4)
    assert html.count('<div class="strip" id="sequence-0-track-') == 3
    assert '<a href="#sequence-0-track-1">1</a> → <a href="#sequence-0-track-5">5</a>' in html
    assert f'<a href="../mot/{NAME}/img1/000008.jpg" data-frame="8">8</a>' in html
    assert "Frame 2</h3><img" in html  # two tracks are in it
    assert 'class="strip"' not in folder.make("--crops", 0)


def test_a_click_on_a_frame_shows_it_in_the_video(folder):
    browser = find_browser() or pytest.skip("no Chromium found (Debian: apt-get install chromium)")
    folder.add_images()
    folder.add_truth()
    (folder.video_dir / f"{NAME}.mp4").write_bytes(b"no video")
    html = folder.make("--video_dir", folder.video_dir)
    # The browser has no film to play: it is told how long it is.
    click = """<script>
      const video = document.querySelector("video");
      Object.defineProperties(video, {readyState: {value: 1}, duration: {value: 24},
        currentTime: {set: (time) => { document.title = `shown at ${time}`; }}});
      document.querySelector(".jumps [data-frame]").click();
    </script></body>"""
    folder.report.write_text(html.replace("</body>", click), encoding="utf-8")
    dom, console = load(browser, folder.report)
    assert f"<title>shown at {24 * 7.5 / FRAMES:g}</title>" in dom  # the middle of frame 8
    assert "<video controls" in html and ' poster="' in html and ' poster="' not in dom  # it would hide the frame
    assert not [line for line in console if "Uncaught" in line]
