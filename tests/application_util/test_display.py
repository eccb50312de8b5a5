from __future__ import annotations

import sys

import pytest

from application_util.drawing import display
from application_util.errors import UserError

on_linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="X11 and Wayland are Linux's")


@pytest.fixture(autouse=True)
def ask_anew(monkeypatch):
    forget = display.window_problem.cache_clear
    forget()
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    yield
    forget()


@on_linux
def test_no_display_is_known_without_an_attempt(monkeypatch):
    monkeypatch.setattr(display, "PROBE", "raise AssertionError")
    assert display.window_problem() == "there is no display (DISPLAY is not set)"


@on_linux
def test_a_dead_display_does_not_end_the_process(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":4711")
    problem = display.window_problem()
    assert problem in (
        "the display :4711 does not answer",
        "this build of OpenCV has no windows (opencv-python-headless is installed)",
    )


@on_linux
def test_opencv_without_windows_is_told_from_a_dead_display(monkeypatch):
    monkeypatch.setenv("DISPLAY", ":4711")
    monkeypatch.setattr(display, "PROBE", "raise Exception('The function is not implemented. Rebuild')")
    assert "opencv-python-headless" in display.window_problem()


@on_linux
def test_a_display_that_hangs(monkeypatch):
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-9")
    monkeypatch.setattr(display, "PROBE", "import time; time.sleep(60)")
    monkeypatch.setattr(display, "PROBE_SECONDS", 0.2)
    assert display.window_problem() == "the display did not answer within 0.2 seconds"


def test_a_display_is_tried_once(monkeypatch, tmp_path):
    monkeypatch.setenv("DISPLAY", ":1")
    count = tmp_path / "count"
    monkeypatch.setattr(display, "PROBE", f"open({str(count)!r}, 'a').write('x')")
    assert display.window_problem() is None and display.window_problem() is None
    assert count.read_text() == "x"


def test_a_virtual_screen_is_a_display(screen, monkeypatch):
    monkeypatch.setenv("DISPLAY", screen.name)
    assert display.window_problem() is None


@pytest.mark.parametrize("problem", [None, "it is broken"])
def test_nobody_asks_when_no_window_is_wanted(monkeypatch, capsys, problem):
    monkeypatch.setattr(display, "window_problem", lambda: pytest.fail("asked"))
    assert display.use_window(False) is False
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("asked", [None, True])
def test_a_window_where_one_is_possible(monkeypatch, capsys, asked):
    monkeypatch.setattr(display, "window_problem", lambda: None)
    assert display.use_window(asked) is True
    assert capsys.readouterr().err == ""


def test_one_line_when_none_is_possible(monkeypatch, capsys):
    monkeypatch.setattr(display, "window_problem", lambda: "it is broken")
    assert display.use_window(None) is False
    assert capsys.readouterr().err == "running without a window: it is broken\n"


def test_an_error_when_none_is_possible_and_one_was_asked_for(monkeypatch):
    monkeypatch.setattr(display, "window_problem", lambda: "it is broken")
    with pytest.raises(UserError, match=r"^cannot open a window: it is broken; use --display False$"):
        display.use_window(True)
