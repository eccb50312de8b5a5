"""Turn a checkpoint of the appearance network into a frozen graph."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import CommandParser, add_parameter_flags, run_command
from tools.reid.settings import Plan

DEFAULT_CHECKPOINT = "resources/networks/mars-small128.ckpt-68577"
DEFAULT_GRAPH = "resources/networks/mars-small128.pb"


def run(checkpoint_in: str | Path, graphdef_out: str | Path, image_shape: tuple[int, int] = Plan().image_shape) -> None:
    """Freeze a checkpoint and say so, see `tools.network.freezing.freeze_model`."""
    from tools.network.freezing import freeze_model

    freeze_model(checkpoint_in, graphdef_out, image_shape)
    print(f"{graphdef_out}: written")


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(__doc__, "--checkpoint_in mars-small128.ckpt-68577 --graphdef_out mars-small128.pb")
    parser.add_argument(
        "--checkpoint_in", metavar="CHECKPOINT", default=DEFAULT_CHECKPOINT, help="prefix of the checkpoint"
    )
    parser.add_argument("--graphdef_out", metavar="FILE", default=DEFAULT_GRAPH, help="frozen graph to write, .pb")
    add_parameter_flags(parser, Plan(), "the project's own network", ("image_shape",))
    return parser


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    return create_parser().parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
