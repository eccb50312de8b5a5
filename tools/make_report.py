"""Make a report of tracking results: one HTML file with scores, charts and videos.

    python tools/make_report.py --mot_dir MOT16/train --result_dir results --output_file report.html

The file needs no network and nothing beside it, but videos that are too large to be embedded.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import number, run_command
from application_util.errors import UserError, require
from application_util.settings import BENCHMARKS

if TYPE_CHECKING:
    from application_util.scoring.scores import FamilyScores

MAX_VIDEO_MB = 20.0


def make_report(
    mot_dir: str | Path,
    result_dir: str | Path,
    output_file: str | Path,
    video_dir: str | Path | None = None,
    *,
    title: str | None = None,
    benchmark: str | None = None,
    max_video_mb: float = MAX_VIDEO_MB,
    scores: Mapping[str, FamilyScores] | None = None,
) -> None:
    """Write a report of all result files ``<sequence>.txt`` whose sequence exists.

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
    title : str, optional
        The report's heading, by default one with the name of the folder of results.
    benchmark : str, optional
        Whose rules of scoring, by default as the names of the sequences tell.
    max_video_mb : float
        Megabytes of video that the report may hold; the videos after that are linked.
    scores : mapping of str -> dict, optional
        Sequence -> what `application_util.scoring.scores.score_sequence` gave, if that is known already. By default
        the sequences are scored here, if TrackEval is installed.

    Raises
    ------
    UserError
        If plotly is not installed, or for input or output that the user can mend.
    """
    require("plotly", "report")
    from application_util.files.output import whole_file
    from tools.report.gather import gather
    from tools.report.page import page
    from tools.report.scores import collect, score
    from tools.report.video import VideoShelf

    mot_dir, result_dir, output_file = Path(mot_dir), Path(result_dir), Path(output_file)
    if output_file.suffix.lower() not in (".html", ".htm"):
        raise UserError(f"{output_file}: a report is an HTML file, give a name that ends in .html")
    video_dir = None if video_dir is None else Path(video_dir)
    tracked, rules = gather(mot_dir, result_dir, video_dir, benchmark)
    heading = title or f"Tracking report: {result_dir.resolve().name}"
    with whole_file(output_file, "choose another --output_file", encoding="utf-8") as file:
        if scores is None:
            known = score(mot_dir, result_dir, tracked, rules)
        else:
            known = collect(scores, [each.sequence.name for each in tracked], [])
        for remark in known.remarks:
            print(remark, file=sys.stderr)
        file.writelines(page(heading, tracked, known, rules, VideoShelf(output_file, max_video_mb)))
    print(f"report of {len(tracked)} sequences in {output_file}", file=sys.stderr)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    args = _parse_args(argv)
    return run_command(lambda: make_report(**vars(args)))


def _parse_args(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Make a report of tracking results: one HTML file.")
    add = parser.add_argument
    add("--mot_dir", required=True, help="folder of MOTChallenge sequences or videos")
    add(
        "--result_dir",
        default="results",
        help="folder of result files, <sequence>.txt (default: %(default)s)",
    )
    add("--output_file", default="report.html", help="the report (default: %(default)s)")
    add(
        "--video_dir",
        help="folder of videos, <sequence>.mp4, as generate_videos.py --convert_h264 makes them",
    )
    add("--max_video_mb", type=number(float, 0), default=MAX_VIDEO_MB, metavar="MB",
        help="megabytes of video in the report, others are linked (default: %(default)s)")  # fmt: skip
    add("--title", help="heading (default: by the folder of results)")
    add("--benchmark", choices=BENCHMARKS,
        help="whose rules of scoring (default: as the sequences' names tell, else MOT17)")  # fmt: skip
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
