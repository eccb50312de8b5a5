"""Turn a checkpoint of the appearance network into a frozen graph that the encoder loads."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import command_parser, number, run_command

DEFAULT_CHECKPOINT = "resources/networks/mars-small128.ckpt-68577"
DEFAULT_GRAPH = "resources/networks/mars-small128.pb"
IMAGE_SHAPE = (128, 64)


def run(
    checkpoint_in: str | Path, graphdef_out: str | Path, image_shape: Sequence[int] = IMAGE_SHAPE
) -> None:
    """Freeze a checkpoint and say so, see `tools.network.freezing.freeze_model`."""
    from tools.network.freezing import freeze_model

    freeze_model(checkpoint_in, graphdef_out, (image_shape[0], image_shape[1]))
    print(f"{graphdef_out}: written")


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = command_parser(__doc__)
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
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
