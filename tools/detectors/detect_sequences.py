"""det.txt of whole sequences, in processes of this machine or on a cluster."""

from __future__ import annotations

import contextlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from application_util.errors import Interrupted, UserError
from application_util.files.checksum import sha256
from application_util.files.json_file import read_json, write_json
from application_util.files.output import refuse_overwriting, write_whole
from application_util.parallel.executor import report_progress
from application_util.parallel.jobs import Failures, Job, JobRunner
from application_util.parallel.read_ahead import read_ahead
from application_util.progress import say, warn
from application_util.sequences.sequence import MotSequence, read_sequence
from deep_sort import __version__
from tools.detection_formats.write import row_text
from tools.detectors.finder import BoxFinder, hash_detector
from tools.detectors.settings import DetectorSettings

IMAGES_AHEAD = 4
RECORD_FILE = ".det.json"
"""Beside det.txt, which nobody takes for detections."""


@dataclass(frozen=True)
class DetectionJob:
    """What to look for and where; see `BoxFinder`.

    Attributes
    ----------
    sequence_dir : Path
        A sequence folder or a video.
    detector : str
    min_confidence : float
    classes : tuple of str
    settings : DetectorSettings
    """

    sequence_dir: Path
    detector: str
    min_confidence: float
    classes: tuple[str, ...]
    settings: DetectorSettings

    def absolute(self) -> DetectionJob:
        """Return the job with paths that do not depend on where a worker was started."""
        detector = str(Path(self.detector).absolute()) if Path(self.detector).exists() else self.detector
        return replace(self, sequence_dir=self.sequence_dir.absolute(), detector=detector)

    def record(self, sequence: MotSequence) -> dict[str, Any]:
        """Return what det.txt depends on, for a file beside it."""
        names = self.settings.class_names
        return {
            "detector": Path(self.detector).name if Path(self.detector).is_file() else self.detector,
            "sha256": hash_detector(self.detector),
            "names_sha256": None if names is None else sha256(names),
            "images_sha256": sequence.hash_images(),
            "min_confidence": self.min_confidence,
            "classes": list(self.classes),
            "settings": asdict(self.settings),
            "version": __version__,
        }

    def has_made(self, path: Path, sequence: MotSequence) -> bool:
        """Return whether a det.txt was made by this job, as far as what lies beside it says."""
        try:
            made = self.record(sequence) | {"det_sha256": sha256(path)}
            return read_json(path.with_name(RECORD_FILE)) == made
        except (UserError, OSError):
            return False


def detect_all(jobs: dict[Path, DetectionJob], runner: JobRunner) -> Failures:
    """Make det.txt files.

    Parameters
    ----------
    jobs : dict of Path -> DetectionJob
        The file of each.
    runner : JobRunner

    Returns
    -------
    Failures
        Sequences that failed, and why; the others have their file.

    Raises
    ------
    UserError
        If a file would replace what is read.
    """
    sequences: dict[Path, MotSequence] = {}
    records: dict[Path, dict[str, Any]] = {}
    failures: Failures = {}
    for path, job in jobs.items():
        try:
            sequence = read_sequence(job.sequence_dir)
            if not sequence.images:
                raise UserError(f"{sequence.images.place}: no images to look for anything in")
        except UserError as error:
            failures[job.sequence_dir.stem] = error
            continue
        sequences[path], records[path] = sequence, job.record(sequence)
        inputs = [each for each in sequence.input_files if each != path]
        refuse_overwriting([path], [*inputs, job.detector, job.settings.class_names])
    queue = [
        Job(sequences[path].name, (job.absolute(), path), len(sequences[path].images))
        for path, job in jobs.items()
        if path in sequences
    ]
    try:
        for outcome in runner.run(detect_into_text, queue, "detecting"):
            if outcome.error is not None:
                failures[outcome.job.name] = outcome.error
                continue
            boxes, text = outcome.value
            path = outcome.job.arguments[1]
            write_whole(path, text)
            write_json(path.with_name(RECORD_FILE), records[path] | {"det_sha256": sha256(path)})
            if not boxes:
                warn(f"{outcome.job.name}: nothing was found: are --classes, --min_confidence and the detector right?")
            say(f"{outcome.job.name}: {boxes} detections in {outcome.job.size} frames: {outcome.job.arguments[1]}")
    except KeyboardInterrupt:
        raise Interrupted("--resume goes on with what is not finished") from None
    return failures


def detect_into_text(job: DetectionJob, output_file: Path) -> tuple[int, str]:
    """Look through a sequence on a worker; return the number of boxes and what det.txt is to hold."""
    sequence = read_sequence(job.sequence_dir)
    finder = BoxFinder(job.detector, job.min_confidence, job.classes, job.settings, sequence)
    lines: list[str] = []
    images = read_ahead(lambda frame: (frame, sequence.read_image(frame)), sequence.images, IMAGES_AHEAD)
    with contextlib.closing(images):
        found = read_ahead(lambda each: finder.rows(*each), images, finder.threads, finder.threads)
        with contextlib.closing(found):
            for done, rows in enumerate(found, start=1):
                lines += [f"{row_text(row)}\n" for row in rows.tolist()]
                report_progress(done)
    return len(lines), "".join(lines)
