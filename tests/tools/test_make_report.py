from __future__ import annotations

import re
import sys
from pathlib import Path

import numpy as np
import pytest

from application_util.errors import install_command
from tests.support.browser import find_browser, load
from tools.make_report import main, make_report
from tools.report.charts import distributions, timeline
from tools.report.gather import gather
from tools.report.picture import first_picture
from tools.report.trajectories import ways

pytest.importorskip("plotly", reason="plotly is not installed: pip install '.[report]'")
cv2 = pytest.importorskip("cv2")

NAME, FRAMES, WIDTH, HEIGHT = "SEQ-01", 12, 160, 120
LIVES = {1: (1, 2, 3, 6, 7), 4: (2, 3, 4), 5: (8, 9, 10, 11, 12)}
STRETCHES = [(1, 1, 3), (1, 6, 7), (4, 2, 4), (5, 8, 12)]
CHARTS_PER_SEQUENCE = 3


class Folder:
    """A sequence, its results and a place for the report."""

    def __init__(self, path: Path):
        self.mot_dir, self.result_dir, self.video_dir = path / "mot", path / "results", path / "videos"
        self.sequence, self.report = self.mot_dir / NAME, path / "out" / "report.html"
        for folder in (self.sequence, self.result_dir, self.video_dir):
            folder.mkdir(parents=True)
        info = f"[Sequence]\nname={NAME}\nframeRate=10\nseqLength={FRAMES}\n"
        (self.sequence / "seqinfo.ini").write_text(info)
        self.write_results([_row(frame, track) for track, frames in LIVES.items() for frame in frames])

    def write_results(self, rows: list[str], name: str = NAME) -> None:
        (self.result_dir / f"{name}.txt").write_text("\n".join(rows))

    def add_images(self) -> None:
        (self.sequence / "img1").mkdir()
        for frame in range(1, FRAMES + 1):
            image = np.full((HEIGHT, WIDTH, 3), 10 * frame, np.uint8)
            cv2.imwrite(str(self.sequence / "img1" / f"{frame:06d}.jpg"), image)

    def add_truth(self) -> None:
        """Person 3 is where track 1 is, and then where track 5 is."""
        (self.sequence / "gt").mkdir()
        rows = [_row(frame, track) for track in (1, 5) for frame in LIVES[track]]
        people = [",".join([row.split(",")[0], "3", *row.split(",")[2:6], "1,1,1"]) for row in rows]
        (self.sequence / "gt" / "gt.txt").write_text("\n".join(people))

    def arguments(self, *more: object) -> list[str]:
        flags = ("--mot_dir", self.mot_dir, "--result_dir", self.result_dir, "--output_file", self.report)
        return [*map(str, flags), *map(str, more)]

    def make(self, *more: object) -> str:
        assert main(self.arguments(*more)) == 0
        assert not self.report.with_name("report.html.partial").exists()
        return self.report.read_text(encoding="utf-8")

    def tracked(self):
        return gather(self.mot_dir, self.result_dir, None, None)[0][0]


def _row(frame: int, track: int) -> str:
    return (
        f"{frame},{track},{20 * track + 3 * frame * (frame % 2):.2f},{10 + frame:.2f},16.00,40.00,1,-1,-1,-1"
    )


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    return Folder(tmp_path)


@pytest.fixture(scope="module")
def browser() -> str:
    return find_browser() or pytest.skip("no Chromium found (Debian: apt-get install chromium)")


def test_lives_are_bars_over_the_frames_with_boxes(folder):
    figure, _ = timeline(folder.tracked())
    whole, stretches = (trace for trace in figure.data if trace.type == "bar")
    bars = zip(stretches.y, stretches.base, stretches.x, strict=True)
    assert [(int(track), start + 0.5, start + length - 0.5) for track, start, length in bars] == STRETCHES
    assert list(whole.y) == ["1", "4", "5"]
    assert (whole.x == [7, 3, 5]).all()
    assert whole.width < stretches.width
    assert figure.layout.yaxis2.categoryarray == ("1", "4", "5")


def test_tracks_of_every_frame_are_counted(folder):
    folder.add_truth()
    truth, tracks = timeline(folder.tracked())[0].data[:2]
    assert tracks.x.tolist() == list(range(1, FRAMES + 1))
    assert tracks.y.tolist() == [1, 2, 2, 1, 0, 1, 1, 1, 1, 1, 1, 1]
    assert truth.y.tolist() == [1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1]


def test_a_switch_is_marked_on_the_new_track(folder):
    folder.add_truth()
    marks = timeline(folder.tracked())[0].data[-1]
    assert (marks.name, list(marks.x), list(marks.y)) == ("identity switch", [8], ["5"])
    assert marks.customdata.tolist() == [[8, 3, 1, 5]]


def test_no_switches_are_marked_without_ground_truth(folder):
    names = {trace.name for trace in timeline(folder.tracked())[0].data}
    assert names == {"tracks", None}


def test_ways_lead_along_the_feet_and_are_thin_over_gaps(folder):
    folder.add_images()
    tracked = folder.tracked()
    figure, aspect = ways(tracked, first_picture(tracked.sequence))
    assert aspect == pytest.approx(WIDTH / HEIGHT)
    thin, *thick, ends = figure.data
    feet = {(int(row[1]), int(row[0])): (row[2] + 8, row[3] + 40) for row in tracked.results}
    assert thin.customdata[:2].tolist() == [[1, 3], [1, 6]]
    assert [(thin.x[i], thin.y[i]) for i in (0, 1)] == [pytest.approx(feet[1, frame]) for frame in (3, 6)]
    assert np.isnan(thin.x[2])
    assert len(thin.x) == 3
    drawn = [
        (tuple(map(int, mark)), (x, y))
        for line in thick
        for mark, x, y in zip(line.customdata, line.x, line.y, strict=True)
        if not np.isnan(x)
    ]
    assert {mark for mark, _ in drawn} >= {(track, end) for track, *both in STRETCHES for end in both}
    assert all(point == pytest.approx(feet[mark], abs=0.06) for mark, point in drawn)
    assert sum(int(np.isnan(line.x).sum()) for line in thick) == len(STRETCHES)
    assert list(ends.text) == ["1", "4", "5"]


def test_ways_need_no_images(folder):
    figure, aspect = ways(folder.tracked(), None)
    assert not figure.layout.images
    assert aspect > 0


def test_ways_are_drawn_with_few_traces_and_no_more_points_than_needed(folder):
    walk = [
        f"{frame},{track},{frame},{track},10,20,1,-1,-1,-1"
        for track in range(1, 301)
        for frame in range(1, 13)
    ]
    folder.write_results(walk)
    thick = ways(folder.tracked(), None)[0].data[:-1]
    assert len(thick) <= 20
    assert sum(len(line.x) for line in thick) == 3 * 300  # both ends and a break


def test_lengths_and_gaps_are_distributed(folder):
    lengths, gaps = distributions(folder.tracked()).data
    assert sorted(lengths.x.tolist()) == [3, 5, 7]
    assert gaps.x.tolist() == [2]


def test_first_picture_is_small_and_says_its_size_in_the_sequence(folder):
    (folder.sequence / "img1").mkdir()
    cv2.imwrite(str(folder.sequence / "img1" / "000001.png"), np.zeros((1080, 1920, 3), np.uint8))
    folder.write_results([_row(1, 1)])
    picture = first_picture(folder.tracked().sequence)
    assert picture.extent == (0, 0, 1920, 1080)
    assert picture.data_uri.startswith("data:image/jpeg;base64,/9j/")
    assert len(picture.data_uri) < 30_000


def test_scores_are_those_of_trackeval(folder):
    pytest.importorskip("trackeval")
    folder.add_truth()
    html = folder.make()
    # 10 boxes of person 3 are found, 3 of track 4 are false, 1 switch: MOTA = 1 - (3 + 1) / 10
    assert '<div class="tile"><b>60.0</b><span>MOTA</span></div>' in html
    assert '<div class="tile"><b>1</b><span>identity switches</span></div>' in html
    assert '<div class="tile"><b>3</b><span>false boxes</span></div>' in html


def test_scores_that_are_known_are_not_made_again(folder, monkeypatch):
    pytest.importorskip("trackeval")
    from application_util.scoring.scores import ScoreJob, score_sequence

    folder.add_truth()
    known = {NAME: score_sequence(ScoreJob("MOT17", folder.mot_dir, folder.result_dir, NAME)), "OTHER": {}}
    monkeypatch.setattr("tools.report.scores.score_sequence", lambda job: pytest.fail("scored again"))
    make_report(folder.mot_dir, folder.result_dir, folder.report, scores=known)
    assert "<b>60.0</b><span>MOTA</span>" in folder.report.read_text(encoding="utf-8")


def test_without_trackeval_the_report_says_which_extra_brings_scores(folder, monkeypatch, capsys):
    folder.add_truth()
    monkeypatch.setitem(sys.modules, "trackeval", None)
    html = folder.make()
    assert "No scores: trackeval is not installed" in html
    assert "[scores]" in html
    assert install_command("scores") in capsys.readouterr().err
    assert "1 identity switches" in html


def test_results_that_trackeval_refuses_are_still_shown(folder):
    pytest.importorskip("trackeval")
    folder.add_truth()
    folder.write_results([_row(1, 1), _row(1, 1), _row(2, 1)])
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
    folder.write_results([_row(1, 1)], name="OTHER")
    assert "OTHER" not in folder.make().split("</head>")[1]
    assert "OTHER.txt: skipped" in capsys.readouterr().err


def _no_results(folder):
    (folder.result_dir / f"{NAME}.txt").unlink()


def _results_of_a_longer_sequence(folder):
    folder.write_results([_row(1, 1), _row(FRAMES + 1, 1)])


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
        (
            lambda folder: (folder.report.unlink(), folder.report.mkdir()),
            (),
            "report.html: cannot be written",
        ),
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


def test_without_plotly_the_error_names_the_extra(folder, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "plotly", None)
    assert main(folder.arguments()) == 2
    assert capsys.readouterr().err == (
        f"error: plotly is not installed, and this needs it: {install_command('report')}\n"
    )


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
    folder.write_results([_row(1, 1)], name="SEQ-02")
    folder.make()
    dom, console = load(browser, folder.report)
    assert console == []
    body = dom[dom.index("<body") :]
    assert len(re.findall(r'class="[^"]*js-plotly-plot', body)) == 2 * CHARTS_PER_SEQUENCE
    assert len(re.findall(r'class="[^"]*svg-container', body)) == 2 * CHARTS_PER_SEQUENCE
    first, second = body.split('<section id="sequence-1"')
    lives = first[first.index('id="sequence-0-time"') : first.index('id="sequence-0-lengths"')]
    assert len(re.findall(r'<g class="point"><path d="M', lives)) == len(STRETCHES) + len(LIVES)
    assert len(re.findall(r'<path class="point\b', lives)) == 1  # the switch
    assert re.search(r'<image [^>]*href="data:image/jpeg', first)
    assert re.search(r'class="annotation-text"[^>]*>no gaps<', second)
    assert not re.search(r'(src|href)="(https?:)?//', body)
