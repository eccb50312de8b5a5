"""Work ahead in threads."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def map_ahead(
    function: Callable[[Item], Result], items: Iterable[Item], threads: int, ahead: int
) -> Iterator[Result]:
    """Apply a function to items in threads and yield the results in order.

    Unlike an executor's ``map``, it takes items only as far as it works ahead, so that neither many items nor
    many results are in memory. Items are taken in the thread that asks for results.

    Parameters
    ----------
    function : callable
        Of one item.
    items : iterable
    threads : int
    ahead : int
        Items taken beyond the one whose result is asked for.
    """
    pending: deque[Future[Result]] = deque()
    with ThreadPoolExecutor(threads) as pool:
        try:
            for item in items:
                pending.append(pool.submit(function, item))
                if len(pending) > ahead:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:
            for future in pending:
                future.cancel()
