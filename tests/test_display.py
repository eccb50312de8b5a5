"""The commands' windows, for real: on a virtual screen, with keys pressed."""

from __future__ import annotations

import os

import numpy as np
import pytest

from application_util.drawing.colors import track_color
from tests.support.screen import WindowProgram, wait_until
from tests.support.sequences import make_sequence, walk, write_detections, write_results
from tests.support.videos import read_video

FRAMES = 5000


@pytest.fixture
def sequence(tmp_path):
    """A long sequence (all images are the same file) of one person."""
    folder = make_sequence(tmp_path / "SEQ", frames=1)
    for frame in range(2, FRAMES + 1):
        os.link(folder / "img1" / "000001.png", folder / "img1" / f"{frame:06d}.png")
    return folder


@pytest.fixture
def start(screen, tmp_path):
    programs = []

    def start(*command, count_drawn=lambda: 0):
        programs.append(WindowProgram(screen, tmp_path, command, "Figure SEQ", count_drawn))
        return programs[-1]

    yield start
    for program in programs:
        program.kill()


@pytest.fixture
def tracking(start, sequence, tmp_path):
    """deep_sort_app.py in its window; what it has drawn is counted by the rows of its partial result."""
    partial = tmp_path / "out.txt.partial"

    def start_tracking(*flags):
        return start(
            "deep_sort_app.py",
            *("--sequence_dir", sequence),
            *("--detection_file", write_detections(tmp_path / "SEQ.npy", FRAMES)),
            *("--output_file", tmp_path / "out.txt"),
            *flags,
            count_drawn=lambda: partial.read_text().count("\n") if partial.exists() else 0,
        )

    return start_tracking


def test_the_app_shows_tracks_in_a_window_and_escape_keeps_the_partial_result(tracking, tmp_path):
    (tmp_path / "out.txt").write_text("old\n")
    app = tracking("--display", "True")
    app.wait_for_size(1024, 768)
    app.wait_for_images(5)

    def track_1_is_shown():
        row = app.window.pixels()[8 * 50].astype(int)  # across the box: 240 to 400
        return abs(row[240] - np.array(track_color(1))).max() < 40 and abs(row[300] - 91).max() < 5

    wait_until(track_1_is_shown, "the track is on the screen")
    app.press("Escape")
    assert app.exit_code() == 0
    partial = tmp_path / "out.txt.partial"
    assert app.output()[-1] == f"stopped before the end: the rows so far are in {partial}"
    assert (tmp_path / "out.txt").read_text() == "old\n"
    rows = partial.read_text().splitlines()
    assert rows[0].startswith("3,1,30.00,20.00,20.00,40.00,1,") and 5 <= len(rows) < FRAMES - 100
    assert [int(row.split(",")[0]) for row in rows] == list(range(3, len(rows) + 3))


def test_a_window_is_the_default_where_one_is_possible(tracking):
    app = tracking()
    app.press("Escape")
    assert app.exit_code() == 0


def test_the_app_pauses_steps_and_goes_on(tracking):
    app = tracking("--display", "True")
    app.wait_for_images(3)
    app.press("space")
    assert app.images_while_looking_for_keys() == 0
    before = app.drawn()
    app.press("s")
    app.images_while_looking_for_keys()
    assert app.drawn() == before + 1
    app.press("space")
    app.wait_for_images(10)
    app.press("Escape")
    assert app.exit_code() == 0


def test_closing_the_window_is_like_escape(tracking, tmp_path):
    app = tracking("--display", "True")
    app.wait_for_images(3)
    app.window.click_close()
    assert app.exit_code() == 0
    assert "stopped before the end" in app.output()[-1]
    assert not (tmp_path / "out.txt").exists()


def test_the_app_records_its_window(tracking, tmp_path):
    app = tracking("--display", "True", "--output_video", tmp_path / "a.avi")
    app.wait_for_images(5)
    app.press("Escape")
    assert app.exit_code() == 0
    partial = tmp_path / "a.partial.avi"
    assert f"stopped before the end: the video so far is in {partial}" in app.output()
    frames, fps = read_video(partial)
    assert fps == 10 and len(frames) == app.drawn() + 2  # the first two frames have no confirmed track
    assert not (tmp_path / "a.avi").exists()


def test_a_display_that_does_not_answer_is_an_error_before_any_work(command, sequence, tmp_path):
    detections = write_detections(tmp_path / "SEQ.npy", 8)
    flags = ["--sequence_dir", sequence, "--detection_file", detections, "--output_file", tmp_path / "out.txt"]
    done = command("deep_sort_app.py", *flags, "--display", "True", DISPLAY=":4711")
    assert done.returncode == 2 and done.stderr.startswith("error: cannot open a window: ")
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize("video", ["a.avi", "a.mp4"])
def test_the_app_writes_a_video_without_a_display(command, tmp_path, video):
    sequence = make_sequence(tmp_path / "SEQ", frames=12)
    detections = write_detections(tmp_path / "SEQ.npy", 12)
    flags = ["--sequence_dir", sequence, "--detection_file", detections, "--output_file", tmp_path / "out.txt"]
    look = ["--width", "1024", "--colors", "original"]
    done = command("deep_sort_app.py", *flags, "--output_video", tmp_path / video, *look)
    assert done.returncode == 0, done.stderr
    frames, fps = read_video(tmp_path / video)
    assert (len(frames), fps) == (12, 10)
    assert abs(frames[0][8 * 50, 240].astype(int) - (0, 0, 255)).max() < 60  # a detection, not yet a track
    assert abs(frames[11][8 * 50, 240].astype(int) - (0, 255, 117)).max() < 60  # drawn over it
    without = command("deep_sort_app.py", *flags[:-1], tmp_path / "other.txt", "--display", "False")
    assert without.returncode == 0
    assert (tmp_path / "out.txt").read_text() == (tmp_path / "other.txt").read_text()


def test_a_video_needs_images(command, tmp_path):
    (tmp_path / "SEQ").mkdir()
    detections = write_detections(tmp_path / "SEQ.npy", 8)
    flags = ["--sequence_dir", tmp_path / "SEQ", "--detection_file", detections, "--output_file", tmp_path / "o.txt"]
    done = command("deep_sort_app.py", *flags, "--output_video", tmp_path / "a.avi")
    assert done.returncode == 2 and "no images" in done.stderr and "a video needs them" in done.stderr
    assert not list(tmp_path.glob("o.txt*"))


def test_results_in_a_window_pause_step_and_stop(start, sequence, tmp_path):
    results = write_results(tmp_path / "SEQ.txt", walk(FRAMES, track_id=0, start=(30, 20), step=0))
    viewer = start(
        "show_results.py",
        *("--sequence_dir", sequence, "--result_file", results, "--output_file", tmp_path / "a.avi"),
        *("--update_ms", "20"),
    )
    viewer.wait_for_size(1024, 768)
    wait_until(lambda: (viewer.window.pixels()[8 * 50, 240] == track_color(0)).all(), "track 0 is on the screen")
    for key in ("space", "s", "Escape"):
        viewer.press(key)
    assert viewer.exit_code() == 0
    assert viewer.output()[-1] == f"stopped before the end: the video so far is in {tmp_path / 'a.partial.avi'}"
    assert 1 <= len(read_video(tmp_path / "a.partial.avi")[0]) < FRAMES - 100


def test_results_end_by_themselves_after_the_last_frame(start, tmp_path):
    folder = make_sequence(tmp_path / "SEQ", frames=15, frame_rate="10")
    results = write_results(tmp_path / "SEQ.txt", walk(15))
    viewer = start("show_results.py", "--sequence_dir", folder, "--result_file", results)
    assert viewer.exit_code() == 0
    assert viewer.images_while_looking_for_keys(0) == 0
