"""Detection files of many sequences: what is to be done, what is left of it, and doing it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from application_util.errors import UserError
from application_util.files.network_card import NetworkCard, write_card
from application_util.files.output import refuse_overwriting
from application_util.parallel.jobs import Failures
from application_util.progress import say, warn
from application_util.sequences.contradictions import warn_of_contradictions
from application_util.sequences.sequence import find_det_txt, read_sequence
from application_util.sequences.sequence_set import find_sequences
from application_util.sequences.video_source import find_video
from tools.features.encode_sequence import Encoder, encode_sequence
from tools.features.encoding_job import EncodingJob, finished_card, is_finished, outputs_of, read_input
from tools.features.encoding_report import EncodingReport

SEQUENCE_PARTS = ("img1", "det", "seqinfo.ini")
"""Other folders are left alone, such as one of detections made before."""


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
        Holds ``<sequence>/det/det.txt``, for videos optionally ``<sequence>.txt``; by default `mot_dir`.
    sequences : collection of str, optional
        Names of those to work on, by default all.
    resume : bool
        Leave out sequences whose finished file holds the detections of det.txt, with features of the same network.
    skip_invalid : bool
        Leave out the rows of images that cannot be read, instead of stopping.

    Raises
    ------
    UserError
        For whatever the user can fix, after the other sequences are done; one that was not finished has no file.
    """
    jobs, failures = plan(mot_dir, output_dir, detection_dir, sequences=sequences, skip_invalid=skip_invalid)
    if resume:
        jobs = unfinished(jobs, getattr(encoder, "feature_dim", None), getattr(encoder, "card", None))
    failures |= encode_all(encoder, jobs)
    if failures:
        raise _summary(failures)


def plan(
    mot_dir: str | Path,
    output_dir: str | Path,
    detection_dir: str | Path | None = None,
    *,
    sequences: Collection[str] | None = None,
    skip_invalid: bool = False,
) -> tuple[list[EncodingJob], Failures]:
    """List the work, after a look into every file that it reads.

    Parameters
    ----------
    mot_dir, output_dir, detection_dir, sequences, skip_invalid
        See `generate_detections`.

    Returns
    -------
    list of EncodingJob
        One for each sequence that can be encoded.
    Failures
        Why the others cannot.

    Raises
    ------
    UserError
        If there is nothing to encode, or a file to be made is one that is read.
    """
    found = find_sequences(mot_dir)
    names = found.names if sequences is None else found.select(sequences)
    detection_dir = Path(mot_dir if detection_dir is None else detection_dir)
    jobs, failures = [], Failures()
    for name in names:
        directory = found.path(name)
        try:
            if sequences is None and not _is_sequence(directory):
                continue
            job = EncodingJob(
                directory, find_det_txt(detection_dir / name), Path(output_dir) / f"{name}.npy", skip_invalid
            )
            source = read_input(job)
            outputs = outputs_of(job.output_path)
        except UserError as error:
            failures[name] = error
            continue
        refuse_overwriting(outputs, [job.detection_path, *source.sequence.input_files])
        warn_of_contradictions(source.sequence)
        jobs.append(job)
    if failures and not jobs:
        raise _summary(failures)
    if not jobs:
        raise UserError(f"{mot_dir}: no sequence here has {' or '.join(SEQUENCE_PARTS)} or a video")
    for name, reason in failures.items():
        warn(f"{name} is left out: {reason}")
    return jobs, failures


def _is_sequence(directory: Path) -> bool:
    return any((directory / part).exists() for part in SEQUENCE_PARTS) or find_video(directory) is not None


def _summary(failures: Failures) -> UserError:
    first, *others = sorted(failures)
    more = f" (failed as well: {', '.join(others)})" if others else ""
    return UserError(f"{failures[first]}{more}")


def unfinished(
    jobs: list[EncodingJob], feature_dim: int | None = None, network: NetworkCard | None = None
) -> list[EncodingJob]:
    """Leave out the jobs that are done, saying so.

    Parameters
    ----------
    jobs : list of EncodingJob
    feature_dim : int, optional
        M that finished files must have.
    network : NetworkCard, optional
        What must have made them.
    """
    finished = [job for job in jobs if is_finished(job, feature_dim, network)]
    for job in finished:
        say(f"{job.name}: finished already, {job.output_path}")
    return [job for job in jobs if job not in finished]


def encode_all(encoder: Encoder, jobs: list[EncodingJob]) -> Failures:
    """Do the jobs one after the other and report on each.

    Parameters
    ----------
    encoder : callable
        See `generate_detections`.
    jobs : list of EncodingJob

    Returns
    -------
    Failures
        Sequences that were not finished, and why.
    """
    failures = Failures()
    for job in jobs:
        try:
            images = read_sequence(job.sequence_dir).hash_images()
            report = encode_sequence(encoder, job)
            write_card(job.output_path, finished_card(getattr(encoder, "card", None), job, images))
            say_encoded(report, job.output_path)
        except UserError as error:
            failures[job.name] = error
    return failures


def say_encoded(report: EncodingReport, output_path: Path) -> None:
    """Print what came of a sequence."""
    for warning in report.warnings():
        warn(warning)
    rate = report.rows / max(report.seconds, 1e-9)
    say(f"{report.name}: {report.rows} detections in {report.seconds:.1f} s ({rate:.0f}/s): {output_path}")
