"""Track a video, images, a camera or a stream with a detector, in one pass."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from dataclasses import fields, replace
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import CommandParser, add_parameter_flags, run_command
from application_util.flag_types import number, positive_int
from application_util.flags import DEFAULT_NETWORK, add_flag, add_flags, add_settings_flag, add_tracker_flags
from application_util.settings import BENCHMARK_SETTINGS, DrawingSettings, TrackerSettings
from tools.detectors.settings import DetectorSettings
from tools.features.network_options import NetworkOptions

WINDOW_UPDATE_MS = 1
OPENVINO = NetworkOptions(runtime="openvino")
"""Runs all kinds of networks, the detector as well."""


def run(
    source: str,
    detector: str,
    output_file: str | Path = "tracks.txt",
    output_video: str | Path | None = None,
    model: str | None = None,
    classes: tuple[str, ...] = (),
    display: bool = False,
    save_detections: str | Path | None = None,
    start: int | None = None,
    end: int | None = None,
    every: int = 1,
    reconnect: float = 10.0,
    write_class: bool = False,
    settings: TrackerSettings = BENCHMARK_SETTINGS,
    detector_settings: DetectorSettings | None = None,
    options: NetworkOptions = OPENVINO,
    drawing: DrawingSettings = DrawingSettings(),  # noqa: B008 (frozen)
) -> None:
    """Track a video and write its result file.

    Parameters
    ----------
    source : str
        See `tools.video.source.open_source`.
    detector, output_file, output_video, classes, display, write_class
        See `application_util.flags.SHARED`; boxes of different classes are not matched.
    model : str, optional
        The network of appearance features, by default the one of resources/networks; ``none`` for motion alone.
    save_detections : str or Path, optional
        Folder for det.txt and the detection file, with which deep_sort_app.py gives the same tracks.
    start, end : int, optional
        First and last frame.
    every : int
        Look at one of so many frames.
    reconnect : float
        Seconds for which a stream that broke is tried again.
    settings : TrackerSettings
        With None for max_cosine_distance, it is what the network's features are meant for.
    detector_settings : DetectorSettings, optional
    options : NetworkOptions
        Of the network of appearance features.
    drawing : DrawingSettings
        But for update_ms, which is the frames' own.

    Raises
    ------
    UserError
        For whatever the user can fix; nothing that exists was overwritten then.
    """
    from application_util.association.camera_motion import CameraMotion
    from application_util.association.create import create_tracker
    from application_util.drawing.view import View
    from application_util.errors import Interrupted
    from application_util.files.lock import lock_folder
    from application_util.files.network_card import write_card
    from application_util.files.output import refuse_overwriting
    from application_util.files.result_file import ResultFile
    from application_util.progress import say
    from application_util.sequences.contradictions import warn_of_contradictions
    from application_util.tracking.outcome import report_outcome
    from tools.detectors.finder import BoxFinder
    from tools.features.encoder import load_box_encoder
    from tools.features.network_options import Network
    from tools.network.model_file import default_model
    from tools.video.look import Look
    from tools.video.saved import SavedDetections, saved_files
    from tools.video.source import open_source

    frames = open_source(source, reconnect)
    if frames.sequence is not None:
        warn_of_contradictions(frames.sequence)
    network = None if model == "none" else Path(model or default_model())
    finder = BoxFinder(detector, settings.lowest_confidence, classes, detector_settings, frames.sequence)
    encoder = None if network is None else load_box_encoder(Network(network, options))
    card = None if encoder is None else encoder.card
    if settings.max_cosine_distance is None:
        recommended = card and card.max_cosine_distance
        default = TrackerSettings().max_cosine_distance
        settings = replace(settings, max_cosine_distance=default if recommended is None else recommended)
    files = [] if save_detections is None else saved_files(save_detections, frames.name, encoder is not None)
    names = None if detector_settings is None else detector_settings.class_names
    inputs = [detector, network, names, *(frames.sequence.input_files if frames.sequence else [])]
    refuse_overwriting([output_file, output_video, *files], inputs)
    rate = None if frames.update_ms is None else frames.update_ms * every
    drawing = replace(drawing, update_ms=rate)
    view = View(frames, display, [output_video], drawing, WINDOW_UPDATE_MS, instead="leave --display out")
    look = Look(finder, encoder, settings, frames.name, all_features=bool(files))
    tracker, camera = create_tracker(settings, by_class=True), CameraMotion(settings.camera_motion)
    endless = frames.numbers is None
    with (
        nullcontext() if save_detections is None else lock_folder(save_detections),
        ResultFile(output_file, write_class) as results,
        SavedDetections(files, 0 if encoder is None else encoder.feature_dim) as saved,
        view,
    ):
        sight = view.shown(look.at(frames, start, end, every), frames.count(start, end, every))
        interrupted = False
        try:
            for seen in sight:
                found = seen.detections()
                tracker.predict(camera.step(seen.image))
                tracker.update(found)
                results.write(seen.frame, tracker.tracks)
                saved.write(seen)
                view.draw(seen.frame, found, tracker.tracks)
        except KeyboardInterrupt:
            interrupted = True
        view.finished |= endless
        if not view.finished:
            kept = [results.keep_partial(quiet=True), *view.keep_partial(), *saved.keep_partial()]
    if not view.finished:
        so_far = f"what there is so far: {', '.join(map(str, kept))}"
        if interrupted:
            raise Interrupted(so_far)
        say(f"stopped before the end: {so_far}")
        return
    for path in files[1:]:
        write_card(path, card)
    tracks = len(results.track_ids)
    look.outcome.tracks, look.outcome.never_confirmed = tracks, tracker._next_id - 1 - tracks
    report_outcome(frames.name, look.outcome, results.rows, output_file)


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(__doc__, "clip.mp4 --detector yolox_nano.onnx --classes person --output_video tracks.mp4")
    add = parser.add_argument
    add("source", metavar="SOURCE",
        help="a video, a folder of images, a sequence folder, the number of a camera, rtsp:// or http://")  # fmt: skip
    add_flag(parser, "--detector", "; or detections made before", required=True)
    add_flag(parser, "--output_file", "a row a track and frame", default="tracks.txt")
    add_flag(parser, "--output_video", "; needs no display (default: none)")
    add_flag(parser, "--model", ", or none for motion alone" + DEFAULT_NETWORK)
    add_flags(parser, "--classes", "--write_class")
    add_flag(parser, "--display", default=False)
    add("--save_detections", metavar="DIR",
        help="folder for detections and features, to track them again with other flags (default: none)")  # fmt: skip
    add("--start", type=positive_int, metavar="FRAME", help="first frame (default: the source's)")
    add("--end", type=positive_int, metavar="FRAME", help="last frame (default: the source's)")
    add("--every", type=positive_int, default=1, metavar="N", help="look at one of N frames")
    add("--reconnect", type=number(float, 0), default=10.0, metavar="SECONDS",
        help="how long a stream that broke is tried again")  # fmt: skip
    add("--max_cosine_distance", type=number(float), metavar="DISTANCE",
        help="largest appearance distance of a match (default: what the network is meant for, else 0.2)")  # fmt: skip
    others = [each.name for each in fields(TrackerSettings) if each.name != "max_cosine_distance"]
    add_tracker_flags(parser, BENCHMARK_SETTINGS, others, pack="settings")
    add_parameter_flags(
        parser, DetectorSettings(), "detector, where its family leaves a choice", pack="detector_settings"
    )
    add_parameter_flags(parser, OPENVINO, "how the network of appearance features is run", pack="options")
    drawn = ("width", "colors", "draw_detections")
    add_parameter_flags(parser, DrawingSettings(), "drawing", drawn, pack="drawing")
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
