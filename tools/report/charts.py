"""The charts of a sequence, by plotly."""

from __future__ import annotations

from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from application_util.errors import require
from application_util.files.mot_table import is_filled
from tools.report.colors import track_color
from tools.report.gather import Tracked
from tools.report.lifespans import lifespans_of

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

GREY = "rgba(128, 128, 128, 0.22)"
STRONG_GREY = "#8a8f98"
BLUE = "#3b82d0"
MAX_LABELLED_TRACKS = 40
MANY_SWITCHES = 100
PIXELS_PER_TRACK = 16
TRACKS_HEIGHT = (120, 900)
COUNT_HEIGHT = 130
MARGINS = 95


def plotly(module: str = "graph_objects") -> ModuleType:
    """Import a part of plotly; `UserError` where it is not installed."""
    return require(f"plotly.{module}", "report")


def timeline(tracked: Tracked) -> tuple[Figure, int]:
    """Draw the number of tracks over time and below it the lifespan of each track.

    Returns
    -------
    Figure
    int
        Its height in pixels.
    """
    ids = tracked.lifespans.ids
    tracks_height = int(np.clip(PIXELS_PER_TRACK * len(ids), *TRACKS_HEIGHT))
    height = tracks_height + COUNT_HEIGHT + MARGINS
    heights = [COUNT_HEIGHT, tracks_height]
    figure = plotly("subplots").make_subplots(
        rows=2, cols=1, shared_xaxes=True, vertical_spacing=28 / height, row_heights=heights
    )
    _add_counts(figure, tracked)
    _add_lifespans(figure, tracked)
    _add_switches(figure, tracked)
    first, last = tracked.frames[0], tracked.frames[-1]
    figure.update_xaxes(range=[first - 0.5, last + 0.5], gridcolor=GREY, zeroline=False, showspikes=True,
                        spikemode="across", spikethickness=1, spikedash="dot", spikecolor=STRONG_GREY)  # fmt: skip
    figure.update_xaxes(title_text="frame", row=2, col=1)
    figure.update_yaxes(title_text="boxes", rangemode="tozero", gridcolor=GREY, zeroline=False, row=1, col=1)
    labels = {} if len(ids) <= MAX_LABELLED_TRACKS else {"nticks": MAX_LABELLED_TRACKS}
    figure.update_yaxes(
        title_text="track", type="category", categoryorder="array", categoryarray=[str(i) for i in ids],
        range=[len(ids) - 0.4, -0.6], showgrid=False, **labels, row=2, col=1,
    )  # fmt: skip
    apply_theme(figure, legend={"orientation": "h", "x": 1, "xanchor": "right", "y": 1, "yanchor": "bottom"})
    figure.update_layout(bargap=0, barmode="overlay", margin={"l": 62, "r": 12, "t": 34, "b": 44})
    return figure, height


def histogram(values: NDArray[np.int64], what: str, axis: str) -> Figure:
    """Draw how often lengths in frames occur.

    Parameters
    ----------
    values : ndarray of int
    what : str
        What has these lengths, in the plural.
    axis : str
        Title of the axis of lengths.
    """
    figure = plotly().Figure(
        plotly().Histogram(
            x=values, marker={"color": BLUE}, xbins=_bins(values), showlegend=False,
            hovertemplate=f"%{{x}} frames: %{{y}} {what}<extra></extra>",
        )
    )  # fmt: skip
    figure.update_yaxes(title_text=what, gridcolor=GREY, zeroline=False)
    figure.update_xaxes(title_text=axis, zeroline=False)
    if not len(values):
        figure.update_xaxes(visible=False)
        figure.update_yaxes(visible=False)
        figure.add_annotation(text=f"no {what}", showarrow=False, xref="paper", yref="paper", x=0.5, y=0.5)
    apply_theme(figure)
    figure.update_layout(bargap=0.06, margin={"l": 50, "r": 8, "t": 6, "b": 40})
    return figure


def apply_theme(figure: Figure, **layout: Any) -> None:
    """Leave background and color of text to the page."""
    figure.update_layout(
        template="none",
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
        font={"family": "system-ui, sans-serif", "size": 12},
        hoverlabel={"bgcolor": "#20242b", "font": {"color": "#ffffff"}},
        **layout,
    )


def count_per_frame(table: NDArray[np.float64], frames: range) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Count the rows of frames, as far as that is needed to draw the counts of all.

    Parameters
    ----------
    table : ndarray, shape (N, 1 or more)
        The first column is the frame.
    frames : range
        Rows of others do not count.

    Returns
    -------
    ndarray of int64, shape (n,)
        Frames, ascending: the first and the last, and those with rows and their neighbours.
    ndarray of int64, shape (n,)
        The number of rows of each. Frames between two of them have none.
    """
    present, counts = np.unique(table[:, 0].astype(np.int64), return_counts=True)
    drawn = np.unique(np.concatenate([[frames[0], frames[-1]], present - 1, present, present + 1]))
    drawn = drawn[(drawn >= frames[0]) & (drawn <= frames[-1])]
    numbers = dict(zip(present.tolist(), counts.tolist(), strict=True))
    return drawn, np.array([numbers.get(frame, 0) for frame in drawn.tolist()])


def _add_counts(figure: Figure, tracked: Tracked) -> None:
    lines = [("tracks", tracked.results, BLUE, "solid")]
    if tracked.people is not None:
        lines.insert(0, ("ground truth", tracked.people, STRONG_GREY, "dot"))
    for name, table, color, dash in lines:
        frames, counts = count_per_frame(table, tracked.frames)
        figure.add_trace(
            plotly().Scatter(
                x=frames, y=counts, name=name, mode="lines",
                line={"color": color, "shape": "hvh", "width": 1.8, "dash": dash},
                hovertemplate=f"frame %{{x}}: %{{y}} {name}<extra></extra>",
            ),
            row=1, col=1,
        )  # fmt: skip


def _add_lifespans(figure: Figure, tracked: Tracked) -> None:
    """Draw a thin bar from a track's first to its last frame, thick ones where it has boxes; filled gaps are pale."""
    lifespans, filled = tracked.lifespans, is_filled(tracked.results)
    whole = np.column_stack([lifespans.ids, lifespans.first, lifespans.last])
    bars = [(whole, 0.14, 0.55), (lifespans.stretches, 0.72, 1.0)]
    if filled.any():
        bars[1:] = [(lifespans.stretches, 0.4, 0.55), (lifespans_of(tracked.results[~filled]).stretches, 0.72, 1.0)]
    for each, width, opacity in bars:
        _add_bars(figure, each, width, opacity)


def _add_bars(figure: Figure, bars: NDArray[np.int64], width: float, opacity: float) -> None:
    figure.add_trace(
        plotly().Bar(
            orientation="h", y=bars[:, 0].astype(str), base=bars[:, 1] - 0.5, x=bars[:, 2] - bars[:, 1] + 1,
            customdata=bars, width=width, opacity=opacity, showlegend=False,
            marker={"color": [track_color(track) for track in bars[:, 0].tolist()], "line": {"width": 0}},
            hovertemplate="track %{customdata[0]}: frames %{customdata[1]} to %{customdata[2]}<extra></extra>",
        ),
        row=2, col=1,
    )  # fmt: skip


def _add_switches(figure: Figure, tracked: Tracked) -> None:
    if not tracked.switches:
        return
    marks = np.array([[jump.frame, jump.person or 0, jump.old_track, jump.new_track] for jump in tracked.switches])
    likely = tracked.people is None
    size = 9 if len(marks) <= MANY_SWITCHES else 6
    outline = {"color": "#c81e1e", "width": size / 5}
    figure.add_trace(
        plotly().Scatter(
            x=marks[:, 0], y=marks[:, 3].astype(str), customdata=marks, mode="markers",
            name="likely switch" if likely else "identity switch",
            marker={"symbol": "diamond", "size": size, "color": "#ffffff", "line": outline},
            hovertemplate="frame %{customdata[0]}: track %{customdata[2]} → %{customdata[3]}"
            + ("" if likely else ", ground truth %{customdata[1]}")
            + "<extra></extra>",
        ),
        row=2, col=1,
    )  # fmt: skip


def _bins(values: NDArray[np.int64]) -> dict[str, float]:
    """Return at most 30 bins of whole frames."""
    longest = int(values.max()) if len(values) else 1
    size = max(1, -(-longest // 30))
    return {"start": 0.5, "end": longest + 0.5 + size, "size": size}
