"""The chart of the tracks' trajectories, over the first image of the sequence."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from application_util.files.mot_table import is_filled
from tools.report.charts import MAX_LABELLED_TRACKS, STRONG_GREY, apply_theme, plotly
from tools.report.colors import track_color
from tools.report.first_image import FirstImage
from tools.report.gather import Tracked
from tools.report.point_labels import place_labels

if TYPE_CHECKING:
    from plotly.graph_objects import Figure, Scatter

TOLERANCE = 0.7
"""Trajectories are drawn with as few points as keep them this close, in pixels of the sequence."""
NARROWEST = 340
"""Width of the drawing on a telephone, in pixels: there labels have to fit."""

Table = NDArray[np.float64]


def trajectories(tracked: Tracked, background: FirstImage | None) -> tuple[Figure, float]:
    """Draw the trajectory of each track's feet, the middle of its boxes' lower edge, over an image.

    Returns
    -------
    Figure
    float
        Width over height of the drawing.
    """
    rows = tracked.results[np.lexsort((tracked.results[:, 0], tracked.results[:, 1]))]
    points = np.column_stack([_feet(rows), rows[:, 1], rows[:, 0]])
    figure = plotly().Figure()
    filled = is_filled(rows)
    for lines, width, opacity, dash in (
        (_gaps(points), 1.0, 0.6, "solid"),
        (_filled(points, filled), 1.5, 0.8, "dash"),
        (_stretches(points[~filled]), 2.5, 1.0, "solid"),
    ):
        for color, line in _by_color(lines).items():
            figure.add_trace(
                plotly().Scatter(
                    x=line[:, 0].round(1), y=line[:, 1].round(1), customdata=line[:, 2:], mode="lines",
                    line={"color": color, "width": width, "dash": dash}, opacity=opacity, showlegend=False,
                    hovertemplate="track %{customdata[0]}, frame %{customdata[1]}<extra></extra>",
                )
            )  # fmt: skip
    left, top, right, bottom = extent = background.extent if background else _extent(points[:, :2])
    figure.add_trace(_ends(points, extent, on_image=background is not None))
    if background:
        figure.add_layout_image(
            source=background.data_uri, xref="x", yref="y", x=left, y=top, sizex=right - left,
            sizey=bottom - top, sizing="stretch", layer="below", opacity=0.85,
        )  # fmt: skip
    axis: dict[str, Any] = {"visible": False, "constrain": "domain"}
    figure.update_xaxes(range=[left, right], **axis)
    figure.update_yaxes(range=[bottom, top], scaleanchor="x", **axis)
    apply_theme(figure)
    figure.update_layout(margin={"l": 0, "r": 0, "t": 0, "b": 0}, hovermode="closest")
    return figure, (right - left) / (bottom - top)


def _stretches(points: Table) -> list[Table]:
    """Return the points (x, y, id, frame) of each run of frames without a miss, as few as needed."""
    runs = np.split(points, np.flatnonzero(_is_last(points) | _before_gap(points))[:-1] + 1)
    return [run[_corners(run[:, :2])] for run in runs]


def _gaps(points: Table) -> list[Table]:
    """Return the points before and after each gap of a track."""
    before = np.flatnonzero(_before_gap(points))
    return list(np.stack([points[before], points[before + 1]], axis=1)) if len(before) else []


def _filled(points: Table, filled: NDArray[np.bool_]) -> list[Table]:
    """Return the points of each filled gap, and the one before and after it."""
    first = np.flatnonzero(filled & ~np.r_[False, filled[:-1]])
    after = np.flatnonzero(filled & ~np.r_[filled[1:], False]) + 2
    runs = [(points[start, 2], points[max(start - 1, 0) : stop]) for start, stop in zip(first, after, strict=True)]
    return [run[run[:, 2] == track] for track, run in runs]


def _is_last(points: Table) -> NDArray[np.bool_]:
    """Return which points are the last of their track."""
    return np.r_[np.diff(points[:, 2]) != 0, True]


def _before_gap(points: Table) -> NDArray[np.bool_]:
    return np.r_[np.diff(points[:, 3]) > 1, False] & ~_is_last(points)


def _by_color(lines: list[Table]) -> dict[str, Table]:
    """Join the lines of each color, with a row of NaN after each."""
    joined: dict[str, list[Table]] = {}
    for line in lines:
        joined.setdefault(track_color(int(line[0, 2])), []).extend([line, np.full((1, 4), np.nan)])
    return {color: np.concatenate(parts).astype(np.float32) for color, parts in joined.items()}


def _feet(rows: Table) -> Table:
    return rows[:, 2:4] + rows[:, 4:6] * (0.5, 1.0)


def _corners(trajectory: Table) -> NDArray[np.bool_]:
    """Return which points a trajectory needs (Douglas and Peucker, 1973)."""
    points = trajectory.astype(np.float32)
    kept = cv2.approxPolyDP(points[:, None], TOLERANCE, False)[:, 0]
    return np.isin(points.view(np.complex64)[:, 0], np.ascontiguousarray(kept).view(np.complex64)[:, 0])


def _ends(points: Table, extent: tuple[float, float, float, float], on_image: bool) -> Scatter:
    """Mark where each track ends, with its id where there is room; longer tracks come first."""
    ends, starts = points[_is_last(points)], points[np.roll(_is_last(points), 1)]
    ends = ends[np.argsort(starts[:, 3] - ends[:, 3], kind="stable")]
    ids = ends[:, 2].astype(int).astype(str).tolist()
    left, top, right, bottom = extent
    scale = NARROWEST / (right - left)
    size = NARROWEST, (bottom - top) * scale
    places = place_labels((ends[:, :2] - (left, top)) * scale, ids, size, MAX_LABELLED_TRACKS)
    white = {"color": "#ffffff", "shadow": "0 0 3px #000, 0 0 2px #000"}
    return plotly().Scatter(
        x=ends[:, 0].round(1), y=ends[:, 1].round(1), customdata=ends[:, 2:].astype(int),
        text=[text if place else "" for text, place in zip(ids, places, strict=True)],
        textposition=[place or "top center" for place in places],
        mode="markers+text", showlegend=False,
        textfont={"size": 11, **(white if on_image else {"color": STRONG_GREY})},
        marker={
            "color": [track_color(int(track)) for track in ids],
            "size": 8 if len(ids) <= MAX_LABELLED_TRACKS else 5,
            "line": {"color": "#ffffff", "width": 1},
        },
        hovertemplate="track %{customdata[0]} ends in frame %{customdata[1]}<extra></extra>",
    )  # fmt: skip


def _extent(points: Table) -> tuple[float, float, float, float]:
    """Return left, top, right and bottom of what holds all points, and a little more."""
    low, high = points.min(axis=0), points.max(axis=0)
    room = np.maximum(0.04 * (high - low), 1.0)
    left, top = (low - room).tolist()
    right, bottom = (high + room).tolist()
    return left, top, right, bottom
