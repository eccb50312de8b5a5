"""Train the appearance network, measure it, freeze it for the tracker."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import CommandParser, add_mode, add_parameter_flags, run_command
from application_util.flag_types import number, positive_float, several
from application_util.flags import add_flag
from tools.features.network_options import NetworkOptions
from tools.reid.settings import DATASETS, PRECISIONS, AugmentationSettings, Plan, Recipe, RunSettings


def run(mode: str, **arguments: Any) -> None:
    """Do what a mode is for: `tools.reid.training.train`, `tools.reid.measuring.evaluate` and so on."""
    from tools.network.freezing import freeze_model
    from tools.reid.measuring import evaluate, export
    from tools.reid.training import train

    modes: dict[str, Callable[..., None]] = {"train": train, "eval": evaluate, "export": export, "freeze": freeze_model}
    modes[mode](**arguments)
    if mode == "freeze":
        print(f"{arguments['graphdef_out']}: written")


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(__doc__, "train --dataset_dir Market-1501 --hold_out 0.1")
    modes = parser.add_subparsers(dest="mode", required=True, metavar="{train,eval,export,freeze}")

    mode = add_mode(modes, "train", "train a network; go on where the same run stopped",
        "--dataset_dir Market-1501 --log_dir training --run_id market --hold_out 0.1")  # fmt: skip
    _add_dataset_flags(mode)
    _add_train_flags(mode)

    mode = add_mode(modes, "eval", "score a network: rank the gallery for each query",
        "--dataset_dir Market-1501 --model person-instance128.pb")  # fmt: skip
    _add_dataset_flags(mode)
    _add_network_flags(mode)

    mode = add_mode(modes, "export", "write a network's features of query and gallery",
        "--dataset_dir Market-1501 --model person-instance128.pb --output_dir features")  # fmt: skip
    _add_dataset_flags(mode)
    _add_network_flags(mode)
    add_flag(mode, "--output_dir", "query and gallery, .npy and .mat", required=True)

    mode = add_mode(modes, "freeze", "turn a checkpoint into a frozen network and its card",
        "--restore_path training/market/market-40 --graphdef_out market.pb --max_cosine_distance 0.2")  # fmt: skip
    _add_freeze_flags(mode)
    return parser


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line; without a mode, it is to train."""
    words = list(sys.argv[1:] if argv is None else argv)
    if words and words[0].startswith("--") and words[0] not in ("--help", "--version"):
        words.insert(0, "train")
    parser = create_parser()
    args = parser.parse_args(words)
    if "dataset_dir" in args:
        _take_datasets(parser, args)
    return args


def _add_dataset_flags(parser: CommandParser) -> None:
    add = parser.add_argument
    add("--dataset", **several(choices=DATASETS, default=(DATASETS[0],), help="layout of the data set, or of each"))
    add("--dataset_dir", nargs="+", action="extend", default=[], metavar="PATH",
        help="folder or zip archive of the data set, or of each (default: none)")  # fmt: skip


def _add_network_flags(parser: CommandParser) -> None:
    add_flag(parser, "--model", ", or prefix of a checkpoint", required=True)
    names = ("input_name", "output_name", "batch_size", "precision")
    add_parameter_flags(parser, NetworkOptions(batch_size=64), "how the network is run", names)
    add_parameter_flags(parser, Plan(), "the project's own network", ("image_shape",))


def _add_train_flags(parser: CommandParser) -> None:
    add = parser.add_argument
    add("--log_dir", metavar="DIR", default="training", help="folder of all runs")
    add("--run_id", metavar="NAME", default="descriptor", help="this run's folder below it")
    add("--restore_path", nargs="+", default=(), metavar="CHECKPOINT",
        help="prefix of the checkpoint to start from, of several for their mean, or a frozen network, .pb "
        "(default: none)")  # fmt: skip
    add("--teacher", metavar="FILE",
        help="learn the embeddings of this network, .pb, .xml or .onnx, as well (default: none)")  # fmt: skip
    add("--teacher_precision", choices=PRECISIONS, default="float32", help="precision of its arithmetic")
    add("--unlabelled", nargs="+", default=(), metavar="PATH",
        help="images without identities for the teacher: sequences with detections, folders or zip archives "
        "(default: none)")  # fmt: skip
    add("--variants", type=number(int, 0), default=0, metavar="N",
        help="images of new people to make of the others for the teacher")  # fmt: skip
    add_parameter_flags(parser, RunSettings(), "measuring, saving, stopping", pack="settings")
    add_parameter_flags(parser, Plan(), "plan", pack="plan")
    add_parameter_flags(parser, Recipe(), "loss and optimiser", pack="recipe")
    add_parameter_flags(parser, AugmentationSettings(), "changes of training images", pack="augmentation")


def _add_freeze_flags(parser: CommandParser) -> None:
    add = parser.add_argument
    add("--restore_path", dest="checkpoint_in", required=True, metavar="CHECKPOINT", help="prefix of the checkpoint")
    add(
        "--graphdef_out",
        required=True,
        metavar="FILE",
        help="frozen graph to write, .pb; its card (.json) lies beside it",
    )
    add("--max_cosine_distance", type=positive_float, metavar="DISTANCE",
        help="largest appearance distance of a match, for the card to recommend (default: none)")  # fmt: skip
    add("--trained_on", default="", metavar="TEXT", help="for the card: the images trained on (default: none)")
    add("--terms", default="", metavar="TEXT", help="for the card: what the network may be used for (default: none)")
    add_parameter_flags(parser, Plan(), "the project's own network", ("image_shape",))


def _take_datasets(parser: CommandParser, args: argparse.Namespace) -> None:
    layouts, places = vars(args).pop("dataset"), vars(args).pop("dataset_dir")
    if len(layouts) not in (1, len(places)):
        parser.error(f"{len(layouts)} layouts in --dataset for {len(places)} data sets in --dataset_dir")
    args.datasets = list(zip(layouts * (len(places) if len(layouts) == 1 else 1), places, strict=True))


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
