"""Progress: a bar on a terminal, a line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sized
from contextlib import contextmanager
from typing import TypeVar

Item = TypeVar("Item")

SECONDS_BETWEEN_LINES = 10.0


def progress(
    items: Iterable[Item], label: str, unit: str = "frame", total: int | None = None
) -> Iterator[Item]:
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
    if sys.stderr.isatty():
        from tqdm import tqdm

        yield from tqdm(items, desc=label, unit=f" {unit}s", total=total, file=sys.stderr)
        return
    report = line_reporter(label, unit, total)
    for count, item in enumerate(items, start=1):
        yield item
        report(count)


@contextmanager
def progress_count(label: str, unit: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
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
    if sys.stderr.isatty():
        from tqdm import tqdm

        with tqdm(desc=label, unit=f" {unit}s", total=total, file=sys.stderr) as bar:
            yield bar.update
        return
    report = line_reporter(label, unit, total)
    done = 0

    def count(items: int) -> None:
        nonlocal done
        done += items
        report(done)

    yield count


def say(line: str) -> None:
    """Print a line on stderr without disturbing a bar that is shown."""
    if "tqdm" in sys.modules:
        from tqdm import tqdm

        tqdm.write(line, file=sys.stderr)
    else:
        print(line, file=sys.stderr, flush=True)


def line_reporter(label: str, unit: str, total: int | None) -> Callable[[int], None]:
    """Return a function of the items done so far that prints a line on stderr every ten seconds."""
    started = last = time.monotonic()

    def report(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < SECONDS_BETWEEN_LINES or not done:
            return
        last = now
        rate = done / (now - started)
        left = f" of {total}, {(total - done) / rate:.0f} s left" if total else ""
        print(f"{label}: {done} {unit}s{left} ({rate:.0f} {unit}s/s)", file=sys.stderr, flush=True)

    return report
