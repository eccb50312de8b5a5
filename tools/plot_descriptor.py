"""Plot a training run's curves, and the distances from which to choose --max_cosine_distance."""

from __future__ import annotations

import argparse
import csv
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for `python tools/plot_descriptor.py`

from application_util.cli import command_parser, run_command
from application_util.errors import UserError, require

if TYPE_CHECKING:
    from tools.reid.distances import DistanceCounts


def parse_args(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = command_parser(__doc__)
    plots = parser.add_subparsers(dest="plot", required=True, metavar="{curves,distances}")
    curves = plots.add_parser("curves", help="loss and scores on identities held out, by epoch")
    curves.add_argument("runs", nargs="+", help="folders of training runs (they hold a history.csv)")
    distances = plots.add_parser(
        "distances", help="distances between images of the same and of different people"
    )
    distances.add_argument("--model", required=True, help="frozen network (.pb)")
    distances.add_argument(
        "--dataset", default="market1501", help="layout of the data set (default: %(default)s)"
    )
    distances.add_argument("--dataset_dir", required=True, help="its folder or zip archive")
    for plot in (curves, distances):
        plot.add_argument("--output_file", required=True, help="picture (.png) to write")
    return parser.parse_args(arguments)


def plot_curves(runs: Sequence[str], output_file: str) -> None:
    """Loss of each run, and rank-1 and mAP where they were measured, against the epoch.

    Raises
    ------
    UserError
        If a run has no history, or the picture cannot be written.
    """
    figure, (losses, scores) = _figure(2)
    for run in runs:
        path = Path(run) / "history.csv"
        if not path.is_file():
            raise UserError(f"{path}: not found; is {run} the folder of a training run?")
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        name = Path(run).resolve().name
        epochs = [float(row["epoch"]) for row in rows]
        losses.plot(epochs, [float(row["loss"]) for row in rows], label=name)
        measured = [row for row in rows if row["rank1"]]
        for score, style in (("rank1", "o-"), ("mAP", "s--")):
            if measured:
                values = [100 * float(row[score]) for row in measured]
                label = f"{name}: {score.replace('rank1', 'rank-1')}"
                scores.plot([float(row["epoch"]) for row in measured], values, style, ms=3, label=label)
    losses.set(xlabel="epoch", ylabel="training loss", title="Loss")
    scores.set(xlabel="epoch", ylabel="%", title="Identities held out")
    _finish(figure, (losses, scores), output_file)


def plot_distances(counts: DistanceCounts, distance: float, output_file: str) -> None:
    """Histograms of the distances, and what share of pairs each threshold would accept.

    Raises
    ------
    UserError
        If the picture cannot be written.
    """
    figure, (density, accepted) = _figure(2)
    edges = counts.edges
    for label, column in (
        ("same person, same camera", counts.same_camera),
        ("same person, other camera", counts.other_camera),
        ("different people, same camera", counts.different),
    ):
        share = 100.0 * column / max(1, column.sum())
        density.plot(edges[1:], share, label=label)
        accepted.plot(edges[1:], share.cumsum(), label=label)
    for axes in (density, accepted):
        axes.axvline(distance, color="black", lw=0.8, ls=":", label=f"{distance:.2f}")
    density.set(xlabel="cosine distance", ylabel="% of pairs in a bin", xlim=(0, 1.4), title="Distances")
    accepted.set(
        xlabel="--max_cosine_distance", ylabel="% of pairs accepted", xlim=(0, 1.4), title="Accepted"
    )
    _finish(figure, (density, accepted), output_file)


def _figure(plots: int) -> tuple[Any, Any]:
    require("matplotlib", "train").use("Agg")
    from matplotlib import pyplot

    return pyplot.subplots(1, plots, figsize=(10, 3.8), layout="constrained")


def _finish(figure: Any, all_axes: Sequence[Any], output_file: str) -> None:
    from matplotlib import pyplot

    for axes in all_axes:
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    partial = f"{output_file}.partial"
    try:
        figure.savefig(partial, format="png", dpi=90)
        os.replace(partial, output_file)
    except OSError as error:
        raise UserError(f"{output_file}: cannot be written: {error.strerror}") from None
    finally:
        pyplot.close(figure)


def distances(args: argparse.Namespace) -> None:
    """Measure on query and gallery, print a table of thresholds, and plot."""
    import numpy as np

    from tools.features.encoder import ImageEncoder
    from tools.reid.data import ReidImages
    from tools.reid.distances import count_distances, recommended_distance, share_within
    from tools.reid.features import encode_images
    from tools.reid.readers import read_dataset

    network = ImageEncoder(args.model)
    parts = [
        read_dataset(args.dataset, args.dataset_dir, split, network.image_shape[:2])
        for split in ("query", "gallery")
    ]
    features = np.concatenate([encode_images(network, part.images) for part in parts])
    columns = ("identities", "cameras", "tracklets")
    data = ReidImages(
        features, *(np.concatenate([getattr(part, name) for part in parts]) for name in columns)
    )
    counts = count_distances(features, data)
    print("distance  same person: same camera, other camera  different people, same camera")
    for threshold in np.arange(0.1, 0.65, 0.05):
        shares = [
            share_within(c, threshold) for c in (counts.same_camera, counts.other_camera, counts.different)
        ]
        print(
            f"{threshold:8.2f}  {100 * shares[0]:23.1f} %{100 * shares[1]:14.1f} %{100 * shares[2]:29.2f} %"
        )
    distance = recommended_distance(counts)
    print(f"1 % of different people are within {distance:.3f}")
    plot_distances(counts, distance, args.output_file)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    args = parse_args(arguments)

    def command() -> None:
        if args.plot == "curves":
            plot_curves(args.runs, args.output_file)
        else:
            distances(args)

    return run_command(command)


if __name__ == "__main__":
    sys.exit(main())
