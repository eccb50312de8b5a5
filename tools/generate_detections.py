"""Compute appearance features for the detections of MOTChallenge sequences.

Makes <output_dir>/<sequence>.npy for each sequence of --mot_dir: the 10 columns of det.txt, then the feature.
"""

from __future__ import annotations

import argparse
import importlib
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))  # for `python tools/generate_detections.py`

from application_util.cli import positive_int, run_command
from application_util.errors import UserError

if TYPE_CHECKING:
    from tools.features.encode_sequence import Encoder
    from tools.features.encoder import ImageEncoder, create_box_encoder
    from tools.features.encoding_job import EncodingJob
    from tools.features.patches import extract_image_patch

__all__ = ["ImageEncoder", "create_box_encoder", "extract_image_patch", "generate_detections"]

HOMES = {
    "ImageEncoder": "tools.features.encoder",
    "create_box_encoder": "tools.features.encoder",
    "extract_image_patch": "tools.features.patches",
}

SEQUENCE_PARTS = ("img1", "det", "seqinfo.ini")
"""Other folders are left alone, such as one of detections made before."""


def __getattr__(name: str) -> Any:
    """Import public names from their homes when they are used: --help needs no OpenCV."""
    if name not in HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(HOMES[name]), name)


def generate_detections(
    encoder: Encoder,
    mot_dir: str | Path,
    output_dir: str | Path,
    detection_dir: str | Path | None = None,
    *,
    sequences: Collection[str] | None = None,
    resume: bool = False,
    skip_invalid: bool = False,
) -> None:
    """Make the detection files of the sequences of a folder.

    Parameters
    ----------
    encoder : callable
        ``encoder(image, boxes)``: (height, width, 3) BGR uint8 and (n, 4) left, top, width, height in pixels
        to (n, M). That of `create_box_encoder`, or any other, which is called once a frame with detections.
    mot_dir : str or Path
        Holds the sequence folders, or videos.
    output_dir : str or Path
        Gets ``<sequence>.npy``: rows in frame order, inside a frame in det.txt's order.
    detection_dir : str or Path, optional
        Holds ``<sequence>/det/det.txt``, for videos perhaps ``<sequence>.txt``; by default `mot_dir`.
    sequences : collection of str, optional
        Names of those to work on, by default all.
    resume : bool
        Leave out sequences whose finished file holds the detections of det.txt.
    skip_invalid : bool
        Leave out the rows of images that cannot be read, instead of stopping.

    Raises
    ------
    UserError
        For whatever the user can mend; a sequence that was not finished has no file.
    """
    jobs = plan(mot_dir, output_dir, detection_dir, sequences=sequences, skip_invalid=skip_invalid)
    if resume:
        jobs = unfinished(jobs, getattr(encoder, "feature_dim", None))
    encode_all(encoder, jobs)


def plan(
    mot_dir: str | Path,
    output_dir: str | Path,
    detection_dir: str | Path | None = None,
    *,
    sequences: Collection[str] | None = None,
    skip_invalid: bool = False,
) -> list[EncodingJob]:
    """List the work, a job for each sequence, after a look into every file that it reads.

    Parameters
    ----------
    mot_dir, output_dir, detection_dir, sequences, skip_invalid
        See `generate_detections`.

    Raises
    ------
    UserError
        If a folder or a det.txt is missing or invalid.
    """
    from application_util.sequences.sequence import find_det_txt
    from application_util.sequences.sequence_set import find_sequences
    from application_util.sequences.video_source import find_video
    from tools.features.encoding_job import EncodingJob, read_input

    found = find_sequences(mot_dir)
    names = found.names if sequences is None else found.select(sequences)
    detection_dir = Path(mot_dir if detection_dir is None else detection_dir)
    jobs = [
        EncodingJob(
            sequence_dir=found.path(name),
            detection_path=find_det_txt(detection_dir / name),
            output_path=Path(output_dir) / f"{name}.npy",
            skip_invalid=skip_invalid,
        )
        for name in names
        if sequences is not None
        or any((found.path(name) / part).exists() for part in SEQUENCE_PARTS)
        or find_video(found.path(name))
    ]
    if not jobs:
        raise UserError(f"{mot_dir}: no sequence here has {' or '.join(SEQUENCE_PARTS)} or a video")
    for job in jobs:
        if not job.detection_path.is_file():
            raise UserError(f"{job.detection_path}: no such file, sequence {job.name} needs one")
    for job in jobs:
        read_input(job)
    return jobs


def unfinished(jobs: list[EncodingJob], feature_dim: int | None = None) -> list[EncodingJob]:
    """Leave out the jobs that are done, saying so.

    Parameters
    ----------
    jobs : list of EncodingJob
    feature_dim : int, optional
        M that finished files must have.
    """
    from tools.features.encoding_job import is_finished

    left = []
    for job in jobs:
        if is_finished(job, feature_dim):
            print(f"{job.name}: finished already, {job.output_path}", file=sys.stderr)
        else:
            left.append(job)
    return left


def encode_all(encoder: Encoder, jobs: list[EncodingJob]) -> None:
    """Do the jobs one after the other and report on each.

    Parameters
    ----------
    encoder : callable
        See `generate_detections`.
    jobs : list of EncodingJob
    """
    from tools.features.encode_sequence import encode_sequence

    for job in jobs:
        report = encode_sequence(encoder, job)
        for warning in report.warnings():
            print(f"warning: {warning}", file=sys.stderr)
        rate = report.rows / max(report.seconds, 1e-9)
        done = f"{report.rows} detections in {report.seconds:.1f} s ({rate:.0f}/s)"
        print(f"{report.name}: {done}: {job.output_path}", file=sys.stderr)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    args = _parse_args(argv)
    failed: list[str] = []
    return run_command(lambda: failed.extend(_run(args))) or int(bool(failed))


def _run(args: argparse.Namespace) -> list[str]:
    """Do what the flags say; return the sequences that failed."""
    from tools.network.model_file import check_model, default_model, say_distance

    jobs = plan(
        args.mot_dir,
        args.output_dir,
        args.detection_dir,
        sequences=args.sequences,
        skip_invalid=args.skip_invalid,
    )
    model = args.model or default_model()
    check_model(model)
    if args.scheduler:
        from tools.features.cluster import Network, encode_on_cluster

        network = Network(Path(model), args.input_name, args.output_name, args.batch_size)
        failed = encode_on_cluster(args.scheduler, network, unfinished(jobs) if args.resume else jobs)
        say_distance(model)
        return failed

    from tools.features.encoder import create_box_encoder

    encoder = create_box_encoder(model, args.input_name, args.output_name, args.batch_size)
    if args.resume:
        jobs = unfinished(jobs, encoder.feature_dim)
    try:
        encode_all(encoder, jobs)
    except KeyboardInterrupt:
        raise KeyboardInterrupt("--resume goes on with what is not finished") from None
    say_distance(model)
    return []


def _parse_args(argv: list[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--model",
        help="frozen network (default: resources/networks/mars-small128.pb, else market1501-small128.pb)",
    )
    parser.add_argument("--mot_dir", required=True, help="folder of sequences or videos, e.g. MOT16/train")
    parser.add_argument(
        "--detection_dir", help="folder with <sequence>/det/det.txt of other detections (default: --mot_dir)"
    )
    parser.add_argument(
        "--output_dir", default="detections", help="folder of the files made (default: %(default)s)"
    )
    parser.add_argument(
        "--sequences", type=_names, metavar="NAME,NAME", help="work on these sequences only (default: all)"
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="leave out sequences whose file is complete and fits their det.txt",
    )
    parser.add_argument(
        "--skip_invalid", action="store_true", help="leave out the rows of broken images instead of stopping"
    )
    parser.add_argument(
        "--input_name", default="images", help="the network's input node (default: %(default)s)"
    )
    parser.add_argument(
        "--output_name", default="features", help="the network's output node (default: %(default)s)"
    )
    parser.add_argument(
        "--batch_size",
        type=positive_int,
        default=32,
        help="crops per run of the network (default: %(default)s)",
    )
    parser.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="dask.distributed scheduler whose workers do the work, such as tcp://host:8786",
    )
    return parser.parse_args(argv)


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise argparse.ArgumentTypeError("expected names of sequences, separated by commas")
    return names


if __name__ == "__main__":
    sys.exit(main())
