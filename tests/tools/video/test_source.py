"""Videos, images, cameras and streams give their frames, each with its number."""

from __future__ import annotations

import threading
import time

import cv2
import pytest

from application_util.errors import UserError
from tests.support.sequences import make_sequence
from tests.support.streams import Camera
from tests.support.videos import bars, number, write_film
from tools.video.source import open_source


def seen(source, *args):
    return [(frame, None if image is None else number(image)) for frame, image in source.frames(*args)]


def pairs(*frames):
    return [(frame, frame) for frame in frames]


@pytest.mark.parametrize("kind", ["film", "sequence", "folder", "numbers"])
def test_frames_are_chosen_by_number(tmp_path, kind):
    if kind == "film":
        place = write_film(tmp_path / "clip.avi", 12)
    elif kind == "sequence":
        place = make_sequence(tmp_path / "clip", 12, image=lambda frame, size: bars(frame))
    else:
        place = tmp_path / "clip"
        place.mkdir()
        for frame in range(1, 13):
            name = f"{frame}.png" if kind == "numbers" else f"shot{frame}b.png"
            cv2.imwrite(str(place / name), bars(frame))
    source = open_source(str(place))
    assert (source.name, source.image_size) == ("clip", (96, 128))
    assert source.count(None, None) == 12 and source.count(3, 9, 3) == 3
    assert seen(source, None, None) == pairs(*range(1, 13))
    assert seen(open_source(str(place)), 3, 9, 3) == pairs(3, 6, 9)
    with pytest.raises(UserError, match="no frame 13, there are frames 1 to 12"):
        seen(open_source(str(place)), 13, None)


def test_a_frame_without_an_image_has_none(tmp_path):
    place = make_sequence(tmp_path / "clip", [2, 4], image=lambda frame, size: bars(frame))
    assert seen(open_source(str(place)), None, None) == [(2, 2), (3, None), (4, 4)]


def test_images_of_several_kinds_are_numbered_in_their_order(tmp_path, capsys):
    for frame, name in enumerate(("a1.png", "b2.png", "a10.png"), start=1):
        cv2.imwrite(str(tmp_path / name), bars(frame))
    for name in ("._a1.png", "@eaDir.png", "~b2.png"):
        (tmp_path / name).write_bytes(b"x")
    assert seen(open_source(str(tmp_path)), None, None) == pairs(1, 2, 3)
    assert "frames are numbered in their order, 1 is a1.png, 3 is a10.png" in capsys.readouterr().err


def test_what_gives_no_images_is_an_error(tmp_path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match="no video and no images in it"):
        open_source(str(tmp_path / "empty"))
    with pytest.raises(UserError, match="no such folder"):
        open_source(str(tmp_path / "nowhere"))
    with pytest.raises(UserError, match="no camera or stream that can be read"):
        open_source("http://127.0.0.1:9/nothing.mjpg")
    with pytest.raises(UserError, match="98: no camera or stream"):
        open_source("98")


def test_a_stream_that_breaks_goes_on_when_it_is_back(capsys):
    with Camera(lambda frame: bars(frame % 256), seconds=0.005).running() as camera:
        source = open_source(camera.address, reconnect=20)
        assert source.name == "yard_mjpg" and source.numbers is None and source.count(None, None) is None
        frames = source.frames(None, 150)
        first = [next(frames) for _ in range(20)]
        assert [frame for frame, _ in first] == list(range(1, 21)) and number(first[4][1]) == 5
        camera.cut()
        threading.Timer(1, camera.restore).start()
        rest = list(frames)
        assert [frame for frame, _ in rest] == list(range(21, 151))
        assert all(image is not None for _, image in rest)
    lines = capsys.readouterr().err.splitlines()
    assert lines == ["yard_mjpg: the stream broke, trying again for 20 s", "yard_mjpg: the stream is back"]


@pytest.mark.parametrize("reconnect", [0, 1])
def test_a_stream_that_stays_away_ends(reconnect):
    with Camera(lambda frame: bars(frame % 256), seconds=0.005).running() as camera:
        source = open_source(camera.address, reconnect=reconnect)
        frames = source.frames(None, None)
        assert next(frames)[0] == 1
        camera.cut()
        started = time.monotonic()
        assert len(list(frames)) < 1000
        assert time.monotonic() - started < 8


def test_waiting_for_a_stream_can_be_stopped():
    with Camera(lambda frame: bars(frame % 256), seconds=0.005).running() as camera:
        source = open_source(camera.address, reconnect=300)
        frames = source.frames(None, None)
        next(frames)
        camera.cut()
        threading.Timer(0.5, source.stop).start()
        assert len(list(frames)) < 1000
