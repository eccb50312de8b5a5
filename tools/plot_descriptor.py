"""Plot training runs, the distances from which to choose --max_cosine_distance, and the people of each track."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import command_parser, positive_int, run_command
from application_util.progress import say
from tools.reid.settings import DATASETS


def curves(runs: Sequence[str], output_file: str) -> None:
    """Plot loss and scores of training runs."""
    from tools.reid.plots import plot_curves

    plot_curves(runs, output_file)


def distances(model: str, dataset: str, dataset_dir: str, output_file: str) -> None:
    """Print a table of thresholds, and plot the distances between images of query and gallery."""
    from tools.reid.distances import recommended_distance
    from tools.reid.plots import measure_distances, plot_distances, table_of_distances

    counts = measure_distances(model, [(dataset, dataset_dir)])
    distance = recommended_distance(counts)
    print(table_of_distances(counts))
    print(f"1 % of different people are within {distance:.3f}")
    plot_distances(counts, distance, output_file)


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
    from application_util.errors import UserError
    from application_util.files.output import refuse_overwriting, write_whole
    from application_util.sequences.sequence import read_sequence

    sequence, first = read_sequence(sequence_dir), Path(output_file)
    if first.suffix.lower() not in (".png", ".jpg"):
        raise UserError(f"{output_file}: the picture's name ends in .png or .jpg")
    refuse_overwriting([output_file], [result_file, *sequence.input_files])
    sheets = contact_sheets(sequence, sequence.read_results(result_file), crops, rows, min_length)
    for number, sheet in enumerate(sheets, start=1):
        path = first if number == 1 else first.with_stem(f"{first.stem}-{number}")
        write_whole(path, cv2.imencode(path.suffix, sheet)[1].tobytes())
    say(f"{output_file}: {len(sheets)} sheet{'s' if len(sheets) > 1 else ''}")


def parse_args(argv: Sequence[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = command_parser(__doc__)
    plots = parser.add_subparsers(dest="plot", required=True, metavar="{curves,distances,tracks}")
    of_runs = plots.add_parser("curves", help="loss and scores on identities held out, by epoch")
    of_runs.add_argument("runs", nargs="+", help="folders of training runs (they hold a history.csv)")
    of_pairs = plots.add_parser(
        "distances", help="distances between images of the same and of different people"
    )
    add = of_pairs.add_argument
    add("--model", required=True, help="network (.pb, .xml, .onnx)")
    add("--dataset", choices=DATASETS, default="market1501", help="layout (default: %(default)s)")
    add("--dataset_dir", required=True, help="the data set's folder or zip archive")
    of_tracks = plots.add_parser("tracks", help="contact sheets: one row a track, crops over its life")
    add = of_tracks.add_argument
    add("--sequence_dir", required=True, help="sequence with images or a video")
    add("--result_file", required=True, help="its tracks")
    add("--crops", type=positive_int, default=16, help="crops of a track (default: %(default)s)")
    add("--rows", type=positive_int, default=16, help="tracks on a sheet (default: %(default)s)")
    add("--min_length", type=positive_int, default=1, help="shortest track to show (default: %(default)s)")
    for plot in (of_runs, of_pairs, of_tracks):
        plot.add_argument("--output_file", required=True, help="picture (.png) to write")
    return parser.parse_args(argv)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command; return its exit code."""
    args = vars(parse_args(argv))
    plots: dict[str, Callable[..., None]] = {"curves": curves, "distances": distances, "tracks": tracks}
    return run_command(plots[args.pop("plot")], **args)


if __name__ == "__main__":
    sys.exit(main())
