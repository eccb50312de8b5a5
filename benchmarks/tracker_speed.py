"""Time a frame of the tracker against deep-sort-realtime, fed the same detections and features.

Each measurement is a process of its own: suppression, Detection objects, predict and update of each frame, and
nothing else. Ratios are printed only if the project's tracks are those recorded from the original.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from application_util.settings import TrackerSettings  # noqa: E402
from tools.synthetic.crowd import make_crowd  # noqa: E402

PEOPLE = (10, 30, 100, 300)
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
WARM_UP = 40
"""Frames not counted: tracks are being confirmed and galleries fill up."""


def ours(settings: TrackerSettings) -> Callable[[np.ndarray], None]:
    from application_util.tracking.sequence_tracker import (  # noqa: PLC0415 (the peer is measured without it)
        create_tracker,
        select_detections,
    )

    tracker = create_tracker(settings)

    def step(rows: np.ndarray) -> None:
        detections = select_detections(rows, settings)
        tracker.predict()
        tracker.update(detections)

    return step


def peer(settings: TrackerSettings) -> Callable[[np.ndarray], None]:
    from deep_sort_realtime.deepsort_tracker import DeepSort  # noqa: PLC0415 (ours is measured without it)

    tracker = DeepSort(
        max_age=30,
        n_init=3,
        nms_max_overlap=settings.nms_max_overlap,
        max_cosine_distance=settings.max_cosine_distance,
        nn_budget=settings.nn_budget,
        embedder=None,
    )

    def step(rows: np.ndarray) -> None:
        rows = rows[rows[:, 6] >= settings.min_confidence]
        detections = [(row[2:6].tolist(), row[6], 0) for row in rows]
        tracker.update_tracks(detections, embeds=list(rows[:, 10:]))

    return step


def frames_of(people: int, frames: int) -> Iterator[np.ndarray]:
    rows = make_crowd(people, frames)
    for frame in range(1, frames + 1):
        yield rows[rows[:, 0] == frame]


def worker(tracker: str, people: int, frames: int, budget: int | None) -> None:
    """Print milliseconds per frame and peak memory as JSON."""
    step = {"ours": ours, "peer": peer}[tracker](TrackerSettings(min_confidence=0.3, nn_budget=budget))
    milliseconds = []
    for rows in list(frames_of(people, frames)):
        start = time.perf_counter()
        step(rows)
        milliseconds.append(1e3 * (time.perf_counter() - start))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": milliseconds, "peak_mib": peak}))


def measure(tracker: str, people: int, frames: int, threads: int | None, budget: int | None) -> dict:
    environment = {key: value for key, value in os.environ.items() if key not in THREAD_VARIABLES}
    if threads:
        environment |= dict.fromkeys(THREAD_VARIABLES, str(threads))
    command = [
        sys.executable,
        __file__,
        "--worker",
        tracker,
        "--people",
        str(people),
        "--frames",
        str(frames),
    ]
    if budget:
        command += ["--budget", str(budget)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def compare(runs: int) -> None:
    """Print the table of milliseconds per frame, project and peer in turn."""
    print(f"median of {runs} runs, milliseconds per frame (99th percentile), budget 100")
    print("| people | BLAS threads | this project | deep-sort-realtime | ratio |")
    print("|---|---|---|---|---|")
    for people in PEOPLE:
        frames = 100 if people >= 300 else 200
        for threads in (1, None):
            ms: dict[str, list[np.ndarray]] = {"ours": [], "peer": []}
            for _ in range(runs):
                for tracker, series in ms.items():
                    series.append(np.array(measure(tracker, people, frames, threads, 100)["ms"][WARM_UP:]))
            mid = {name: statistics.median(np.median(run) for run in series) for name, series in ms.items()}
            high = {
                name: statistics.median(np.percentile(run, 99) for run in series)
                for name, series in ms.items()
            }
            ratio = statistics.median(
                np.median(p) / np.median(o) for o, p in zip(ms["ours"], ms["peer"], strict=True)
            )
            cells = [f"{mid[name]:.2f} ({high[name]:.2f})" for name in ("ours", "peer")]
            print(
                f"| {people} | {threads or 'default'} | {cells[0]} | {cells[1]} | {ratio:.1f} |", flush=True
            )


def growth(people: int = 25, frames: int = 2000) -> None:
    """Print how the cost of a frame grows when galleries are not bounded."""
    print(f"\nnn_budget none, {people} people, BLAS threads 1: median milliseconds per frame over 100 frames")
    print("| frame | this project | deep-sort-realtime | ratio |")
    print("|---|---|---|---|")
    results = {name: measure(name, people, frames, 1, None) for name in ("ours", "peer")}
    for end in range(frames // 5, frames + 1, frames // 5):
        mine, other = (np.median(results[name]["ms"][end - 100 : end]) for name in ("ours", "peer"))
        print(f"| {end} | {mine:.2f} | {other:.2f} | {other / mine:.1f} |")
    print(f"| peak memory, MiB | {results['ours']['peak_mib']:.0f} | {results['peer']['peak_mib']:.0f} | |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=3, help="runs of each measurement (default: %(default)s)")
    parser.add_argument("--worker", choices=("ours", "peer"), help=argparse.SUPPRESS)
    parser.add_argument("--people", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--frames", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--budget", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        worker(args.worker, args.people, args.frames, args.budget)
        return 0
    golden = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-x",
        "--no-header",
        str(ROOT / "tests" / "test_golden_tracks.py"),
    ]
    if subprocess.run(golden, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode:
        print(
            "error: the tracks differ from the recorded ones (make test says where): no ratios",
            file=sys.stderr,
        )
        return 1
    compare(args.runs)
    growth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
