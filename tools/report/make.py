"""Make a report: one HTML file with scores, charts and videos."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from application_util.errors import UserError
from application_util.files.output import check_writable, refuse_overwriting, whole_file
from application_util.progress import say, show
from application_util.scoring.scores import FamilyScores
from application_util.sequences.contradictions import warn_of_contradictions
from application_util.settings import BENCHMARK_SETTINGS, TrackerSettings
from application_util.tracking.run_record import read_record
from tools.report.charts import plotly
from tools.report.gather import Tracked, gather
from tools.report.jumps import explain, lines
from tools.report.page import Section, page
from tools.report.pictures import take_pictures
from tools.report.scores import collect, score
from tools.report.video import VideoEmbedder

ADVICE = "choose another name for the report"
CROPS = 16


def make_report(
    mot_dir: str | Path,
    result_dir: str | Path,
    output_file: str | Path,
    video_dir: str | Path | None = None,
    *,
    sequences: Collection[str] | None = None,
    title: str | None = None,
    benchmark: str | None = None,
    eval_classes: Sequence[int] = (),
    max_video_mb: float = 20.0,
    detection_dir: str | Path | None = None,
    settings: TrackerSettings = BENCHMARK_SETTINGS,
    crops: int = CROPS,
    scores: Mapping[str, FamilyScores] | None = None,
    failures: Mapping[str, BaseException] | None = None,
) -> list[str]:
    """Write a report of result files ``<sequence>.txt`` whose sequence exists.

    Parameters
    ----------
    mot_dir : str or Path
        Folder of MOTChallenge sequences; images and ground truth as far as there are any.
    result_dir : str or Path
        Folder of result files.
    output_file : str or Path
        The report, ``.html``.
    video_dir : str or Path, optional
        Folder of videos ``<sequence>.mp4``, ``.webm`` or ``.avi``.
    sequences : collection of str, optional
        Names of those to report, by default all that have a result file.
    title : str, optional
        The report's heading, by default one with the name of the folder of results.
    benchmark : str, optional
        Whose rules of scoring, by default as the names of the sequences say.
    eval_classes : sequence of int
        Classes of ground truth that count instead of pedestrians, if any.
    max_video_mb : float
        Megabytes of video that the report may hold; the videos after that are linked.
    detection_dir : str or Path, optional
        Where the detections are of which the results were made, if not where run.json says: with them the tracker is
        asked why ids jump.
    settings : TrackerSettings
        What made those results that run.json does not mention.
    crops : int
        Crops of each track, 0 for none.
    scores : mapping of str -> dict, optional
        Sequence -> what `application_util.scoring.scores.score_sequence` gave, if that is known already. By default
        the sequences are scored here, if TrackEval is installed.
    failures : mapping of str -> exception, optional
        Sequences that have failed before; the report says so.

    Returns
    -------
    list of str
        Sequences whose result cannot be reported; the report says why.

    Raises
    ------
    UserError
        If plotly is not installed, or for input or output that the user can fix.
    """
    check_output_file(output_file)
    mot_dir, result_dir, output_file = Path(mot_dir), Path(result_dir), Path(output_file)
    tracked, rules, unreadable = gather(
        mot_dir,
        result_dir,
        None if video_dir is None else Path(video_dir),
        names=sequences,
        benchmark=benchmark,
        classes=eval_classes,
    )
    inputs = [path for each in tracked for path in (each.result_file, each.video, *each.sequence.input_files)]
    refuse_overwriting([output_file], inputs)
    heading = title or f"Tracking report: {result_dir.resolve().name}"
    for each in tracked if scores is None else ():
        warn_of_contradictions(each.sequence)
    known = (
        collect(scores, tracked, []) if scores is not None else score(mot_dir, result_dir, tracked, rules, eval_classes)
    )
    known.comments.extend(_other_settings(result_dir, tracked))
    for name, error in sorted({**(failures or {}), **unreadable}.items()):
        known.comments.append(f"{name} is not in this report: {error}")
    for comment in known.comments:
        say(comment)
    record, place = read_record(result_dir), None if detection_dir is None else Path(detection_dir)
    sections = []
    for each in tracked:
        explained = explain(each, record, place, settings)
        sections.append(Section(each, explained, take_pictures(each, explained, crops)))
    with whole_file(output_file, ADVICE, encoding="utf-8", errors="backslashreplace") as file:
        file.writelines(page(heading, sections, known, rules, VideoEmbedder(output_file, max_video_mb)))
    say(f"report of {len(tracked)} sequences in {output_file}")
    return sorted(unreadable)


def print_jumps(
    mot_dir: str | Path,
    result_dir: str | Path,
    *,
    sequences: Collection[str] | None = None,
    benchmark: str | None = None,
    eval_classes: Sequence[int] = (),
    detection_dir: str | Path | None = None,
    settings: TrackerSettings = BENCHMARK_SETTINGS,
) -> list[str]:
    """Print what ruled the right match out at each switch and break, a line each; parameters as of `make_report`."""
    mot_dir, result_dir = Path(mot_dir), Path(result_dir)
    tracked, _, unreadable = gather(mot_dir, result_dir, names=sequences, benchmark=benchmark, classes=eval_classes)
    record, place = read_record(result_dir), None if detection_dir is None else Path(detection_dir)
    for each in tracked:
        explained = explain(each, record, place, settings)
        if explained.comment:
            say(f"{each.name}: not explained: {explained.comment}")
        for line in lines(each.name, explained):
            show(line)
    for name, error in sorted(unreadable.items()):
        say(f"{name} is left out: {error}")
    return sorted(unreadable)


def _other_settings(result_dir: Path, tracked: list[Tracked]) -> Iterator[str]:
    """Yield a comment if, by the record of results, not all were made with the same settings."""
    record, names = read_record(result_dir), [each.name for each in tracked]
    flags = [record.sequences[name].get("flags") if record.is_own(name) else None for name in names]
    others = [name for name, each in zip(names, flags, strict=True) if each != max(flags, key=flags.count)]
    if others:
        yield f"Results of several settings, by run.json: {', '.join(others)} differ from the rest."


def check_output_file(output_file: str | Path) -> None:
    """Make sure that a report can be made and written there, for commands that report after long work.

    Raises
    ------
    UserError
        If not.
    """
    plotly()
    if Path(output_file).suffix.lower() not in (".html", ".htm"):
        raise UserError(f"{output_file}: a report is an HTML file, give a name that ends in .html")
    check_writable(output_file, ADVICE)
