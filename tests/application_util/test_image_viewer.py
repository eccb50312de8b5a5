from __future__ import annotations

import time

import numpy as np
import pytest

from application_util.drawing.image_viewer import ImageViewer
from tests.support.screen import WindowProgram, wait_until
from tests.support.videos import read_video

PROGRAM = """
import sys
import numpy as np
sys.path.insert(0, ".")
from application_util.drawing.image_viewer import ImageViewer

update_ms, count, video = float(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
viewer = ImageViewer(update_ms, (320, 200), "Test viewer")
if video:
    viewer.enable_videowriter(video)
drawn = 0

def update():
    global drawn
    drawn += 1
    viewer.image = np.full((100, 160, 3), (0, 2 * drawn % 250, 0), dtype=np.uint8)
    viewer.color, viewer.thickness = (0, 0, 255), -1
    viewer.rectangle(80, 0, 80, 100)
    open(sys.argv[4], "w").write(str(drawn))
    return drawn < count

print("ended by itself" if viewer.run(update if count else None) else "stopped", flush=True)
"""


@pytest.fixture
def start(screen, tmp_path):
    programs = []

    def start(update_ms=20, count=100000, video=""):
        program, drawn = tmp_path / "program.py", tmp_path / "drawn.txt"
        program.write_text(PROGRAM)
        drawn.write_text("0")
        command = [program, update_ms, count, video, drawn]
        programs.append(WindowProgram(screen, tmp_path, command, "Test viewer", lambda: int(drawn.read_text() or 0)))
        return programs[-1]

    yield start
    for program in programs:
        program.kill()


def ended(viewer):
    assert viewer.exit_code() == 0, viewer.output()
    return viewer.output()[-1]


def test_the_window_shows_the_image_in_its_size_until_escape(start):
    viewer = start()
    viewer.wait_for_images(3)
    viewer.wait_for_size(320, 200)

    def right_half_red_left_half_green():
        shown = viewer.window.pixels().astype(int)
        return (shown[:, 170:] == (0, 0, 255)).all() and (shown[:, :150, [0, 2]] == 0).all()

    wait_until(right_half_red_left_half_green, "the image is on the screen")
    viewer.press("Escape")
    assert ended(viewer) == "stopped"


def test_it_ends_by_itself_after_the_last_image(screen, start):
    viewer = start(count=40)
    assert ended(viewer) == "ended by itself"
    assert viewer.drawn() == 40
    assert not screen.find_windows("Test viewer")


def test_space_pauses_and_goes_on(start):
    viewer = start()
    viewer.wait_for_images(3)
    viewer.press("space")
    assert viewer.images_while_looking_for_keys() == 0
    viewer.press("space")
    viewer.wait_for_images(5)
    viewer.press("Escape")
    assert ended(viewer) == "stopped"


def test_s_steps_by_one_image(start):
    viewer = start()
    viewer.wait_for_images(3)
    viewer.press("s")
    viewer.images_while_looking_for_keys(2)  # the step itself
    assert viewer.images_while_looking_for_keys() == 0
    before = viewer.drawn()
    for steps in (1, 2):
        viewer.press("s")
        viewer.images_while_looking_for_keys()
        assert viewer.drawn() == before + steps
    viewer.press("space")
    viewer.wait_for_images(5)
    viewer.press("Escape")
    assert ended(viewer) == "stopped"


def test_other_keys_do_nothing(start):
    viewer = start()
    viewer.press("a")
    viewer.wait_for_images(5)
    viewer.press("Escape")
    assert ended(viewer) == "stopped"


def test_closing_the_window_ends(start):
    viewer = start()
    viewer.wait_for_images(3)
    viewer.window.click_close()
    assert ended(viewer) == "stopped"


def test_closing_the_window_ends_in_a_pause_too(start):
    viewer = start()
    viewer.press("space")
    viewer.window.click_close()
    assert ended(viewer) == "stopped"


def test_a_single_image_stays_until_the_user_ends_it(start):
    viewer = start(count=0)
    viewer.images_while_looking_for_keys()
    viewer.press("Escape")
    assert ended(viewer) == "stopped"


def test_every_image_is_recorded_once_also_through_pauses_and_steps(start, tmp_path):
    video = tmp_path / "record.avi"
    viewer = start(video=video)
    viewer.wait_for_images(3)
    for key in ("space", "s", "Escape"):
        viewer.press(key)
    assert ended(viewer) == "stopped"
    frames, fps = read_video(video)
    assert fps == 50
    assert len(frames) == viewer.drawn()
    assert all(frame.shape == (200, 320, 3) for frame in frames)
    for number, frame in enumerate(frames, start=1):
        assert frame[:, :150, 1].mean() == pytest.approx(2 * number % 250, abs=3)
        assert frame[:, 170:].reshape(-1, 3).mean(axis=0) == pytest.approx((0, 0, 255), abs=5)


def test_images_come_no_faster_than_asked_for(start):
    viewer = start(update_ms=250)
    viewer.wait_for_images(1)
    begin = time.monotonic()
    viewer.wait_for_images(4)
    assert time.monotonic() - begin > 0.6


def test_the_image_is_black_at_first_and_fits_the_window():
    viewer = ImageViewer(5, (320, 200))
    assert viewer.image.shape == (200, 320, 3) and not viewer.image.any()
    assert (viewer.color, viewer.text_color, viewer.thickness) == ((0, 0, 0), (255, 255, 255), 1)


def test_drawing_needs_no_window():
    viewer = ImageViewer(5)
    viewer.color = (1, 2, 3)
    viewer.rectangle(10, 10, 50, 50)
    assert viewer.image.shape == (480, 640, 3)
    assert np.array_equal(viewer.image[10, 10], (1, 2, 3))


def test_a_recording_that_is_switched_off_is_in_place(tmp_path):
    viewer = ImageViewer(20, (320, 200))
    viewer.enable_videowriter(tmp_path / "a.avi", "MJPG", 7)
    viewer.disable_videowriter()
    viewer.disable_videowriter()
    assert [path.name for path in tmp_path.iterdir()] == ["a.avi"]
