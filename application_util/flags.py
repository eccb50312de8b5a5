"""Flags that commands share, each declared once: the same name means the same everywhere, in the same words."""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable
from typing import Any

from application_util.cli import CommandParser, add_parameter_flags
from application_util.errors import UserError
from application_util.flag_types import default_text, number, positive_int, several, switch
from application_util.progress import say
from application_util.settings import (
    BENCHMARKS,
    MAX_GAP,
    PRESETS,
    RECOMMENDED_POSTPROCESSING,
    DrawingSettings,
    PostprocessingSettings,
    TrackerSettings,
)
from application_util.settings_file import read_settings

_DEFAULTS = TrackerSettings().as_dict() | PostprocessingSettings().as_dict()

DETECTION_FILES = ".npy with features, or a det.txt"
DEFAULT_NETWORK = " (default: mars-small128.pb in resources/networks if it is there, else the bundled one)"

SHARED: dict[str, dict[str, Any]] = {
    "--sequence_dir": {"metavar": "PATH", "help": "MOTChallenge sequence folder, or a video"},
    "--mot_dir": {"metavar": "DIR", "help": "folder of MOTChallenge sequences or videos"},
    "--sequences": several(metavar="SEQUENCE", help="only these sequences (default: all)"),
    "--detection_file": {"metavar": "FILE", "help": f"detections: {DETECTION_FILES}"},
    "--detection_dir": {"metavar": "DIR", "help": "folder of detections"},
    "--result_file": {"metavar": "FILE", "help": "result file: the tracks"},
    "--result_dir": {"metavar": "DIR", "help": "folder of result files, <sequence>.txt"},
    "--output_file": {"metavar": "FILE", "help": "file to write: "},
    "--output_dir": {"metavar": "DIR", "help": "folder to write to: "},
    "--output_video": {"metavar": "FILE", "help": "also write a video, .mp4 (H.264) or .avi (motion JPEG)"},
    "--overwrite": {"action": "store_true", "help": "replace a file that is there"},
    "--resume": {"action": "store_true", "help": "keep what an earlier run finished: "},
    "--display": switch(None) | {"help": "show a window: ESC ends, space pauses, s steps"},
    "--model": {"metavar": "FILE", "help": "network of appearance features, .pb, .xml or .onnx"},
    "--detector": {
        "metavar": "DETECTOR",
        "help": "a network (.onnx, .xml), ultralytics:MODEL, rfdetr:SIZE, libreyolo:MODEL, or module:function",
    },
    "--classes": several(metavar="CLASS", default=(), help="only these classes, by name or number (default: all)"),
    "--write_class": {
        "action": "store_true",
        "help": "keep the classes of detections: write their numbers to the 8th column of --output_file",
    },
    "--skip_invalid": {"action": "store_true", "help": "leave invalid detections out instead of refusing their file"},
    "--skip_missing": {
        "action": "store_true",
        "help": "go on without sequences that lack a detection file, or a result",
    },
    "--max_gap": {
        "type": positive_int,
        "default": MAX_GAP,
        "metavar": "FRAMES",
        "help": "refuse detections with a longer gap between their frames",
    },
    "--benchmark": {
        "choices": BENCHMARKS,
        "help": "whose rules of scoring apply (default: by the sequences' names, else MOT17)",
    },
    "--eval_classes": several(
        type=number(int, 0),
        metavar="CLASS",
        default=(),
        help="classes of ground truth to score, by number (default: 1, pedestrians)",
    ),
    "--jobs": {"type": positive_int, "metavar": "N", "help": "sequences at once"},
    "--scheduler": {
        "metavar": "ADDRESS",
        "help": "dask.distributed scheduler whose workers do the work, such as tcp://host:8786 (default: none)",
    },
    "--seed": {
        "type": number(int, 0, 2**32 - 1),
        "default": 0,
        "metavar": "N",
        "help": "seed of what is drawn at random",
    },
    "--preset": {
        "choices": tuple(PRESETS),
        "default": "original",
        "help": "set of parameters of the tracker, which their own flags change",
    },
    "--crops": {
        "type": number(int, 0),
        "default": 16,
        "metavar": "N",
        "help": "crops of each track in its contact sheet",
    },
    "--people": {"metavar": "N", "help": "people in the scene"},
    "--frames": {"metavar": "FRAMES", "help": "frames of the sequence"},
}
"""Flag -> what ``add_argument`` is to know of it; the help of a command may go on after these words."""


def add_flag(parser: argparse._ActionsContainer, name: str, more: str = "", **options: Any) -> None:
    """Add a flag that commands share.

    Parameters
    ----------
    parser : ArgumentParser or group
    name : str
        One of `SHARED`.
    more : str
        What the help says beyond the common words.
    **options
        What is particular to the command, such as ``required`` or ``default``.
    """
    common = SHARED[name]
    parser.add_argument(name, **{**common, "help": common["help"] + more, **options})


def add_flags(parser: argparse._ActionsContainer, *names: str, **options: Any) -> None:
    """Add flags that commands share, with nothing particular but common `options`."""
    for name in names:
        add_flag(parser, name, **options)


def add_tracker_flags(
    parser: CommandParser, defaults: TrackerSettings, names: Iterable[str] | None = None, pack: str | None = None
) -> None:
    """Add the parameters of the tracker, see `add_parameter_flags`, and ``--preset``, which sets several."""
    add_flag(parser, "--preset")
    parser.take_defaults(_of_preset)
    add_parameter_flags(parser, defaults, "tracker", names, pack)


def _of_preset(args: argparse.Namespace) -> dict[str, Any]:
    """Return the parameters of ``--preset``, and say which they are."""
    name = args.__dict__.pop("preset")
    values = PRESETS[name]
    if values:
        say(f"preset {name}: " + " ".join(f"--{key} {default_text(value)}" for key, value in values.items()))
    return values


def add_worker_flags(parser: CommandParser, default: str = "one per core") -> None:
    """Add the flags of commands that work on many sequences: ``--jobs`` and ``--scheduler``."""
    group = parser.add_argument_group("where it runs")
    add_flag(group, "--jobs", f", on this machine (default: {default})")
    add_flag(group, "--scheduler")


def add_postprocessing_flags(parser: CommandParser, name: str) -> None:
    """Add the flags of post-processing, which become the argument `name`, and ``--postprocess``."""
    add_parameter_flags(parser, PostprocessingSettings(), "after tracking", pack=name)
    words = " ".join(f"--{key} {value:g}" for key, value in _usual_postprocessing().items())
    parser.add_argument("--postprocess", action="store_true", help=f"do what usually helps: {words}")
    parser.take_defaults(lambda args: _usual_postprocessing() if args.__dict__.pop("postprocess") else {})


def _usual_postprocessing() -> dict[str, Any]:
    off, usual = PostprocessingSettings().as_dict(), RECOMMENDED_POSTPROCESSING.as_dict()
    return {key: value for key, value in usual.items() if value != off[key]}


def add_settings_flag(parser: CommandParser) -> None:
    """Add ``--settings``, after all flags that it gives defaults: it wins over ``--preset`` and ``--postprocess``."""
    parser.add_argument("--settings", dest="settings_file", metavar="FILE",
        help="read parameters from a settings file (.toml), as a sweep writes it (default: none)")  # fmt: skip
    parser.take_defaults(_of_settings_file)


def _of_settings_file(args: argparse.Namespace) -> dict[str, Any]:
    """Return the parameters of ``--settings``, and say which have no flag here."""
    path = args.__dict__.pop("settings_file")
    for name, value in vars(args).items():
        if path and isinstance(value, str) and os.path.realpath(value) == os.path.realpath(path):
            raise UserError(f"{path}: named twice, by --settings and by --{name}: would be lost")
    values = {} if path is None else read_settings(path)
    unused = [name for name, value in values.items() if name not in args and value != _DEFAULTS[name]]
    if unused:
        say(f"{path}: not used by this command: {', '.join(unused)}")
    return values


def add_drawing_flags(parser: CommandParser) -> None:
    """Add the flags of commands that draw results."""
    names = ("update_ms", "width", "colors", "show_trajectories")
    add_parameter_flags(parser, DrawingSettings(), "drawing", names)
