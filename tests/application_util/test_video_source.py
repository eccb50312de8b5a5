from __future__ import annotations

import threading

import cv2
import pytest

from application_util.errors import UserError
from application_util.parallel.read_ahead import read_ahead
from application_util.sequences import video_source
from application_util.sequences.video_source import VideoSource, find_video, videos_in
from tests.support.videos import SIZE, bars, ffmpeg, number, write_film


@pytest.fixture
def opened(monkeypatch):
    """Paths that were opened."""
    paths = []
    real = video_source.open_video
    monkeypatch.setattr(video_source, "open_video", lambda path: paths.append(path) or real(path))
    return paths


@pytest.mark.parametrize("kind", [".avi", ".mp4", ".mkv"])
def test_frames_start_at_one_and_end_with_the_last(tmp_path, kind):
    video = VideoSource(write_film(tmp_path / f"film{kind}", 30))
    assert (video.size, video.frame_rate) == (SIZE, 10)
    assert list(video) == list(range(1, 31)) and len(video) == 30
    assert 0 not in video and 1 in video and 30 in video and 31 not in video and "1" not in video
    images = list(read_ahead(video.read, video))
    assert [number(image) for image in images] == list(range(1, 31))
    assert images[0].shape == (*SIZE, 3) and abs(images[0].astype(int) - bars(1)).mean() < 6
    assert video[30] == video.place
    with pytest.raises(KeyError):
        video[31]


def test_going_forward_opens_the_file_once_and_going_back_starts_anew(tmp_path, opened):
    video = VideoSource(write_film(tmp_path / "film.avi"))
    assert len(video) == 12
    opened.clear()
    for frame in (2, 2, 3, 9):
        assert number(video.read(frame)) == frame
    assert len(opened) == 1
    assert number(video.read(4)) == 4
    assert len(opened) == 2


def test_an_image_may_be_changed(tmp_path):
    video = VideoSource(write_film(tmp_path / "film.avi"))
    video.read(5)[:] = 0
    assert number(video.read(5)) == 5


def test_the_file_is_closed_after_its_last_frame(tmp_path):
    video = VideoSource(write_film(tmp_path / "film.avi"))
    assert len(video) == 12
    video.read(11)
    assert video._capture is not None
    video.read(12)
    assert video._capture is None
    assert number(video.read(12)) == 12


def test_threads_take_turns(tmp_path):
    video = VideoSource(write_film(tmp_path / "film.avi"))
    seen = {}
    threads = [
        threading.Thread(target=lambda frame=frame: seen.update({frame: number(video.read(frame))}))
        for frame in range(1, 13)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert seen == {frame: frame for frame in range(1, 13)}


def test_looking_at_size_and_rate_decodes_one_frame(tmp_path, monkeypatch):
    path = write_film(tmp_path / "film.avi")
    decoded = []

    class Counting:
        def __init__(self, *args):
            self.capture = cv2_capture(*args)

        def __getattr__(self, name):
            if name in ("read", "grab"):
                decoded.append(name)
            return getattr(self.capture, name)

    cv2_capture = cv2.VideoCapture
    monkeypatch.setattr(cv2, "VideoCapture", Counting)
    video = VideoSource(path)
    assert video and video.size == SIZE and video.frame_rate == 10
    assert decoded == ["read"]


@pytest.mark.parametrize("frame", [-1, 0, 13])
@pytest.mark.parametrize("counted", [True, False])
def test_a_frame_that_is_not_there_is_an_error(tmp_path, frame, counted):
    video = VideoSource(write_film(tmp_path / "film.avi"))
    assert not counted or len(video)
    with pytest.raises(UserError, match=rf"film.avi: no frame {frame}, the video has frames 1 to 12"):
        video.read(frame)


def test_frames_before_a_cut_are_not_counted(tmp_path, capfd):
    """The container still holds and announces them: decoding needs them."""
    film = write_film(tmp_path / "film.mp4", 40)
    ffmpeg("-ss", "1.5", "-i", film, "-c", "copy", tmp_path / "cut.mp4")
    announced = cv2.VideoCapture(str(tmp_path / "cut.mp4")).get(cv2.CAP_PROP_FRAME_COUNT)
    video = VideoSource(tmp_path / "cut.mp4")
    assert len(video) < announced
    warning = f"cut.mp4: {len(video)} frames can be decoded, {announced:.0f} are announced: it was cut from"
    assert warning in capfd.readouterr().err
    assert number(video.read(len(video))) == 40
    assert len(VideoSource(tmp_path / "cut.mp4")) == len(video)
    assert capfd.readouterr().err == ""  # told once


@pytest.mark.parametrize("kind", [".avi", ".mkv"])
def test_a_video_that_ends_early_is_read_to_its_end_with_a_warning(tmp_path, capsys, kind):
    path = write_film(tmp_path / f"film{kind}", 60)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    video = VideoSource(path)
    images = list(read_ahead(video.read, video))
    assert 3 < len(images) == len(video) < 59
    numbers = [number(image) for image in images[:-1]]
    assert numbers[:4] == [1, 2, 3, 4]
    assert numbers == sorted(set(numbers))  # near the cut the decoder may leave frames out, but repeats none
    assert capsys.readouterr().err.splitlines() == [
        f"warning: {path}: {len(video)} frames can be decoded, 60 are announced: "
        "it was cut from a longer video, or is damaged"
    ]


def test_a_count_is_made_anew_when_the_file_changes(tmp_path):
    assert len(VideoSource(write_film(tmp_path / "film.avi", 5))) == 5
    assert len(VideoSource(write_film(tmp_path / "film.avi", 6))) == 6


@pytest.mark.parametrize("content", [b"", b"no video" * 1000])
@pytest.mark.parametrize("kind", [".avi", ".mp4", ".mkv"])
def test_what_is_no_video_is_refused(tmp_path, kind, content):
    path = tmp_path / f"film{kind}"
    path.write_bytes(content)
    with pytest.raises(UserError, match=rf"film{kind}: not a readable video"):
        VideoSource(path)


def test_a_missing_video_is_named(tmp_path):
    with pytest.raises(UserError, match=r"film.mp4: no such file, expected a video"):
        VideoSource(tmp_path / "film.mp4")


def test_videos_are_found_by_name_inside_before_beside(tmp_path):
    sequence = tmp_path / "SEQ-01.night"
    assert find_video(sequence) is None
    (tmp_path / "SEQ-01.night.MP4").touch()
    (tmp_path / "SEQ-01.mp4").touch()
    assert find_video(sequence) == tmp_path / "SEQ-01.night.MP4"
    sequence.mkdir()
    (sequence / "other.mp4").touch()
    assert find_video(sequence) == tmp_path / "SEQ-01.night.MP4"
    (sequence / "SEQ-01.night.mkv").touch()
    assert find_video(sequence) == sequence / "SEQ-01.night.mkv"
    (sequence / "SEQ-01.night.avi").touch()
    with pytest.raises(UserError, match=r"SEQ-01.night.mkv: another video .* SEQ-01.night.avi: remove one"):
        find_video(sequence)


def test_hidden_and_unfinished_files_are_no_videos(tmp_path):
    for name in (".hidden.mp4", "a.partial.mp4", "b.mp4", "c.txt", "d.AVI"):
        (tmp_path / name).touch()
    (tmp_path / "folder.mp4").mkdir()
    assert [path.name for path in videos_in(tmp_path)] == ["b.mp4", "d.AVI"]
    assert videos_in(tmp_path / "none") == []
