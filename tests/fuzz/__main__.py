"""Break files of every kind for a while, and count what comes of them.

    python -m tests.fuzz --seconds 600 --seed 0
    python -m tests.fuzz --reader COCO --seed 0 --case 1234    (one case again: its file, and what is said of it)

Exit code 1 if there was anything but results and errors of one line that name the file.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.fuzz.readers import READERS, Reader
from tests.fuzz.worker import case_content, try_case

GOOD = ("read", "refused")
SILENT_SECONDS = 180
"""After which a worker is taken for hanging; one that only computes says so itself, much earlier."""
SHOWN = 3
"""Findings of each reader that are printed."""


class Fuzzer:
    """Breaks the files of one reader.

    Attributes
    ----------
    counts : Counter
        How many files came to what.
    findings : list of (case, kind, text)
    """

    def __init__(self, reader: Reader, seed: int) -> None:
        self.reader, self.seed = reader, seed
        self.counts: Counter[str] = Counter()
        self.findings: list[tuple[int, str, str]] = []

    def run(self, seconds: float) -> None:
        """Run workers until the time is over; each that hangs or dies costs one case."""
        end, case = time.monotonic() + seconds, 0
        while (left := end - time.monotonic()) > 0:
            case = self._run_worker(case, left)
            if case < 0:
                return

    def _run_worker(self, first: int, seconds: float) -> int:
        """Run one worker; return the next case, or -1 if none can be tried."""
        command = [sys.executable, "-m", "tests.fuzz.worker", self.reader.name, self.seed, first, seconds]
        environment = os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3", "MALLOC_ARENA_MAX": "2"}
        case, ready = first, False
        with subprocess.Popen(list(map(str, command)), stdout=subprocess.PIPE, env=environment) as worker:
            assert worker.stdout is not None
            while select.select([worker.stdout], [], [], SILENT_SECONDS)[0]:
                line = worker.stdout.readline()
                if not line:
                    break
                case, kind, text = json.loads(line)
                if kind == "ready":
                    ready, case = True, first
                    continue
                self._count(case, kind, text)
                case += 1
            else:
                worker.kill()
                self._count(case, "hang", f"no answer within {SILENT_SECONDS} s")
                return case + 1
        if worker.returncode:
            self._count(case, "crash", f"the process ended with {worker.returncode}")
            return case + 1 if ready else -1
        return case if ready else -1

    def _count(self, case: int, kind: str, text: str) -> None:
        self.counts[kind] += 1
        if kind not in GOOD:
            self.findings.append((case, kind, text))


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=600.0, help="for all readers (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--reader", help="only readers whose name contains this")
    parser.add_argument("--case", type=int, help="this case alone, with its traceback; needs --reader")
    args = parser.parse_args()
    chosen = [reader for reader in READERS if (args.reader or "") in reader.name]
    if not chosen:
        parser.error(f"no such reader; there are {', '.join(reader.name for reader in READERS)}")
    if args.case is not None:
        return show_case(chosen[0], args.seed, args.case)
    print(f"{'reader':28s} {'files':>7s} {'read':>7s} {'refused':>8s} {'wrong':>6s}", flush=True)
    total: Counter[str] = Counter()
    for reader in chosen:
        fuzzer = Fuzzer(reader, args.seed)
        fuzzer.run(args.seconds / len(chosen))
        total += fuzzer.counts
        print(_row(reader.name, fuzzer.counts), flush=True)
        for case, kind, text in fuzzer.findings[:SHOWN]:
            print(f"    case {case}: {kind}: {text}", flush=True)
    print(_row("all", total))
    wrong = {kind: number for kind, number in total.items() if kind not in GOOD}
    print("nothing wrong" if not wrong else f"wrong: {wrong}")
    return 1 if wrong else 0


def _row(name: str, counts: Counter[str]) -> str:
    files = counts.total()
    wrong = files - counts["read"] - counts["refused"]
    return f"{name:28s} {files:7d} {counts['read']:7d} {counts['refused']:8d} {wrong:6d}"


def show_case(reader: Reader, seed: int, case: int) -> int:
    """Try one case; its file stays in a folder whose name is printed."""
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    outcome = try_case(reader, folder, case_content(reader, folder, seed, case))
    print(f"{folder / reader.target}\n{outcome.kind}: {outcome.text}")
    return 0 if outcome.kind in GOOD else 1


if __name__ == "__main__":
    sys.exit(main())
