"""The page: everything in one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

from tools.report.charts import histogram, plotly, timeline
from tools.report.gather import Tracked
from tools.report.jump_table import jump_table
from tools.report.jumps import Explained
from tools.report.overview import overview, tiles
from tools.report.pictures import Pictures
from tools.report.scores import Scores
from tools.report.trajectories import trajectories
from tools.report.video import FrameLinks, VideoEmbedder

if TYPE_CHECKING:
    from plotly.graph_objects import Figure

STYLE, SCRIPT = (Path(__file__).with_name(name).read_text(encoding="utf-8") for name in ("page.css", "page.js"))
CHART_OPTIONS = {"displayModeBar": False, "responsive": True}
HISTOGRAM_HEIGHT = 230

ABOUT = """
<p>A track's lifespan is a bar in its color; where the bar is thin, the track has no box, where it is
pale, a box that fills a gap. Trajectories are those of the
middle of a box's lower edge; a dot marks where a track ends. A click on a chart shows the frame in the video. Drag over
a chart to enlarge a part of it, double-click to see all of it.</p>
"""
ABOUT_JUMPS = """
<p>Identity switches are counted as by CLEAR MOT: in each frame boxes are matched one to one with the ground truth
where their overlap (IoU) is at least 0.5, as many as possible with the track of the frame before and the rest with the
largest overlap; a switch is when a person's track is another than when the person was last matched, a break when it is
the same one after frames without a match. Which people count, and boxes on distractors do not, is as {benchmark}
says.</p>
"""
ABOUT_CAUSES = """
<p>What ruled a match out was asked of a tracker with the same settings, in the first frame with a detection that the
track did not get. Confirmed tracks are matched by appearance within the gate of motion (Deep SORT paper, equations 1 to
4), those seen more recently first; then those seen in the frame before, and tentative ones, by overlap. The gate is the
0.95 quantile of the chi-square distribution; no flag changes it.</p>
"""
ABOUT_SCORES = """
<p>Scores by TrackEval with the rules of {benchmark}, in percent: HOTA (Luiten et al., 2021) with its parts for
detection (DetA) and association (AssA), IDF1 (Ristani et al., 2016), MOTA (Bernardin and Stiefelhagen, 2008). IDSW:
identity switches; FP, FN: false positives and false negatives. MT, ML (mostly tracked, mostly lost): ground-truth
trajectories that were covered for more than 80 %, and for less than 20 %.</p>
"""


@dataclass(frozen=True)
class Section:
    """A sequence in a report.

    Attributes
    ----------
    tracked : Tracked
    explained : Explained
        Its switches and breaks.
    pictures : Pictures
    """

    tracked: Tracked
    explained: Explained
    pictures: Pictures


def page(title: str, sections: list[Section], scores: Scores, benchmark: str, videos: VideoEmbedder) -> Iterator[str]:
    """Yield the page, part by part.

    Parameters
    ----------
    title : str
    sections : list of Section
        What to report.
    scores : Scores
    benchmark : str
        Whose rules of scoring.
    videos : VideoEmbedder
        Embeds or links the videos.
    """
    tracked = [section.tracked for section in sections]
    yield f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>\n'
    yield '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
    script = plotly("offline").get_plotlyjs()
    yield f"<style>{STYLE}</style>\n<script>{script}</script>\n</head><body><main>\n"
    yield _head(title, tracked, scores)
    for number, section in enumerate(sections):
        yield from _sequence(f"sequence-{number}", section, videos)
    yield f"<footer>{ABOUT}"
    if any(each.people is not None for each in tracked):
        yield ABOUT_JUMPS.format(benchmark=benchmark)
    if any(section.explained.causes for section in sections):
        yield ABOUT_CAUSES
    if scores.rows:
        yield ABOUT_SCORES.format(benchmark=benchmark)
    yield f"</footer>\n</main><script>{SCRIPT}</script></body></html>\n"


def _head(title: str, tracked: list[Tracked], scores: Scores) -> str:
    shown = "".join(
        f'<div class="tile"><b>{number}</b><span>{label}</span></div>' for number, label in tiles(tracked, scores)
    )
    links = "".join(f'<a href="#sequence-{number}">{escape(each.name)}</a>' for number, each in enumerate(tracked))
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


def _sequence(anchor: str, section: Section, videos: VideoEmbedder) -> Iterator[str]:
    """Yield the section of a sequence."""
    tracked, pictures = section.tracked, section.pictures
    links = FrameLinks(videos.page, tracked)
    frames = tracked.frames if not tracked.sequence.images else tracked.sequence.frames
    yield f'<section id="{anchor}" data-first="{frames[0]}" data-frames="{len(frames)}">'
    yield f'<h2>{escape(tracked.name)}</h2>\n<p class="quiet">{_facts(tracked)}</p>\n'
    if pictures.comment:
        yield f'<p class="comment">{escape(pictures.comment)}</p>\n'
    figure, aspect = trajectories(tracked, pictures.background)
    chart = _chart(figure, f"{anchor}-trajectories", "100%")
    drawing = _card("Trajectories", f'<div class="shape" style="aspect-ratio:{aspect:.4f}">{chart}</div>')
    if tracked.video is not None:
        drawing += _card("Video", videos.element(tracked.video, pictures.poster), "card video")
    elif pictures.poster is not None:
        heading = f"Frame {pictures.poster_frame}"
        drawing += _card(heading, f'<img class="poster" alt="{heading} with its tracks" src="{pictures.poster}">')
    yield f'<div class="pair">{drawing}</div>\n' if drawing.count("<h3>") > 1 else drawing
    figure, height = timeline(tracked)
    yield _card("Tracks over time", _chart(figure, f"{anchor}-time", f"{height}px"))
    if section.explained.jumps:
        table = "".join(jump_table(anchor, tracked, section.explained, pictures, links))
        yield _card(_heading_of_jumps(tracked), table)
    lifespans, charts = tracked.lifespans, []
    for heading, values, what, axis in (
        ("Track lengths", lifespans.lengths, "tracks", "frames, first to last"),
        ("Gaps in tracks", lifespans.gaps, "gaps", "frames without a box"),
    ):
        chart = _chart(histogram(values, what, axis), f"{anchor}-{what}", f"{HISTOGRAM_HEIGHT}px")
        charts.append(_card(heading, chart, "card plain"))
    yield f'<div class="pair">{"".join(charts)}</div>\n'
    if pictures.strips:
        yield _card("Contact sheets", "".join(_strips(anchor, tracked, pictures, links)))
    yield "</section>\n"


def _heading_of_jumps(tracked: Tracked) -> str:
    return "Likely identity switches" if tracked.people is None else "Identity switches and breaks"


def _strips(anchor: str, tracked: Tracked, pictures: Pictures, links: FrameLinks) -> Iterator[str]:
    """Yield a row of crops for each track that has one."""
    lives = tracked.lifespans
    rest = len(lives.ids) - len(pictures.strips)
    yield '<div class="scroll tall">'
    spans = zip(*(array.tolist() for array in (lives.ids, lives.first, lives.last)), strict=True)
    for track, first, last in spans:
        if track in pictures.strips:
            yield (
                f'<div class="strip" id="{anchor}-track-{track}"><div><b>{track}</b><small>'
                f"{links.link(first)} to {links.link(last)}"
                f'</small></div><img loading="lazy" alt="track {track}" src="{pictures.strips[track]}"></div>\n'
            )
    yield "</div>"
    if rest:
        yield f'<p class="quiet">{rest} more, shorter ones.</p>'


def _facts(tracked: Tracked) -> str:
    frames, rate = tracked.frames, tracked.sequence.frame_rate
    facts = [f"frames {frames[0]} to {frames[-1]}"]
    if rate is not None:
        facts.append(f"{len(frames) / rate:.1f} s at {rate:g} frames a second")
    facts.append(_count(len(tracked.lifespans.ids), "track"))
    if tracked.people is not None:
        facts.append(f"{len(set(tracked.people[:, 1])):,} people in the ground truth")
        facts.append(_count(len(tracked.switches), "identity switch", "es"))
    return " · ".join(facts)


def _count(number: int, what: str, plural: str = "s") -> str:
    return f"{number:,} {what}{'' if number == 1 else plural}"


def _card(heading: str, content: str, kind: str = "card") -> str:
    return f'<div class="{kind}"><h3>{heading}</h3>{content}</div>\n'


def _chart(figure: Figure, name: str, height: str) -> str:
    html: str = figure.to_html(
        config=CHART_OPTIONS, include_plotlyjs=False, full_html=False, default_height=height, div_id=name
    )
    return html
