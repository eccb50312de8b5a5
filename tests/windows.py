"""A virtual screen for tests that open windows, and a hand on its keyboard."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

PATIENCE_SECONDS = 60


def wait_until(condition: Callable[[], object], what: str) -> None:
    """Wait for a condition, or fail after a minute."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"waited in vain until {what}"
        time.sleep(0.02)


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
        self._server = subprocess.Popen(
            [
                *("Xvfb", "-displayfd", str(their_end), "-screen", "0", "1280x1024x24"),
                *("-nolisten", "tcp", "-fbdir", directory),
            ],
            pass_fds=[their_end],
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
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

    def wait_for_window(self, title: str) -> Window:
        """Wait until a window of this title appears."""
        wait_until(lambda: self.find_windows(title), f"a window {title!r} appears")
        return Window(self, self.find_windows(title)[0])

    def pixels(self) -> np.ndarray:
        """Return what the screen shows, (height, width, 3), blue, green, red."""
        dump = np.fromfile(
            self._buffer, dtype=np.uint8
        )  # X window dump: header, palette, rows of 4-byte pixels
        words = dump[:100].view(">u4")
        header, width, height, row_bytes, palette = (int(words[i]) for i in (0, 4, 5, 12, 19))
        start = header + 12 * palette
        rows = dump[start : start + height * row_bytes].reshape(height, row_bytes)
        return rows[:, : 4 * width].reshape(height, width, 4)[..., :3]

    def _xdotool(self, *arguments: str, check: bool = True) -> str:
        done = subprocess.run(
            ["xdotool", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            check=check,
            timeout=60,
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
