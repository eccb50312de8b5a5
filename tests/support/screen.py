"""A virtual screen for tests that open windows, and a hand on its keyboard."""

from __future__ import annotations

import contextlib
import ctypes
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

WATCHED_KEYS = Path(__file__).with_name("watched_keys.py")
PATIENCE_SECONDS = 60
KEY_PATIENCE_SECONDS = 10
KEY_ATTEMPTS = 3
POLL_SECONDS = 0.02
KEY_CODES = {"Escape": 27, "space": 32, "s": 115, "q": 113, "a": 97}


def wait_until(condition: Callable[[], object], what: str, seconds: float = PATIENCE_SECONDS) -> None:
    """Wait for a condition, or fail after a while."""
    for _ in range(int(seconds / POLL_SECONDS)):
        if condition():
            return
        time.sleep(POLL_SECONDS)
    raise AssertionError(f"waited in vain until {what}")


def opencv_has_windows() -> bool:
    """Return whether OpenCV was built with a window library."""
    (line,) = (line for line in cv2.getBuildInformation().splitlines() if line.strip().startswith("GUI:"))
    return "NONE" not in line


class Screen:
    """A virtual screen (Xvfb) that ends with the block; needs the programs Xvfb and xdotool and libX11.

    Attributes
    ----------
    environment : dict
        For programs that shall use this screen.
    """

    needed = ("Xvfb", "xdotool")

    def __init__(self, directory: Path) -> None:
        self._buffer = directory / "Xvfb_screen0"
        number_end, their_end = os.pipe()
        options = f"-displayfd {their_end} -screen 0 1280x1024x24 -nolisten tcp -noreset".split()
        self._server = subprocess.Popen(
            ["Xvfb", *options, "-fbdir", directory], pass_fds=[their_end], stderr=subprocess.DEVNULL
        )
        os.close(their_end)
        with os.fdopen(number_end) as numbers:
            self.name = f":{numbers.readline().strip()}"
        assert self.name != ":", "Xvfb did not start"
        self.environment = {**os.environ, "DISPLAY": self.name}
        self.environment.pop("WAYLAND_DISPLAY", None)

    @classmethod
    def missing(cls) -> list[str]:
        """Return the programs that are needed and not installed."""
        return [program for program in cls.needed if shutil.which(program) is None]

    def close(self) -> None:
        """Switch the screen off."""
        self._server.terminate()
        self._server.wait()

    def find_windows(self, title: str) -> list[str]:
        """Return the visible windows whose title contains the text."""
        return self._xdotool("search", "--onlyvisible", "--name", title, check=False).split()

    def pixels(self) -> np.ndarray:
        """Return what the screen shows, (height, width, 3), blue, green, red."""
        dump = np.fromfile(self._buffer, dtype=np.uint8)  # X window dump: header, palette, rows of 4-byte pixels
        words = dump[:100].view(">u4")
        header, width, height, row_bytes, palette = (int(words[i]) for i in (0, 4, 5, 12, 19))
        start = header + 12 * palette
        rows = dump[start : start + height * row_bytes].reshape(height, row_bytes)
        return rows[:, : 4 * width].reshape(height, width, 4)[..., :3]

    def _xdotool(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["xdotool", *arguments], env=self.environment, capture_output=True, text=True, check=check, timeout=60
        )
        return done.stdout


@dataclass
class Window:
    """A window on a `Screen`."""

    screen: Screen
    number: str

    def press(self, key: str) -> None:
        """Press a key: ``Escape``, ``space``, ``s``."""
        self.screen._xdotool("windowfocus", "--sync", self.number, "key", key)

    def map_again(self) -> None:
        """Take the window from the screen and put it back.

        Without a window manager, Qt sometimes misses that its window has come to the screen the first
        time, and then never paints it.
        """
        for action in ("windowunmap", "windowmap"):
            self.screen._xdotool(action, "--sync", self.number)

    def geometry(self) -> dict[str, int]:
        """Return X, Y, WIDTH and HEIGHT."""
        lines = self.screen._xdotool("getwindowgeometry", "--shell", self.number).splitlines()
        return {name: int(value) for name, value in (line.split("=") for line in lines)}

    def pixels(self) -> np.ndarray:
        """Return what the screen shows where the window is."""
        place = self.geometry()
        left, top = place["X"], place["Y"]
        return self.screen.pixels()[top : top + place["HEIGHT"], left : left + place["WIDTH"]]

    def click_close(self) -> None:
        """Ask the window to close as a window manager does when its close button is pressed."""
        x11 = ctypes.CDLL("libX11.so.6")
        x11.XOpenDisplay.restype = ctypes.c_void_p
        x11.XInternAtom.restype = ctypes.c_ulong
        display = ctypes.c_void_p(x11.XOpenDisplay(self.screen.name.encode()))
        number = int(self.number)
        message = _ClientMessage(type=33, window=number, format=32)
        message.message_type = x11.XInternAtom(display, b"WM_PROTOCOLS", 0)
        message.data[0] = x11.XInternAtom(display, b"WM_DELETE_WINDOW", 0)
        x11.XSendEvent(display, ctypes.c_ulong(number), 0, ctypes.c_long(0), ctypes.byref(message))
        x11.XSync(display, 0)
        x11.XCloseDisplay(display)


class WindowProgram:
    """A program with a window, run as a user runs it, in a process of its own.

    Parameters
    ----------
    screen : Screen
        Where its window appears.
    folder : Path
        For its output and the log of its keys.
    command : sequence
        Path of the program and its arguments.
    title : str
        Of its window, which the constructor waits for.
    count_drawn : callable
        Returns how many images the program has drawn so far.
    """

    def __init__(
        self, screen: Screen, folder: Path, command: Sequence[object], title: str, count_drawn: Callable[[], int]
    ) -> None:
        self.drawn = count_drawn
        self._keys, self._output = folder / "keys.txt", folder / "output.txt"
        watched = [sys.executable, WATCHED_KEYS, self._keys, *command]
        with self._output.open("w") as output:
            self._process = subprocess.Popen(
                [str(word) for word in watched], env=screen.environment, stdout=output, stderr=subprocess.STDOUT
            )
        wait_until(
            lambda: screen.find_windows(title) or self._process.poll() is not None, f"a window {title!r} appears"
        )
        assert self._process.poll() is None, self.output()
        self.window = Window(screen, screen.find_windows(title)[0])
        self.window.map_again()

    def wait_for_size(self, width: int, height: int) -> None:
        """Wait until the window has this size."""

        def has_size() -> bool:
            place = self.window.geometry()
            return (place["WIDTH"], place["HEIGHT"]) == (width, height)

        wait_until(has_size, f"the window is {width}x{height}")

    def output(self) -> list[str]:
        """Return the lines that it has printed so far."""
        return self._output.read_text().splitlines()

    def press(self, key: str) -> None:
        """Press a key and wait until the program has got it."""
        before = self._times_got(key)
        for _ in range(KEY_ATTEMPTS):  # a window that is about to get the focus may miss it
            self.window.press(key)
            with contextlib.suppress(AssertionError):
                wait_until(lambda: self._times_got(key) > before, f"{key} arrives", KEY_PATIENCE_SECONDS)
                return
        raise AssertionError(f"{key} does not arrive")

    def wait_for_images(self, more: int) -> None:
        """Wait until the program has drawn so many more images."""
        goal = self.drawn() + more
        wait_until(lambda: self.drawn() >= goal, f"{goal} images are drawn")

    def images_while_looking_for_keys(self, times: int = 8) -> int:
        """Return how many images the program draws while it looks for keys so many times."""
        looked, drawn = self._times_looked(), self.drawn()
        wait_until(lambda: self._times_looked() >= looked + times, "it looks for keys")
        return self.drawn() - drawn

    def exit_code(self) -> int:
        """Wait for the program's end."""
        wait_until(lambda: self._process.poll() is not None, "the program ends")
        return self._process.returncode

    def kill(self) -> None:
        """End it in any case."""
        self._process.kill()
        self._process.wait()

    def _times_got(self, key: str) -> int:
        return self._keys.read_text().split().count(str(KEY_CODES[key]))

    def _times_looked(self) -> int:
        return len(self._keys.read_text().split())


class _ClientMessage(ctypes.Structure):
    """Xlib's XClientMessageEvent, filled up to the size of an XEvent."""

    _fields_ = (
        ("type", ctypes.c_int),
        ("serial", ctypes.c_ulong),
        ("send_event", ctypes.c_int),
        ("display", ctypes.c_void_p),
        ("window", ctypes.c_ulong),
        ("message_type", ctypes.c_ulong),
        ("format", ctypes.c_int),
        ("data", ctypes.c_long * 5),
        ("rest", ctypes.c_long * 12),
    )
