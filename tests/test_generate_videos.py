from __future__ import annotations

import os
import signal
import subprocess
import sys

import cv2
import pytest

import generate_videos
from application_util.drawing.colors import track_color
from application_util.files.lock import lock_folder
from tests.support.cli import headless_environment
from tests.support.paths import ROOT
from tests.support.screen import wait_until
from tests.support.sequences import make_sequence, walk, write_results
from tests.support.videos import read_video

pytestmark = pytest.mark.slow


@pytest.fixture
def world(tmp_path):
    """Two sequences with results, of other lengths, sizes and speeds; a stray folder; results without a sequence."""
    make_sequence(tmp_path / "mot" / "A", frames=8, size=(96, 128), frame_rate="10")
    make_sequence(tmp_path / "mot" / "B", frames=5, size=(90, 160), frame_rate=None)
    (tmp_path / "mot" / ".hidden").mkdir()
    write_results(tmp_path / "results" / "A.txt", walk(8))
    write_results(tmp_path / "results" / "B.txt", walk(5))
    write_results(tmp_path / "results" / "C.txt", walk(5))
    (tmp_path / "results" / "notes.md").write_text("no result")
    return tmp_path


def flags(world, *more):
    folders = {"--mot_dir": "mot", "--result_dir": "results", "--output_dir": "videos/new"}
    return [word for flag, name in folders.items() for word in (flag, str(world / name))] + list(more)


def test_a_video_for_every_result_whose_sequence_exists(command, world):
    done = command("generate_videos.py", *flags(world, "--jobs", "2"))
    assert done.returncode == 0, done.stderr
    videos = world / "videos" / "new"
    assert sorted(path.name for path in videos.iterdir()) == ["A.avi", "B.avi"]
    assert done.stderr.splitlines() == [
        f"{world}/results/C.txt: skipped, {world}/mot has no sequence C",
        f"A: 8 frames in {videos}/A.avi",
        f"B: 5 frames in {videos}/B.avi",
    ]
    for name, count, size, rate in (("A", 8, (96, 128), 10), ("B", 5, (90, 160), 50)):
        frames, fps = read_video(videos / f"{name}.avi")
        assert (len(frames), fps) == (count, rate)
        assert all(frame.shape == (*size, 3) for frame in frames)


def test_videos_do_not_go_where_the_sequences_own_are(command, world):
    (world / "videos").mkdir()
    command("generate_videos.py", *flags(world))
    mot = (world / "mot2").resolve()
    mot.mkdir()
    (world / "videos" / "new" / "A.avi").rename(mot / "A.mp4")
    paths = ["--mot_dir", mot, "--result_dir", world / "results", "--output_dir", mot]
    done = command("generate_videos.py", *paths)
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1] == (
        f"error: {mot}: holds the sequence's own video A.mp4: choose another --output_dir"
    )
    assert [path.name for path in mot.iterdir()] == ["A.mp4"]


@pytest.mark.parametrize("jobs", ["1", "2", "7"])
def test_what_the_frames_show(world, jobs):
    assert generate_videos.main(flags(world, "--jobs", jobs, "--width", "1024")) == 0
    assert len(read_video(world / "videos" / "new" / "B.avi")[0]) == 5
    frames, _ = read_video(world / "videos" / "new" / "A.avi")
    for i, frame in enumerate(frames):
        left = 8 * (10 + 4 * i)
        edge = frame[8 * 60, left - 1 : left + 2].mean(axis=0)
        assert edge == pytest.approx(track_color(1), abs=25)
        assert frame[8 * 60, left + 60].mean() == pytest.approx(91 + i, abs=5)
        ground = frame[8 * 30 - 11, left + 2].astype(int)
        assert ground == pytest.approx(track_color(1), abs=40)


def test_h264_besides(world):
    assert generate_videos.main(flags(world, "--convert_h264", "true", "--update_ms", "40")) == 0
    videos = world / "videos" / "new"
    assert sorted(path.name for path in videos.iterdir()) == ["A.avi", "A.mp4", "B.avi", "B.mp4"]
    for name, count in (("A.mp4", 8), ("A.avi", 8), ("B.mp4", 5), ("B.avi", 5)):
        frames, fps = read_video(videos / name)
        assert (len(frames), fps) == (count, 25)
    codec = int(cv2.VideoCapture(str(videos / "A.mp4")).get(cv2.CAP_PROP_FOURCC))
    assert codec.to_bytes(4, "little").lower() in (b"h264", b"avc1")


def test_false_means_no_h264(world):
    assert generate_videos.main(flags(world, "--convert_h264", "False")) == 0
    assert sorted(path.name for path in (world / "videos" / "new").iterdir()) == ["A.avi", "B.avi"]


def test_trajectories(world):
    generate_videos.main(flags(world, "--width", "1024"))
    plain = read_video(world / "videos" / "new" / "A.avi")[0][-1]
    generate_videos.main(flags(world, "--show_trajectories", "--width", "1024", "--colors", "original"))
    trail = read_video(world / "videos" / "new" / "A.avi")[0][-1]
    assert abs(trail[8 * 70, 8 * 30].astype(int) - (0, 255, 117)).max() < 40
    assert abs(plain[8 * 70, 8 * 30].astype(int) - 98).max() < 10


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda world: (world / "results" / "B.txt").write_text(""), "B.txt: no rows"),
        (lambda world: write_results(world / "results" / "B.txt", walk(9)), "B.txt: row 6: frame 6, but B has"),
        (lambda world: (world / "mot" / "B" / "img1" / "000003.png").unlink(), "no image of frame 3"),
    ],
)  # fmt: skip
def test_a_sequence_that_cannot_be_drawn_fails_alone(world, capsys, spoil, message):
    spoil(world)
    assert generate_videos.main(flags(world)) == 1
    last_line = capsys.readouterr().err.splitlines()[-1]
    assert last_line.startswith("error: B: ") and message in last_line
    assert [path.name for path in world.glob("videos/**/*.avi")] == ["A.avi"]


def test_a_place_that_cannot_be_written_is_found_out_before_the_first_video(world, capsys):
    (world / "videos").write_text("")
    assert generate_videos.main(flags(world)) == 2
    assert "A.avi: cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize("folder", ["mot", "results"])
def test_a_missing_folder_is_named(world, capsys, folder):
    (world / folder).rename(world / "elsewhere")
    assert generate_videos.main(flags(world)) == 2
    assert capsys.readouterr().err == f"error: {world / folder}: no such folder\n"


def test_a_folder_in_use_by_another_run_is_refused(world, capsys):
    with lock_folder(world / "videos" / "new"):
        assert generate_videos.main(flags(world)) == 2
    assert "videos/new: in use by another run" in capsys.readouterr().err
    assert not list((world / "videos").glob("new/*"))


def test_no_results_at_all(world, capsys):
    for path in (world / "results").glob("*.txt"):
        path.unlink()
    assert generate_videos.main(flags(world)) == 2
    assert "no result file <sequence>.txt of a sequence" in capsys.readouterr().err


@pytest.mark.parametrize("jobs", [1, 2])
def test_an_image_that_breaks_a_video_is_named_and_the_others_are_made(world, capsys, jobs):
    (world / "mot" / "B" / "img1" / "000003.png").write_bytes(b"no image")
    assert generate_videos.main(flags(world, "--jobs", str(jobs))) == 1
    lines = capsys.readouterr().err.splitlines()
    assert lines[-1].startswith("error: B: ") and lines[-1].endswith("000003.png: not a readable image")
    assert len(read_video(world / "videos" / "new" / "A.avi")[0]) > 0
    assert not (world / "videos" / "new" / "B.avi").exists()
    assert len(read_video(world / "videos" / "new" / "B.partial.avi")[0]) == 2


@pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")
def test_ctrl_c_keeps_partial_videos_and_says_where(tmp_path):
    folder = make_sequence(tmp_path / "mot" / "A", frames=1)
    for frame in range(2, 5001):
        os.link(folder / "img1" / "000001.png", folder / "img1" / f"{frame:06d}.png")
    write_results(tmp_path / "results" / "A.txt", walk(3))
    program = subprocess.Popen(
        [sys.executable, str(ROOT / "generate_videos.py"), *flags(tmp_path)],
        env=headless_environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    partial = tmp_path / "videos" / "new" / "A.partial.avi"
    wait_until(lambda: partial.exists() and partial.stat().st_size > 300_000, "frames are written")
    program.send_signal(signal.SIGINT)
    _, errors = program.communicate()
    assert program.returncode == 130
    assert f"the video so far is in {partial}" in errors and "Traceback" not in errors
    assert 10 < len(read_video(partial)[0]) < 5000
    assert not partial.with_name("A.avi").exists()
