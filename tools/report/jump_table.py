"""The table of switches and breaks in the page."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from application_util.scoring.identity_switches import Jump
from application_util.tracking.questions import Answer
from tools.report.gather import Tracked
from tools.report.jumps import Explained
from tools.report.pictures import Pictures
from tools.report.video import FrameLinks

MOST_ROWS = 300

LEGEND = """
<p class="quiet">Pictures: the track when it was last seen, and the frame in question: dashed where the track was
expected, with the ellipse of 95 % of such positions; solid the right detection, in the color of the track that got
it{place}.</p>
"""


def jump_table(
    anchor: str, tracked: Tracked, explained: Explained, pictures: Pictures, frames: FrameLinks
) -> Iterator[str]:
    """Yield what made ids jump, as HTML: causes by number, and a table.

    Parameters
    ----------
    anchor : str
        Start of the ids of elements of this sequence.
    tracked : Tracked
    explained : Explained
    pictures : Pictures
    frames : FrameLinks
    """
    if tracked.people is None:
        yield '<p class="quiet">No ground truth: a track ends and another begins near by. About half are switches.</p>'
    if explained.comment:
        yield f'<p class="quiet">Not explained: {escape(explained.comment)}</p>'
    if explained.causes:
        chips = (f"<span><b>{count}</b> {escape(name)}{_code(flag)}</span>" for name, flag, count in explained.causes)
        yield f'<p class="causes">{"".join(chips)}</p>'
    columns = ["frame", "person", "track", "", "what ruled the right match out"]
    if tracked.people is None:
        columns.remove("person")
    if not pictures.jumps:
        columns.remove("")
    if not explained.causes:
        columns.pop()
    yield '<div class="scroll tall"><table class="jumps"><thead><tr>'
    yield "".join(f"<th>{column}</th>" for column in columns) + "</tr></thead><tbody>"
    for index, (jump, answer) in enumerate(explained.jumps[:MOST_ROWS]):
        picture = pictures.jumps.get(index)
        cells = {
            "frame": frames.link(jump.frame),
            "person": f"{jump.person}",
            "track": _tracks(anchor, jump, pictures),
            "": f'<img loading="lazy" alt="" src="{picture}">' if picture else "",
            "what ruled the right match out": "" if answer is None else _answer(answer, frames),
        }
        yield "<tr>" + "".join(f'<td data-name="{each}">{cells[each]}</td>' for each in columns) + "</tr>\n"
    yield "</tbody></table></div>"
    if len(explained.jumps) > MOST_ROWS:
        yield f'<p class="quiet">{len(explained.jumps) - MOST_ROWS} more.</p>'
    if pictures.jumps:
        place = "" if tracked.people is None else "; white, where there was none, the person of the ground truth"
        yield LEGEND.format(place=place)


def _tracks(anchor: str, jump: Jump, pictures: Pictures) -> str:
    def link(track: int) -> str:
        return f'<a href="#{anchor}-track-{track}">{track}</a>' if track in pictures.strips else f"{track}"

    if jump.is_switch:
        return f"{link(jump.old_track)} → {link(jump.new_track)}"
    return f"{link(jump.old_track)} <small>broken</small>"


def _answer(answer: Answer, frames: FrameLinks) -> str:
    reasons = "".join(f"<li>{escape(reason.text)}{_code(reason.flag)}</li>" for reason in answer.reasons)
    without = "" if answer.without < 2 else f"; {answer.without} frames without a detection"
    when = f"<small>in frame {frames.link(answer.frame)}{without}</small>"
    return f"<b>{escape(answer.reasons[0].name)}</b> {when}<ul>{reasons}</ul>"


def _code(flag: str | None) -> str:
    return f" <code>{flag}</code>" if flag else ""
