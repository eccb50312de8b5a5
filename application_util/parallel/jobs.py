"""Many jobs on some workers: longest first, one failure does not lose the others."""

from __future__ import annotations

import traceback
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, CancelledError, Future, wait
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Any

from application_util.errors import UserError
from application_util.parallel.executor import Workers, open_workers
from application_util.progress import progress_count, say

SECONDS_BETWEEN_LOOKS = 0.1

Failures = dict[str, BaseException]
"""Jobs that failed, and why."""


@dataclass(frozen=True)
class Job:
    """One call of a function, and how long it is.

    Attributes
    ----------
    name : str
        What the user knows it by.
    arguments : tuple
        Of the function; picklable.
    size : int
        Number of units, e.g. frames, that the function reports by `executor.report_progress`.
    """

    name: str
    arguments: tuple
    size: int


@dataclass(frozen=True)
class Outcome:
    """What became of a job: its value, or else the error that ended it."""

    job: Job
    value: Any = None
    error: BaseException | None = None


@dataclass
class JobRunner:
    """Runs a function on many arguments.

    Attributes
    ----------
    processes : int
        How many jobs at a time on this machine.
    scheduler : str or None
        Address of a dask.distributed scheduler that takes the jobs instead.
    """

    processes: int
    scheduler: str | None = None

    def run(
        self,
        function: Callable[..., Any],
        jobs: Sequence[Job],
        label: str,
        unit: str = "frame",
        longest_first: bool = True,
    ) -> Iterator[Outcome]:
        """Run all jobs and yield their outcomes as they come.

        Parameters
        ----------
        function : callable
            Importable by the workers.
        jobs : list of Job
        label, unit : str
            Of the progress bar, which counts units of all jobs.
        longest_first : bool
            False starts them in the order given.

        Raises
        ------
        UserError
            If there is no scheduler at the address.
        """
        waiting = deque(enumerate(jobs))
        if longest_first:
            waiting = deque(sorted(waiting, key=lambda numbered: -numbered[1].size))
        suspects: deque[tuple[int, Job]] = deque()
        with progress_count(label, unit, sum(job.size for job in jobs)) as count:
            finished = _Finished(count)
            while waiting:
                yield from self._run_until_broken(function, waiting, suspects, finished, self.processes)
            # A process that dies takes its neighbours' jobs along: who did it shows when each runs alone.
            while suspects:
                alone = deque([suspects.popleft()])
                lost: deque[tuple[int, Job]] = deque()
                yield from self._run_until_broken(function, alone, lost, finished, 1)
                for _, job in lost:
                    yield Outcome(job, error=RuntimeError("its process was killed twice (out of memory?)"))

    def _run_until_broken(
        self,
        function: Callable[..., Any],
        waiting: deque[tuple[int, Job]],
        lost: deque[tuple[int, Job]],
        finished: _Finished,
        processes: int,
    ) -> Iterator[Outcome]:
        """Run the waiting jobs; when a process dies, end with those lost that were running."""
        tasks = 1 + max(number for number, _ in waiting)
        with open_workers(min(processes, len(waiting)), self.scheduler, tasks) as workers:
            running: dict[Future, tuple[int, Job]] = {}
            broken = False
            try:
                while running or (waiting and not broken):
                    while waiting and not broken and _has_room(workers, running):
                        number, job = waiting.popleft()
                        try:
                            running[workers.submit(number, function, *job.arguments)] = number, job
                        except BrokenProcessPool:
                            waiting.appendleft((number, job))
                            broken = True
                    done, _ = wait(running, SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
                    for future in done:
                        number, job = running.pop(future)
                        outcome = _outcome_of(future, job)
                        if isinstance(outcome.error, BrokenProcessPool):
                            broken = True
                            lost.append((number, job))
                            continue
                        finished.add(job)
                        yield outcome
                    finished.show(sum(min(workers.done[number], job.size) for number, job in running.values()))
            finally:
                for future in running:
                    future.cancel()


def report_failures(failures: Failures) -> None:
    """Print a line for each failure; the traceback too of what no user can fix."""
    for name, error in sorted(failures.items()):
        if isinstance(error, UserError):
            say(f"error: {name}: {error}")
            continue
        if not isinstance(error, OSError | MemoryError | RuntimeError):
            say("".join(traceback.format_exception(error)).rstrip())
        say(f"error: {name}: failed ({type(error).__name__}: {' '.join(str(error).split())})")


class _Finished:
    """Counts the units of finished jobs, and reports them with those of running ones."""

    def __init__(self, count: Callable[[int], object]) -> None:
        self._count = count
        self._units = 0
        self._counted = 0

    def add(self, job: Job) -> None:
        self._units += job.size

    def show(self, running_units: int) -> None:
        more = self._units + running_units - self._counted
        if more > 0:
            self._counted += more
            self._count(more)


def _has_room(workers: Workers, running: dict) -> bool:
    return workers.width is None or len(running) < workers.width


def _outcome_of(future: Future, job: Job) -> Outcome:
    try:
        return Outcome(job, future.result())
    except (Exception, CancelledError) as error:
        return Outcome(job, error=error)
