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
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import cv2
import numpy as np

import generate_videos
from application_util.drawing import video_file as video
from application_util.drawing.result_view import ResultView, open_view
from application_util.drawing.visualization import VideoVisualization, window_shape
from application_util.sequences.sequence import read_sequence

FRAMES_IN_MEMORY = 60


def ready_made_frames(view: ResultView) -> list[np.ndarray]:
    """Return some of the frames as the encoder gets them."""
    drawing = VideoVisualization(view.seq_info)
    frames = []
    for frame in list(view.frames)[:: max(1, len(view.frames) // FRAMES_IN_MEMORY)]:
        drawing.set_image(view.sequence.read_image(frame))
        view.draw(drawing, frame)
        frames.append(cv2.resize(drawing.viewer.image, window_shape(view.seq_info)))
    return frames


def encode_alone(view: ResultView, frames: list[np.ndarray], path: Path) -> None:
    encode = video._h264 if path.suffix == ".mp4" else video._opencv
    fps = video.frames_per_second(view.update_ms)
    encoder = encode(path, window_shape(view.seq_info), fps, "MJPG")
    next(encoder)
    for i in range(len(view.frames)):
        encoder.send(frames[i % len(frames)])
    encoder.close()


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
    view = open_view(read_sequence(args.sequence_dir), args.result_file)
    frames = ready_made_frames(view)
    with tempfile.TemporaryDirectory() as folder:
        one, two = Path(folder, "one" + args.kind), Path(folder, "two" + args.kind)
        ways: dict[str, tuple[int, Callable[[], None]]] = {
            "the encoder alone": (1, lambda: encode_alone(view, frames, one)),
            "one sequence": (1, lambda: generate_videos._render([(view, [one])], 1)),
            "two sequences, --jobs 1": (
                2,
                lambda: generate_videos._render([(view, [one]), (view, [two])], 1),
            ),
            "two sequences, --jobs 2": (
                2,
                lambda: generate_videos._render([(view, [one]), (view, [two])], 2),
            ),
        }
        rates: dict[str, list[float]] = {name: [] for name in ways}
        for _ in range(args.rounds):
            for name, (films, way) in ways.items():
                rates[name].append(films * len(view.frames) / seconds(way))
    median = {name: statistics.median(values) for name, values in rates.items()}
    width, height = window_shape(view.seq_info)
    print(
        f"{view.sequence.name}, {len(view.frames)} frames, {args.kind} {width}x{height}, frames per second:"
    )
    for name, values in rates.items():
        print(f"{name:24} {median[name]:7.1f}  (of {' '.join(f'{value:.1f}' for value in values)})")
    print(f"of the encoder's own speed: {median['one sequence'] / median['the encoder alone']:.2f}")
    jobs_gain = median["two sequences, --jobs 2"] / median["two sequences, --jobs 1"]
    print(f"gain by --jobs 2: {jobs_gain:.2f}")


if __name__ == "__main__":
    main()
