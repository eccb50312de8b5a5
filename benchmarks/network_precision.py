r"""What a network gives and costs in each precision: speed, rank-1 and mAP, IDF1, cosines to the first of them.

    python benchmarks/network_precision.py --sequence_dir MOT16/test/MOT16-06 --market1501 market1501.zip \
        --streets 4 5 6 7

Speed is that of images to detection file, median of rounds in which all precisions take turns. int8 is calibrated
each time on what it then encodes: crops of the sequence, of the gallery, of the streets. Streets are rendered with
the seeds given (`tools/render_sequence.py`) into --output_dir and tracked with evaluate_motchallenge.py's defaults.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from tools.features.calibration import CROPS, calibrated
from tools.features.encode_sequence import encode_sequence
from tools.features.encoder import BoxEncoder, load_box_encoder
from tools.features.encoding_job import EncodingJob
from tools.features.network_options import Network, NetworkOptions
from tools.network.model_file import default_model
from tools.network.quantization import quantize
from tools.reid.data import ReidImages
from tools.reid.evaluation import rank_gallery
from tools.reid.features import encode_images
from tools.reid.readers import read_dataset

ROOT = Path(__file__).resolve().parent.parent
VARIANTS = {
    "TensorFlow, float32": NetworkOptions(runtime="tensorflow"),
    "OpenVINO, float32": NetworkOptions(runtime="openvino"),
    "OpenVINO, bfloat16": NetworkOptions(runtime="openvino", precision="bfloat16"),
    "OpenVINO, int8": NetworkOptions(runtime="openvino", precision="int8"),
}
Cells = dict[str, str]


def time_sequence(model: Path, directory: Path, folder: Path, rounds: int) -> dict[str, Cells]:
    """Encode a sequence's detections with each of the variants in turn."""
    jobs, encoders = {}, {}
    for name, options in VARIANTS.items():
        place = folder / "speed" / name
        jobs[name] = EncodingJob(directory, directory / "det" / "det.txt", place / f"{directory.name}.npy")
        network = Network(model, options)
        if options.precision == "int8":
            network = calibrated(network, [jobs[name]], place)
        encoders[name] = load_box_encoder(network)
    seconds: dict[str, list[float]] = {name: [] for name in VARIANTS}
    for _ in range(rounds):
        for name, job in jobs.items():
            started = time.perf_counter()
            encode_sequence(encoders[name], job)
            seconds[name].append(time.perf_counter() - started)
    features = {name: np.load(job.output_path)[:, 10:] for name, job in jobs.items()}
    first, *_ = features.values()
    base, *_ = (statistics.median(taken) for taken in seconds.values())
    cells = {}
    for name, taken in seconds.items():
        median, cosines = statistics.median(taken), (features[name] * first).sum(axis=1)
        cells[name] = {
            "s": f"{median:.2f}",
            "boxes/s": f"{len(first) / median:.0f}",
            "of the first": f"{median / base:.2f}",
            "largest difference": f"{abs(features[name] - first).max():.1e}",
            "cosine, least": f"{cosines.min():.4f}",
            "cosine, median": f"{np.median(cosines):.5f}",
        }
    return cells


def rank(model: Path, archive: Path, folder: Path) -> dict[str, Cells]:
    """Rank the gallery of Market-1501's test part."""
    query, gallery = (read_dataset("market1501", archive, split, (128, 64)) for split in ("query", "gallery"))
    cells = {}
    for name, options in VARIANTS.items():
        encoder = load_box_encoder(
            Network(quantized_on(model, gallery, folder), NetworkOptions(runtime="openvino"))
            if options.precision == "int8"
            else Network(model, options)
        )
        asked, known = (encode_images(encoder.image_encoder, each.images) for each in (query, gallery))
        scores = rank_gallery(asked, known, query, gallery)
        cells[name] = {"rank-1": f"{100 * scores.cmc[1]:.1f}", "mAP": f"{100 * scores.mean_average_precision:.1f}"}
        print(name, scores, file=sys.stderr, flush=True)
    return cells


def quantized_on(model: Path, images: ReidImages, folder: Path) -> Path:
    encoder: BoxEncoder = load_box_encoder(Network(model, NetworkOptions(runtime="openvino")))
    path = folder / f"{model.stem}-int8-market1501.xml"
    step = len(images.images) // CROPS
    quantize(model, encoder.image_encoder.image_format.prepare(images.images[::step]), path)
    return path


def track(model: Path, seeds: list[int], folder: Path) -> dict[str, Cells]:
    """Track rendered streets with the features of each."""
    for seed in seeds:
        street = folder / "streets" / f"STREET-{seed:02d}"
        if not street.exists():
            command("tools/render_sequence.py", street, "--seed", seed)
    cells = {}
    for name, options in VARIANTS.items():
        detections, results = folder / "streets-detections" / name, folder / "streets-results" / name
        flags = ["--runtime", options.runtime, "--precision", options.precision]
        data = ["--mot_dir", folder / "streets"]
        command("tools/generate_detections.py", *data, "--output_dir", detections, "--model", model, *flags)
        command("evaluate_motchallenge.py", *data, "--detection_dir", detections, "--output_dir", results)
        scores = json.loads((results / "scores.json").read_text())["scores"]["COMBINED"]
        cells[name] = {"IDF1": f"{100 * scores['Identity']['IDF1']:.1f}", "HOTA": f"{100 * scores['HOTA']['HOTA']:.1f}"}
    return cells


def command(*words: object) -> None:
    argv = [sys.executable, str(ROOT / str(words[0])), *map(str, words[1:])]
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", type=Path, default=default_model(), help="(default: %(default)s)")
    parser.add_argument("--sequence_dir", type=Path, help="whose features are timed")
    parser.add_argument("--market1501", type=Path, metavar="ZIP")
    parser.add_argument("--streets", type=int, nargs="+", default=[], metavar="SEED")
    parser.add_argument("--output_dir", type=Path, default=Path("network_precision"), help="(default: %(default)s)")
    parser.add_argument("--rounds", type=int, default=3, help="(default: %(default)s)")
    args = parser.parse_args()
    args.output_dir.mkdir(parents=True, exist_ok=True)
    parts = []
    if args.sequence_dir:
        parts.append(time_sequence(args.model, args.sequence_dir, args.output_dir, args.rounds))
    if args.market1501:
        parts.append(rank(args.model, args.market1501, args.output_dir))
    if args.streets:
        parts.append(track(args.model, args.streets, args.output_dir))
    rows = {name: {key: cell for part in parts for key, cell in part[name].items()} for name in VARIANTS}
    columns = list(rows[next(iter(rows))])
    print(f"| {args.model.name} | {' | '.join(columns)} |\n|{'---|' * (len(columns) + 1)}")
    for name, cells in rows.items():
        print(f"| {name} | {' | '.join(cells.values())} |")


if __name__ == "__main__":
    main()
