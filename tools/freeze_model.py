"""Turn a checkpoint of the appearance network into a frozen graph that the encoder loads."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for `python tools/freeze_model.py`

from application_util.cli import number, run_command
from application_util.files.output import whole_file
from tools.network.architecture import IMAGE_SHAPE, Variables, inference_graph, read_checkpoint

DEFAULT_CHECKPOINT = "resources/networks/mars-small128.ckpt-68577"
DEFAULT_GRAPH = "resources/networks/mars-small128.pb"


def write_graph(
    variables: Variables, graphdef_out: str | Path, image_shape: tuple[int, int] = IMAGE_SHAPE
) -> None:
    """Write the frozen graph of the network with the given weights.

    Parameters
    ----------
    variables : mapping
        Variable name to float32 array, see `tools.network.architecture.variable_shapes`.
    graphdef_out : path
        The file to write; it appears only once it is complete.
    image_shape : tuple of int
        Height and width of the images in pixels.

    Raises
    ------
    UserError
        If the file cannot be written.
    """
    graph = inference_graph(variables, image_shape)
    with whole_file(graphdef_out, "choose another place for the network", "wb") as file:
        file.write(graph.SerializeToString(deterministic=True))


def freeze_model(
    checkpoint_in: str | Path, graphdef_out: str | Path, image_shape: tuple[int, int] = IMAGE_SHAPE
) -> None:
    """Freeze a checkpoint.

    Parameters
    ----------
    checkpoint_in : path
        Prefix of the checkpoint.
    graphdef_out : path
        The frozen graph (``.pb``) to write: ``images`` in, ``features`` out.
    image_shape : tuple of int
        Height and width of the network's images in pixels.

    Raises
    ------
    UserError
        If the checkpoint cannot be read or the graph not be written.
    """
    write_graph(read_checkpoint(checkpoint_in, image_shape), graphdef_out, image_shape)


def parse_args(arguments: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--checkpoint_in", default=DEFAULT_CHECKPOINT, help="prefix of the checkpoint")
    parser.add_argument("--graphdef_out", default=DEFAULT_GRAPH, help="frozen graph to write")
    parser.add_argument(
        "--image_shape",
        type=number(int, 8),
        nargs=2,
        default=IMAGE_SHAPE,
        metavar=("HEIGHT", "WIDTH"),
        help="size of the network's images (default: %(default)s)",
    )
    return parser.parse_args(arguments)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; returns its exit code."""
    args = parse_args(arguments)

    def command() -> None:
        freeze_model(args.checkpoint_in, args.graphdef_out, tuple(args.image_shape))
        print(f"{args.graphdef_out}: written")

    return run_command(command)


if __name__ == "__main__":
    sys.exit(main())
