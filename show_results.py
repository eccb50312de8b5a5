"""Show tracking results: in a window, as a video, or both."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from application_util.cli import add_drawing_flags, add_switch, boolean, run_command
from application_util.errors import UserError


def run(
    sequence_dir: str | Path,
    result_file: str | Path,
    show_false_alarms: bool = False,
    detection_file: str | Path | None = None,
    update_ms: float | None = None,
    video_filename: str | Path | None = None,
    display: bool | None = None,
    show_trajectories: bool = False,
) -> None:
    """Show the tracks of a sequence.

    Parameters
    ----------
    sequence_dir : str or Path
        MOTChallenge sequence folder with images, or a video.
    result_file : str or Path
        The tracks, MOTChallenge format.
    show_false_alarms : bool
        Mark boxes whose overlap (IoU) with every ground-truth box is below 0.5.
    detection_file : str or Path, optional
        Detections with features (``.npy``), drawn in red.
    update_ms : float, optional
        Time between frames in milliseconds; by default by seqinfo.ini's frameRate, else 20.
    video_filename : str or Path, optional
        A video of it, ``.avi`` or ``.mp4``.
    display : bool, optional
        Show a window; None shows one if that is possible or if no video is asked for.
    show_trajectories : bool
        Draw where each track was in the last second.

    Raises
    ------
    UserError
        For whatever the user can mend.
    """
    from application_util.drawing.display import use_window
    from application_util.drawing.result_view import open_view
    from application_util.drawing.video_file import check_video_path
    from application_util.files.output import refuse_overwriting
    from application_util.progress import progress
    from application_util.sequences.sequence import read_sequence

    videos = [] if video_filename is None else [Path(video_filename)]
    if display is False and not videos:
        raise UserError("neither a window nor a video to make: give --output_file or --display True")
    sequence = read_sequence(sequence_dir)
    refuse_overwriting(videos, [result_file, detection_file, *sequence.input_files])
    view = open_view(
        sequence,
        result_file,
        show_false_alarms,
        detection_file,
        update_ms,
        show_trajectories,
    )
    for video in videos:
        check_video_path(video)
    window = use_window(display if videos else True, "give --output_file for a video")
    finished = view.play(
        window, videos, lambda images: progress(images, view.sequence.name, total=len(view.frames))
    )
    for video in videos if finished else []:
        print(f"{view.sequence.name}: {len(view.frames)} frames in {video}", file=sys.stderr)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    args = _parse_args(argv)
    return run_command(
        lambda: run(
            args.sequence_dir,
            args.result_file,
            args.show_false_alarms,
            args.detection_file,
            args.update_ms,
            args.output_file,
            args.display,
            args.show_trajectories,
        )
    )


def _parse_args(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sequence_dir", required=True, help="MOTChallenge sequence folder with images, or a video"
    )
    parser.add_argument("--result_file", required=True, help="the tracks, as deep_sort_app.py writes them")
    parser.add_argument("--detection_file", help="detections with features (.npy), drawn in red")
    parser.add_argument(
        "--output_file", help="a video of it, .avi (motion JPEG) or .mp4 (H.264); needs no display"
    )
    parser.add_argument(
        "--display",
        type=boolean,
        metavar="BOOL",
        help="show a window (default: true, but not if a video is asked for where no window is possible)",
    )
    add_drawing_flags(parser)
    add_switch(
        parser,
        "--show_false_alarms",
        "mark boxes whose IoU with every ground-truth box is below 0.5, needs gt/gt.txt",
    )
    return parser.parse_args(argv)


if __name__ == "__main__":
    sys.exit(main())
