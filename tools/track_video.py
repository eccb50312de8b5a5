"""Track what a detector finds in a video, a folder of images, a camera or a stream, in one pass."""

from __future__ import annotations

import argparse
import sys
from contextlib import suppress
from dataclasses import fields, replace
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import (
    add_parameter_flags,
    add_switch,
    comma_separated,
    command_parser,
    number,
    positive_int,
    run_command,
    take_parameters,
)
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
    detector : str
        See `tools.detectors.finder.BoxFinder`.
    output_file : str or Path
        Result file, as deep_sort_app.py writes it.
    output_video : str or Path, optional
        A video of the tracks, ``.mp4`` or ``.avi``.
    model : str, optional
        The network of appearance features, by default the one of resources/networks; ``none`` for motion alone.
    classes : tuple of str
        What to track, names or numbers; by default everything. Different classes are not matched.
    display : bool
        Show a window.
    save_detections : str or Path, optional
        Folder for det.txt and the detection file, with which deep_sort_app.py gives the same tracks.
    start, end : int, optional
        First and last frame.
    every : int
        Look at one of so many frames.
    reconnect : float
        Seconds for which a stream that broke is tried again.
    write_class : bool
        Write the number of each track's class to the 8th column of the result.
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
    from application_util.drawing.view import View
    from application_util.files.network_card import write_card
    from application_util.files.output import refuse_overwriting
    from application_util.files.result_file import ResultFile
    from application_util.tracking.outcome import report_outcome
    from application_util.tracking.sequence_tracker import create_tracker
    from tools.detectors.finder import BoxFinder
    from tools.features.encoder import load_box_encoder
    from tools.features.network_options import Network
    from tools.network.model_file import default_model
    from tools.video.look import Look
    from tools.video.saved import saved_files, saving
    from tools.video.source import open_source

    frames = open_source(source, reconnect)
    network = None if model == "none" else Path(model or default_model())
    finder = BoxFinder(detector, settings.min_confidence, classes, detector_settings, frames.sequence)
    encoder = None if network is None else load_box_encoder(Network(network, options))
    card = None if encoder is None else encoder.card
    if settings.max_cosine_distance is None:
        recommended = card and card.max_cosine_distance
        default = TrackerSettings().max_cosine_distance
        settings = replace(settings, max_cosine_distance=default if recommended is None else recommended)
    files = [] if save_detections is None else saved_files(save_detections, frames.name, encoder is not None)
    inputs = [detector, network, *(frames.sequence.input_files if frames.sequence else [])]
    refuse_overwriting([output_file, output_video, *files], inputs)
    rate = None if frames.update_ms is None else frames.update_ms * every
    drawing = replace(drawing, update_ms=rate)
    view = View(frames, display, [output_video], drawing, WINDOW_UPDATE_MS, instead="leave --display out")
    look = Look(finder, encoder, settings, frames.name, all_features=bool(files))
    tracker = create_tracker(settings, by_class=True)
    endless = frames.numbers is None
    with (
        ResultFile(output_file, write_class) as results,
        saving(files, 0 if encoder is None else encoder.feature_dim) as save,
        view,
    ):
        sight = view.shown(look.at(frames, start, end, every), frames.count(start, end, every))
        with suppress(*[KeyboardInterrupt] * endless):
            for seen in sight:
                found = seen.detections()
                tracker.predict()
                tracker.update(found)
                results.write(seen.frame, tracker.tracks)
                save(seen)
                view.draw(seen.frame, found, tracker.tracks)
        view.finished |= endless
        if not view.finished:
            results.keep_partial()
    for path in files[1:]:
        write_card(path, card)
    if view.finished:
        tracks = len(results.track_ids)
        look.outcome.tracks, look.outcome.never_confirmed = tracks, tracker._next_id - 1 - tracks
        report_outcome(frames.name, look.outcome, results.rows, output_file)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    parser = command_parser(__doc__)
    add = parser.add_argument
    add(
        "source",
        help="a video, a folder of images, a sequence folder, the number of a camera, rtsp:// or http://",
    )
    add("--detector", required=True, help="a network (.onnx, .xml), ultralytics:MODEL, rfdetr:SIZE, libreyolo:MODEL, "
        "module:function, or detections made before")  # fmt: skip
    add(
        "--output_file",
        default="tracks.txt",
        help="result file, replaced if there is one (default: %(default)s)",
    )
    add("--output_video", metavar="FILE", help="a video of the tracks, .mp4 (H.264) or .avi (motion JPEG)")
    add("--model", help="network of appearance features, or none for motion alone (default: the bundled one)")
    add("--classes", type=comma_separated("classes"), default=(), metavar="CLASS,CLASS",
        help="track only these, by name or number; classes are never matched with each other")  # fmt: skip
    add_switch(parser, "--display", "show a window: q or ESC ends, space pauses, s steps")
    add(
        "--save_detections",
        metavar="DIR",
        help="keep detections and features, to track them again with other flags",
    )
    add("--start", type=positive_int, metavar="FRAME", help="first frame")
    add("--end", type=positive_int, metavar="FRAME", help="last frame")
    add("--every", type=positive_int, default=1, metavar="N", help="look at one of N frames (default: all)")
    add("--reconnect", type=number(float, 0), default=10.0, metavar="SECONDS",
        help="how long a stream that broke is tried again (default: %(default)g)")  # fmt: skip
    add_switch(
        parser, "--write_class", "write the number of each track's class to the 8th column of the result"
    )
    add("--max_cosine_distance", type=number(float), metavar="DISTANCE",
        help="largest appearance distance of a match (default: what the network is meant for, else 0.2)")  # fmt: skip
    others = [each.name for each in fields(TrackerSettings) if each.name != "max_cosine_distance"]
    add_parameter_flags(parser, BENCHMARK_SETTINGS, "tracker", others)
    add_parameter_flags(parser, DetectorSettings(), "detector, where its family leaves a choice")
    add_parameter_flags(parser, OPENVINO, "how the network of appearance features is run")
    add_parameter_flags(parser, DrawingSettings(), "drawing", ("width", "colors", "draw_detections"))
    args = parser.parse_args(argv)
    take_parameters(args, DrawingSettings, "drawing")
    take_parameters(args, TrackerSettings, "settings")
    take_parameters(args, DetectorSettings, "detector_settings")
    take_parameters(args, NetworkOptions, "options")
    return args


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
