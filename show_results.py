"""Show tracking results: in a window, as a video, or both."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from application_util.cli import CommandParser, lazy_names, run_command
from application_util.errors import UserError
from application_util.flag_types import switch
from application_util.flags import add_drawing_flags, add_flag, add_flags
from application_util.progress import say
from application_util.settings import COLORS, DrawingSettings

__getattr__ = lazy_names(__name__, {"iou": "deep_sort.iou_matching"})


def run(
    sequence_dir: str | Path,
    result_file: str | Path,
    show_false_alarms: bool = False,
    detection_file: str | Path | None = None,
    update_ms: float | None = None,
    video_filename: str | Path | None = None,
    display: bool | None = None,
    show_trajectories: bool = False,
    *,
    width: int | None = None,
    colors: str = COLORS[0],
) -> None:
    """Show the tracks of a sequence.

    Parameters
    ----------
    sequence_dir, result_file, detection_file
        See `application_util.flags.SHARED`.
    show_false_alarms : bool
        Mark boxes whose overlap (IoU) with every ground-truth box is below 0.5.
    update_ms, show_trajectories, width, colors
        See `application_util.settings.DrawingSettings`.
    video_filename : str or Path, optional
        A video of it, ``.avi`` or ``.mp4``.
    display : bool, optional
        Show a window; None shows one if that is possible or if no video is asked for.

    Raises
    ------
    UserError
        For whatever the user can fix.
    """
    from application_util.drawing.result_view import open_results
    from application_util.drawing.view import View
    from application_util.files.output import refuse_overwriting
    from application_util.sequences.contradictions import warn_of_contradictions
    from application_util.sequences.sequence import read_sequence

    if display is False and video_filename is None:
        raise UserError("neither a window nor a video to make: give --output_file or --display True")
    sequence = read_sequence(sequence_dir)
    warn_of_contradictions(sequence)
    refuse_overwriting([video_filename], [result_file, detection_file, *sequence.input_files])
    settings = DrawingSettings(update_ms, width, colors, show_trajectories=show_trajectories)
    results = open_results(sequence, result_file, settings, show_false_alarms, detection_file)
    window = True if video_filename is None else display
    instead = "give --output_file for a video"
    with View(sequence, window, [video_filename], settings, instead=instead) as view:
        for frame in view.frames(results.frames):
            results.draw(view.drawing, frame)
    if view.finished and video_filename is not None:
        say(f"{sequence.name}: {len(results.frames)} frames in {video_filename}")


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(
        __doc__, "--sequence_dir MOT16/train/MOT16-02 --result_file results/MOT16-02.txt --output_file MOT16-02.mp4"
    )
    add_flags(parser, "--sequence_dir", "--result_file", required=True)
    add_flag(parser, "--detection_file", ", drawn with dashed lines (default: none)")
    add_flag(
        parser,
        "--output_file",
        "a video, .mp4 (H.264) or .avi (motion JPEG); needs no display (default: none)",
        dest="video_filename",
    )
    add_flag(parser, "--display", " (default: true without --output_file, else where a window is possible)")
    add_drawing_flags(parser)
    parser.add_argument(
        "--show_false_alarms",
        **switch(),
        help="mark boxes whose IoU with every box of the ground truth, gt/gt.txt, is below 0.5",
    )
    return parser


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    return create_parser().parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
