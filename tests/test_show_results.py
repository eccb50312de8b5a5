from __future__ import annotations

import numpy as np
import pytest

import show_results
from deep_sort.iou_matching import iou
from tests.support.cli import error_line
from tests.support.sequences import GREY, make_sequence, walk, write_detections, write_results
from tests.support.videos import read_video


@pytest.fixture
def arguments(tmp_path):
    sequence = make_sequence(tmp_path / "SEQ")
    results = write_results(tmp_path / "SEQ.txt", walk(8, track_id=0))
    return ["--sequence_dir", f"{sequence}/", "--result_file", results]


WIDE = ["--width", "1024", "--colors", "original"]


def refusal(done):
    assert done.returncode == 2 and done.stdout == ""
    return error_line(done.stderr)


def check_frames(frames, width=1024, height=768):
    """Track 0 is blue (255, 0, 0), 20 x 40 at (10 + 4 i, 30) of an image that is enlarged before it is drawn on."""
    assert len(frames) == 8
    for i, frame in enumerate(frames):
        assert frame.shape == (height, width, 3)
        blue = (frame[..., 0] > 200) & (frame[..., 1] < 60) & (frame[..., 2] < 60)
        zoom = width / 128
        rows, columns = np.nonzero(blue)
        left = zoom * (10 + 4 * i)
        assert columns.min() == pytest.approx(left, abs=2.5)
        assert columns.max() == pytest.approx(left + 20 * zoom, abs=2.5)
        assert rows.min() == pytest.approx(zoom * 30 - 14, abs=3)  # the label
        assert rows.max() == pytest.approx(zoom * 70, abs=2.5)
        assert frame[: height // 8, : width // 11].mean() == pytest.approx(GREY + 1 + i, abs=4)


@pytest.mark.parametrize("name", ["a.avi", "new/a.mp4"])
def test_a_video_needs_no_display(command, arguments, tmp_path, name):
    done = command("show_results.py", *arguments, *WIDE, "--output_file", tmp_path / name)
    assert done.returncode == 0, done.stderr
    assert done.stderr.splitlines() == [
        "running without a window: there is no display (DISPLAY is not set)",
        f"SEQ: 8 frames in {tmp_path / name}",
    ]
    frames, fps = read_video(tmp_path / name)
    assert fps == 10
    check_frames(frames)


def test_the_sequences_own_video_is_not_overwritten(command, arguments, tmp_path):
    command("show_results.py", *arguments, "--output_file", tmp_path / "clip.avi")
    before = (tmp_path / "clip.avi").read_bytes()
    for output in (tmp_path / "clip.avi", arguments[-1]):
        own = ["--sequence_dir", tmp_path / "clip.avi", *arguments[2:], "--output_file", output]
        assert "would replace" in refusal(command("show_results.py", *own))
    assert (tmp_path / "clip.avi").read_bytes() == before


def test_boxes_far_outside_are_drawn_outside(command, arguments, tmp_path):
    rows = walk(8, track_id=0)
    write_results(arguments[-1], [*rows, *([f, 1, 1e12, -1e300, 1e15, 3e9] for f in range(1, 9))])
    for more in ([], ["--show_trajectories"]):
        done = command("show_results.py", *arguments, *WIDE, "--output_file", tmp_path / "a.avi", *more)
        assert done.returncode == 0 and "Traceback" not in done.stderr, done.stderr
        if not more:
            check_frames(read_video(tmp_path / "a.avi")[0])


def test_no_word_about_windows_if_none_was_wanted(command, arguments, tmp_path):
    done = command("show_results.py", *arguments, "--output_file", tmp_path / "a.avi", "--display", "no")
    assert done.stderr.splitlines() == [f"SEQ: 8 frames in {tmp_path / 'a.avi'}"]


def test_without_a_display_and_without_a_video(command, arguments):
    line = refusal(command("show_results.py", *arguments))
    assert line == ("cannot open a window: there is no display (DISPLAY is not set); give --output_file for a video")


def test_neither_window_nor_video(command, arguments):
    line = refusal(command("show_results.py", *arguments, "--display", "False"))
    assert line.startswith("neither a window nor a video to make")


def test_update_ms_sets_the_speed(tmp_path, arguments):
    assert show_results.main([*map(str, arguments), "--output_file", f"{tmp_path}/a.avi", "--update_ms", "40"]) == 0
    assert read_video(tmp_path / "a.avi")[1] == 25


@pytest.mark.parametrize("word", ["0", "-3", "nan", "x"])
def test_update_ms_is_positive(arguments, capsys, word):
    with pytest.raises(SystemExit):
        show_results.main([*map(str, arguments), f"--update_ms={word}"])
    assert "argument --update_ms" in capsys.readouterr().err


@pytest.mark.parametrize("word", ["False", "false", "0", "no"])
def test_false_means_false(arguments, tmp_path, word):
    flags = ["--output_file", f"{tmp_path}/a.avi", "--display", "no", "--show_false_alarms", word]
    assert show_results.main([*map(str, arguments), *flags]) == 0  # without ground truth, true is an error


@pytest.mark.parametrize("words", [["True"], ["1"], ["yes"], []])
def test_true_means_true(arguments, tmp_path, capsys, words):
    flags = ["--output_file", f"{tmp_path}/a.avi", "--display", "no", "--show_false_alarms", *words]
    assert show_results.main([*map(str, arguments), *flags]) == 2
    assert capsys.readouterr().err.endswith("gt/gt.txt: no such file, false alarms cannot be found without it\n")


def test_other_words_are_refused(command, arguments):
    done = command("show_results.py", *arguments, "--show_false_alarms", "maybe")
    assert done.returncode == 2 and "'maybe' is neither true nor false" in done.stderr


def test_detections_and_trajectories_reach_the_video(arguments, tmp_path):
    detections = write_detections(tmp_path / "SEQ.npy", frames=8)
    flags = [
        "--output_file",
        tmp_path / "a.avi",
        "--detection_file",
        detections,
        "--show_trajectories",
        "--display",
        "no",
        *WIDE,
    ]
    assert show_results.main([str(word) for word in [*arguments, *flags]]) == 0
    frames, _ = read_video(tmp_path / "a.avi")
    red = (frames[7][..., 2] > 200) & (frames[7][..., 1] < 60) & (frames[7][..., 0] < 60)
    assert np.nonzero(red)[1].min() == pytest.approx(8 * 30, abs=2.5)
    assert frames[7][8 * 70, 8 * 34, 0] > 180  # the foot of the way, left of the box at 38


def test_broken_results_are_named_and_nothing_is_written(command, arguments, tmp_path):
    arguments[-1].write_text("1,1,3,4,5,six,1,-1,-1,-1\n")
    line = refusal(command("show_results.py", *arguments, "--output_file", tmp_path / "a.avi"))
    assert "SEQ.txt: line 1" in line and "six" in line
    assert not (tmp_path / "a.avi").exists() and not (tmp_path / "a.partial.avi").exists()


def test_an_unreadable_image_is_named_and_the_video_so_far_is_kept(command, arguments, tmp_path):
    (tmp_path / "SEQ" / "img1" / "000005.png").write_bytes(b"no image")
    done = command("show_results.py", *arguments, "--output_file", tmp_path / "a.avi", "--display", "0")
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "000005.png: not a readable image" in done.stderr.splitlines()[-1]
    assert len(read_video(tmp_path / "a.partial.avi")[0]) == 4
    assert not (tmp_path / "a.avi").exists()


def test_the_function_takes_the_arguments_of_the_original(arguments, tmp_path):
    show_results.run(arguments[1], arguments[3], False, None, 50, tmp_path / "a.avi", display=False)
    frames, fps = read_video(tmp_path / "a.avi")
    assert fps == 20
    assert [frame.shape for frame in frames] == [(96, 128, 3)] * 8  # as the images


def test_a_name_that_programs_reach_through_the_command():
    assert show_results.iou is iou
