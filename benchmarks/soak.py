"""Track 100,000 frames in one go and compare the end with the start, in time and in memory.

    python benchmarks/soak.py --plot docs/soak.png

30 people at a time walk about; each is missed now and then, leaves after some time and is followed by someone else, so
that tracks are confirmed, lost and deleted all the time. Time is the processor's, so that other programs do not count.
Exit code 1 if memory grows by more than 5 % or time by more than 10 %.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import numpy as np  # noqa: E402

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.errors import require  # noqa: E402
from deep_sort import Detection, NearestNeighborDistanceMetric, Tracker  # noqa: E402

WIDTH, HEIGHT = 1920.0, 1080.0
STEADY = 0.1
"""Of the run, after which all galleries have been full and emptied several times: where comparison begins."""
MOST_MEMORY, MOST_TIME = 1.05, 1.10


def crowd(people: int, dim: int, seed: int) -> Iterator[list[Detection]]:
    """Give the detections of frame after frame, without end."""
    rng = np.random.default_rng(seed)

    def newcomers(number: int) -> tuple[np.ndarray, ...]:
        place = rng.uniform((0, 0), (WIDTH, HEIGHT), (number, 2))
        return (
            place,
            rng.uniform(-4, 4, (number, 2)),
            rng.uniform((30, 80), (60, 160), (number, 2)),
            rng.normal(size=(number, dim)),
        )

    place, step, size, appearance = newcomers(people)
    while True:
        place += step
        step[(place < 0) | (place > (WIDTH, HEIGHT))] *= -1
        for leaving in np.flatnonzero(rng.random(people) < 1 / 500):
            place[leaving], step[leaving], size[leaving], appearance[leaving] = (
                part[0] for part in newcomers(1)
            )
        boxes = np.hstack([place, size]) + rng.normal(0, 1.5, (people, 4))
        features = (appearance + rng.normal(0, 0.25, appearance.shape)).astype(np.float32)
        seen = np.flatnonzero(rng.random(people) < 0.92)
        yield [Detection(boxes[i], 1.0, features[i]) for i in seen]


def memory() -> int:
    """Return the memory that this process holds, bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def soak(frames: int, block: int, people: int, budget: int, dim: int) -> np.ndarray:
    """Track, and return for each block of frames: its last frame, milliseconds a frame, megabytes, tracks."""
    tracker = Tracker(NearestNeighborDistanceMetric("cosine", 0.2, budget))
    found = crowd(people, dim, seed=0)
    rows = []
    for end in range(block, frames + 1, block):
        batch = [next(found) for _ in range(block)]
        begin = time.process_time()
        for detections in batch:
            tracker.predict()
            tracker.update(detections)
        milliseconds = (time.process_time() - begin) / block * 1000
        del batch
        rows.append((end, milliseconds, memory() / 2**20, len(tracker.tracks)))
        if len(rows) % 10 == 0:
            print("frame {:7d}: {:.3f} ms a frame, {:.1f} MB, {} tracks".format(*rows[-1]), flush=True)
    print(f"ids given: {tracker.tracks[-1].track_id}")
    return np.array(rows)


def growth(rows: np.ndarray) -> tuple[float, float]:
    """Return time and memory of the last tenth, as multiples of those of the tenth after the start."""
    tenth = max(1, round(len(rows) * STEADY))
    first, last = rows[tenth : 2 * tenth], rows[-tenth:]
    return float(np.median(last[:, 1]) / np.median(first[:, 1])), float(
        np.median(last[:, 2]) / np.median(first[:, 2])
    )


def plot(rows: np.ndarray, path: Path, title: str) -> None:
    """Draw time and memory against frames."""
    pyplot = require("matplotlib.pyplot", "scores")
    pyplot.switch_backend("Agg")
    figure, axes = pyplot.subplots(2, 1, figsize=(8, 4.5), sharex=True, layout="constrained")
    for each, column, label in ((axes[0], 1, "ms a frame (processor)"), (axes[1], 2, "memory in MB")):
        each.plot(rows[:, 0], rows[:, column], lw=0.9)
        each.set(ylabel=label, ylim=(0, 1.3 * np.percentile(rows[:, column], 98)))
        each.grid(alpha=0.3)
    axes[1].set_xlabel("frame")
    axes[0].set_title(title)
    figure.savefig(path, dpi=80)


def main() -> int:
    """Run the measurement."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("--frames", type=int, default=100_000)
    add("--block", type=int, default=500, help="frames measured together (default: %(default)s)")
    add("--people", type=int, default=30)
    add("--budget", type=int, default=100)
    add("--dim", type=int, default=128, help="length of a feature (default: %(default)s)")
    add("--plot", type=Path, metavar="PNG")
    args = parser.parse_args()
    rows = soak(args.frames, args.block, args.people, args.budget, args.dim)
    slower, larger = growth(rows)
    print(f"the last tenth against the second: time x {slower:.3f}, memory x {larger:.3f}")
    if args.plot:
        what = f"{args.frames:,} frames, {args.people} people, budget {args.budget}"
        plot(rows, args.plot, f"{what}: time x {slower:.2f}, memory x {larger:.2f} from start to end")
    return 0 if slower <= MOST_TIME and larger <= MOST_MEMORY else 1


if __name__ == "__main__":
    sys.exit(main())
