"""Track a MOTChallenge sequence: detections with features in, tracks out."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from application_util.cli import CommandParser, add_parameter_flags, lazy_names, run_command
from application_util.flags import add_flag, add_flags, add_settings_flag, add_tracker_flags
from application_util.progress import warn
from application_util.settings import COLORS, MAX_GAP, DrawingSettings, TrackerSettings

WINDOW_UPDATE_MS = 5

__getattr__ = lazy_names(
    __name__,
    {
        "gather_sequence_info": "application_util.sequences.sequence_info",
        "create_detections": "application_util.files.detection_file",
        "bool_string": "application_util.flag_types",
        "Detection": "deep_sort.detection",
        "Tracker": "deep_sort.tracker",
        "nn_matching": "deep_sort.",
        "preprocessing": "application_util.",
        "visualization": "application_util.",
    },
)


def run(
    sequence_dir: str | Path,
    detection_file: str | Path,
    output_file: str | Path,
    min_confidence: float,
    nms_max_overlap: float,
    min_detection_height: int,
    max_cosine_distance: float,
    nn_budget: int | None,
    display: bool | None,
    skip_invalid: bool = False,
    output_video: str | Path | None = None,
    *,
    max_iou_distance: float = 0.7,
    max_age: int = 30,
    n_init: int = 3,
    max_gap: int = MAX_GAP,
    width: int | None = None,
    colors: str = COLORS[0],
    draw_detections: bool = True,
    write_class: bool = False,
    **parameters: Any,
) -> None:
    """Track a sequence and write its result file.

    Parameters
    ----------
    sequence_dir : str or Path
        MOTChallenge sequence folder, or a video.
    detection_file : str or Path
        ``.npy`` array (N, 10 + M): the columns of det.txt, then the features. Or a det.txt alone.
    output_file : str or Path
        Result file; rows go to ``<output_file>.partial`` until the sequence is tracked to its end.
    min_confidence, nms_max_overlap, min_detection_height, max_cosine_distance, nn_budget
        See `application_util.settings.TrackerSettings`.
    display : bool or None
        Show a window; None shows one where that is possible.
    output_video : str or Path, optional
        A video (``.avi`` or ``.mp4``) of what the window shows; needs no display.
    max_iou_distance, max_age, n_init
        As the other parameters of the tracker.
    width, colors, draw_detections
        See `application_util.settings.DrawingSettings`.
    skip_invalid, max_gap, write_class
        See `application_util.flags.SHARED`.
    **parameters
        Those of `application_util.settings.TrackerSettings` that the original does not know.

    Raises
    ------
    UserError
        For whatever the user can fix; nothing that exists was overwritten then.
    """
    from application_util.association.create import create_tracker
    from application_util.drawing.view import View
    from application_util.files.detection_file import DetectionFile
    from application_util.files.network_card import distance_warnings
    from application_util.files.output import refuse_overwriting
    from application_util.files.result_file import ResultFile
    from application_util.sequences.sequence import read_sequence
    from application_util.sequences.sequence_info import detection_warnings, frame_range
    from application_util.tracking.camera_motions import camera_motions
    from application_util.tracking.outcome import Outcome, report_outcome
    from application_util.tracking.sequence_tracker import complete, select_detections

    settings = TrackerSettings(
        min_confidence,
        min_detection_height,
        nms_max_overlap,
        max_cosine_distance,
        nn_budget,
        max_iou_distance,
        max_age,
        n_init,
        **parameters,
    )
    sequence = read_sequence(sequence_dir)
    refuse_overwriting([output_file, output_video], [detection_file, *sequence.input_files])
    detections = DetectionFile(detection_file, skip_invalid, max_gap)
    drawing = DrawingSettings(None, width, colors, draw_detections)
    view = View(sequence, display, [output_video], drawing, window_ms=WINDOW_UPDATE_MS)
    by_class = write_class or settings.class_aware
    if by_class:
        detections.check_classes()
    tracker, outcome = create_tracker(settings, by_class), Outcome(settings)
    with ResultFile(output_file, write_class) as results, view:
        warnings = detection_warnings(sequence, detections)
        for warning in warnings + distance_warnings(detection_file, max_cosine_distance):
            warn(warning)
        frames = frame_range(sequence, detections)
        motions = camera_motions(sequence, settings.camera_motion, frames)
        for frame in view.frames(frames):
            found = select_detections(detections.rows(frame), settings, outcome, by_class)
            tracker.predict(motions.get(frame))
            tracker.update(found)
            results.write(frame, tracker.tracks)
            view.draw(frame, found, tracker.tracks)
        if not view.finished:
            results.keep_partial()
    if view.finished:
        complete(outcome, detections, tracker, len(results.track_ids))
        report_outcome(sequence.name, outcome, results.rows, output_file)


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(
        __doc__,
        "--sequence_dir MOT16/test/MOT16-06 --detection_file detections/MOT16-06.npy --output_file results/MOT16-06.txt"
        " --min_confidence 0.3 --nn_budget 100",
    )
    add_flags(parser, "--sequence_dir", "--detection_file", required=True)
    add_flag(parser, "--output_file", "a row a track and frame", default="/tmp/hypotheses.txt")
    add_tracker_flags(parser, TrackerSettings())
    add_flag(parser, "--display", " (default: where a window is possible)")
    add_flag(parser, "--output_video", "; needs no display (default: none)")
    add_parameter_flags(parser, DrawingSettings(), "drawing", ("width", "colors", "draw_detections"))
    add_flags(parser, "--write_class", "--skip_invalid", "--max_gap")
    add_settings_flag(parser)
    return parser


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    return create_parser().parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
