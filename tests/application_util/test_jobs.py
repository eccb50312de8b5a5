"""Many jobs in processes: order, failures, processes that die, progress."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from pathlib import Path

import pytest

from application_util.errors import UserError
from application_util.parallel.executor import BLAS_THREAD_VARIABLES, cpu_count, open_workers, report_progress
from application_util.parallel.jobs import Job, JobRunner
from tests.support.cli import run_python
from tests.support.paths import ROOT

pytestmark = pytest.mark.slow


def double(number):
    report_progress(1)
    return 2 * number


def fail_at_three(number):
    if number == 3:
        raise UserError("three is too many")
    return number


def die_at_three(number, folder):
    Path(folder, f"{number}-{time.monotonic_ns()}").touch()
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(0.05)
    return number


def die_once(number, marker):
    if number == 3 and not Path(marker).exists():
        Path(marker).touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def note_start(number, folder):
    Path(folder, f"{time.monotonic_ns()} {number}").touch()


def blas_threads():
    import numpy  # noqa: F401

    return {name: os.environ.get(name) for name in BLAS_THREAD_VARIABLES}


def step_slowly(steps, folder):
    for step in range(1, steps + 1):
        report_progress(step)
        while not Path(folder, f"go{step}").exists():
            time.sleep(0.005)
    return os.getpid()


def jobs_of(numbers, *arguments):
    return [Job(f"job {number}", (number, *arguments), number) for number in numbers]


@pytest.mark.parametrize("processes", [1, 2, 3])
def test_every_job_is_done_once(processes):
    outcomes = list(JobRunner(processes).run(double, jobs_of(range(7)), "test"))
    assert sorted(outcome.value for outcome in outcomes) == [0, 2, 4, 6, 8, 10, 12]
    assert sorted(outcome.job.name for outcome in outcomes) == [f"job {number}" for number in range(7)]


def test_no_jobs_are_no_processes():
    assert list(JobRunner(2).run(double, [], "test")) == []


def started(folder):
    return [int(path.name.split()[1]) for path in sorted(folder.iterdir(), key=lambda path: int(path.name.split()[0]))]


def test_longest_first(tmp_path):
    list(JobRunner(1).run(note_start, jobs_of([2, 9, 4], str(tmp_path)), "test"))
    assert started(tmp_path) == [9, 4, 2]


def test_or_in_the_order_given(tmp_path):
    list(JobRunner(1).run(note_start, jobs_of([2, 9, 4], str(tmp_path)), "test", longest_first=False))
    assert started(tmp_path) == [2, 9, 4]


def test_a_failure_does_not_lose_the_others():
    outcomes = {outcome.job.size: outcome for outcome in JobRunner(2).run(fail_at_three, jobs_of(range(6)), "test")}
    assert [outcomes[number].value for number in range(6)] == [0, 1, 2, None, 4, 5]
    assert str(outcomes[3].error) == "three is too many" and isinstance(outcomes[3].error, UserError)


@pytest.mark.parametrize("processes", [1, 2])
def test_a_process_that_dies_does_not_lose_the_others(tmp_path, processes):
    jobs = jobs_of(range(6), str(tmp_path))
    outcomes = {outcome.job.size: outcome for outcome in JobRunner(processes).run(die_at_three, jobs, "test")}
    assert [outcomes[number].value for number in range(6)] == [0, 1, 2, None, 4, 5]
    assert "killed" in str(outcomes[3].error)
    assert len(list(tmp_path.glob("3-*"))) == 2


def test_a_process_that_dies_once_is_forgiven(tmp_path):
    outcomes = list(JobRunner(2).run(die_once, jobs_of(range(6), str(tmp_path / "died")), "test"))
    assert sorted(outcome.value for outcome in outcomes) == list(range(6))


def test_one_blas_thread_in_the_processes_and_the_own_environment_untouched(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)
    with open_workers(1) as workers:
        assert workers.submit(0, blas_threads).result() == dict.fromkeys(BLAS_THREAD_VARIABLES, "1")
    assert os.environ["OMP_NUM_THREADS"] == "7" and "OPENBLAS_NUM_THREADS" not in os.environ


def test_progress_of_running_tasks_is_seen(tmp_path):
    with open_workers(2, tasks=2) as workers:
        futures = [workers.submit(task, step_slowly, 2, str(tmp_path)) for task in (0, 1)]
        wait_until(lambda: list(workers.done) == [1, 1])
        (tmp_path / "go1").touch()
        wait_until(lambda: list(workers.done) == [2, 2])
        (tmp_path / "go2").touch()
        assert len({future.result() for future in futures}) == 2


def test_an_error_ends_the_processes(tmp_path):
    with pytest.raises(KeyboardInterrupt), open_workers(1, tasks=1) as workers:
        workers.submit(0, step_slowly, 1, str(tmp_path))
        wait_until(lambda: workers.done[0] == 1)
        raise KeyboardInterrupt


def test_processes_do_not_survive_the_parent(tmp_path):
    program = (
        "import sys\n"
        "from application_util.parallel.executor import open_workers\n"
        "from tests.application_util.test_jobs import note_pid_and_wait\n"
        "if __name__ == '__main__':\n"
        "    with open_workers(1) as workers:\n"
        "        workers.submit(0, note_pid_and_wait, sys.argv[1]).result()\n"
    )
    script = tmp_path / "parent.py"
    script.write_text(program)
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    parent = subprocess.Popen([sys.executable, str(script), str(tmp_path / "pid")], env=environment)
    wait_until(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text())
    child = int((tmp_path / "pid").read_text())
    assert is_alive(child)
    parent.kill()
    parent.wait()
    wait_until(lambda: not is_alive(child))


def note_pid_and_wait(path):
    Path(path).write_text(str(os.getpid()))
    time.sleep(120)


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")
    return not (status.exists() and status.read_text().rsplit(")", 1)[1].split()[0] == "Z")


def wait_until(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)


def test_no_progress_outside_of_a_task():
    report_progress(1)


def test_cpu_count():
    assert 1 <= cpu_count() <= (os.cpu_count() or 1)


@pytest.mark.parametrize("address", ["nonsense", "tcp://host", "host:8786"])
def test_an_address_is_checked(address):
    with pytest.raises(UserError, match="tcp://host:8786"), open_workers(1, address):
        pass


def test_a_bar_over_the_units_of_all_jobs(tmp_path):
    program = tmp_path / "bar.py"
    program.write_text(
        "from application_util.parallel.jobs import Job, JobRunner\n"
        "from tests.application_util.test_jobs import report_all\n"
        "if __name__ == '__main__':\n"
        "    jobs = [Job(str(size), (size,), size) for size in (300, 200)]\n"
        "    list(JobRunner(2).run(report_all, jobs, 'tracking'))\n"
    )
    terminal, stderr = os.openpty()
    fcntl.ioctl(stderr, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, str(program)], env=environment, stderr=stderr)
    os.close(stderr)
    shown = b""
    while True:
        try:
            shown += os.read(terminal, 4096)
        except OSError:  # the other end is closed
            break
    os.close(terminal)
    assert process.wait() == 0
    counts = [int(count) for count in re.findall(rb"(\d+)/500", shown)]
    assert b"tracking" in shown and counts[0] == 0 and counts[-1] == 500
    assert counts == sorted(counts) and len(counts) > 3


def report_all(size):
    for done in range(1, size + 1):
        report_progress(done)
        time.sleep(0.005)


def test_an_interrupt_while_a_process_starts_is_the_parents_alone(tmp_path):
    """A terminal sends Ctrl-C to all processes; one that was just started printed a traceback."""
    script = tmp_path / "script.py"
    script.write_text(
        "import os, signal\n"
        "if __name__ != '__main__':\n    os.kill(os.getpid(), signal.SIGINT)\n"
        "from application_util.parallel.executor import open_workers\n"
        "if __name__ == '__main__':\n"
        "    with open_workers(1, tasks=1) as workers:\n        print(workers.submit(0, abs, -3).result())\n"
    )
    done = run_python(script, PYTHONPATH=str(ROOT))
    assert (done.stdout, done.stderr, done.returncode) == ("3\n", "", 0)
