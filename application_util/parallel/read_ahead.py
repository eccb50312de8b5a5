"""Reading in other threads, a little ahead of the caller."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

ITEMS_AHEAD = 8


def read_ahead(
    read: Callable[[Key], Value], keys: Iterable[Key], ahead: int = ITEMS_AHEAD, threads: int = 1
) -> Generator[Value, None, None]:
    """Yield ``read(key)`` for each key, in order, while threads read the next ones.

    Parameters
    ----------
    read : callable
        Reads one item; what it raises is raised here when that item's turn comes.
    keys : iterable
        What to read; taken in the caller's thread, when their turn comes.
    ahead : int
        Items that may wait to be taken; bounds the memory.
    threads : int
        Items that are read at the same time.
    """
    waiting: deque[Future[Value]] = deque()
    with ThreadPoolExecutor(max_workers=threads) as reader:
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
