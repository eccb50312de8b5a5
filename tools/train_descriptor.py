"""Train the appearance network on one's own or published images, measure it, freeze it for the tracker."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for `python tools/train_descriptor.py`

from application_util.cli import number, positive_int, run_command
from application_util.errors import UserError

if TYPE_CHECKING:
    import numpy as np

    from tools.features.encoder import ImageEncoder
    from tools.reid.data import ReidImages

DATASETS = ("market1501", "mars", "folder")
LOSSES = ("cosine-softmax", "triplet", "magnet")
IMAGE_SHAPE = (128, 64)


def parse_args(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    modes = parser.add_subparsers(dest="mode", required=True, metavar="{train,eval,export,freeze}")

    data = argparse.ArgumentParser(add_help=False)
    data.add_argument("--dataset", choices=DATASETS, default="market1501", help="layout of the data set")
    data.add_argument("--dataset_dir", required=True, help="its folder or zip archive")

    network = argparse.ArgumentParser(add_help=False)
    network.add_argument("--model", required=True, help="frozen network (.pb) or prefix of a checkpoint")
    network.add_argument("--input_name", default="images", help="input node (default: %(default)s)")
    network.add_argument("--output_name", default="features", help="output node (default: %(default)s)")
    network.add_argument(
        "--batch_size", type=positive_int, default=64, help="images at once (default: %(default)s)"
    )

    shape = argparse.ArgumentParser(add_help=False)
    shape.add_argument(
        "--image_shape",
        type=number(int, 8),
        nargs=2,
        default=IMAGE_SHAPE,
        metavar=("HEIGHT", "WIDTH"),
        help="size of the network's images (default: %(default)s)",
    )

    train = modes.add_parser("train", parents=[data, shape], help="train; goes on where the same run stopped")
    add = train.add_argument
    add("--log_dir", default="training", help="folder of all runs (default: %(default)s)")
    add("--run_id", default="descriptor", help="this run's folder below it (default: %(default)s)")
    add(
        "--restore_path",
        nargs="+",
        metavar="CHECKPOINT",
        help="checkpoint to take the first weights from; of several, their mean",
    )
    add(
        "--seed",
        type=number(int, 0, 2**32 - 1),
        default=0,
        help="of weights, order and changes of images (default: %(default)s)",
    )
    add(
        "--hold_out",
        type=number(float, 0, 0.9),
        default=0.0,
        help="share of identities to measure on (default: %(default)s)",
    )
    add(
        "--measure_epochs",
        type=positive_int,
        default=5,
        help="epochs between measurements (default: %(default)s)",
    )
    add(
        "--epochs",
        type=number(int, 0),
        default=40,
        help="epochs on full images (default: %(default)s)",
    )
    add(
        "--small_epochs",
        type=number(int, 0),
        default=40,
        help="epochs on half-size images before (default: %(default)s)",
    )
    add("--number_of_steps", type=positive_int, help="stop after this many steps, whatever the epochs")
    add("--batch_size", type=positive_int, default=64, help="images in a batch (default: %(default)s)")
    add(
        "--images_per_identity",
        type=number(int, 2),
        default=2,
        help="of them of one identity; 4 suits triplet and magnet (default: %(default)s)",
    )
    add(
        "--learning_rate",
        type=number(float, 0),
        default=2e-3,
        help="Adam's rate (default: %(default)s)",
    )
    add("--loss_mode", choices=LOSSES, default="cosine-softmax", help="(default: %(default)s)")
    add(
        "--triplet_weight",
        type=number(float, 0),
        default=0.0,
        help="triplet beside cosine-softmax (default: %(default)s)",
    )
    add(
        "--margin",
        type=number(float, 0, 1),
        default=0.2,
        help="of the cosine with the own class (default: %(default)s)",
    )
    for flag, default, images in (("--small_grid", (1, 1), "half-size"), ("--grid", (8, 1), "full")):
        add(
            flag,
            type=positive_int,
            nargs=2,
            default=default,
            metavar=("ROWS", "COLUMNS"),
            help=f"cells of {images} images with fc1 weights of their own (default: %(default)s)",
        )
    add("--label_smoothing", type=number(float, 0, 1), default=0.1, help="(default: %(default)s)")
    add(
        "--dropout",
        type=number(float, 0, 0.99),
        default=0.2,
        help="share dropped before fc1 (default: %(default)s)",
    )
    add(
        "--block_dropout",
        type=number(float, 0, 0.99),
        default=0.0,
        help="share dropped in blocks (default: %(default)s)",
    )
    add(
        "--weight_decay",
        type=number(float, 0),
        default=0.1,
        help="times the learning rate (default: %(default)s)",
    )
    add(
        "--precision",
        choices=("float32", "bfloat16"),
        default="float32",
        help="of activations; bfloat16 is faster on processors with AVX-512 BF16 or AMX (default: %(default)s)",
    )
    add(
        "--save_minutes",
        type=number(float, 0),
        default=3.0,
        help="between saved states (default: %(default)s)",
    )

    modes.add_parser("eval", parents=[data, network, shape], help="rank the gallery for each query")
    export = modes.add_parser(
        "export", parents=[data, network, shape], help="write features of query and gallery"
    )
    export.add_argument("--output_dir", required=True, help="for query and gallery, .npy and .mat")

    freeze = modes.add_parser("freeze", parents=[shape], help="turn a checkpoint into a frozen network")
    freeze.add_argument("--restore_path", required=True, help="prefix of the checkpoint")
    freeze.add_argument("--graphdef_out", required=True, help="frozen network (.pb) to write")
    args = parser.parse_args(arguments)
    args.image_shape = tuple(args.image_shape)
    return args


def train(args: argparse.Namespace) -> None:
    """Train, then write a checkpoint and a frozen network into the run's folder."""
    from tools.freeze_model import write_graph
    from tools.reid.data import hold_out
    from tools.reid.layers import Recipe
    from tools.reid.readers import read_dataset
    from tools.reid.run import Run
    from tools.reid.settings import Plan
    from tools.reid.weights import mean_variables, save_variables

    if args.batch_size % args.images_per_identity:
        raise UserError(
            f"--batch_size {args.batch_size} is not a multiple of --images_per_identity {args.images_per_identity}"
        )
    data = read_dataset(args.dataset, args.dataset_dir, "train", args.image_shape)
    kept, held_out = hold_out(data, args.hold_out, args.seed) if args.hold_out else (data, None)
    recipe = Recipe(
        loss_mode=args.loss_mode,
        triplet_weight=args.triplet_weight,
        margin=args.margin,
        label_smoothing=args.label_smoothing,
        dropout=args.dropout,
        block_dropout=args.block_dropout,
        weight_decay=args.weight_decay,
        precision=args.precision,
        seed=args.seed,
    )
    plan = Plan(
        small_epochs=args.small_epochs,
        epochs=args.epochs,
        batch_size=args.batch_size,
        images_per_identity=args.images_per_identity,
        learning_rate=args.learning_rate,
        image_shape=args.image_shape,
        small_grid=tuple(args.small_grid),
        grid=tuple(args.grid),
    )
    folder = Path(args.log_dir) / args.run_id
    run = Run(
        folder,
        kept,
        held_out,
        plan,
        recipe,
        start=mean_variables(args.restore_path) if args.restore_path else None,
        save_seconds=60.0 * args.save_minutes,
        measure_epochs=args.measure_epochs,
        last_step=args.number_of_steps,
    )
    variables, shape = run()
    save_variables(folder / "model.ckpt", variables)
    write_graph(variables, folder / "model.pb", shape)
    print(f"{folder}: model.ckpt and model.pb written")


def load_network(args: argparse.Namespace) -> ImageEncoder:
    """The network of ``--model``: a frozen graph, or a checkpoint of the project's own network."""
    from tools.features.encoder import ImageEncoder
    from tools.network.architecture import read_checkpoint
    from tools.reid.features import encoder_of

    if Path(args.model).is_file():
        return ImageEncoder(args.model, args.input_name, args.output_name)
    if Path(f"{args.model}.index").is_file():
        return encoder_of(read_checkpoint(args.model, args.image_shape), args.image_shape)
    raise UserError(f"{args.model}: neither a frozen network (.pb) nor a checkpoint")


def encode(args: argparse.Namespace, network: ImageEncoder, split: str) -> tuple[np.ndarray, ReidImages]:
    """Features of a part of a data set, one a tracklet where it has tracklets."""
    from tools.reid.evaluation import pool_tracklets
    from tools.reid.features import encode_images
    from tools.reid.readers import read_dataset

    data = read_dataset(args.dataset, args.dataset_dir, split, network.image_shape[:2])
    return pool_tracklets(encode_images(network, data.images, args.batch_size), data)


def evaluate(args: argparse.Namespace) -> None:
    """Print the scores of a network."""
    from tools.reid.evaluation import rank_gallery

    network = load_network(args)
    start = time.perf_counter()
    query_features, query = encode(args, network, "query")
    gallery_features, gallery = encode(args, network, "gallery")
    encoded = time.perf_counter()
    scores = rank_gallery(query_features, gallery_features, query, gallery)
    ranked = time.perf_counter()
    print(f"{args.model}: {scores}")
    print(f"images and features in {encoded - start:.1f} s, ranking in {ranked - encoded:.1f} s")


def export(args: argparse.Namespace) -> None:
    """Write features, identities and cameras of query and gallery, as .npy and .mat files."""
    from tools.reid.export import write_features

    network = load_network(args)
    for split in ("query", "gallery"):
        features, data = encode(args, network, split)
        write_features(Path(args.output_dir), split, features, data)
        print(f"{args.output_dir}: {split}: {len(features)} features written")


def freeze(args: argparse.Namespace) -> None:
    """Freeze a checkpoint."""
    from tools.freeze_model import freeze_model

    freeze_model(args.restore_path, args.graphdef_out, args.image_shape)
    print(f"{args.graphdef_out}: written")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    args = parse_args(arguments)
    command = {"train": train, "eval": evaluate, "export": export, "freeze": freeze}[args.mode]
    return run_command(lambda: command(args))


if __name__ == "__main__":
    sys.exit(main())
