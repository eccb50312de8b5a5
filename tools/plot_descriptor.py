"""Plot training runs, appearance distances, and contact sheets of tracks."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import CommandParser, add_mode, run_command
from application_util.errors import UserError
from application_util.flag_types import positive_int
from application_util.flags import add_flag, add_flags
from application_util.progress import say, show
from tools.reid.settings import DATASETS


def curves(runs: Sequence[str], output_file: str) -> None:
    """Plot loss and scores of training runs."""
    from tools.reid.plots import plot_curves

    _check_picture(output_file, ".png")
    plot_curves(runs, output_file)


def distances(model: str, dataset: str, dataset_dir: str, output_file: str) -> None:
    """Print a table of thresholds, and plot the distances between images of query and gallery."""
    from application_util.files.network_card import read_card
    from application_util.files.output import refuse_overwriting
    from tools.reid.distances import recommended_distance
    from tools.reid.plots import measure_distances, plot_distances, table_of_distances

    _check_picture(output_file, ".png")
    refuse_overwriting([output_file], [model, dataset_dir, Path(dataset_dir) / "*"])
    counts = measure_distances(model, [(dataset, dataset_dir)])
    distance = recommended_distance(counts)
    show(table_of_distances(counts))
    show(f"1 % of different people are within {distance:.3f}")
    card = read_card(model)
    plot_distances(counts, (card and card.max_cosine_distance) or distance, output_file)


def tracks(
    sequence_dir: str | Path,
    result_file: str | Path,
    output_file: str | Path,
    crops: int = 16,
    rows: int = 16,
    min_length: int = 1,
) -> None:
    """Write contact sheets of a result file's tracks, see `application_util.drawing.contact_sheet`.

    The first is `output_file`; further ones have ``-2``, ``-3``, ... before the ending.
    """
    import cv2

    from application_util.drawing.contact_sheet import contact_sheets
    from application_util.files.output import refuse_overwriting, write_whole
    from application_util.sequences.sequence import read_sequence

    sequence, first = read_sequence(sequence_dir), Path(output_file)
    _check_picture(first, ".png", ".jpg")
    sheets = contact_sheets(sequence, sequence.read_results(result_file), crops, rows, min_length)
    further = (first.with_stem(f"{first.stem}-{number}") for number in range(2, len(sheets) + 1))
    paths = [first, *further]
    refuse_overwriting(paths, [result_file, *sequence.input_files])
    for path, sheet in zip(paths, sheets, strict=True):
        write_whole(path, cv2.imencode(path.suffix, sheet)[1].tobytes())
    say(f"{output_file}: {len(sheets)} sheet{'s' if len(sheets) > 1 else ''}")


def _check_picture(output_file: str | Path, *endings: str) -> None:
    if Path(output_file).suffix.lower() not in endings:
        raise UserError(f"{output_file}: the picture's name ends in {' or '.join(endings)}")


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(__doc__, "tracks --sequence_dir clip.mp4 --result_file tracks.txt --output_file tracks.png")
    plots = parser.add_subparsers(dest="plot", required=True, metavar="{curves,distances,tracks}")

    of_runs = add_mode(plots, "curves", "loss and scores on identities held out, by epoch",
        "training/market --output_file curves.png")  # fmt: skip
    of_runs.add_argument("runs", nargs="+", metavar="DIR", help="folders of training runs: they hold a history.csv")

    of_pairs = add_mode(plots, "distances", "distances between images of the same and of different people",
        "--model person-instance128.pb --dataset_dir Market-1501 --output_file distances.png")  # fmt: skip
    add = of_pairs.add_argument
    add_flag(of_pairs, "--model", required=True)
    add("--dataset", choices=DATASETS, default=DATASETS[0], help="layout of the data set")
    add("--dataset_dir", required=True, metavar="PATH", help="folder or zip archive of the data set")

    of_tracks = add_mode(plots, "tracks", "contact sheets: one row a track, crops over its life",
        "--sequence_dir clip.mp4 --result_file tracks.txt --output_file tracks.png")  # fmt: skip
    add = of_tracks.add_argument
    add_flags(of_tracks, "--sequence_dir", "--result_file", required=True)
    add_flag(of_tracks, "--crops", type=positive_int)
    add("--rows", type=positive_int, default=16, metavar="N", help="tracks on a sheet")
    add(
        "--min_length",
        type=positive_int,
        default=1,
        metavar="FRAMES",
        help="leave out tracks that are shorter, in frames",
    )

    for plot in (of_runs, of_pairs, of_tracks):
        add_flag(plot, "--output_file", "a picture, .png", required=True)
    return parser


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    return create_parser().parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    args = vars(parse_args(argv))
    plots: dict[str, Callable[..., None]] = {"curves": curves, "distances": distances, "tracks": tracks}
    return run_command(plots[args.pop("plot")], **args)


if __name__ == "__main__":
    sys.exit(main())
