"""Pictures of training: curves of runs, and the distances from which to choose --max_cosine_distance."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from application_util.errors import UserError, require
from application_util.files.output import whole_file
from tools.features.encoder import ImageEncoder
from tools.reid.data import concatenate, merge
from tools.reid.distances import DistanceCounts, count_distances, fraction_within
from tools.reid.features import encode_images
from tools.reid.readers import read_dataset

THRESHOLDS = np.arange(0.1, 0.65, 0.05)


def plot_curves(runs: Sequence[str], output_file: str) -> None:
    """Loss of each run, and rank-1 and mAP where they were measured, against the epoch.

    Raises
    ------
    UserError
        If a run has no history, or the picture cannot be written.
    """
    figure, (losses, scores) = _figure(2)
    for run in runs:
        history = _read_history(Path(run) / "history.csv")
        name = Path(run).resolve().name
        losses.plot(history["epoch"], history["loss"], label=name)
        measured = np.isfinite(history["rank1"])
        for score, style in (("rank1", "o-"), ("mAP", "s--")):
            if measured.any():
                label = f"{name}: {score.replace('rank1', 'rank-1')}"
                epochs, values = history["epoch"][measured], 100 * history[score][measured]
                scores.plot(epochs, values, style, ms=3, label=label)
    losses.set(xlabel="epoch", ylabel="training loss", title="Loss")
    scores.set(xlabel="epoch", ylabel="%", title="Identities held out")
    _finish(figure, (losses, scores), output_file)


def _read_history(path: Path) -> dict[str, np.ndarray]:
    """Return the columns of a run's table; NaN where nothing was measured."""
    if not path.is_file():
        raise UserError(f"{path}: not found; is {path.parent} the folder of a training run?")
    columns = ("epoch", "loss", "rank1", "mAP")
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [[float(row[name] or "nan") for name in columns] for row in csv.DictReader(file)]
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise UserError(
            f"{path}: not the table of a training run ({type(error).__name__}: {error})"
        ) from None
    return dict(zip(columns, np.array(rows).reshape(-1, len(columns)).T, strict=True))


def plot_distances(counts: DistanceCounts, distance: float, output_file: str) -> None:
    """Histograms of the distances, and what fraction of pairs each threshold would accept.

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
        percent = 100.0 * column / max(1, column.sum())
        density.plot(edges[1:], percent, label=label)
        accepted.plot(edges[1:], percent.cumsum(), label=label)
    for axes in (density, accepted):
        axes.axvline(distance, color="black", lw=0.8, ls=":", label=f"{distance:.2f}")
    density.set(xlabel="cosine distance", ylabel="% of pairs in a bin", xlim=(0, 1.4), title="Distances")
    accepted.set(
        xlabel="--max_cosine_distance", ylabel="% of pairs accepted", xlim=(0, 1.4), title="Accepted"
    )
    _finish(figure, (density, accepted), output_file)


def _figure(plots: int) -> tuple[Any, Any]:
    figure = require("matplotlib.figure", "train").Figure(figsize=(10, 3.8), layout="constrained")
    return figure, figure.subplots(1, plots)


def _finish(figure: Any, all_axes: Sequence[Any], output_file: str) -> None:
    for axes in all_axes:
        axes.grid(alpha=0.3)
        if axes.get_legend_handles_labels()[0]:
            axes.legend(fontsize=8)
    with whole_file(output_file, "choose another --output_file", "wb") as file:
        figure.savefig(file, format="png", dpi=90)


def measure_distances(model: str | Path, datasets: Sequence[tuple[str, str]]) -> DistanceCounts:
    """Count the distances between all images of queries and galleries.

    Parameters
    ----------
    model : str or Path
        The network.
    datasets : sequence of (str, str)
        Layout and place of each data set.
    """
    network = ImageEncoder(model)
    shape = network.image_shape[:2]
    data = merge(
        [
            concatenate([read_dataset(layout, place, split, shape) for split in ("query", "gallery")])
            for layout, place in datasets
        ]
    )
    return count_distances(encode_images(network, data.images), data)


def table_of_distances(counts: DistanceCounts) -> str:
    """Return what fraction of pairs each threshold accepts, as lines of text."""
    lines = ["distance  same person: same camera, other camera  different people, same camera"]
    for threshold in THRESHOLDS:
        within = [
            100 * fraction_within(column, threshold)
            for column in (counts.same_camera, counts.other_camera, counts.different)
        ]
        lines.append(f"{threshold:8.2f}  {within[0]:23.1f} %{within[1]:14.1f} %{within[2]:29.2f} %")
    return "\n".join(lines)
