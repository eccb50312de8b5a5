"""The page: everything in one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from application_util.errors import UserError
from tools.report.charts import distributions, plotly, timeline
from tools.report.first_image import first_image
from tools.report.gather import Tracked
from tools.report.overview import overview, tiles
from tools.report.scores import Scores
from tools.report.trajectories import trajectories
from tools.report.video import VideoEmbedder

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

STYLE = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
CHART_OPTIONS = {"displayModeBar": False, "responsive": True}
DISTRIBUTIONS_HEIGHT = 230

ABOUT = """
<p>A track's lifespan is a bar in its color (hues as in the videos); where the bar is thin, the track has no box.
Trajectories are those of the middle of a box's lower edge; a dot marks where a track ends.
Drag over a chart to enlarge a part of it, double-click to see all of it.</p>
"""
ABOUT_SWITCHES = """
<p>An identity switch is counted as by CLEAR MOT: in each frame people of the ground truth and boxes are matched one
to one where their overlap (IoU) is at least 0.5, as many as possible to the track of the frame before and the rest
with the largest overlap; a switch is when a person's track is another than when the person was last matched. It is
marked on the new track. Which people count, and boxes on distractors do not, is as {benchmark} says.</p>
"""
ABOUT_SCORES = """
<p>Scores by TrackEval with the rules of {benchmark}, in percent: HOTA (Luiten et al., 2021) with its parts for
detection (DetA) and association (AssA), IDF1 (Ristani et al., 2016), MOTA (Bernardin and Stiefelhagen, 2008). IDSW:
identity switches; FP: boxes without a person; FN: people without a box, frame by frame. MT, ML (mostly tracked, mostly
lost): people who were tracked for more than 80 % of their time, and for less than 20 %.</p>
"""


def page(
    title: str, tracked: list[Tracked], scores: Scores, benchmark: str, videos: VideoEmbedder
) -> Iterator[str]:
    """Yield the page, part by part.

    Parameters
    ----------
    title : str
    tracked : list of Tracked
        What to report.
    scores : Scores
    benchmark : str
        Whose rules of scoring.
    videos : VideoEmbedder
        Embeds or links the videos.
    """
    yield f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    script = plotly("offline").get_plotlyjs()
    yield f"<style>{STYLE}</style>\n<script>{script}</script>\n</head><body><main>\n"
    yield _head(title, tracked, scores)
    for number, each in enumerate(tracked):
        yield from _sequence(f"sequence-{number}", each, videos)
    yield f"<footer>{ABOUT}"
    if any(each.people is not None for each in tracked):
        yield ABOUT_SWITCHES.format(benchmark=benchmark)
    if scores.rows:
        yield ABOUT_SCORES.format(benchmark=benchmark)
    yield "</footer>\n</main></body></html>\n"


def _head(title: str, tracked: list[Tracked], scores: Scores) -> str:
    shown = "".join(
        f'<div class="tile"><b>{number}</b><span>{label}</span></div>'
        for number, label in tiles(tracked, scores)
    )
    links = "".join(
        f'<a href="#sequence-{number}">{escape(each.name)}</a>' for number, each in enumerate(tracked)
    )
    return (
        f"<header><h1>{escape(title)}</h1>{f'<nav>{links}</nav>' if len(tracked) > 1 else ''}</header>\n"
        f'<div class="tiles">{shown}</div>\n'
        f'<div class="card scroll">{_table(overview(tracked, scores))}</div>\n'
        + "".join(f'<p class="comment">{escape(comment)}</p>\n' for comment in scores.comments)
    )


def _table(rows: list[list[str]]) -> str:
    heading, *body = rows
    lines = ["<thead><tr>" + "".join(f"<th>{escape(cell)}</th>" for cell in heading) + "</tr></thead><tbody>"]
    for row in body:
        kind = ' class="all"' if len(body) > 1 and row is body[-1] else ""
        lines.append(f"<tr{kind}>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>")
    return f"<table>{''.join(lines)}</tbody></table>"


def _sequence(anchor: str, tracked: Tracked, videos: VideoEmbedder) -> Iterator[str]:
    """Yield the section of a sequence."""
    yield f'<section id="{anchor}"><h2>{escape(tracked.name)}</h2>\n<p class="quiet">{_facts(tracked)}</p>\n'
    image = None
    try:
        image = first_image(tracked.sequence)
    except UserError as error:
        yield f'<p class="comment">No image: {escape(str(error))}</p>\n'
    figure, aspect = trajectories(tracked, image)
    chart = _chart(figure, f"{anchor}-trajectories", "100%")
    drawing = f'<div class="shape" style="aspect-ratio:{aspect:.4f}">{chart}</div>'
    if tracked.video is None:
        yield _card("Trajectories", drawing)
    else:
        video = _card("Video", videos.element(tracked.video, image.data_uri if image else None), "card video")
        yield f'<div class="pair">{_card("Trajectories", drawing)}{video}</div>\n'
    figure, height = timeline(tracked)
    yield _card("Tracks over time", _chart(figure, f"{anchor}-time", f"{height}px"))
    chart = _chart(distributions(tracked), f"{anchor}-lengths", f"{DISTRIBUTIONS_HEIGHT}px")
    yield _card("How long tracks and gaps are", chart)
    yield "</section>\n"


def _facts(tracked: Tracked) -> str:
    frames, rate = tracked.frames, tracked.sequence.frame_rate
    facts = [f"frames {frames[0]} to {frames[-1]}"]
    if rate is not None:
        facts.append(f"{len(frames) / rate:.1f} s at {rate:g} frames a second")
    facts.append(f"{len(tracked.lifespans.ids):,} tracks")
    if tracked.people is not None:
        facts.append(f"{len(set(tracked.people[:, 1])):,} people in the ground truth")
        facts.append(f"{len(tracked.switches):,} identity switches")
    return " · ".join(facts)


def _card(heading: str, content: str, kind: str = "card") -> str:
    return f'<div class="{kind}"><h3>{heading}</h3>{content}</div>\n'


def _chart(figure: Figure, name: str, height: str) -> str:
    html: str = figure.to_html(
        config=CHART_OPTIONS, include_plotlyjs=False, full_html=False, default_height=height, div_id=name
    )
    return html
