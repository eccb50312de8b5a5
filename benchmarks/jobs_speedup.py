"""Time evaluate_motchallenge.py on sequences of equal length with one process and with more."""

from __future__ import annotations

import argparse
import filecmp
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tools.synthetic.crowd import make_crowd  # noqa: E402


def make_sequences(folder: Path, count: int, people: int, frames: int) -> None:
    (folder / "detections").mkdir()
    for number in range(count):
        sequence = folder / "sequences" / f"CROWD-{number:02d}"
        sequence.mkdir(parents=True)
        (sequence / "seqinfo.ini").write_text(f"[Sequence]\nframeRate=25\nseqLength={frames}\n")
        np.save(folder / "detections" / f"{sequence.name}.npy", make_crowd(people, frames, number).astype(np.float32))


def evaluate(folder: Path, jobs: int) -> float:
    """Return the seconds it took."""
    command = [sys.executable, str(ROOT / "evaluate_motchallenge.py"), "--jobs", str(jobs)]
    command += ["--mot_dir", str(folder / "sequences"), "--detection_dir", str(folder / "detections")]
    command += ["--output_dir", str(folder / f"results-{jobs}")]
    start = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    add = parser.add_argument
    add("--jobs", type=int, nargs="+", default=[1, 2], help="numbers of processes (default: 1 2)")
    add("--sequences", type=int, default=8, help="(default: %(default)s)")
    add("--people", type=int, default=30, help="in view (default: %(default)s)")
    add("--frames", type=int, default=1000, help="of each sequence (default: %(default)s)")
    add("--runs", type=int, default=3, help="of each number of processes, in turn; the fastest counts")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_sequences(folder, args.sequences, args.people, args.frames)
        seconds: dict[int, list[float]] = {jobs: [] for jobs in args.jobs}
        for _ in range(args.runs):
            for jobs in args.jobs:
                seconds[jobs].append(evaluate(folder, jobs))
        results = [f"{sequence.name}.txt" for sequence in (folder / "sequences").iterdir()]
        first = folder / f"results-{args.jobs[0]}"
        for jobs in args.jobs[1:]:
            _, different, missing = filecmp.cmpfiles(first, folder / f"results-{jobs}", results, shallow=False)
            if different or missing:
                print(f"error: --jobs {jobs} gave other results: {different + missing}", file=sys.stderr)
                return 1
    print(f"{args.sequences} sequences, {args.frames} frames, {args.people} people; results are identical")
    for jobs in args.jobs:
        ratio = min(seconds[args.jobs[0]]) / min(seconds[jobs])
        runs = ", ".join(f"{one:.2f}" for one in seconds[jobs])
        print(f"--jobs {jobs}: {min(seconds[jobs]):.2f} s (runs: {runs}), {ratio:.2f} times as fast")
    return 0


if __name__ == "__main__":
    sys.exit(main())
