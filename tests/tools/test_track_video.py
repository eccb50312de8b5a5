"""From a video to tracks in one command."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import threading
import time

import cv2
import numpy as np
import pytest

import deep_sort_app
from application_util.drawing.view import View
from application_util.files.lock import lock_folder
from application_util.settings import BENCHMARK_SETTINGS
from tests.support.cli import error_line, headless_environment
from tests.support.paths import ROOT, shared_path
from tests.support.screen import WindowProgram
from tests.support.sequences import make_sequence
from tests.support.streams import Camera
from tests.support.videos import bars, number, read_video, write_film
from tools.track_video import main

DETECTOR = '''
"""Finds two boxes that go to the right: as the number says that the image shows."""

import numpy as np


def detect(image):
    means = image.mean(axis=(0, 2)).reshape(8, -1).mean(axis=1)
    frame = sum(1 << bit for bit in range(8) if means[bit] > 120)
    boxes = [[10 + 1.25 * frame, 10, 20, 40], [12 + 1.25 * frame, 30, 20.5, 40]]
    return boxes, [0.75 + frame / 1000, 0.5], [0, 16]
'''


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with a film and a detector, which is the current one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "own_detector", raising=False)
    (tmp_path / "own_detector.py").write_text(DETECTOR)
    write_film(tmp_path / "clip.avi", 24)
    return tmp_path


def track(source, *flags):
    argv = [source, "--detector", "own_detector:detect", "--model", "none", *flags]
    return main([str(each) for each in argv])


def rows(path="tracks.txt"):
    return np.loadtxt(path, delimiter=",", ndmin=2)


def test_tracks_and_a_video_of_them(here, capsys):
    assert track("clip.avi", "--output_video", "out.avi", "--write_class") == 0
    found = rows()
    assert found[:, 0].tolist() == [frame for frame in range(3, 25) for _ in range(2)]
    assert {(row[1], row[7]) for row in found} == {(1, 0), (2, 16)}
    first = found[found[:, 1] == 1]
    assert first[-1, 2:6] == pytest.approx([10 + 1.25 * 24, 10, 20, 40], abs=1)
    images, rate = read_video(here / "out.avi")
    assert [number(image[-60:]) for image in images] == list(range(1, 25)) and rate == 10
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "clip: 2 tracks, 44 rows in tracks.txt (48 detections: 48 used)"


def test_only_some_classes_and_frames(here):
    assert track("clip.avi", "--classes", "16", "--start", "5", "--end", "20", "--every", "2") == 0
    found = rows()
    assert found[:, 0].tolist() == [9, 11, 13, 15, 17, 19] and set(found[:, 1]) == {1}
    assert (found[:, 7] == -1).all()


@pytest.mark.parametrize("kind", ["sequence", "folder"])
def test_images_give_the_tracks_of_the_film(here, kind):
    assert track("clip.avi") == 0
    expected = rows()
    make_sequence(here / "images", 24, image=lambda frame, size: bars(frame))
    assert track("images" if kind == "sequence" else "images/img1", "--output_file", "other.txt") == 0
    assert np.array_equal(rows("other.txt"), expected)


def test_saved_detections_give_the_same_tracks_without_the_detector(here):
    assert track("clip.avi", "--save_detections", "saved", "--write_class") == 0
    expected = (here / "tracks.txt").read_bytes()
    saved = here / "saved" / "clip" / "det" / "det.txt"
    settings = {**BENCHMARK_SETTINGS.as_dict(), "display": False, "write_class": True}
    deep_sort_app.run(here / "clip.avi", saved, here / "app.txt", **settings)
    assert (here / "app.txt").read_bytes() == expected
    assert track("clip.avi", "--detector", saved, "--output_file", "again.txt", "--write_class") == 0
    assert (here / "again.txt").read_bytes() == expected


def test_a_second_run_into_the_same_folder_is_refused(here, capsys):
    with lock_folder("saved"):
        assert track("clip.avi", "--save_detections", "saved") == 2
    assert "saved: in use by another run" in error_line(capsys.readouterr().err)
    assert not (here / "tracks.txt").exists()


@pytest.mark.slow
def test_features_are_those_of_generate_detections(here):
    """Detect, compute features and track: in one pass or in three, byte for byte."""
    pytest.importorskip("openvino")
    from tools import detect, generate_detections

    argv = ["clip.avi", "--detector", "own_detector:detect", "--classes", "0", "--save_detections", "saved"]
    assert main(argv) == 0
    flags = ["--detector", "own_detector:detect", "--classes", "0", "--sequence_dir", "clip.avi"]
    assert detect.main(flags) == 0
    det_txt = here / "clip" / "det" / "det.txt"
    assert det_txt.read_bytes() == (here / "saved" / "clip" / "det" / "det.txt").read_bytes()
    flags = ["--mot_dir", here, "--sequences", "clip", "--output_dir", "features", "--runtime", "openvino"]
    assert generate_detections.main([str(each) for each in flags]) == 0
    made, saved = np.load(here / "features" / "clip.npy"), np.load(here / "saved" / "clip.npy")
    assert np.array_equal(made[:, :10], saved[:, :10]) and made[:, 10:] == pytest.approx(saved[:, 10:], abs=1e-5)
    settings = {**BENCHMARK_SETTINGS.as_dict(), "display": False}
    for file in (here / "features" / "clip.npy", here / "saved" / "clip.npy"):
        deep_sort_app.run(here / "clip.avi", file, here / "app.txt", **settings)
        assert (here / "app.txt").read_bytes() == (here / "tracks.txt").read_bytes()


def test_a_stream_is_tracked_while_it_breaks(here, capsys):
    with Camera(lambda frame: bars(frame % 100), seconds=0.005).running() as camera:
        cut, back = threading.Timer(0.6, camera.cut), threading.Timer(1.6, camera.restore)
        cut.start()
        back.start()
        assert track(camera.address, "--end", "400", "--reconnect", "20") == 0
        cut.join()
        back.join()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].endswith("trying again for 20 s") and lines[1].endswith("the stream is back")
    assert 380 < rows()[-1, 0] <= 400
    assert "yard_mjpg: " in lines[-1] and "rows in tracks.txt" in lines[-1]


@pytest.mark.slow
@pytest.mark.parametrize("endless", [True, False])
def test_an_interrupt_leaves_what_was_tracked(here, endless):
    """Of a stream this is the result, of a video a part of it."""
    if not endless:
        write_film(here / "clip.avi", 3000)
    with Camera(lambda frame: bars(frame % 100), seconds=0.01).running() as camera:
        command = [sys.executable, ROOT / "tools" / "track_video.py", camera.address if endless else "clip.avi"]
        command += ["--detector", "own_detector:detect", "--model", "none", "--save_detections", "saved"]
        running = subprocess.Popen(command, cwd=here, env=headless_environment(), stderr=subprocess.PIPE, text=True)
        partial = here / "tracks.txt.partial"
        deadline = time.monotonic() + 60
        while not (partial.exists() and partial.stat().st_size > 1000):
            assert running.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)
        running.send_signal(signal.SIGINT)
        _, err = running.communicate(timeout=60)
    assert running.returncode == (0 if endless else 130)
    (line,) = err.splitlines()
    saved = "saved/yard_mjpg/det/det.txt" if endless else "saved/clip/det/det.txt.partial"
    if endless:
        assert line.startswith("yard_mjpg: ") and "rows in tracks.txt" in line
    else:
        assert line == f"interrupted: what there is so far: {partial.name}, {saved}"
    assert [str(path.relative_to(here)) for path in here.glob("saved/*/det/*")] == [saved]
    assert len(rows(saved)) >= len(rows("tracks.txt" if endless else partial)) > 10


def test_q_leaves_what_was_tracked_under_partial_names(here, screen):
    write_film(here / "clip.avi", 3000)
    (here / "film.avi").write_bytes(b"of an earlier run")
    partial = here / "tracks.txt.partial"
    command = [ROOT / "tools" / "track_video.py", here / "clip.avi", "--detector", "own_detector:detect"]
    command += ["--model", "none", "--display", "--output_file", here / "tracks.txt", "--classes", "0"]
    command += ["--output_video", here / "film.avi", "--save_detections", here / "saved"]
    program = WindowProgram(
        screen, here, command, "Figure clip", lambda: partial.read_text().count("\n") if partial.exists() else 0
    )
    try:
        program.wait_for_images(10)
        program.press("q")
        assert program.exit_code() == 0
    finally:
        program.kill()
    saved = here / "saved" / "clip" / "det" / "det.txt.partial"
    film = here / "film.partial.avi"
    assert program.output()[-1] == f"stopped before the end: what there is so far: {partial}, {film}, {saved}"
    assert (here / "film.avi").read_bytes() == b"of an earlier run" and not (here / "tracks.txt").exists()
    assert list((here / "saved").glob("**/*.txt*")) == [saved]
    drawn = len(read_video(film)[0])
    assert rows(partial)[:, 0].tolist() == list(range(3, drawn + 1))
    assert rows(saved)[:, 0].tolist() == list(range(1, drawn + 1))


@pytest.mark.slow
def test_detections_saved_before_q_can_be_used_under_their_name(here, monkeypatch):
    """With features: the array is one, and no card stands beside a file that is not complete."""
    pytest.importorskip("openvino")

    def three(self, pairs, total=None, quiet=False):
        yield from (item for item, _ in itertools.islice(pairs, 3))

    monkeypatch.setattr(View, "shown", three)
    argv = ["clip.avi", "--detector", "own_detector:detect", "--save_detections", "saved"]
    assert main(argv) == 0
    left = sorted(path.name for path in (here / "saved").glob("**/*") if path.is_file())
    assert left == ["clip.npy.partial", "det.txt.partial"]
    detections = np.load((here / "saved" / "clip.npy.partial").rename(here / "clip.npy"))
    assert detections[:, 0].tolist() == [1, 1, 2, 2, 3, 3]


class TestCamera:
    """A camera with a number, and streams of other kinds, by OpenCV's own interface."""

    @pytest.fixture
    def opened(self, here, monkeypatch):
        """Devices that give the film, in which grabbing fails once; what was opened, with how many arguments."""
        opened = []
        real = cv2.VideoCapture

        class Device:
            def __init__(self, *where):
                opened.append(where)
                self._film = real(str(here / "clip.avi"))
                self._left = 10 if len(opened) == 1 else 1000

            def isOpened(self):
                return True

            def read(self):
                return self._film.read()

            def grab(self):
                self._left -= 1
                return self._left > 0 and self._film.grab()

            def retrieve(self):
                return self._film.retrieve()

            def get(self, which):
                return 0.0 if which == cv2.CAP_PROP_FRAME_COUNT else self._film.get(which)

        monkeypatch.setattr(cv2, "VideoCapture", Device)
        return opened

    @pytest.mark.parametrize(
        ("source", "place", "name"),
        [
            ("0", 0, "camera0"),
            ("rtsp://user:secret@10.0.0.7:554/yard?channel=1", None, "yard"),
            ("rtsp://10.0.0.7", None, "10_0_0_7"),
        ],
    )
    def test_it_goes_on_when_it_is_back(self, here, opened, capsys, source, place, name):
        assert track(source, "--end", "20", "--save_detections", "saved") == 0
        assert [where[0] for where in opened] == [source if place is None else place] * 2
        assert all((cv2.CAP_FFMPEG in where[1:]) == (place is None) for where in opened)
        saved = rows(here / "saved" / name / "det" / "det.txt")
        assert saved[:, 0].tolist() == [frame for frame in range(1, 21) for _ in range(2)]
        assert rows()[-1, 0] == 20
        lines = capsys.readouterr().err.splitlines()
        assert lines[:2] == [f"{name}: the stream broke, trying again for 10 s", f"{name}: the stream is back"]
        assert lines[2].startswith(f"{name}: ") and "secret" not in "".join(lines)

    def test_its_end_is_the_end_of_the_run(self, here, opened, capsys):
        assert track("0", "--reconnect", "0") == 0
        assert rows()[-1, 0] == 10
        (line,) = capsys.readouterr().err.splitlines()
        assert line.startswith("camera0: 2 tracks, 16 rows in tracks.txt")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["nowhere.mp4"], "nowhere.mp4: no such file, expected a video"),
        (["clip.avi", "--detector", "nowhere.onnx"], "nowhere.onnx: no such file, expected a detector"),
        (["clip.avi", "--classes", "dog"], "no class dog"),
        (["clip.avi", "--output_file", "clip.avi"], "clip.avi: would replace clip.avi"),
        (["clip.avi", "--start", "99"], "clip.avi: no frame 99, there are frames 1 to 24"),
        (["clip.avi", "--display"], "cannot open a window"),
    ],
)
def test_mistakes_are_said_in_a_line(here, monkeypatch, capsys, flags, words):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    assert track(*flags) == 2
    assert words in error_line(capsys.readouterr().err)
    assert not (here / "tracks.txt").exists()


@pytest.mark.slow
@pytest.mark.shared
def test_a_real_clip(here, capsys):
    pytest.importorskip("openvino")
    detector = shared_path("data/detectors/yolox_nano.onnx")
    clip = shared_path("data/video/vtest.avi")
    flags = ["--detector", detector, "--classes", "person", "--model", "none", "--end", "60"]
    assert main([str(each) for each in (clip, *flags, "--output_video", "out.mp4")]) == 0
    found = rows()
    assert found[-1, 0] == 60 and 4 <= len(set(found[:, 1])) <= 15
    assert len(read_video(here / "out.mp4")[0]) == 60
