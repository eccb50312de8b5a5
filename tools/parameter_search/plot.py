"""The plot of a sweep: scores over each parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from application_util.errors import require
from application_util.files.output import whole_file
from tools.parameter_search.search import METRICS


def write_plot(
    path: Path, rows: Sequence[Mapping[str, Any]], parameters: Sequence[str], best: Mapping[str, Any]
) -> None:
    """Draw a dot for each setting: a column of plots for each parameter, a row for each score.

    Parameters
    ----------
    path : Path
        PNG file.
    rows : sequence of mapping
        Parameters and scores (fractions) of each setting.
    parameters : sequence of str
        Those that differ among the settings.
    best : mapping
        The row to mark.

    Raises
    ------
    UserError
        If matplotlib is not installed.
    """
    figure_module = require("matplotlib.figure", "scores")
    size = (1 + 3 * len(parameters), 7)
    figure = figure_module.Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(METRICS), len(parameters), squeeze=False, sharex="col", sharey="row")
    for column, parameter in enumerate(parameters):
        ticks = sorted({row[parameter] for row in rows}, key=lambda value: (value is None, value))
        # Values without an order of magnitude between numbers and None: places instead.
        place = {value: index if None in ticks else value for index, value in enumerate(ticks)}
        for line, metric in enumerate(METRICS):
            plot = axes[line][column]
            plot.scatter(
                [place[row[parameter]] for row in rows], [100 * row[metric] for row in rows], s=12, alpha=0.5
            )
            plot.scatter([place[best[parameter]]], [100 * best[metric]], s=40, color="tab:red", zorder=3)
            plot.grid(alpha=0.3)
            if column == 0:
                plot.set_ylabel(f"{metric} in percent")
        axes[-1][column].set_xlabel(parameter)
        if None in ticks:
            axes[-1][column].set_xticks(range(len(ticks)), [str(value).lower() for value in ticks])
    with whole_file(path, "choose another --output_dir", "wb") as file:
        figure.savefig(file, format="png", dpi=120)
