"""Track 100,000 frames in one go and compare the end with the start, in time and in memory.

    python benchmarks/soak.py --plot docs/soak.png
    python benchmarks/soak.py --budget 0 --people 301 --stay 40 --residents 1

30 people at a time walk about; each is missed now and then, leaves after some time and is followed by someone else, so
that tracks are confirmed, lost and deleted all the time. Time is the processor's, so that other programs do not count.
Exit code 1 if memory grows by more than 5 % or time by more than 10 %; without a budget, by which both may grow, if the
tracker needed at its peak more than 1.2 times the memory of the features that its tracks have at the end.
"""

from __future__ import annotations

import argparse
import itertools
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
MOST_OVERHEAD = 1.2


def crowd(people: int, dim: int, stay: int, residents: int, seed: int = 0) -> Iterator[list[Detection]]:
    """Give the detections of frame after frame, without end; residents are always seen, and nobody meets them."""
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
    place[:residents, 1] += 10 * HEIGHT * np.arange(1, residents + 1)
    step[:residents, 1] = 0
    while True:
        place += step
        step[(place < 0) | (place > (WIDTH, HEIGHT))] *= -1
        for leaving in residents + np.flatnonzero(rng.random(people)[residents:] < 1 / stay):
            place[leaving], step[leaving], size[leaving], appearance[leaving] = (part[0] for part in newcomers(1))
        boxes = np.hstack([place, size]) + rng.normal(0, 1.5, (people, 4))
        features = (appearance + rng.normal(0, 0.25, appearance.shape)).astype(np.float32)
        seen = rng.random(people) < 0.92
        seen[:residents] = True
        yield [Detection(boxes[i], 1.0, features[i]) for i in np.flatnonzero(seen)]


def memory(what: str = "VmRSS") -> float:
    """Return the megabytes that this process holds, or held at its peak (``VmHWM``)."""
    status = Path("/proc/self/status").read_text()
    return int(status.partition(f"{what}:")[2].split()[0]) / 1024


def soak(tracker: Tracker, frames: int, block: int, found: Iterator[list[Detection]]) -> np.ndarray:
    """Track, and return for each block of frames: its last frame, milliseconds a frame, megabytes, tracks."""
    rows = []
    for end in range(block, frames + 1, block):
        seconds = 0.0
        for detections in itertools.islice(found, block):
            begin = time.process_time()
            tracker.predict()
            tracker.update(detections)
            seconds += time.process_time() - begin
        rows.append((end, seconds / block * 1000, memory(), len(tracker.tracks)))
        if len(rows) % 10 == 0:
            print("frame {:7d}: {:.3f} ms a frame, {:.1f} MB, {} tracks".format(*rows[-1]), flush=True)
    return np.array(rows)


def growth(rows: np.ndarray) -> tuple[float, float]:
    """Return time and memory of the last tenth, as multiples of those of the tenth after the start."""
    tenth = max(1, round(len(rows) * STEADY))
    first, last = rows[tenth : 2 * tenth], rows[-tenth:]
    return float(np.median(last[:, 1]) / np.median(first[:, 1])), float(np.median(last[:, 2]) / np.median(first[:, 2]))


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
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--frames", type=int, default=100_000)
    add("--block", type=int, default=500, help="frames measured together (default: %(default)s)")
    add("--people", type=int, default=30)
    add("--stay", type=int, default=500, help="frames that people stay, on average (default: %(default)s)")
    add("--residents", type=int, default=0, help="so many of them never leave (default: %(default)s)")
    add("--budget", type=int, default=100, help="features kept of each, 0: all (default: %(default)s)")
    add("--dim", type=int, default=128, help="length of a feature (default: %(default)s)")
    add("--plot", type=Path, metavar="PNG")
    args = parser.parse_args()
    metric = NearestNeighborDistanceMetric("cosine", 0.2, args.budget or None)
    tracker, found = Tracker(metric), crowd(args.people, args.dim, args.stay, args.residents)
    soak(Tracker(NearestNeighborDistanceMetric("cosine", 0.2)), 20, 20, found)  # imports what is needed
    start = memory()
    rows = soak(tracker, args.frames, args.block, found)
    slower, larger = growth(rows)
    print(f"ids given: {tracker.tracks[-1].track_id}")
    print(f"the last tenth against the second: time x {slower:.3f}, memory x {larger:.3f}")
    if args.plot:
        what = f"{args.frames:,} frames, {args.people} people, budget {args.budget}"
        plot(rows, args.plot, f"{what}: time x {slower:.2f}, memory x {larger:.2f} from start to end")
    if args.budget:
        return 0 if slower <= MOST_TIME and larger <= MOST_MEMORY else 1
    needed, features = (memory("VmHWM") - start, sum(track.hits for track in tracker.tracks) * args.dim * 4 / 2**20)
    print(f"{needed:.1f} MB at the peak for {features:.1f} MB of features: x {needed / features:.2f}")
    return 0 if needed <= MOST_OVERHEAD * features else 1


if __name__ == "__main__":
    sys.exit(main())
