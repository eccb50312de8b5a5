"""Train the appearance network on one's own or published images, measure it, freeze it for the tracker."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import (
    add_parameter_flags,
    command_parser,
    number,
    positive_int,
    run_command,
    take_parameters,
)
from application_util.errors import UserError
from application_util.progress import say
from tools.reid.settings import DATASETS, PRECISIONS, AugmentationSettings, Plan, Recipe, RunSettings

if TYPE_CHECKING:
    import numpy as np

    from tools.features.encoder import ImageEncoder
    from tools.reid.data import ReidImages

IMAGE_SHAPE = Plan().image_shape


def train(
    datasets: Sequence[tuple[str, str]],
    log_dir: str | Path = "training",
    run_id: str = "descriptor",
    *,
    restore_path: Sequence[str] = (),
    teacher: str | None = None,
    teacher_precision: str = "float32",
    unlabelled: Sequence[str] = (),
    variants: int = 0,
    plan: Plan | None = None,
    recipe: Recipe | None = None,
    augmentation: AugmentationSettings | None = None,
    settings: RunSettings | None = None,
) -> None:
    """Train, then write a checkpoint, a frozen network and its card into the run's folder.

    Parameters
    ----------
    datasets : sequence of (str, str)
        Layout and place of each data set.
    log_dir, run_id : str
        The run's folder is ``log_dir/run_id``; a run there goes on. The teacher's embeddings are kept in `log_dir`.
    restore_path : sequence of str
        A checkpoint to start from, the mean of several, or a network that was frozen by this project (``.pb``).
    teacher : str, optional
        Network whose embeddings are learnt.
    teacher_precision : str
        Of its arithmetic, where OpenVINO runs it.
    unlabelled : sequence of str
        Sequences, folders or zip archives of images without identities.
    variants : int
        Images of new people to make of all the others.
    plan, recipe, augmentation, settings
        See `tools.reid.settings`.

    Raises
    ------
    UserError
        If data, settings or files are not as they must be.
    """
    from tools.network.freezing import write_graph
    from tools.reid.augmentation import Augmentation
    from tools.reid.run import Run
    from tools.reid.teacher import Teacher
    from tools.reid.training_set import ask_teacher, read_training_set
    from tools.reid.warm_start import first_variables
    from tools.reid.weights import save_variables

    plan, recipe, settings = plan or Plan(), recipe or Recipe(), settings or RunSettings()
    if plan.batch_size % plan.images_per_identity:
        raise UserError(
            f"--batch_size {plan.batch_size} is not a multiple of --images_per_identity {plan.images_per_identity}"
        )
    data, held_out = read_training_set(datasets, unlabelled, variants, plan, settings, recipe.seed)
    lessons = ask_teacher(Teacher(teacher, log_dir, teacher_precision), data) if teacher else None
    start = first_variables(restore_path, data.images, plan.image_shape) if restore_path else None
    folder = Path(log_dir) / run_id
    run = Run(folder, data, held_out, plan, recipe, start, lessons, Augmentation(augmentation), settings)
    variables, shape = run()
    save_variables(folder / "model.ckpt", variables)
    trained_on = ", ".join(f"{layout} ({Path(place).name})" for layout, place in datasets)
    write_graph(variables, folder / "model.pb", shape, trained_on=trained_on)
    say(f"{folder}: model.ckpt and model.pb written")


def load_network(
    model: str, input_name: str, output_name: str, image_shape: tuple[int, int], precision: str
) -> ImageEncoder:
    """Load a network: a file that `ImageEncoder` takes, or a checkpoint of the project's own network.

    Raises
    ------
    UserError
        If it is neither.
    """
    from tools.features.encoder import ImageEncoder
    from tools.network.architecture import read_checkpoint
    from tools.reid.features import encoder_of

    if Path(model).is_file():
        return ImageEncoder(model, input_name, output_name, precision=precision)
    if Path(f"{model}.index").is_file():
        return encoder_of(read_checkpoint(model, image_shape), image_shape)
    raise UserError(f"{model}: neither a network (.pb, .xml, .onnx) nor a checkpoint")


def encode(
    datasets: Sequence[tuple[str, str]], network: ImageEncoder, split: str, batch_size: int
) -> tuple[np.ndarray, ReidImages]:
    """Return features of a part of data sets, one a tracklet where they have tracklets."""
    from tools.reid.data import merge
    from tools.reid.evaluation import pool_tracklets
    from tools.reid.features import encode_images
    from tools.reid.readers import read_dataset

    shape = network.image_shape[:2]
    data = merge([read_dataset(layout, place, split, shape) for layout, place in datasets])
    return pool_tracklets(encode_images(network, data.images, batch_size), data)


def evaluate(
    datasets: Sequence[tuple[str, str]],
    model: str,
    input_name: str = "images",
    output_name: str = "features",
    batch_size: int = 64,
    image_shape: tuple[int, int] = IMAGE_SHAPE,
    precision: str = "float32",
) -> None:
    """Print the scores of a network."""
    from tools.reid.evaluation import rank_gallery

    network = load_network(model, input_name, output_name, image_shape, precision)
    start = time.perf_counter()
    query_features, query = encode(datasets, network, "query", batch_size)
    gallery_features, gallery = encode(datasets, network, "gallery", batch_size)
    encoded = time.perf_counter()
    scores = rank_gallery(query_features, gallery_features, query, gallery)
    ranked = time.perf_counter()
    print(f"{model}: {scores}")
    print(f"images and features in {encoded - start:.1f} s, ranking in {ranked - encoded:.1f} s")


def export(
    datasets: Sequence[tuple[str, str]],
    model: str,
    output_dir: str | Path,
    input_name: str = "images",
    output_name: str = "features",
    batch_size: int = 64,
    image_shape: tuple[int, int] = IMAGE_SHAPE,
    precision: str = "float32",
) -> None:
    """Write features, identities and cameras of query and gallery, as .npy and .mat files."""
    from tools.reid.export import write_features

    network = load_network(model, input_name, output_name, image_shape, precision)
    for split in ("query", "gallery"):
        features, data = encode(datasets, network, split, batch_size)
        write_features(Path(output_dir), split, features, data)
        print(f"{output_dir}: {split}: {len(features)} features written")


def freeze(restore_path: str, graphdef_out: str, image_shape: tuple[int, int] = IMAGE_SHAPE) -> None:
    """Freeze a checkpoint."""
    from tools.network.freezing import freeze_model

    freeze_model(restore_path, graphdef_out, image_shape)
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
        "--dataset_dir", required=True, action="append", help="its folder or zip archive; likewise"
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
    freeze.add_argument("--restore_path", required=True, help="prefix of the checkpoint")
    freeze.add_argument("--graphdef_out", required=True, help="frozen network (.pb) to write")

    args = parser.parse_args(argv)
    if "dataset_dir" in args:
        _take_datasets(parser, args)
    if args.mode == "train":
        for kind, name in PARAMETERS.items():
            take_parameters(args, kind, name)
    else:
        args.image_shape = tuple(args.image_shape)
    return args


PARAMETERS = {Plan: "plan", Recipe: "recipe", AugmentationSettings: "augmentation", RunSettings: "settings"}


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
