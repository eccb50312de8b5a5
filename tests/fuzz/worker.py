"""A process that reads broken files, one after the other, and says what came of each.

    python -m tests.fuzz.worker READER SEED FIRST SECONDS

It prints a line of JSON a case. Whoever started it takes silence for a hang and its end for a crash.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from random import Random
from typing import NamedTuple

from application_util.errors import UserError
from tests.fuzz.readers import READERS, Reader

CPU_SECONDS = 20
MOST_BYTES = 2**30
ROOM_BYTES = 6 * 2**30
"""How much a reader can take before it is refused: to see what it would have taken."""


class TooSlow(BaseException):
    """The time for one file is over."""


class Outcome(NamedTuple):
    """What came of a file: ``read`` or ``refused`` as it should be, otherwise what is wrong.

    Attributes
    ----------
    kind : str
        ``read``, ``refused``, ``exception``, ``message``, ``slow`` or ``memory``.
    text : str
        The message, or where the exception came from.
    """

    kind: str
    text: str = ""


def try_case(reader: Reader, folder: Path, content: bytes) -> Outcome:
    """Have a file read."""
    reader.write(folder, content)
    signal.signal(signal.SIGVTALRM, _stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, CPU_SECONDS)
    try:
        reader.read(folder)
    except UserError as error:
        return _check_message(str(error), reader)
    except TooSlow:
        return Outcome("slow", f"more than {CPU_SECONDS} s of processor time")
    except MemoryError:
        return Outcome("memory", _last_lines())
    except Exception:
        return Outcome("exception", _last_lines())
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    return Outcome("read")


def _stop(*_: object) -> None:
    raise TooSlow


def _check_message(message: str, reader: Reader) -> Outcome:
    names = (Path(reader.target).name, *reader.names)
    if len(message.splitlines()) != 1 or not any(name in message for name in names) or len(message) > 1000:
        return Outcome("message", message[:1500])
    return Outcome("refused", message)


def _last_lines() -> str:
    return " | ".join(line.strip() for line in traceback.format_exc().strip().splitlines()[-5:])[-700:]


def largest_size() -> int:
    """Return the most memory that this process has ever asked for, bytes."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmPeak:"):
            return int(line.split()[1]) * 1024
    raise RuntimeError("no VmPeak in /proc/self/status")


def case_content(reader: Reader, folder: Path, seed: int, case: int) -> bytes:
    """Return the broken file of a case, the same for the same numbers."""
    return reader.broken(folder, Random(f"{seed} {reader.name} {case}"))


def main(name: str, seed: int, first: int, seconds: float) -> None:
    """Read cases from `first` on until the time is over."""
    out = os.fdopen(os.dup(1), "w")
    quiet = os.open(os.devnull, os.O_WRONLY)
    os.dup2(quiet, 1)
    os.dup2(quiet, 2)
    warnings.simplefilter("ignore")
    (reader,) = (each for each in READERS if each.name == name)
    end = time.monotonic() + seconds

    def say(case: int, outcome: Outcome) -> None:
        print(json.dumps([case, outcome.kind, outcome.text[:700]]), file=out, flush=True)

    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        folder = Path(place)
        for sample in reader.samples(folder):  # what is valid is read, which also loads all libraries
            outcome = try_case(reader, folder, sample)
            if outcome.kind != "read":
                say(-1, Outcome("exception", f"a valid file: {outcome.text}"))
                return
        before = largest_size()
        resource.setrlimit(resource.RLIMIT_AS, (before + ROOM_BYTES, resource.RLIM_INFINITY))
        say(-1, Outcome("ready"))
        case = first
        while time.monotonic() < end:
            outcome = try_case(reader, folder, case_content(reader, folder, seed, case))
            taken = largest_size() - before
            if taken > MOST_BYTES:
                say(case, Outcome("memory", f"{taken / 2**30:.1f} GB; {outcome.kind}: {outcome.text}"))
                return
            say(case, outcome)
            case += 1


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4]))
