"""Time from images to detection file, against the network alone on the same crops.

    python benchmarks/encoding_speed.py --model network.pb --sequence_dir MOT16/test/MOT16-06

TensorFlow's start-up is in neither of the times.
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

import numpy as np
from numpy.typing import NDArray

from application_util.sequences.images import read_image
from tools.features.encode_sequence import encode_sequence
from tools.features.encoder import create_box_encoder
from tools.features.encoding_job import EncodingJob, read_input
from tools.features.patches import cut_patches
from tools.network.tensorflow_import import load_tensorflow

BATCH_SIZE = 32


def network_alone(model: Path, crops: NDArray[np.uint8]) -> Callable[[], None]:
    """Return a function that runs the network over the crops, and does nothing else."""
    tf = load_tensorflow()
    with tf.Graph().as_default() as graph:
        tf.import_graph_def(tf.compat.v1.GraphDef.FromString(model.read_bytes()), name="")
    session = tf.compat.v1.Session(graph=graph)
    session.run("features:0", {"images:0": crops[:BATCH_SIZE]})

    def run() -> None:
        for start in range(0, len(crops), BATCH_SIZE):
            session.run("features:0", {"images:0": crops[start : start + BATCH_SIZE]})

    return run


def all_crops(job: EncodingJob, patch_shape: tuple[int, int]) -> NDArray[np.uint8]:
    source = read_input(job)
    crops = np.empty((len(source.rows), *patch_shape, 3), np.uint8)
    for frame in np.unique(source.rows[:, 0]):
        chosen = source.rows[:, 0] == frame
        image = read_image(source.sequence.images[int(frame)])
        crops[chosen], _ = cut_patches(image, source.rows[chosen, 2:6], patch_shape)
    return crops


def seconds(function: Callable[[], object]) -> float:
    started = time.perf_counter()
    function()
    return time.perf_counter() - started


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", type=Path, required=True)
    parser.add_argument("--sequence_dir", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()

    encoder = create_box_encoder(args.model, batch_size=BATCH_SIZE)
    with tempfile.TemporaryDirectory() as folder:
        job = EncodingJob(args.sequence_dir, args.sequence_dir / "det" / "det.txt", Path(folder) / "out.npy")
        crops = all_crops(job, encoder.patch_shape)
        alone = network_alone(args.model, crops)
        times: dict[str, list[float]] = {"network alone": [], "images to file": []}
        for _ in range(args.runs):
            times["network alone"].append(seconds(alone))
            times["images to file"].append(seconds(lambda: encode_sequence(encoder, job)))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    print(f"{args.sequence_dir.name}: {len(crops)} crops in batches of {BATCH_SIZE}, {args.runs} runs (medians)")
    for name, median in medians.items():
        spread = f"{min(times[name]):.2f} to {max(times[name]):.2f} s"
        print(f"{name:14}  {median:6.2f} s  {len(crops) / median:5.0f} crops/s  ({spread})")
    print(f"{'ratio':14}  {medians['images to file'] / medians['network alone']:6.2f}")


if __name__ == "__main__":
    main()
