"""Run a detector over sequences and write the det.txt of each."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import CommandParser, add_parameter_flags, run_command
from application_util.flags import add_flag, add_flags, add_worker_flags
from application_util.settings import BENCHMARK_SETTINGS
from tools.detectors.settings import DetectorSettings


def run(
    detector: str,
    mot_dir: str | Path | None = None,
    sequence_dir: str | Path | None = None,
    output_dir: str | Path | None = None,
    classes: tuple[str, ...] = (),
    min_confidence: float = BENCHMARK_SETTINGS.min_confidence,
    resume: bool = False,
    overwrite: bool = False,
    jobs: int | None = None,
    scheduler: str | None = None,
    detector_settings: DetectorSettings | None = None,
) -> list[str]:
    """Detect, and write a det.txt for each sequence.

    Parameters
    ----------
    detector : str
        See `tools.detectors.finder.BoxFinder`.
    mot_dir, sequence_dir : str or Path
        Folder of sequences and videos, or one of them.
    output_dir : str or Path, optional
        Gets ``<sequence>/det/det.txt``; by default each sequence's own folder.
    classes, min_confidence, resume, overwrite, jobs, scheduler
        See `application_util.flags.SHARED`.
    detector_settings : DetectorSettings, optional

    Returns
    -------
    list of str
        Sequences that failed; the others have their file.

    Raises
    ------
    UserError
        For whatever the user can fix, before anything is written.
    """
    from application_util.errors import UserError
    from application_util.files.lock import lock_folder
    from application_util.parallel.jobs import JobRunner, report_failures
    from application_util.progress import say
    from application_util.sequences.contradictions import warn_of_contradictions
    from application_util.sequences.sequence import read_sequence
    from application_util.sequences.sequence_set import find_sequences
    from tools.detectors.detect_sequences import DetectionJob, detect_all
    from tools.detectors.finder import BoxFinder

    if mot_dir is not None:
        found = find_sequences(mot_dir, output_dir)
        places = [found.path(name) for name in found.names]
    else:
        places = [Path(str(sequence_dir))]
    settings = detector_settings or DetectorSettings()
    todo: dict[Path, DetectionJob] = {}
    failures: dict[str, BaseException] = {}
    for place in places:
        job = DetectionJob(place, detector, min_confidence, classes, settings)
        try:
            sequence = read_sequence(place)
        except UserError as error:
            if mot_dir is None:
                raise
            failures[place.name] = error
            continue
        warn_of_contradictions(sequence)
        folder = sequence.directory if output_dir is None else Path(output_dir, sequence.name)
        path = folder / "det" / "det.txt"
        if path.exists() and resume and job.has_made(path, sequence):
            say(f"{sequence.name}: finished already, {path}")
            continue
        if path.exists() and not overwrite:
            other = ", and was not made like this" if resume else ", --resume leaves what was made like this"
            raise UserError(f"{path}: exists already{other}; --overwrite replaces it")
        if not todo:  # a wrong detector fails here rather than later
            BoxFinder(detector, min_confidence, classes, settings, sequence)
        todo[path] = job
    with ExitStack() as locks:
        for path in todo:
            locks.enter_context(lock_folder(path.parent))
        failures |= detect_all(todo, JobRunner(jobs or 1, scheduler))
    report_failures(failures)
    return sorted(failures)


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(__doc__, "--mot_dir MOT16/train --detector yolox_nano.onnx --classes person")
    add_flag(parser, "--detector", required=True)
    source = parser.add_mutually_exclusive_group(required=True)
    add_flags(source, "--mot_dir", "--sequence_dir")
    add_flag(parser, "--output_dir", "<sequence>/det/det.txt (default: the sequences' own folders)")
    add_flag(parser, "--classes")
    add_parameter_flags(parser, BENCHMARK_SETTINGS, "detections", ("min_confidence",))
    again = parser.add_mutually_exclusive_group()
    add_flag(again, "--resume", "sequences that have their det.txt")
    add_flag(again, "--overwrite")
    add_worker_flags(parser, "1, a detector uses all cores")
    add_parameter_flags(
        parser, DetectorSettings(), "detector, where its family leaves a choice", pack="detector_settings"
    )
    return parser


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    return create_parser().parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
