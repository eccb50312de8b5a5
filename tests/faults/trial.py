"""Trials of one command under faults, and what to make of what it left behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path
from random import Random

from tests.faults.writers import Writer, finished_files

PATIENCE_SECONDS = 600
GONE_SECONDS = 20
SIGNALS = (signal.SIGKILL, signal.SIGTERM, signal.SIGINT)

Files = dict[str, str]


class Trial:
    """A command, its input, and what its two variants give when nothing disturbs them.

    Attributes
    ----------
    counts : Counter
        Of what was tried and what came of it.
    wrong : list of str
        A line for each thing that must not happen.
    """

    def __init__(self, writer: Writer, folder: Path, seed: int) -> None:
        self.writer = writer
        self.source, self.out = folder / "in", folder / "out"
        self.chance = Random(f"{seed} {writer.name}")
        self.counts: Counter[str] = Counter()
        self.wrong: list[str] = []
        self.source.mkdir(parents=True)
        writer.prepare(self.source)
        self.expected: list[Files] = []
        self.seconds, self.bytes = 0.0, 0
        for variant in (0, 1):
            self.empty()
            begin = time.monotonic()
            code, text = self.finish(self.start(variant))
            if code:
                raise RuntimeError(f"{writer.name}: exit code {code} when nothing disturbs it: {text}")
            self.seconds = time.monotonic() - begin
            self.bytes = sum(path.stat().st_size for path in self.out.rglob("*") if path.is_file())
            self.expected.append(finished_files(self.out))
        if not self.different:
            raise RuntimeError(f"{writer.name}: both variants give the same files")

    @property
    def different(self) -> list[str]:
        """Names of the files that the variants tell differently."""
        first, second = self.expected
        common = [name for name in first.keys() & second.keys() if not self.writer.is_growing(name)]
        return [name for name in common if first[name] != second[name]]

    def start(self, variant: int, again: bool = False) -> subprocess.Popen[str]:
        """Start a variant."""
        return self.writer.start(self.source, self.out, variant, again)

    def empty(self) -> None:
        """Make an empty folder of output, when nobody writes there any more."""
        self._await_orphans()
        shutil.rmtree(self.out, ignore_errors=True)
        self.out.mkdir()

    def finish(self, process: subprocess.Popen[str]) -> tuple[int, str]:
        """Wait for the end of a command; return its exit code and what it said on stderr."""
        try:
            text = process.communicate(timeout=PATIENCE_SECONDS)[1]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            text = process.communicate()[1]
            self.report(f"still running after {PATIENCE_SECONDS} s")
        if "Traceback" in text:
            self.report(f"traceback: {' | '.join(text.strip().splitlines()[-3:])}")
        return process.returncode, text

    def _await_orphans(self) -> None:
        """Wait until no process of this trial is left, such as the encoder of a killed run; end those that stay."""
        end = time.monotonic() + GONE_SECONDS
        while orphans := _processes_in(self.source):
            if time.monotonic() > end:
                self.report("left a process behind")
                for process in orphans:
                    os.kill(process, signal.SIGKILL)
            time.sleep(0.05)

    def report(self, text: str) -> None:
        """Note something that must not happen."""
        self.wrong.append(f"{self.writer.name}: {text}")

    def check(self, when: str, *allowed: Files) -> None:
        """Compare the finished files with those of undisturbed runs: each must be one of theirs, whole."""
        for name, digest in finished_files(self.out).items():
            if self.writer.is_growing(name):
                self.check_readable(self.out / name, when)
            elif digest not in {files.get(name) for files in allowed}:
                kept = f"{len((self.out / name).read_bytes())} bytes"
                self.report(f"wrong finished file {when}: {name}, {kept}")

    def check_readable(self, path: Path, when: str) -> None:
        """Make sure that a record is whole."""
        text = path.read_bytes()
        try:
            whole = json.loads(text) if path.suffix == ".json" else text
        except ValueError:
            whole = None
        if not whole:
            self.report(f"broken record {when}: {path.name}, {len(text)} bytes")

    def kill(self) -> None:
        """Kill a run at some moment, then run it again: over nothing, or over the files of another run."""
        variant, over = (self.chance.choice((0, 1)), self.chance.random() < 0.5 and not self.writer.refuses_others)
        self.empty()
        allowed = [self.expected[variant]]
        if over:
            self.finish(self.start(1 - variant))
            allowed.append(self.expected[1 - variant])
        process, kind = self.start(variant), self.chance.choice(SIGNALS)
        moment = self._wait_for_moment(process)
        with suppress(ProcessLookupError):
            os.killpg(process.pid, kind) if kind == signal.SIGINT else process.send_signal(kind)
        code, _ = self.finish(process)
        self.counts[f"{kind.name} {'in time' if code else 'too late'}"] += 1
        when = f"after {kind.name}{' over another run' if over else ''} at {moment}"
        self.check(when, *allowed)
        self.go_on(variant, when)

    def _wait_for_moment(self, process: subprocess.Popen[str]) -> str:
        """Wait: half of the time for any moment of the run, half for one after it began to write."""
        end, begin = time.monotonic() + 2 * self.seconds, time.monotonic()
        fraction = self.chance.random()
        if self.chance.random() < 0.5:
            time.sleep(fraction * self.seconds)
            return f"{fraction * self.seconds:.2f} s"
        before = self._state()
        while self._state() == before and process.poll() is None and time.monotonic() < end:
            time.sleep(0.002)
        writing = time.monotonic() - begin
        delay = fraction * max(0.05, self.seconds - writing)
        time.sleep(delay)
        return f"{delay:.2f} s after the first byte"

    def _state(self) -> list[tuple[str, int]]:
        with suppress(FileNotFoundError):
            return [(str(path), path.stat().st_mtime_ns) for path in sorted(self.out.rglob("*"))]
        return []

    def go_on(self, variant: int, when: str) -> None:
        """Run a variant again and expect what it gives when nothing disturbs it."""
        code, text = self.finish(self.start(variant, again=True))
        if code:
            self.report(f"cannot go on {when}: exit code {code}: {text.strip()[-300:]}")
            return
        found, expected = finished_files(self.out), self.expected[variant]
        for name in filter(lambda name: not self.writer.is_growing(name), expected):
            if found.get(name) != expected[name]:
                self.report(f"differs when it has gone on {when}: {name}{'' if name in found else ' is missing'}")
        self.counts["gone on"] += 1
        self.counts["left over"] += len(self.left_over())

    def left_over(self) -> list[str]:
        """Return what is partial in the folder of output, and beside it."""
        names = [path.name for path in self.out.rglob("*")]
        return [name for name in names if re.search(r"\.partial\b", name)]

    def fill_disk(self) -> None:
        """Run where there is too little space, from nothing to almost enough; needs the right to mount."""
        self.empty()
        size = max(4096, int(self.bytes * self.chance.choice((0.0, 0.1, 0.3, 0.5, 0.7, 0.9))))
        options = f"size={size},mode=700"
        mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(self.out)]
        if subprocess.run(mount, capture_output=True, check=False).returncode:
            self.counts["skipped, cannot mount"] += 1
            return
        try:
            code, text = self.finish(self.start(0))
            self.counts["disk full"] += 1
            when = f"on a disk of {size} bytes"
            self.check(when, self.expected[0])
            missing = {name for name in self.expected[0] if not self.writer.is_growing(name)} - finished_files(
                self.out
            ).keys()
            if code == 0 and missing:
                self.report(f"exit code 0 {when} without {min(missing)}")
            if code not in (0, 1, 2):
                self.report(f"exit code {code} {when}: {text.strip()[-300:]}")
            if code == 2 and not any(line.startswith("error: ") for line in text.splitlines()):
                self.report(f"no line of error {when}: {text.strip()[-300:]}")
        finally:
            subprocess.run(["umount", "-l", str(self.out)], check=True)

    def run_two(self) -> None:
        """Run both variants into one place at once: what stays is all of one of them."""
        self.empty()
        first = self.start(0)
        time.sleep(self.chance.choice((0.0, 0.05, 0.2, 0.5)) * self.seconds)
        second = self.start(1)
        codes = [self.finish(process) for process in (first, second)]
        found = finished_files(self.out)
        self.check("of two runs at once", *self.expected)
        winners = [
            variant
            for variant in (0, 1)
            if all(found.get(name) == self.expected[variant][name] for name in self.different)
        ]
        outcome = " and ".join(str(code) for code, _ in codes)
        self.counts[f"two at once: {outcome}"] += 1
        if not winners:
            self.report(f"two runs at once (exit codes {outcome}) are mixed, or both left something out")
        for variant, (code, text) in enumerate(codes):
            if code not in (0, 2):
                self.report(f"two runs at once: exit code {code}: {text.strip()[-300:]}")
            if code and winners == [variant]:
                self.report("two runs at once: what failed is what stays")


def _processes_in(folder: Path) -> list[int]:
    """Return the processes that work in a folder."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with suppress(OSError):
            if link.readlink() == folder:
                found.append(int(link.parent.name))
    return found
