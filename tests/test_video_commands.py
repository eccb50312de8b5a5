"""Commands whose input is a video."""

from __future__ import annotations

import numpy as np
import pytest

import deep_sort_app
import evaluate_motchallenge
import generate_videos
import show_results
from tests.support.sequences import make_sequence, walk, write_detections, write_results
from tests.support.videos import ffmpeg, number, read_video, write_film
from tools.generate_detections import generate_detections
from tools.report.gather import gather

pytestmark = pytest.mark.slow


@pytest.fixture
def clip(tmp_path):
    """A video of 12 frames with detections."""
    write_detections(tmp_path / "clip.npy", 12)
    return write_film(tmp_path / "mot" / "clip.mp4")


def track(clip, tmp_path, *flags, output="result.txt"):
    paths = ("--sequence_dir", clip, "--detection_file", tmp_path / "clip.npy", "--output_file", tmp_path / output)
    return deep_sort_app.main(list(map(str, (*paths, "--min_confidence", 0.3, *flags))))


def test_a_video_is_tracked_and_drawn_on(clip, tmp_path):
    assert track(clip, tmp_path, "--display", "false") == 0
    assert track(clip, tmp_path, "--display", "false", "--output_video", tmp_path / "drawn.avi", output="2") == 0
    result = (tmp_path / "result.txt").read_text()
    assert result == (tmp_path / "2").read_text()
    assert [line.split(",")[0] for line in result.splitlines()] == [str(frame) for frame in range(3, 13)]
    frames, fps = read_video(tmp_path / "drawn.avi")
    assert [number(image[-60:]) for image in frames] == list(range(1, 13))
    assert fps == 10


def test_the_result_is_that_of_the_images(clip, tmp_path):
    make_sequence(tmp_path / "images", 12)
    assert track(clip, tmp_path, "--display", "false") == 0
    assert track(tmp_path / "images", tmp_path, "--display", "false", output="2") == 0
    assert (tmp_path / "result.txt").read_bytes() == (tmp_path / "2").read_bytes()


def test_frames_that_only_the_container_knows_are_not_tracked(tmp_path, capsys):
    film = write_film(tmp_path / "film.mp4", 40)
    ffmpeg("-ss", "1.5", "-i", film, "-c", "copy", tmp_path / "cut.mp4")
    write_detections(tmp_path / "clip.npy", 40)
    assert track(tmp_path / "cut.mp4", tmp_path, "--output_video", tmp_path / "drawn.avi") == 0
    assert "warning" in capsys.readouterr().err
    last = (tmp_path / "result.txt").read_text().splitlines()[-1]
    frames, _ = read_video(tmp_path / "drawn.avi")
    assert 20 <= len(frames) < 30 and last.startswith(f"{len(frames)},")
    assert number(frames[-1][-60:]) == 40


@pytest.mark.parametrize(("kind", "content"), [("mp4", b""), ("mp4", b"no video" * 1000), ("mkv", b"no video" * 1000)])
def test_what_is_no_video_is_one_line(tmp_path, command, kind, content):
    (tmp_path / f"clip.{kind}").write_bytes(content)
    write_detections(tmp_path / "clip.npy", 3)
    flags = ("--sequence_dir", tmp_path / f"clip.{kind}", "--detection_file", tmp_path / "clip.npy")
    done = command("deep_sort_app.py", *flags, "--output_file", tmp_path / "result.txt")
    assert done.returncode == 2
    assert done.stderr == f"error: {tmp_path / f'clip.{kind}'}: not a readable video\n"
    assert not (tmp_path / "result.txt").exists()


def test_the_dict_of_a_video(clip, tmp_path):
    info = deep_sort_app.gather_sequence_info(clip, tmp_path / "clip.npy")
    assert (info["sequence_name"], info["image_filenames"], info["image_size"]) == ("clip", {}, (96, 128))
    assert (info["min_frame_idx"], info["max_frame_idx"], info["update_ms"]) == (1, 12, 100)


def test_results_are_shown_on_a_video(clip, tmp_path):
    results = write_results(tmp_path / "results" / "clip.txt", walk(12))
    show_results.run(clip, results, video_filename=tmp_path / "shown.avi", display=False)
    generate_videos.run(tmp_path / "mot", tmp_path / "results", tmp_path / "videos")
    for path in (tmp_path / "shown.avi", tmp_path / "videos" / "clip.avi"):
        frames, fps = read_video(path)
        assert fps == 10 and [number(image[-60:]) for image in frames] == list(range(1, 13))


def test_results_of_a_video_are_reported(clip, tmp_path):
    write_results(tmp_path / "results" / "clip.txt", walk(12))
    tracked, _, _ = gather(tmp_path / "mot", tmp_path / "results")
    assert [of.sequence.images.place for of in tracked] == [clip]


def test_a_benchmark_may_hold_videos(clip, tmp_path, capsys):
    flags = ["--mot_dir", tmp_path / "mot", "--detection_dir", tmp_path, "--output_dir", tmp_path / "results"]
    assert evaluate_motchallenge.main(list(map(str, flags))) == 0
    rows = (tmp_path / "results" / "clip.txt").read_text().splitlines()
    assert rows[0].startswith("3,1,") and rows[-1].startswith("12,1,")


@pytest.mark.parametrize("det_txt", ["mot/clip.txt", "mot/clip/det/det.txt", "other/clip/det/det.txt"])
def test_features_come_from_the_frames_of_a_video(clip, tmp_path, det_txt):
    path = tmp_path / det_txt
    path.parent.mkdir(parents=True, exist_ok=True)
    frames = [12, 1, 3, 3, 13]
    path.write_text("".join(f"{frame},-1,10,20,30,40,0.5,-1,-1,-1\n" for frame in frames))

    def encoder(image, boxes):
        return np.full((len(boxes), 4), number(image))

    detection_dir = tmp_path / "other" if det_txt.startswith("other") else None
    generate_detections(encoder, tmp_path / "mot", tmp_path / "features", detection_dir)
    made = np.load(tmp_path / "features" / "clip.npy")
    assert made[:, 0].tolist() == [1, 3, 3, 12]  # there is no frame 13
    assert np.array_equal(made[:, 10], made[:, 0])
