"""Run functions in processes of this machine or on a cluster, behind one `concurrent.futures.Executor`."""

from __future__ import annotations

import multiprocessing
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor, Future, ProcessPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from multiprocessing import connection
from typing import Any
from uuid import uuid4

from application_util.errors import UserError, require
from application_util.progress import say

BLAS_THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
CONNECT_SECONDS = 10
SECONDS_BETWEEN_EVENTS = 0.5

_report: ContextVar[Callable[[int], None] | None] = ContextVar("report", default=None)
_counters: Sequence[int] = ()
"""In a process of the local pool: the progress of each task, in memory shared with the parent."""


@dataclass(frozen=True)
class Workers:
    """Where tasks run, while `open_workers` is open.

    Attributes
    ----------
    executor : concurrent.futures.Executor
        A process pool, or the executor of a dask.distributed client.
    width : int or None
        How many tasks run at a time; None leaves that to the scheduler.
    done : sequence of int
        What each task has reported with `report_progress`.
    topic : str or None
        Topic of the scheduler's events that carry progress.
    """

    executor: Executor
    width: int | None
    done: Sequence[int]
    topic: str | None = None

    def submit(self, task: int, function: Callable[..., Any], *args: Any) -> Future:
        """Run ``function(*args)`` as the task of this number; both must be importable and picklable there."""
        with _interrupts_wait():
            return self.executor.submit(_run_task, self.topic, task, function, *args)


@contextmanager
def open_workers(jobs: int, scheduler: str | None = None, tasks: int = 0) -> Iterator[Workers]:
    """Open processes on this machine, or the workers of a dask.distributed scheduler.

    Parameters
    ----------
    jobs : int
        Number of processes, each with one BLAS thread. Not used with a scheduler.
    scheduler : str, optional
        Address of a running scheduler, ``tcp://host:8786``. Its workers must be able to import this package.
    tasks : int
        Number of tasks that may report progress.

    Raises
    ------
    UserError
        If no scheduler answers there, or dask.distributed is not installed.
    """
    with _open_processes(jobs, tasks) if scheduler is None else _open_cluster(scheduler, tasks) as workers:
        yield workers


def cpu_count() -> int:
    """Return the number of cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def report_progress(done: int) -> None:
    """In a task: report to the parent that so many units are done; elsewhere nothing happens."""
    report = _report.get()
    if report is not None:
        report(done)


def _run_task(topic: str | None, task: int, function: Callable[..., Any], *args: Any) -> Any:
    _report.set(partial(_count, task) if topic is None else _EventSender(topic, task))
    return function(*args)


@contextmanager
def _open_processes(jobs: int, tasks: int) -> Iterator[Workers]:
    # Spawned, not forked: a fork would copy the parent's BLAS, and locks of its threads (progress bar).
    context = multiprocessing.get_context("spawn")
    counters = context.RawArray("q", max(1, tasks))
    others = set(multiprocessing.active_children())
    with _one_blas_thread():
        executor = ProcessPoolExecutor(jobs, context, _start_process, (counters,))
        try:
            yield Workers(executor, jobs, counters)
        except BaseException:
            for process in set(multiprocessing.active_children()) - others:
                process.terminate()
            raise
        finally:
            executor.shutdown(cancel_futures=True)


@contextmanager
def _one_blas_thread() -> Iterator[None]:
    """Set the environment that processes started meanwhile inherit: BLAS reads it when numpy is imported."""
    before = {name: os.environ.get(name) for name in BLAS_THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(BLAS_THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


@contextmanager
def _interrupts_wait() -> Iterator[None]:
    """Hold interrupts back, also from processes that are started meanwhile, until they can be dealt with."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_process(counters: Sequence[int]) -> None:
    """Prepare a process of the pool: the parent alone handles interrupts, and nobody survives it."""
    global _counters
    _counters = counters
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if hasattr(signal, "pthread_sigmask"):
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        connection.wait([parent.sentinel])
        os._exit(1)


def _count(task: int, done: int) -> None:
    _counters[task] = done  # type: ignore[index]


@contextmanager
def _open_cluster(address: str, tasks: int) -> Iterator[Workers]:
    if not re.fullmatch(r"\w+://.+:\d+", address):
        raise UserError(f"--scheduler {address}: not an address such as tcp://host:8786")
    distributed = require("distributed", "cluster")
    if address.startswith("tls:") and not distributed.Security().get_connection_args("client").get("ssl_context"):
        raise UserError(f"{address}: TLS needs certificates: name them in dask's configuration, distributed.comm.tls")
    try:
        client = distributed.Client(address, timeout=CONNECT_SECONDS, set_as_default=False)
    except (OSError, ValueError, TypeError) as error:  # includes TimeoutError
        reason = " ".join(str(error).split())
        raise UserError(f"{address}: no scheduler answers ({reason}): start one with `dask scheduler`") from None
    topic = f"deep-sort-{uuid4().hex}"
    done = [0] * tasks

    def note(event: tuple[float, tuple[int, int]]) -> None:
        task, count = event[1]
        done[task] = count

    with client:
        client.subscribe_topic(topic, note)
        if not client.nthreads():
            say(f"waiting for workers of {address}")
        yield Workers(client.get_executor(pure=False), None, done, topic)


class _EventSender:
    """Sends the progress of a task as events of the scheduler, not too often."""

    def __init__(self, topic: str, task: int) -> None:
        self._worker = require("distributed", "cluster").get_worker()
        self._topic, self._task, self._last = topic, task, 0.0

    def __call__(self, done: int) -> None:
        if time.monotonic() - self._last >= SECONDS_BETWEEN_EVENTS:
            self._last = time.monotonic()
            self._worker.log_event(self._topic, (self._task, done))
