from __future__ import annotations

import numpy as np
import pytest

from application_util.drawing import view as view_module
from application_util.drawing.colors import create_unique_color_uchar, track_color
from application_util.drawing.view import View
from application_util.errors import UserError
from application_util.sequences.sequence import read_sequence
from application_util.settings import DrawingSettings
from deep_sort.detection import Detection
from deep_sort.track import Track, TrackState
from tests.support.screen import WindowProgram
from tests.support.sequences import GREY, make_sequence
from tests.support.videos import read_video


@pytest.fixture
def sequence(tmp_path):
    return read_sequence(make_sequence(tmp_path / "SEQ"))


def confirmed_track():
    track = Track(np.array([90.0, 50.0, 0.5, 40.0, 0, 0, 0, 0]), np.eye(8), 7, 1, 30)
    track.state, track.time_since_update = TrackState.Confirmed, 0
    return track


def test_without_window_and_video_it_counts_frames(tmp_path, capsys):
    (tmp_path / "SEQ").mkdir()
    seen = []
    with View(read_sequence(tmp_path / "SEQ")) as view:
        for frame in view.frames(range(3, 7)):
            view.draw(frame, [Detection([10, 60, 20, 20], 1.0, [1.0])], [])
            seen.append((frame, view.finished))
    assert seen == [(3, False), (4, False), (5, False), (6, False)] and view.finished
    assert capsys.readouterr().err == ""
    with view:
        assert list(view.frames(range(0))) == [] and view.finished


def test_no_image_is_read_where_none_is_drawn(sequence, monkeypatch):
    with View(sequence, display=False) as view:
        monkeypatch.setattr(type(sequence), "read_image", lambda self, frame: pytest.fail("read"))
        assert list(view.frames(range(1, 9))) == list(range(1, 9))
    assert view.finished


def test_a_video_shows_images_detections_and_tracks(sequence, tmp_path):
    with View(sequence, False, [None, tmp_path / "a.avi"]) as view:
        for frame in view.frames(range(1, 9)):
            assert not view.finished
            found = [Detection([10, 60, 20, 20], 1.0, [1.0])] if frame > 3 else []
            view.draw(frame, found, [confirmed_track()] if frame > 5 else [])
    assert view.finished
    frames, fps = read_video(tmp_path / "a.avi")
    assert (len(frames), fps) == (8, 10)
    for number, image in enumerate(frames, start=1):
        assert image[8, 8].astype(int) == pytest.approx(GREY + number, abs=3)
        assert image.shape == (96, 128, 3)
        dashed = image[62:78, 10].astype(int).max() > 140
        own = abs(image[60, 100].astype(int) - track_color(7)).max() < 60
        assert (dashed, own) == (number > 3, number > 5)


def test_detections_may_be_left_out(sequence, tmp_path):
    settings = DrawingSettings(draw_detections=False)
    with View(sequence, False, [tmp_path / "a.avi"], settings) as view:
        for frame in view.frames(range(1, 3)):
            view.draw(frame, [Detection([10, 60, 20, 20], 1.0, [1.0])], [])
    assert all(np.ptp(frame) < 8 for frame in read_video(tmp_path / "a.avi")[0])


def test_width_and_colours_are_asked_for(sequence, tmp_path):
    settings = DrawingSettings(width=512, colors="original")
    with View(sequence, False, [tmp_path / "a.avi"], settings) as view:
        for frame in view.frames([1]):
            view.draw(frame, [], [confirmed_track()])
    (image,), _ = read_video(tmp_path / "a.avi")
    assert image.shape == (384, 512, 3)
    own = np.abs(image.astype(int) - create_unique_color_uchar(7)).max(axis=2) < 60
    rows, columns = np.nonzero(own)
    assert 4 * 100 in columns and 4 * 60 in rows  # the box is four times as large
    assert own[:, 4 * 100 + 8 : 4 * 100 + 20].sum() < own.sum() / 2  # its lines are not


def test_a_frame_without_an_image_shows_the_one_before(tmp_path):
    sequence = read_sequence(make_sequence(tmp_path / "SEQ", frames=[1, 3]))
    with View(sequence, False, [tmp_path / "a.avi"]) as view:
        assert list(view.frames(range(1, 4))) == [1, 2, 3]
    means = [frame.mean() for frame in read_video(tmp_path / "a.avi")[0]]
    assert means[0] == means[1] == pytest.approx(means[2] - 2, abs=0.1)


@pytest.mark.parametrize("how", ["break", "raise"])
def test_a_loop_that_is_left_keeps_a_partial_video(sequence, tmp_path, capsys, how):
    with pytest.raises(RuntimeError) if how == "raise" else View(sequence, False):  # noqa: SIM117
        with View(sequence, False, [tmp_path / "a.avi"]) as view:
            for frame in view.frames(range(1, 9)):
                if frame == 4 and how == "raise":
                    raise RuntimeError
                if frame == 4:
                    break
    assert not view.finished
    assert len(read_video(tmp_path / "a.partial.avi")[0]) == 3
    assert not (tmp_path / "a.avi").exists()
    expected = f"stopped before the end: the video so far is in {tmp_path / 'a.partial.avi'}\n"
    assert capsys.readouterr().err == expected


def test_a_broken_image_is_an_error_when_its_turn_comes(sequence, tmp_path):
    (tmp_path / "SEQ" / "img1" / "000003.png").write_bytes(b"broken")
    seen = []
    with pytest.raises(UserError, match=r"000003.png: not a readable image"):  # noqa: SIM117
        with View(sequence, False, [tmp_path / "a.avi"]) as view:
            seen.extend(view.frames(range(1, 9)))
    assert not (tmp_path / "a.avi").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"display": True}, r"img1: no images.*; use --display False"),
        ({"videos": ["a.avi"]}, r"img1: no images.*; a video needs them"),
    ],
)
def test_drawing_needs_images(tmp_path, options, message):
    (tmp_path / "SEQ").mkdir()
    with pytest.raises(UserError, match=message):
        View(read_sequence(tmp_path / "SEQ"), **options)


def test_what_cannot_be_is_said_before_anything_is_written(sequence, tmp_path, monkeypatch):
    with pytest.raises(UserError, match=r"unknown kind of video"):
        View(sequence, False, [tmp_path / "a.avi", tmp_path / "a.txt"])
    monkeypatch.setattr(view_module, "use_window", lambda *asked: (_ for _ in ()).throw(UserError(str(asked))))
    with pytest.raises(UserError, match=r"\(True, 'give up'\)"):
        View(sequence, True, [tmp_path / "a.avi"], instead="give up")
    assert [path.name for path in tmp_path.iterdir()] == ["SEQ"]


PROGRAM = """
import sys
sys.path.insert(0, ".")
from application_util.drawing.view import View
from application_util.sequences.sequence import read_sequence
from application_util.settings import DrawingSettings

folder, video, drawn = sys.argv[1:]
with View(read_sequence(folder), True, [video], window_ms=5) as view:
    for frame in view.frames(range(1, 3001)):
        view.draw(frame, [], [])
        open(drawn, "w").write(str(frame))
print("finished" if view.finished else "stopped", flush=True)
"""


def test_escape_in_the_window_ends_the_loop(screen, sequence, tmp_path):
    program, drawn = tmp_path / "program.py", tmp_path / "drawn.txt"
    program.write_text(PROGRAM)
    drawn.write_text("0")
    command = [program, sequence.directory, tmp_path / "a.avi", drawn]
    viewer = WindowProgram(screen, tmp_path, command, "Figure SEQ", lambda: int(drawn.read_text() or 0))
    try:
        viewer.wait_for_images(5)
        viewer.press("space")
        assert viewer.images_while_looking_for_keys() == 0
        viewer.press("Escape")
        assert viewer.exit_code() == 0, viewer.output()
    finally:
        viewer.kill()
    assert viewer.output()[-1] == "stopped"
    assert 5 <= len(read_video(tmp_path / "a.partial.avi")[0]) == viewer.drawn() < 3000
