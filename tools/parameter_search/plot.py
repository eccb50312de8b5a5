"""The plot of a sweep: scores over each parameter."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from application_util.errors import require
from application_util.files.output import whole_file
from tools.parameter_search.search import METRICS

MOST_PLACES = 12
"""Values of a parameter that get a place each; more lie on an axis of numbers."""
COLUMN_INCHES, ROW_INCHES = 3.0, 2.2
DOT_POINTS = 4.0
WIDEST = 0.42
"""How far dots of a value spread to either side, in distances of places."""
BEST = "#c62828"
DOT = "#4a7fb5"


def write_plot(
    path: Path, rows: Sequence[Mapping[str, Any]], parameters: Sequence[str], best: Mapping[str, Any]
) -> None:
    """Draw a dot for each setting: a column of plots for each parameter, a row for each score.

    Dots of the same value lie side by side. The best setting is red, and its values are named above the columns.

    Parameters
    ----------
    path : Path
        PNG file.
    rows : sequence of mapping
        Parameters and scores (fractions) of each setting.
    parameters : sequence of str
        Those that differ among the settings.
    best : mapping
        The row to mark, one of `rows`.

    Raises
    ------
    UserError
        If matplotlib is not installed.
    """
    figure_module = require("matplotlib.figure", "scores")
    size = (1 + COLUMN_INCHES * len(parameters), 0.8 + ROW_INCHES * len(METRICS))
    figure = figure_module.Figure(figsize=size, layout="constrained")
    axes = figure.subplots(len(METRICS), len(parameters), squeeze=False, sharex="col", sharey="row")
    at_best = next(index for index, row in enumerate(rows) if row == best)
    for column, parameter in enumerate(parameters):
        ticks = sorted({row[parameter] for row in rows}, key=lambda value: (value is None, value))
        placed = len(ticks) <= MOST_PLACES or None in ticks
        places = np.array([ticks.index(row[parameter]) if placed else row[parameter] for row in rows], float)
        for line, metric in enumerate(METRICS):
            scores = np.array([100 * row[metric] for row in rows])
            x = places + _side_by_side(places, scores, len(ticks)) if placed else places
            _draw(axes[line][column], x, scores, at_best)
            if column == 0:
                axes[line][column].set_ylabel(f"{metric} in percent")
        axes[0][column].set_title(f"best: {_text(best[parameter])}", color=BEST, fontsize=10)
        axes[-1][column].set_xlabel(parameter)
        if placed:
            axes[-1][column].set_xticks(range(len(ticks)), map(_text, ticks))
            axes[-1][column].set_xlim(-0.5, len(ticks) - 0.5)
    with whole_file(path, "choose another --output_dir", "wb") as file:
        figure.savefig(file, format="png", dpi=120)


def _draw(plot: Any, x: NDArray, scores: NDArray, best: int) -> None:
    """Draw a dot for each setting, the best one over the others."""
    others = np.arange(len(x)) != best
    plot.scatter(x[others], scores[others], s=DOT_POINTS**2, color=DOT, linewidths=0)
    plot.axhline(scores[best], color=BEST, lw=0.8, ls=":")
    plot.scatter(x[best], scores[best], s=(1.8 * DOT_POINTS) ** 2, color=BEST, zorder=3)
    plot.grid(axis="y", alpha=0.3)


def _side_by_side(places: NDArray, scores: NDArray, count: int) -> NDArray[np.float64]:
    """Return how far each dot moves from its place, so that none covers another, as far as there is room.

    Parameters
    ----------
    places, scores : ndarray, shape (N,)
    count : int
        Places of the plot.
    """
    # Of a dot: its height in units of the score, its width in distances of places.
    height = (np.ptp(scores) or 1.0) * DOT_POINTS / (72 * ROW_INCHES * 0.7)
    width = count * DOT_POINTS / (72 * COLUMN_INCHES * 0.7)
    steps = np.arange(int(2 * WIDEST / width) + 1)
    offsets = width * ((steps + 1) // 2) * (-1.0) ** steps  # from the middle to both sides
    moved = np.zeros(len(places))
    for place in np.unique(places):
        drawn: list[int] = []
        for dot in np.flatnonzero(places == place)[np.argsort(scores[places == place])].tolist():
            near = [other for other in drawn if abs(scores[other] - scores[dot]) < height]
            free = (x for x in offsets if all(abs(x - moved[other]) > 0.99 * width for other in near))
            moved[dot] = next(free, 0.0)
            drawn.append(dot)
    return moved


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()
