"""Wall time of track_video.py, against its detector, appearance network and video encoder, each alone.

    python benchmarks/track_video_speed.py clip.avi --detector yolox_nano.onnx

Alone, each has all the processor, its input lies in memory, and it runs as many threads as in the command.
The command's time is that of its process, from start to end. Rounds alternate, and the median of each is printed.
"""

from __future__ import annotations

import argparse
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.drawing.video_encoder import H264Encoder
from application_util.parallel.read_ahead import read_ahead
from tools.detectors.finder import BoxFinder
from tools.features.encoder import load_box_encoder
from tools.features.network_options import Network, NetworkOptions
from tools.features.patches import cut_patches
from tools.network.model_file import default_model
from tools.video.look import NETWORK_THREADS
from tools.video.source import open_source

COMMAND = Path(__file__).resolve().parent.parent / "tools" / "track_video.py"
CONFIDENCE = 0.3


def seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("source")
    parser.add_argument("--detector", required=True)
    parser.add_argument("--end", type=int, help="last frame")
    parser.add_argument("--rounds", type=int, default=3, help="(default: %(default)s)")
    args = parser.parse_args()
    source = open_source(args.source)
    frames = [(frame, image) for frame, image in source.frames(None, args.end) if image is not None]
    height, width = source.image_size
    finder = BoxFinder(args.detector, CONFIDENCE)
    encoder = load_box_encoder(Network(Path(default_model()), NetworkOptions(runtime="openvino")))
    boxes = [finder(*each).tlwh for each in frames]
    crops = [cut_patches(image, tlwh, encoder.patch_shape)[0] for (_, image), tlwh in zip(frames, boxes, strict=True)]
    with tempfile.TemporaryDirectory() as folder:

        def detect() -> None:
            for _ in read_ahead(lambda each: finder(*each), frames, finder.threads, finder.threads):
                pass

        def embed() -> None:
            for _ in read_ahead(encoder.image_encoder, crops, NETWORK_THREADS, NETWORK_THREADS):
                pass

        def encode() -> None:
            with closing(H264Encoder(Path(folder, "alone.mp4"), (width, height), 25)) as video:
                for _, image in frames:
                    video.write(image)

        def command() -> None:
            argv = [sys.executable, str(COMMAND), args.source]
            argv += ["--detector", args.detector, "--min_confidence", str(CONFIDENCE)]
            argv += ["--output_file", f"{folder}/tracks.txt", "--output_video", f"{folder}/tracks.mp4"]
            argv += [] if args.end is None else ["--end", str(args.end)]
            subprocess.run(argv, check=True, stderr=subprocess.DEVNULL)

        parts = {"detector": detect, "appearance network": embed, "video encoder": encode}
        methods: dict[str, Callable[[], None]] = {**parts, "the command": command}
        times: dict[str, list[float]] = {name: [] for name in methods}
        for _ in range(args.rounds):
            for name, method in methods.items():
                times[name].append(seconds(method))
    median = {name: statistics.median(taken) for name, taken in times.items()}
    print(f"{source.name}: {len(frames)} frames, {sum(map(len, crops))} boxes, seconds:")
    for name, taken in times.items():
        print(f"{name:18} {median[name]:7.2f}  (of {' '.join(f'{each:.2f}' for each in taken)})")
    print(f"the command, of its parts alone: {median['the command'] / sum(median[name] for name in parts):.2f}")
    print(f"frames per second: {len(frames) / median['the command']:.1f}")


if __name__ == "__main__":
    main()
