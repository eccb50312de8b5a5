"""Frames per second of generate_videos.py, against its encoder alone on ready-made frames.

    python benchmarks/video_speed.py --sequence_dir MOT16/test/MOT16-06 --result_file results/MOT16-06.txt

Both write the same number of frames of the same size; the encoder's frames lie drawn in memory.
Rounds alternate, and the median of each is printed.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np

from application_util.drawing.render import Rendering, render
from application_util.drawing.result_view import ResultView, open_results
from application_util.drawing.video_encoder import H264Encoder, OpenCVEncoder
from application_util.drawing.view import View
from application_util.drawing.visualization import VideoVisualization
from application_util.sequences.sequence import read_sequence

FRAMES_IN_MEMORY = 60


def ready_made_frames(results: ResultView, size: tuple[int, int]) -> list[np.ndarray]:
    """Return some of the frames as the encoder gets them."""
    drawing = VideoVisualization({"image_size": results.sequence.image_size, "min_frame_idx": 0, "max_frame_idx": 0})
    frames = []
    for frame in results.frames[:: max(1, len(results.frames) // FRAMES_IN_MEMORY)]:
        drawing.set_image(results.sequence.read_image(frame))
        results.draw(drawing, frame)
        frames.append(cv2.resize(drawing.viewer.image, size))
    return frames


def encode_alone(results: ResultView, frames: list[np.ndarray], path: Path) -> None:
    height, width = frames[0].shape[:2]
    kind = H264Encoder if path.suffix == ".mp4" else OpenCVEncoder
    with closing(kind(path, (width, height), 1000 / results.update_ms)) as encoder:
        for i in range(len(results.frames)):
            encoder.write(frames[i % len(frames)])


def seconds(function: Callable[[], None]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sequence_dir", required=True)
    parser.add_argument("--result_file", required=True)
    parser.add_argument("--kind", choices=[".avi", ".mp4"], default=".avi", help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(default: %(default)s)")
    args = parser.parse_args()
    results = open_results(read_sequence(args.sequence_dir), args.result_file)
    height, width = results.sequence.image_size or (0, 0)
    frames = ready_made_frames(results, (width, height))
    with tempfile.TemporaryDirectory() as folder:
        one, two = Path(folder, "one" + args.kind), Path(folder, "two" + args.kind)

        def render_to(paths: list[Path], jobs: int) -> None:
            render([Rendering(results, View(results.sequence, False, [path])) for path in paths], jobs)

        methods: dict[str, tuple[int, Callable[[], None]]] = {
            "the encoder alone": (1, lambda: encode_alone(results, frames, one)),
            "one sequence": (1, lambda: render_to([one], 1)),
            "two sequences, --jobs 1": (2, lambda: render_to([one, two], 1)),
            "two sequences, --jobs 2": (2, lambda: render_to([one, two], 2)),
        }
        rates: dict[str, list[float]] = {name: [] for name in methods}
        for _ in range(args.rounds):
            for name, (videos, method) in methods.items():
                rates[name].append(videos * len(results.frames) / seconds(method))
    median = {name: statistics.median(values) for name, values in rates.items()}
    name, count = results.sequence.name, len(results.frames)
    print(f"{name}, {count} frames, {args.kind} {width}x{height}, frames per second:")
    for name, values in rates.items():
        print(f"{name:24} {median[name]:7.1f}  (of {' '.join(f'{value:.1f}' for value in values)})")
    print(f"of the encoder's own speed: {median['one sequence'] / median['the encoder alone']:.2f}")
    jobs_gain = median["two sequences, --jobs 2"] / median["two sequences, --jobs 1"]
    print(f"gain by --jobs 2: {jobs_gain:.2f}")


if __name__ == "__main__":
    main()
