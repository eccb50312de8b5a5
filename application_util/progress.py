"""Progress and messages, the only place that writes to the terminal: a bar on one, a line now and then elsewhere."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TypeVar

from tqdm import tqdm

Item = TypeVar("Item")

SECONDS_BETWEEN_LINES = 10.0


def say(line: str) -> None:
    """Print a line on stderr without disturbing a bar that is shown; nothing where that cannot be written."""
    if sys.stderr is not None:
        try:
            with tqdm.external_write_mode(file=sys.stderr):
                print(line.encode(errors="backslashreplace").decode(), file=sys.stderr, flush=True)
        except OSError:  # nobody reads any more, the disk of a log is full: no reason to end hours of work
            sys.stderr = None


def show(text: str) -> None:
    """Print what a command is asked for on stdout.

    Where nobody reads it any more (``| head``), or the disk is full, work goes on; letters that stdout's encoding does
    not know are escaped.
    """
    if sys.stdout is None:
        return
    try:
        encoding = sys.stdout.encoding or "utf-8"
        text.encode(encoding, sys.stdout.errors or "strict")
    except UnicodeEncodeError:
        text = text.encode(encoding, "backslashreplace").decode(encoding)
    try:
        print(text, flush=True)
    except OSError as error:
        if not isinstance(error, BrokenPipeError):
            warn(f"stdout cannot be written ({error.strerror})")
        sys.stdout = open(os.devnull, "w")  # noqa: SIM115 (what is still in the old one is not tried again)


def warn(line: str) -> None:
    """Print a warning on stderr: what is suspicious, and what was done about it."""
    say(f"warning: {line}")


def progress(items: Iterable[Item], label: str, unit: str = "frame", total: int | None = None) -> Iterator[Item]:
    """Yield the items and report on stderr how far they are.

    Parameters
    ----------
    items : iterable
    label : str
        What is being worked on, e.g. the sequence's name.
    unit : str
        What an item is.
    total : int, optional
        Number of items, by default ``len(items)`` where there is one.
    """
    if total is None and isinstance(items, Sized):
        total = len(items)
    with progress_count(label, unit, total) as count:
        for item in items:
            yield item
            count(1)


@contextmanager
def progress_count(label: str, unit: str, total: int | None = None) -> Iterator[Callable[[int], object]]:
    """Report on stderr how far work is that does not come item by item.

    Yields a function that takes the number of items done since its last call.

    Parameters
    ----------
    label : str
        What is being worked on.
    unit : str
        What an item is.
    total : int, optional
        Number of items.
    """
    if sys.stderr is not None and sys.stderr.isatty():
        with tqdm(desc=label, unit=f" {unit}s", total=total, file=sys.stderr) as bar:
            yield bar.update
    else:
        yield LineReporter(label, unit, total).count


class LineReporter:
    """Prints a line every ten seconds."""

    def __init__(self, label: str, unit: str, total: int | None) -> None:
        self._label, self._unit, self._total = label, unit, total
        self._done = 0
        self._started = self._last = time.monotonic()

    def count(self, items: int) -> None:
        """Add items that are done."""
        self._done += items
        now = time.monotonic()
        if now - self._last < SECONDS_BETWEEN_LINES or not self._done:
            return
        self._last = now
        rate = self._done / (now - self._started)
        left = f" of {self._total}, {(self._total - self._done) / rate:.0f} s left" if self._total else ""
        say(f"{self._label}: {self._done} {self._unit}s{left} ({rate:.0f} {self._unit}s/s)")
