"""Compute appearance features for the detections of MOTChallenge sequences.

Makes <output_dir>/<sequence>.npy for each sequence of --mot_dir: the 10 columns of det.txt, then the feature.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import CommandParser, add_parameter_flags, lazy_names, run_command
from application_util.errors import Interrupted
from application_util.flags import DEFAULT_NETWORK, add_flag
from application_util.settings import TrackerSettings
from tools.features.network_options import NetworkOptions

if TYPE_CHECKING:
    from tools.features.encode_sequences import generate_detections
    from tools.features.encoder import ImageEncoder, create_box_encoder
    from tools.features.patches import extract_image_patch

__all__ = ["ImageEncoder", "create_box_encoder", "extract_image_patch", "generate_detections"]

__getattr__ = lazy_names(
    __name__,
    {
        "ImageEncoder": "tools.features.encoder",
        "create_box_encoder": "tools.features.encoder",
        "extract_image_patch": "tools.features.patches",
        "generate_detections": "tools.features.encode_sequences",
    },
)


def run(
    mot_dir: str | Path,
    output_dir: str | Path = "detections",
    model: str | Path | None = None,
    detection_dir: str | Path | None = None,
    sequences: Collection[str] | None = None,
    resume: bool = False,
    skip_invalid: bool = False,
    options: NetworkOptions | None = None,
    scheduler: str | None = None,
) -> list[str]:
    """Make the detection files of the sequences of a folder with a network.

    Parameters
    ----------
    mot_dir, output_dir, detection_dir, sequences, resume, skip_invalid
        See `tools.features.encode_sequences.generate_detections`.
    model : str or Path, optional
        The network, by default the one of resources/networks.
    options : NetworkOptions, optional
        How it is run.
    scheduler : str, optional
        Address of a dask.distributed scheduler whose workers do the work.

    Returns
    -------
    list of str
        Sequences that failed; the others have their file.

    Raises
    ------
    UserError
        For whatever the user can fix, before anything is encoded.
    """
    from application_util.files.network_card import read_card, say_distance
    from application_util.parallel.jobs import report_failures
    from tools.features.calibration import calibrated
    from tools.features.cluster import encode_on_cluster
    from tools.features.encode_sequences import encode_all, plan, unfinished
    from tools.features.encoder import card_of_features, load_box_encoder
    from tools.features.network_options import Network
    from tools.network.model_file import check_model, default_model

    jobs, failures = plan(mot_dir, output_dir, detection_dir, sequences=sequences, skip_invalid=skip_invalid)
    network = Network(Path(model or default_model()), options or NetworkOptions())
    check_model(network.model)
    try:
        if network.options.precision == "int8":
            network = calibrated(network, jobs, output_dir)
        if scheduler:
            left = unfinished(jobs, network=card_of_features(network)) if resume else jobs
            failures |= encode_on_cluster(scheduler, network, left)
        else:
            encoder = load_box_encoder(network)
            left = unfinished(jobs, encoder.feature_dim, encoder.card) if resume else jobs
            failures |= encode_all(encoder, left)
    except KeyboardInterrupt:
        raise Interrupted("--resume goes on with what is not finished") from None
    say_distance(read_card(network.model), TrackerSettings().max_cosine_distance)
    report_failures(failures)
    return sorted(failures)


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(__doc__, "--mot_dir MOT16/train --sequences MOT16-02 MOT16-05 --output_dir detections")
    add_flag(parser, "--model", DEFAULT_NETWORK)
    add_flag(parser, "--mot_dir", required=True)
    add_flag(parser, "--detection_dir", ", <sequence>/det/det.txt (default: --mot_dir)")
    add_flag(parser, "--output_dir", "detection files, <sequence>.npy", default="detections")
    add_flag(parser, "--sequences")
    add_flag(parser, "--resume", "files made of this det.txt by this network")
    add_flag(parser, "--skip_invalid", ", those of broken images too")
    add_flag(parser, "--scheduler")
    add_parameter_flags(parser, NetworkOptions(), "how the network is run", pack="options")
    return parser


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    return create_parser().parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code: 1 if a sequence failed."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
