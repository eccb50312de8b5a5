"""Draw the figures of docs/how_it_works.md with the tracker's own functions: python docs/figures/draw.py [FOLDER]."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from deep_sort import Detection, KalmanFilter, NearestNeighborDistanceMetric, Tracker
from deep_sort.kalman_filter import chi2inv95
from deep_sort.linear_assignment import matching_cascade, min_cost_matching

BLUE, ORANGE, GREY, GREEN, RED = "#2b6cb0", "#dd6b20", "#8a8f98", "#2f855a", "#c53030"
STYLE: dict[Any, Any] = {
    "font.size": 10, "svg.hashsalt": "deep_sort", "svg.fonttype": "path",
    "axes.spines.top": False, "axes.spines.right": False,
}  # fmt: skip


def gate() -> Figure:
    """Draw where a track is expected 1, 5 and 10 frames after it was last seen, and which boxes are within the gate."""
    kf = KalmanFilter()
    seen = [np.array([100 + 9 * t, 200 + 2 * t, 0.4, 100.0]) for t in range(8)]
    mean, covariance = kf.initiate(seen[0])
    for box in seen[1:]:
        mean, covariance = kf.update(*kf.predict(mean, covariance), box)
    detections = np.array([[246, 232, 0.4, 100], [285, 160, 0.4, 100], [178, 226, 0.4, 100]])
    figure, axes = plt.subplots(figsize=(8, 4.4))
    x, y = np.meshgrid(np.linspace(90, 350, 300), np.linspace(120, 340, 260))
    for n in range(1, 11):
        mean, covariance = kf.predict(mean, covariance)
        if n in (1, 5, 10):
            boxes = np.stack([x, y, np.full_like(x, mean[2]), np.full_like(x, mean[3])], axis=-1)
            distance = kf.gating_distance(mean, covariance, boxes.reshape(-1, 4)).reshape(x.shape)
            shade = {1: BLUE, 5: ORANGE, 10: GREY}[n]
            axes.contour(x, y, distance, [chi2inv95[4]], colors=shade, linewidths=2)
            axes.plot(*mean[:2], "+", color=shade, ms=11, mew=2)
            inside = kf.gating_distance(mean, covariance, detections) <= chi2inv95[4]
            letters = ", ".join(letter for letter, b in zip("ABC", inside, strict=True) if b) or "none"
            axes.plot([], [], color=shade, label=f"$A_i$ = {n}: admits {letters}")
    axes.plot(*np.array(seen)[:, :2].T, "o", color="black", ms=4, label="measured centres")
    axes.plot(*detections[:, :2].T, "s", color=RED, ms=7, label="detections $d_j$")
    for letter, box in zip("ABC", detections, strict=True):
        axes.annotate(letter, box[:2], (8, 6), textcoords="offset points", color=RED, weight="bold")
    axes.set(xlabel="u (pixels)", ylabel="v (pixels)", aspect="equal")
    axes.invert_yaxis()
    axes.legend(frameon=False, loc="center left", bbox_to_anchor=(1.0, 0.5))
    return figure


def gallery() -> Figure:
    """Draw two galleries on the unit circle, a detection's feature, and its distances to them."""

    def units(*degrees: float) -> NDArray[np.float64]:
        return np.stack([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], axis=1)

    galleries = {1: units(14, 20, 31, 62), 2: units(118, 127, 139)}
    queries = units(70, 104, 160)
    metric = NearestNeighborDistanceMetric("cosine", 0.2)
    features = np.concatenate(list(galleries.values()))
    targets = [target for target, found in galleries.items() for _ in found]
    metric.partial_fit(features, targets, list(galleries))
    distances = metric.distance(queries, list(galleries))
    figure, (circle, table) = plt.subplots(1, 2, figsize=(8.4, 3.9), width_ratios=[1.35, 1])
    circle.add_patch(plt.Circle((0, 0), 1, fill=False, color="#cccccc"))
    for (target, found), shade in zip(galleries.items(), (BLUE, ORANGE), strict=True):
        circle.plot(*found.T, "o", color=shade, ms=8, label=f"gallery $R_{target}$")
    circle.plot(*queries.T, "s", color=RED, ms=8, label="$r_j$ of detections")
    for letter, query in zip("ABC", queries, strict=True):
        nearest = features[np.argmax(features @ query)]
        circle.plot(*np.array([query, nearest]).T, color=GREY, lw=1, zorder=0)
        circle.annotate(letter, 1.12 * query, ha="center", va="center", color=RED, weight="bold")
    circle.set(xlim=(-1.25, 1.25), ylim=(-0.15, 1.25), aspect="equal")
    circle.axis("off")
    circle.legend(frameon=False, loc="lower center", ncols=3, bbox_to_anchor=(0.5, -0.22), handletextpad=0.2)
    _matrix(table, distances, ["track 1", "track 2"], list("ABC"), distances <= metric.matching_threshold)
    table.set_title("$d^{(2)}(i, j)$; within 0.2: green", fontsize=10)
    return figure


def cascade() -> Figure:
    """Draw five tracks and four detections: the cascade level by level, and what one assignment of all would do."""
    ages = [1, 1, 2, 4, 4]
    costs = np.array([
        [0.06, 0.18, 0.60, 0.70], [0.55, 0.15, 0.50, 0.65], [0.50, 0.05, 0.12, 0.60],
        [0.70, 0.40, 0.09, 0.17], [0.30, 0.45, 0.55, 0.19],
    ])  # fmt: skip
    tracks = [SimpleNamespace(time_since_update=age) for age in ages]

    def cost(_tracks: Any, _detections: Any, rows: Sequence[int], columns: Sequence[int]) -> NDArray[np.float64]:
        return costs[np.ix_(rows, columns)].copy()

    by_cascade = matching_cascade(cost, 0.2, 30, tracks, range(4))[0]
    at_once = min_cost_matching(cost, 0.2, tracks, range(4))[0]
    names = [f"track {i + 1}, $A_i$ = {age}" for i, age in enumerate(ages)]
    figure, panels = plt.subplots(1, 2, figsize=(8.4, 3.7), sharey=True)
    for axes, found, title in zip(
        panels, (by_cascade, at_once), ("matching cascade (listing 1)", "one assignment of all"), strict=True
    ):
        chosen = np.zeros(costs.shape, bool)
        chosen[tuple(np.transpose(found))] = True
        _matrix(axes, costs, names, list("ABCD"), chosen)
        axes.set_title(title, fontsize=10)
        for edge in (1.5, 2.5):
            axes.axhline(edge, color="black", lw=1.2)
    return figure


def life() -> Figure:
    """Draw the states of three tracks over time: a person, one who is hidden for long, and a false alarm."""
    people = {
        "walks, hides, returns": [*range(2, 14), *range(18, 24)],
        "leaves for good": range(4, 11),
        "false alarm": [8],
    }
    tracker = Tracker(NearestNeighborDistanceMetric("cosine", 0.2), max_age=8)
    states: dict[int, dict[int, str]] = {}
    owners: dict[int, str] = {}
    for frame in range(1, 25):
        found = [
            Detection([150 * i + 2 * frame, 50, 40, 100], 1.0, np.eye(3)[i], label=name)
            for i, (name, frames) in enumerate(people.items()) if frame in frames
        ]  # fmt: skip
        tracker.predict()
        tracker.update(found)
        for track in tracker.tracks:
            owners.setdefault(track.track_id, str(track.last_detection.label))
            state = "tentative" if track.is_tentative() else "missed" if track.time_since_update else "confirmed"
            states.setdefault(track.track_id, {})[frame] = state
    shades = {"tentative": "#ecc94b", "confirmed": GREEN, "missed": "#bcc3cd"}
    figure, axes = plt.subplots(figsize=(8.4, 2.7))
    for row, (track_id, frames) in enumerate(states.items()):
        for frame, state in frames.items():
            axes.barh(row, 0.92, left=frame - 0.46, height=0.55, color=shades[state])
        axes.plot(max(frames) + 1, row, "x", color=RED, ms=9, mew=2) if max(frames) < 24 else None
        name = owners[track_id]
        axes.plot(list(people[name]), [row + 0.42] * len(people[name]), "v", color="black", ms=4)
    axes.set_yticks(range(len(states)), [f"id {track_id}: {owners[track_id]}" for track_id in states])
    axes.set(xlabel="frame (n_init = 3, max_age = 8)", xlim=(0.5, 24.6))
    axes.set_xticks(range(1, 25, 2))
    axes.invert_yaxis()
    handles: list[Any] = [plt.Rectangle((0, 0), 1, 1, color=shade, label=state) for state, shade in shades.items()]
    handles.append(axes.plot([], [], "x", color=RED, mew=2, label="deleted")[0])
    handles.append(axes.plot([], [], "v", color="black", ms=4, label="detected")[0])
    axes.legend(handles=handles, frameon=False, ncols=5, loc="lower center", bbox_to_anchor=(0.45, 1.0))
    return figure


def _matrix(
    axes: Axes, values: NDArray[np.float64], rows: list[str], columns: list[str], marked: NDArray[np.bool_]
) -> None:
    """Draw numbers in a grid, those that are marked on green ground."""
    axes.imshow(
        np.where(marked, 1.0, 0.0), cmap=matplotlib.colors.ListedColormap(["#f4f5f7", "#9ae6b4"]), vmin=0, vmax=1
    )
    for (i, j), value in np.ndenumerate(values):
        axes.text(j, i, f"{value:.2f}", ha="center", va="center", weight="bold" if marked[i, j] else "normal")
    axes.set_xticks(range(len(columns)), columns)
    axes.set_yticks(range(len(rows)), rows)
    axes.xaxis.tick_top()
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


FIGURES: tuple[Callable[[], Figure], ...] = (gate, gallery, cascade, life)


def draw(folder: Path) -> None:
    """Write all figures as SVG files."""
    with plt.rc_context(STYLE):
        for make in FIGURES:
            figure = make()
            figure.savefig(folder / f"{make.__name__}.svg", bbox_inches="tight", metadata={"Date": None})
            plt.close(figure)


if __name__ == "__main__":
    draw(Path(sys.argv[1]) if sys.argv[1:] else Path(__file__).parent)
