from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from application_util.drawing.image_viewer import ImageViewer
from application_util.drawing.video_encoder import OpenCVEncoder
from application_util.drawing.video_file import VideoFile, check_video_path
from application_util.errors import UserError
from application_util.sequences.video_source import open_video
from tests.support.videos import read_video

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SIZE = (64, 48)


def picture(brightness, size=SIZE):
    """Left half of the given brightness, right half black."""
    image = np.zeros((size[1], size[0], 3), dtype=np.uint8)
    image[:, : size[0] // 2] = brightness
    return image


@pytest.mark.parametrize("kind", [".avi", ".mp4", ".MP4"])
def test_every_frame_is_read_back_in_order_and_size(tmp_path, kind):
    path = tmp_path / "folder" / ("a.b" + kind)
    with VideoFile(path, SIZE, 14) as video:
        for frame in range(40):
            video.write(picture(37 * frame % 230))
        assert not path.exists() and video.partial_path.name == "a.b.partial" + kind
    assert [other.name for other in path.parent.iterdir()] == [path.name]
    frames, fps = read_video(path)
    assert fps == 14 and len(frames) == 40
    assert all(frame.shape == (48, 64, 3) for frame in frames)
    for i, frame in enumerate(frames):
        assert frame[:, :28].mean() == pytest.approx(37 * i % 230, abs=6)
        assert frame[:, 36:].mean() == pytest.approx(0, abs=6)


def test_colours_are_kept(tmp_path):
    image = np.zeros((48, 64, 3), dtype=np.uint8)
    image[:] = (200, 60, 20)
    for name in ("a.avi", "a.mp4"):
        with VideoFile(tmp_path / name, SIZE, 10) as video:
            video.write(image)
        (frame,), _ = read_video(tmp_path / name)
        assert frame.reshape(-1, 3).mean(axis=0) == pytest.approx((200, 60, 20), abs=6)


def test_h264_is_what_browsers_play(tmp_path):
    path = tmp_path / "a.mp4"
    with VideoFile(path, (63, 47), 10) as video:  # odd
        for _ in range(5):
            video.write(picture(100))
    reader = imageio_ffmpeg.read_frames(path)
    properties = next(reader)
    reader.close()
    assert properties["codec"] == "h264"
    assert properties["pix_fmt"].startswith("yuv420p(")
    assert properties["size"] == (62, 46) == video.size
    content = path.read_bytes()
    assert content.index(b"moov") < content.index(b"mdat")  # starts to play before it is loaded


def test_frames_of_other_sizes_are_resized(tmp_path):
    with VideoFile(tmp_path / "a.avi", SIZE, 10) as video:
        video.write(picture(200, size=(640, 480)))
    (frame,), _ = read_video(tmp_path / "a.avi")
    assert frame.shape == (48, 64, 3) and frame[:, :28].mean() == pytest.approx(200, abs=3)


def test_an_image_may_be_changed_after_it_was_written(tmp_path):
    image = picture(0)
    with VideoFile(tmp_path / "a.avi", SIZE, 10) as video:
        for brightness in range(0, 250, 10):
            image[:] = brightness
            video.write(image)
            image[:] = 255
    frames, _ = read_video(tmp_path / "a.avi")
    assert [10 * round(frame.mean() / 10) for frame in frames] == list(range(0, 250, 10))


@pytest.mark.parametrize("kind", [".avi", ".mp4"])
def test_a_failure_leaves_a_playable_partial_file_and_the_old_video(tmp_path, kind):
    path = tmp_path / ("a" + kind)
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError, match="broken"), VideoFile(path, SIZE, 10) as video:
        for _ in range(7):
            video.write(picture(100))
        raise RuntimeError("broken")
    assert path.read_bytes() == b"old"
    assert len(read_video(tmp_path / ("a.partial" + kind))[0]) == 7


def test_a_partial_video_says_where_it_is(tmp_path, capsys):
    for name in ("a.avi", "b.avi"):
        with VideoFile(tmp_path / name, SIZE, 25) as video:
            video.write(picture(1))
            if name == "b.avi":
                video.keep_partial()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.avi", "b.partial.avi"]
    assert capsys.readouterr().err.splitlines() == [
        f"stopped before the end: the video so far is in {tmp_path / 'b.partial.avi'}"
    ]


def test_two_at_once_do_not_mix(tmp_path):
    with VideoFile(tmp_path / "a.avi", SIZE, 25) as first:
        first.write(picture(100))
        with VideoFile(tmp_path / "a.avi", SIZE, 25) as second:
            assert second.partial_path != first.partial_path
            second.write(picture(200))
            second.write(picture(200))
        assert len(read_video(tmp_path / "a.avi")[0]) == 2
    assert [path.name for path in tmp_path.iterdir()] == ["a.avi"]
    assert len(read_video(tmp_path / "a.avi")[0]) == 1


KILLED = """
import os, signal, sys
import numpy as np
from pathlib import Path
from application_util.drawing.video_file import VideoFile
video = VideoFile(Path(sys.argv[1]), (64, 48), 25)
video.write(np.zeros((48, 64, 3), np.uint8))
encoder = video._encoder._process.pid
os.kill(encoder, signal.SIGSTOP)
print(encoder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_the_encoder_of_a_killed_run_does_not_write_into_the_next_ones_file(tmp_path):
    path = tmp_path / "a.mp4"
    killed = subprocess.run([sys.executable, "-c", KILLED, path], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    encoder = int(killed.stdout)
    with VideoFile(path, SIZE, 25) as video:
        assert video.partial_path.name != "a.partial.mp4"
        for _ in range(3):
            video.write(picture(200))
        os.kill(encoder, signal.SIGCONT)
        with contextlib.suppress(ProcessLookupError):
            for _ in range(1000):  # until it has finished what it was given
                os.kill(encoder, 0)
                time.sleep(0.01)
    assert len(read_video(path)[0]) == 3


@pytest.mark.parametrize("kind", [".avi", ".mp4"])
@pytest.mark.parametrize("fps", [29.97, 30000 / 1001, 12.5, 0.2, 120])
def test_rates_are_kept(tmp_path, kind, fps):
    with VideoFile(tmp_path / f"a{kind}", SIZE, fps) as video:
        video.write(picture(1))
    assert read_video(tmp_path / f"a{kind}")[1] == pytest.approx(fps, abs=1e-3)


def test_what_goes_wrong_while_encoding_reaches_the_caller(tmp_path, monkeypatch):
    def fail(encoder, frame):
        raise OSError("No space left on device")

    monkeypatch.setattr(OpenCVEncoder, "write", fail)
    with pytest.raises(UserError, match=r"a.partial.avi: writing the video failed: No space left"):  # noqa: SIM117
        with VideoFile(tmp_path / "a.avi", SIZE, 10) as video:
            for _ in range(100):
                video.write(picture(1))
    assert not (tmp_path / "a.avi").exists()


FULL = """
import resource, sys
import numpy as np
from application_util.cli import run_command

from application_util.drawing.video_file import VideoFile

def write():
    with VideoFile(sys.argv[1], (320, 240), 30) as video:
        for image in np.random.default_rng(0).integers(0, 255, (20, 240, 320, 3), dtype=np.uint8):
            video.write(image)

import cv2
resource.setrlimit(resource.RLIMIT_FSIZE, (300_000, 300_000))  # as a disk with so much room
sys.exit(run_command(write))
"""


@pytest.mark.parametrize("kind", [".avi", ".mp4"])
def test_a_full_disk_is_an_error_and_the_old_video_stays(tmp_path, kind):
    path = tmp_path / f"a{kind}"
    path.write_bytes(b"old")
    done = subprocess.run([sys.executable, "-c", FULL, str(path)], capture_output=True, text=True, cwd=ROOT)
    assert done.returncode == 2, done.stderr
    assert f"error: {tmp_path}/a.partial{kind}: writing the video failed: " in done.stderr
    assert path.read_bytes() == b"old"


def test_a_motion_jpeg_without_its_end_is_no_whole_video(tmp_path):
    """The head may have been brought up to date when the end did not fit on the disk any more."""
    path = tmp_path / "a.avi"
    encoder = OpenCVEncoder(path, SIZE, 25)
    for _ in range(3):
        encoder.write(picture(200))
    encoder.close()
    os.truncate(path, path.stat().st_size - 1)
    release = encoder._writer.release
    encoder._writer = type("Released", (), {"release": staticmethod(release)})()
    with pytest.raises(OSError, match="not all frames could be written"):
        encoder.close()


def test_names_with_a_colon(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("12:00.avi", "12:00.mp4"):
        with VideoFile(name, (32, 16), 10) as video:
            video.write(np.zeros((16, 32, 3), np.uint8))
        assert open_video(Path(name)).isOpened()


def test_another_codec_may_be_named(tmp_path):
    with VideoFile(tmp_path / "a.avi", SIZE, 10, fourcc="XVID") as video:
        video.write(picture(1))
    assert len(read_video(tmp_path / "a.avi")[0]) == 1


@pytest.mark.parametrize("name", ["a", "a.txt", "a.gif"])
def test_an_unknown_kind_of_file_is_refused(tmp_path, name):
    with pytest.raises(UserError, match=r"use a name that ends in .avi or .mp4"):
        VideoFile(tmp_path / name, SIZE, 10)
    assert not list(tmp_path.iterdir())


def test_a_folder_is_refused(tmp_path):
    (tmp_path / "a.avi").mkdir()
    with pytest.raises(UserError, match="it is a folder"):
        check_video_path(tmp_path / "a.avi")


def test_a_place_where_no_folder_can_be_made_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        check_video_path(tmp_path / "file" / "a.avi")


def test_a_missing_encoder_is_named_with_its_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "imageio_ffmpeg", None)
    with pytest.raises(UserError, match=r"imageio_ffmpeg is not installed.*pip install .*\[video\]"):
        check_video_path(tmp_path / "a.mp4")
    check_video_path(tmp_path / "a.avi")  # needs none


@pytest.mark.parametrize(("update_ms", "fps"), [(1000 / 29, 29), (1000 / 57, 57), (1000 / 29.97, 29), (5000, 1)])
def test_recordings_of_a_window_have_whole_rates(tmp_path, update_ms, fps):
    viewer = ImageViewer(update_ms, SIZE)
    viewer.enable_videowriter(tmp_path / "a.avi")
    viewer._video.write(picture(1))
    viewer.disable_videowriter()
    assert read_video(tmp_path / "a.avi")[1] == fps
