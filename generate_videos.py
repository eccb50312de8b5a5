"""Write a video of every result file in a folder; needs no display."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from application_util.cli import CommandParser, run_command
from application_util.flag_types import switch
from application_util.flags import add_drawing_flags, add_flag, add_flags
from application_util.progress import say
from application_util.settings import COLORS, DrawingSettings


def run(
    mot_dir: str | Path,
    result_dir: str | Path,
    output_dir: str | Path,
    convert_h264: bool = False,
    update_ms: float | None = None,
    show_trajectories: bool = False,
    jobs: int = 1,
    *,
    width: int | None = None,
    colors: str = COLORS[0],
) -> list[str]:
    """Write ``<sequence>.avi`` for each ``<sequence>.txt`` among the results whose sequence exists.

    Parameters
    ----------
    mot_dir : str or Path
        Folder of MOTChallenge sequences with images, or of videos.
    result_dir : str or Path
        Folder of result files.
    output_dir : str or Path
        Folder for the videos, made as needed; kept to this run while it lasts.
    convert_h264 : bool
        Also write ``<sequence>.mp4`` (H.264).
    update_ms, show_trajectories, width, colors
        See `application_util.settings.DrawingSettings`.
    jobs : int
        Sequences rendered at a time.

    Returns
    -------
    list of str
        Sequences that failed; the others have their videos.

    Raises
    ------
    UserError
        For whatever the user can fix; all input is looked at before the first video is begun.
    """
    from application_util.drawing import render
    from application_util.files.lock import lock_folder
    from application_util.parallel.jobs import report_failures

    kinds = [".avi", ".mp4"] if convert_h264 else [".avi"]
    settings = DrawingSettings(update_ms, width, colors, show_trajectories=show_trajectories)
    renderings, failures = render.plan(mot_dir, result_dir, output_dir, kinds, settings)
    with lock_folder(output_dir):
        failures |= render.render(renderings, jobs)
    for each in renderings:
        if each.view.sequence.name in failures:
            continue
        videos = ", ".join(map(str, each.view.videos))
        say(f"{each.view.sequence.name}: {len(each.results.frames)} frames in {videos}")
    report_failures(failures)
    return sorted(failures)


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(__doc__, "--mot_dir MOT16/train --result_dir results --output_dir videos --convert_h264")
    add_flags(parser, "--mot_dir", "--result_dir", required=True)
    add_flag(parser, "--output_dir", "videos, <sequence>.avi", required=True)
    parser.add_argument("--convert_h264", **switch(), help="also write <sequence>.mp4, H.264 that plays in browsers")
    add_flag(parser, "--jobs", default=1)
    add_drawing_flags(parser)
    return parser


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    return create_parser().parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
