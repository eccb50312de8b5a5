"""Reading in a thread of its own, a little ahead of the caller."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

ITEMS_AHEAD = 8


def read_ahead(
    read: Callable[[Key], Value], keys: Iterable[Key], ahead: int = ITEMS_AHEAD
) -> Generator[Value, None, None]:
    """Yield ``read(key)`` for each key, in order, while a thread reads the next ones.

    Parameters
    ----------
    read : callable
        Reads one item; what it raises is raised here when that item's turn comes.
    keys : iterable
        What to read.
    ahead : int
        Items that may wait to be taken; bounds the memory.
    """
    waiting: deque[Future[Value]] = deque()
    with ThreadPoolExecutor(max_workers=1) as reader:
        try:
            for key in keys:
                waiting.append(reader.submit(read, key))
                if len(waiting) > ahead:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
