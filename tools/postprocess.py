"""Improve the results of any tracker: join tracks, fill gaps, smooth trajectories.

Works on one file or on a folder of them, without images. Detections with features are needed to join tracks. What is
not changed is written as it was.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from application_util.cli import CommandParser, run_command
from application_util.errors import UserError
from application_util.flags import add_flag, add_flags, add_postprocessing_flags, add_settings_flag
from application_util.progress import say, warn
from application_util.settings import MAX_GAP, PostprocessingSettings


def run(
    result_file: str | Path | None = None,
    output_file: str | Path | None = None,
    settings: PostprocessingSettings = PostprocessingSettings(),  # noqa: B008 (frozen)
    detection_file: str | Path | None = None,
    *,
    result_dir: str | Path | None = None,
    output_dir: str | Path | None = None,
    detection_dir: str | Path | None = None,
    in_place: bool = False,
    skip_invalid: bool = False,
    max_gap: int = MAX_GAP,
    jobs: int | None = None,
) -> list[str]:
    """Post-process one result file, or those of a folder.

    Parameters
    ----------
    result_file, output_file : str or Path, optional
        A result file, and the file to write.
    settings : PostprocessingSettings
    detection_file : str or Path, optional
        Detections of the sequence with features, to join tracks.
    result_dir, output_dir : str or Path, optional
        Instead, a folder of result files ``<sequence>.txt``, and the folder for files of the same names and
        ``postprocess.json``, which says how they were made.
    detection_dir : str or Path, optional
        Holds ``<sequence>.npy`` for each of them.
    in_place : bool
        Replace the result files instead of writing others.
    skip_invalid : bool
        Leave invalid detections out instead of refusing the file.
    max_gap : int
        Frames without detections that may follow each other.
    jobs : int, optional
        Files at once, by default one per core.

    Returns
    -------
    list of str
        Sequences that failed; the others are done.

    Raises
    ------
    UserError
        For whatever the user can fix, before anything is written.
    """
    from application_util.files.lock import lock_folder
    from application_util.parallel.executor import cpu_count
    from application_util.parallel.jobs import Job, JobRunner, report_failures
    from application_util.postprocessing.result_files import (
        Options,
        is_done,
        plan_file,
        plan_folder,
        postprocess_into_text,
        write,
    )

    if not settings.active:
        flags = "--link, --min_length, --fill, --smooth, or --postprocess for all that usually helps"
        raise UserError(f"nothing to do: give {flags}")
    if (result_file is None) == (result_dir is None):
        raise UserError("give either --result_file or --result_dir")
    if (output_dir or detection_dir) if result_dir is None else (output_file or detection_file):
        raise UserError("--result_file, --output_file, --detection_file go together, and so do the folders")
    options = Options(settings, skip_invalid, max_gap)
    if result_file is not None:
        files = [plan_file(result_file, output_file, detection_file, options, in_place)]
    else:
        files = plan_folder(str(result_dir), output_dir, detection_dir, options, in_place)
    failures: dict[str, BaseException] = {}
    with lock_folder(files[0].output_file.parent):
        done = [each for each in files if result_dir is not None and is_done(each)]
        if done:
            say(f"{len(done)} of {len(files)} results are so already: {', '.join(each.name for each in done)}")
        queue = [Job(each.name, (each,), 1) for each in files if each not in done]
        for outcome in JobRunner(jobs or cpu_count()).run(postprocess_into_text, queue, "results", "file"):
            (file,) = outcome.job.arguments
            try:
                if outcome.error is not None:
                    raise outcome.error
                write(file, outcome.value, recorded=result_dir is not None)
            except Exception as error:  # whatever a worker met
                if result_file is not None:
                    raise
                failures[outcome.job.name] = error
                continue
            for warning in outcome.value.changes.warnings:
                warn(warning)
            say(f"{file.name}: {outcome.value.changes.describe()} in {file.output_file}")
    report_failures(failures)
    return sorted(failures)


def create_parser() -> CommandParser:
    """Return the parser of the command line."""
    parser = CommandParser(
        __doc__, "--result_dir results --output_dir better --fill --smooth --link --detection_dir detections"
    )
    add_flag(parser, "--result_file", "; give it, or --result_dir (default: none)")
    add_flag(parser, "--result_dir", " (default: none)")
    add_flag(parser, "--output_file", "the new result file (default: none)")
    add_flag(parser, "--output_dir", "the new result files, <sequence>.txt (default: none)")
    parser.add_argument("--in_place", action="store_true", help="replace the result files instead")
    add_postprocessing_flags(parser, "settings")
    add_flag(parser, "--detection_file", ", to join tracks (default: none)")
    add_flag(parser, "--detection_dir", ", <sequence>.npy, to join tracks (default: none)")
    add_flags(parser, "--skip_invalid", "--max_gap")
    add_flag(parser, "--jobs", " (default: one per core)")
    add_settings_flag(parser)
    return parser


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line into the arguments of `run`."""
    return create_parser().parse_args(argv)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code: 1 if a file failed."""
    return run_command(run, **vars(parse_args(argv)))


if __name__ == "__main__":
    sys.exit(main())
