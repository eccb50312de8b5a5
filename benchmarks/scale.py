"""Measure what docs/scale.md computes with: processor time of a frame, a target and a crop, bytes of each.

python benchmarks/scale.py --people 10000     (only the first frames of a crowd of so many, its memory too)
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from pathlib import Path

for _variable in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_variable] = "1"

import numpy as np  # noqa: E402

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from application_util.settings import BENCHMARK_SETTINGS  # noqa: E402
from application_util.tracking.sequence_job import SequenceJob, track_into_file  # noqa: E402
from deep_sort import Detection, NearestNeighborDistanceMetric, Tracker  # noqa: E402
from tools.features.encoder import ImageEncoder  # noqa: E402
from tools.synthetic.crowd import crowd_by_frame, make_crowd  # noqa: E402


def track_crowd(folder: Path, people: int, frames: int, runs: int) -> tuple[float, float, float]:
    """Return processor milliseconds per frame (least of the runs), tracked boxes and result bytes per frame."""
    sequence = folder / f"CROWD-{people}"
    sequence.mkdir()
    detection_file = folder / f"{sequence.name}.npy"
    np.save(detection_file, make_crowd(people, frames, 0).astype(np.float32))
    job = SequenceJob(sequence, detection_file, BENCHMARK_SETTINGS, skip_invalid=False)
    seconds = []
    for _ in range(runs):
        start = time.process_time()
        result = track_into_file(job, folder / "result.txt")
        seconds.append(time.process_time() - start)
    return 1e3 * min(seconds) / frames, result.rows / frames, (folder / "result.txt").stat().st_size / frames


def tracking(runs: int) -> None:
    people = np.array([5, 10, 20, 40, 80])
    with tempfile.TemporaryDirectory() as name:
        rows = np.array([track_crowd(Path(name), count, 400, runs) for count in people.tolist()])
    print("| people in view | boxes tracked per frame | ms per frame | bytes of result per frame |\n|---|---|---|---|")
    for count, (milliseconds, boxes, size) in zip(people, rows, strict=True):
        print(f"| {count} | {boxes:.1f} | {milliseconds:.2f} | {size:.0f} |")
    per_target, per_frame = np.polyfit(rows[:, 1], rows[:, 0], 1)
    print(f"\nline through these: {per_frame:.2f} ms a frame and {per_target:.3f} ms a tracked box")
    print(f"a row of a result file: {np.mean(rows[:, 2] / rows[:, 1]):.0f} bytes")
    print(f"a detection with its feature: {4 * (10 + 128)} bytes (float32)")


def large_crowd(people: int, frames: int) -> None:
    tracker = Tracker(NearestNeighborDistanceMetric("cosine", 0.2, 100))
    print("| frame | detections | tracks | of these tentative | s of processor time | MB at the peak so far |")
    print("|---|---|---|---|---|---|")
    for frame, rows in enumerate(crowd_by_frame(people, frames), start=1):
        detections = [Detection(row[2:6], row[6], row[10:]) for row in rows]
        start = time.process_time()
        tracker.predict()
        tracker.update(detections)
        seconds = time.process_time() - start
        peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]) / 1024
        tentative = sum(track.is_tentative() for track in tracker.tracks)
        print(f"| {frame} | {len(rows)} | {len(tracker.tracks)} | {tentative} | {seconds:.2f} | {peak:.0f} |")


def encoding(model: str, crops: int, runs: int) -> None:
    encoder = ImageEncoder(model)
    patches = np.random.default_rng(0).integers(0, 255, (crops, *encoder.image_shape), dtype=np.uint8)
    encoder(patches[:64])
    wall, processor = [], []
    for _ in range(runs):
        start, start_processor = time.perf_counter(), time.process_time()
        encoder(patches)
        wall.append(time.perf_counter() - start)
        processor.append(time.process_time() - start_processor)
    cores = len(os.sched_getaffinity(0))
    print(f"\nnetwork, {crops} crops: {1e3 * min(wall) / crops:.2f} ms a crop on {cores} cores, "
          f"{1e3 * min(processor) / crops:.2f} ms of processor time")  # fmt: skip


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", help="frozen network, to measure crops too")
    parser.add_argument("--crops", type=int, default=1024, help="(default: %(default)s)")
    parser.add_argument("--runs", type=int, default=3, help="of each measurement, the least counts")
    parser.add_argument("--people", type=int, help="of a large crowd, which is measured instead")
    parser.add_argument("--frames", type=int, default=8, help="of the large crowd (default: %(default)s)")
    args = parser.parse_args()
    if args.people:
        large_crowd(args.people, args.frames)
        return 0
    tracking(args.runs)
    if args.model:
        encoding(args.model, args.crops, args.runs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
