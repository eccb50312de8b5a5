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

LARGEST = 1e30
"""Beyond, pictures have no scale."""
THRESHOLDS = np.arange(0.1, 0.65, 0.05)


def plot_curves(runs: Sequence[str], output_file: str) -> None:
    """Loss of each run, and rank-1 and mAP where they were measured, against the epoch.

    Raises
    ------
    UserError
        If a run has no history, or the picture cannot be written.
    """
    histories = [_read_history(Path(run) / "history.csv") for run in runs]
    held_out = any(np.isfinite(history["rank1"]).any() for history in histories)
    figure, (losses, *scores) = _figure(1 + held_out)
    for number, (run, history) in enumerate(zip(runs, histories, strict=True)):
        color = f"C{number}"
        measured, label = np.isfinite(history["rank1"]), Path(run).resolve().name
        for score, name, style in (("rank1", "rank-1", "-"), ("mAP", "mAP", "--")) if measured.any() else ():
            epochs, values = history["epoch"][measured], 100 * history[score][measured]
            scores[0].plot(epochs, values, style, color=color, lw=1.2)
            scores[0].plot(epochs[values.argmax()], values.max(), "o", color=color, ms=4)
            label += f", {name} {values.max():.1f}"
        losses.plot(history["epoch"], history["loss"], color=color, lw=1, label=label)
    losses.set(xlabel="epoch", ylabel="training loss", title="Loss")
    for axes in scores:
        axes.set(xlabel="epoch", ylabel="%", title="Identities held out: rank-1 (solid), mAP (dashed), best (dot)")
    _finish(figure, (losses, *scores), output_file)


def _read_history(path: Path) -> dict[str, np.ndarray]:
    """Return the columns of a run's table; NaN where nothing was measured."""
    if not path.is_file():
        raise UserError(f"{path}: not found; is {path.parent} the folder of a training run?")
    columns = ("epoch", "loss", "rank1", "mAP")
    try:
        with path.open(newline="", encoding="utf-8") as file:
            rows = [[float(row[name] or "nan") for name in columns] for row in csv.DictReader(file)]
        if any(abs(number) > LARGEST for row in rows for number in row):
            raise ValueError(f"a number beyond {LARGEST:g}")
    except (KeyError, TypeError, ValueError, csv.Error) as error:
        raise UserError(f"{path}: not the table of a training run ({type(error).__name__}: {error})") from None
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
        axes.axvline(distance, color="black", lw=0.9, ls=":")
        axes.text(
            distance, 1.0, f" {distance:.2f}", transform=axes.get_xaxis_transform(), ha="left", va="top", fontsize=9
        )
    density.set(
        xlabel="cosine distance", ylabel="% of pairs in a bin", xlim=(0, 1.4), title="Distances (dotted: recommended)"
    )
    accepted.set(xlabel="--max_cosine_distance", ylabel="% of pairs accepted", xlim=(0, 1.4), title="Accepted")
    _finish(figure, (density, accepted), output_file)


def _figure(plots: int) -> tuple[Any, Any]:
    figure = require("matplotlib.figure", "train").Figure(figsize=(5.5 * plots, 4.2), layout="constrained")
    return figure, figure.subplots(1, plots, squeeze=False)[0]


def _finish(figure: Any, all_axes: Sequence[Any], output_file: str) -> None:
    for axes in all_axes:
        axes.grid(alpha=0.3)
    handles, labels = all_axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=min(4, max(1, len(labels))), fontsize=8)
    with whole_file(output_file, "choose another --output_file", "wb") as file:
        figure.savefig(file, format="png", dpi=110)


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
