"""Time a frame of the tracker against deep-sort-realtime and trackforge, fed the same detections and features.

Each measurement is a process of its own: suppression, detections, predict and update of each frame, and nothing
else. trackforge is compiled (Rust) and takes lists, which are made from the arrays while the clock runs. With one BLAS
thread it is the clock of the processor, so that other programs count little; else that on the wall. Ratios are printed
only if the project's tracks are those recorded from the original.
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

from application_util.errors import require  # noqa: E402
from application_util.settings import TrackerSettings  # noqa: E402
from tools.synthetic.crowd import make_crowd  # noqa: E402

PEOPLE = (10, 30, 100, 300)
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS")
WARM_UP = 40
"""Frames not counted: tracks are being confirmed and galleries fill up."""


def ours(settings: TrackerSettings) -> Callable[[np.ndarray], None]:
    # The peer is measured without these.
    from application_util.association.create import create_tracker  # noqa: PLC0415
    from application_util.tracking.sequence_tracker import select_detections  # noqa: PLC0415

    tracker = create_tracker(settings)

    def step(rows: np.ndarray) -> None:
        detections = select_detections(rows, settings)
        tracker.predict()
        tracker.update(detections)

    return step


def realtime(settings: TrackerSettings) -> Callable[[np.ndarray], None]:
    from deep_sort_realtime.deepsort_tracker import DeepSort  # noqa: PLC0415 (others are measured without it)

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


def compiled(settings: TrackerSettings) -> Callable[[np.ndarray], None]:
    from trackforge import DEEPSORT  # noqa: PLC0415 (others are measured without it)

    tracker = DEEPSORT(
        max_age=30,
        n_init=3,
        max_iou_distance=settings.max_iou_distance,
        max_cosine_distance=settings.max_cosine_distance,
        nn_budget=settings.nn_budget or 10**6,
    )

    def step(rows: np.ndarray) -> None:
        rows = rows[rows[:, 6] >= settings.min_confidence]
        detections = [(box, score, 0) for box, score in zip(rows[:, 2:6].tolist(), rows[:, 6].tolist(), strict=True)]
        tracker.update(detections, rows[:, 10:].tolist())

    return step


TRACKERS = {"this project": ours, "deep-sort-realtime": realtime, "trackforge": compiled}


def frames_of(people: int, frames: int) -> Iterator[np.ndarray]:
    rows = make_crowd(people, frames)
    for frame in range(1, frames + 1):
        yield rows[rows[:, 0] == frame]


def worker(tracker: str, people: int, frames: int, budget: int | None) -> None:
    """Print milliseconds per frame and peak memory as JSON."""
    one_thread = os.environ.get(THREAD_VARIABLES[0]) == "1"
    now = time.process_time if one_thread else time.perf_counter
    step = TRACKERS[tracker](TrackerSettings(min_confidence=0.3, nn_budget=budget))
    milliseconds = []
    for rows in list(frames_of(people, frames)):
        start = now()
        step(rows)
        milliseconds.append(1e3 * (now() - start))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"ms": milliseconds, "peak_mib": peak}))


def measure(tracker: str, people: int, frames: int, threads: int | None, budget: int | None) -> dict:
    environment = {key: value for key, value in os.environ.items() if key not in THREAD_VARIABLES}
    if threads:
        environment |= dict.fromkeys(THREAD_VARIABLES, str(threads))
    arguments = ["--worker", tracker, "--people", str(people), "--frames", str(frames)]
    command = [sys.executable, __file__, *arguments]
    if budget:
        command += ["--budget", str(budget)]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout.splitlines()[-1])


def compare(runs: int, settings: tuple[int | None, ...]) -> dict[str, list[float]]:
    """Print the table of milliseconds per frame, the trackers in turn; return those of the first number of threads."""
    first: dict[str, list[float]] = {name: [] for name in TRACKERS}
    print(f"median of {runs} runs, milliseconds per frame (99th percentile), budget 100")
    print(f"| people | BLAS threads | {' | '.join(TRACKERS)} | times as fast as they |")
    print("|---" * (len(TRACKERS) + 3) + "|")
    for people in PEOPLE:
        frames = 100 if people >= 300 else 200
        for threads in settings:
            ms: dict[str, list[np.ndarray]] = {name: [] for name in TRACKERS}
            for _ in range(runs):
                for name, series in ms.items():
                    series.append(np.array(measure(name, people, frames, threads, 100)["ms"][WARM_UP:]))
            mid = {name: [np.median(run) for run in series] for name, series in ms.items()}
            high = {name: [np.percentile(run, 99) for run in series] for name, series in ms.items()}
            cells = [f"{statistics.median(mid[name]):.3f} ({statistics.median(high[name]):.3f})" for name in ms]
            for name in first if threads == settings[0] else ():
                first[name].append(statistics.median(mid[name]))
            own, *others = mid.values()
            ratios = [statistics.median(other / mine for mine, other in zip(own, each, strict=True)) for each in others]
            faster = ", ".join(f"{ratio:.2f}" for ratio in ratios)
            print(f"| {people} | {threads or 'default'} | {' | '.join(cells)} | {faster} |", flush=True)
    return first


def plot(ms: dict[str, list[float]], path: Path) -> None:
    """Draw milliseconds per frame against people, large enough to be read at a width of 400 pixels."""
    pyplot = require("matplotlib.pyplot", "scores")
    pyplot.switch_backend("Agg")
    pyplot.rcParams.update({"font.size": 13, "svg.fonttype": "path", "svg.hashsalt": "speed"})
    figure, axes = pyplot.subplots(figsize=(5, 4.2), layout="constrained")
    for (name, values), style in zip(ms.items(), ("o-", "s--", "^:"), strict=True):
        axes.loglog(PEOPLE, values, style, lw=2.5, ms=8, label=name)
    axes.set(xlabel="people", ylabel="ms a frame (log)", xticks=PEOPLE, xticklabels=PEOPLE)
    axes.yaxis.set_major_formatter("{x:g}")
    axes.minorticks_off()
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else None)


def growth(people: int = 25, frames: int = 2000) -> None:
    """Print how the cost of a frame grows when galleries are not bounded."""
    print(f"\nnn_budget none, {people} people, BLAS threads 1: median milliseconds per frame over 100 frames")
    print(f"| frame | {' | '.join(TRACKERS)} |")
    print("|---" * (len(TRACKERS) + 1) + "|")
    results = [measure(name, people, frames, 1, None) for name in TRACKERS]
    for end in range(frames // 5, frames + 1, frames // 5):
        cells = [f"{np.median(result['ms'][end - 100 : end]):.2f}" for result in results]
        print(f"| {end} | {' | '.join(cells)} |")
    print(f"| peak memory, MiB | {' | '.join(format(result['peak_mib'], '.0f') for result in results)} |")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--runs", type=int, default=3, help="runs of each measurement (default: %(default)s)")
    parser.add_argument("--one_thread", action="store_true", help="leave out BLAS's default threads and memory")
    parser.add_argument("--plot", type=Path, help="draw milliseconds per frame here (.svg, .png)")
    parser.add_argument("--worker", choices=TRACKERS, help=argparse.SUPPRESS)
    parser.add_argument("--people", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--frames", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--budget", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.worker:
        worker(args.worker, args.people, args.frames, args.budget)
        return 0
    golden = [sys.executable, "-m", "pytest", "-q", "-x", "--no-header", str(ROOT / "tests" / "test_golden_tracks.py")]
    if subprocess.run(golden, cwd=ROOT, stdout=subprocess.DEVNULL, check=False).returncode:
        print("error: the tracks differ from the recorded ones (make test says where): no ratios", file=sys.stderr)
        return 1
    ms = compare(args.runs, (1,) if args.one_thread else (1, None))
    if args.plot:
        plot(ms, args.plot)
    if not args.one_thread:
        growth()
    return 0


if __name__ == "__main__":
    sys.exit(main())
