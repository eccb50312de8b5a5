"""Disturb every command that writes, at random moments, and look at what it leaves.

    python -m tests.faults kill --rounds 20 --seed 0
    python -m tests.faults disk --command evaluate
    python -m tests.faults two

Exit code 1 if a finished file was wrong, or a run could not go on.
"""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
from collections import Counter
from pathlib import Path

from tests.faults.trial import Trial
from tests.faults.writers import WRITERS

FAULTS = {"kill": Trial.kill, "disk": Trial.fill_disk, "two": Trial.run_two}
SHARE_OF_NETWORKS = 4
"""Commands that wait for TensorFlow are tried so many times less often."""


def main() -> int:
    """Run the command."""
    # A shell that starts this in the background has it ignore interrupts, and so the commands that it interrupts.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("faults", nargs="*", default=list(FAULTS), help=f"of {', '.join(FAULTS)} (default: all)")
    parser.add_argument("--rounds", type=int, default=20, help="of each fault and command (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--command", help="only commands whose name contains this")
    args = parser.parse_args()
    if unknown := set(args.faults) - FAULTS.keys():
        parser.error(f"no such fault: {', '.join(unknown)}")
    total: Counter[str] = Counter()
    wrong: list[str] = []
    for writer in WRITERS:
        if (args.command or "") not in writer.name:
            continue
        rounds = max(1, args.rounds // SHARE_OF_NETWORKS) if writer.network else args.rounds
        with tempfile.TemporaryDirectory(prefix="faults-") as folder:
            try:
                trial = Trial(writer, Path(folder), args.seed)
                for fault in args.faults:
                    for _ in range(rounds):
                        FAULTS[fault](trial)
            except RuntimeError as error:
                wrong.append(str(error))
                print(error, flush=True)
                continue
        print(f"{writer.name}: {_list(trial.counts)}; wrong: {len(trial.wrong)}", flush=True)
        for line, times in Counter(trial.wrong).most_common(12):
            print(f"    {line}{f' ({times} times)' if times > 1 else ''}", flush=True)
        total += trial.counts
        wrong += trial.wrong
    print(f"all: {_list(total)}; wrong: {len(wrong)}")
    return 1 if wrong else 0


def _list(counts: Counter[str]) -> str:
    return ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))


if __name__ == "__main__":
    sys.exit(main())
