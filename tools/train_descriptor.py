"""Train the appearance network on one's own or published images, measure it, freeze it for the tracker."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import (
    add_parameter_flags,
    command_parser,
    number,
    positive_float,
    positive_int,
    run_command,
    take_parameters,
)
from tools.reid.settings import DATASETS, PRECISIONS, AugmentationSettings, Plan, Recipe, RunSettings

PARAMETERS = {Plan: "plan", Recipe: "recipe", AugmentationSettings: "augmentation", RunSettings: "settings"}


def train(**arguments: Any) -> None:
    """Train a network, see `tools.reid.training.train`."""
    from tools.reid.training import train

    train(**arguments)


def evaluate(**arguments: Any) -> None:
    """Print the scores of a network, see `tools.reid.measuring.evaluate`."""
    from tools.reid.measuring import evaluate

    evaluate(**arguments)


def export(**arguments: Any) -> None:
    """Write features of query and gallery, see `tools.reid.measuring.export`."""
    from tools.reid.measuring import export

    export(**arguments)


def freeze(restore_path: str, graphdef_out: str, image_shape: tuple[int, int], **card: Any) -> None:
    """Freeze a checkpoint, see `tools.network.freezing.freeze_model`."""
    from tools.network.freezing import freeze_model

    freeze_model(restore_path, graphdef_out, image_shape, **card)
    print(f"{graphdef_out}: written")


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = command_parser(__doc__)
    modes = parser.add_subparsers(dest="mode", required=True, metavar="{train,eval,export,freeze}")
    data, network, shape = (argparse.ArgumentParser(add_help=False) for _ in range(3))
    data.add_argument(
        "--dataset",
        choices=DATASETS,
        action="append",
        help="layout of the data set (default: market1501); again for each further one",
    )
    data.add_argument(
        "--dataset_dir", action="append", default=[], help="its folder or zip archive; likewise"
    )
    add = network.add_argument
    add("--model", required=True, help="network (.pb, .xml, .onnx) or prefix of a checkpoint")
    add("--input_name", default="images", help="input node (default: %(default)s)")
    add("--output_name", default="features", help="output node (default: %(default)s)")
    add("--batch_size", type=positive_int, default=64, help="images at once (default: %(default)s)")
    add("--precision", choices=PRECISIONS, default="float32", help="with OpenVINO (default: %(default)s)")
    add_parameter_flags(shape, Plan(), "the project's own network", ("image_shape",))

    _add_train_flags(
        modes.add_parser("train", parents=[data], help="train; goes on where the same run stopped")
    )
    modes.add_parser("eval", parents=[data, network, shape], help="rank the gallery for each query")
    export = modes.add_parser(
        "export", parents=[data, network, shape], help="write features of query and gallery"
    )
    export.add_argument("--output_dir", required=True, help="for query and gallery, .npy and .mat")
    freeze = modes.add_parser("freeze", parents=[shape], help="turn a checkpoint into a frozen network")
    _add_freeze_flags(freeze)

    args = parser.parse_args(argv)
    if "dataset_dir" in args:
        _take_datasets(parser, args)
    if args.mode == "train":
        for kind, name in PARAMETERS.items():
            take_parameters(args, kind, name)
    else:
        args.image_shape = tuple(args.image_shape)
    return args


def _add_train_flags(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--log_dir", default="training", help="folder of all runs (default: %(default)s)")
    add("--run_id", default="descriptor", help="this run's folder below it (default: %(default)s)")
    add(
        "--restore_path",
        nargs="+",
        default=(),
        metavar="CHECKPOINT",
        help="what to take the first weights from: a checkpoint, several for their mean, or a frozen network (.pb)",
    )
    add("--teacher", metavar="MODEL", help="learn the embeddings of this network (.pb, .xml, .onnx) as well")
    add(
        "--teacher_precision",
        choices=PRECISIONS,
        default="float32",
        help="with OpenVINO (default: %(default)s)",
    )
    add(
        "--unlabelled",
        nargs="+",
        default=(),
        metavar="DIR",
        help="images without identities for the teacher: sequences with detections, folders or zip archives",
    )
    add(
        "--variants",
        type=number(int, 0),
        default=0,
        metavar="N",
        help="images of new people to make of the others for the teacher (default: %(default)s)",
    )
    add_parameter_flags(parser, RunSettings(), "measuring, saving, stopping")
    add_parameter_flags(parser, Plan(), "plan")
    add_parameter_flags(parser, Recipe(), "loss and optimiser")
    add_parameter_flags(parser, AugmentationSettings(), "changes of training images")


def _add_freeze_flags(parser: argparse.ArgumentParser) -> None:
    add = parser.add_argument
    add("--restore_path", required=True, help="prefix of the checkpoint")
    add("--graphdef_out", required=True, help="frozen network (.pb) to write, and its card (.json) beside it")
    add(
        "--max_cosine_distance",
        type=positive_float,
        metavar="DISTANCE",
        help="what the card is to recommend (default: nothing)",
    )
    add("--trained_on", default="", metavar="TEXT", help="for the card: the images trained on")
    add("--terms", default="", metavar="TEXT", help="for the card: what the network may be used for")


def _take_datasets(parser: argparse.ArgumentParser, args: argparse.Namespace) -> None:
    layouts, places = args.dataset or ["market1501"], vars(args).pop("dataset_dir")
    if len(layouts) not in (1, len(places)):
        parser.error(f"{len(layouts)} times --dataset for {len(places)} times --dataset_dir")
    args.datasets = list(zip(layouts * (len(places) if len(layouts) == 1 else 1), places, strict=True))
    del args.dataset


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    args = vars(parse_args(argv))
    modes: dict[str, Callable[..., None]] = {
        "train": train,
        "eval": evaluate,
        "export": export,
        "freeze": freeze,
    }
    return run_command(modes[args.pop("mode")], **args)


if __name__ == "__main__":
    sys.exit(main())
