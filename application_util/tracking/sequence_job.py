"""Track one sequence somewhere: in a process of this machine or on a worker of a cluster."""

from __future__ import annotations

import platform
import socket
import tempfile
import time
from dataclasses import dataclass, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from application_util.association.create import create_tracker
from application_util.files.detection_file import DetectionFile
from application_util.files.network_card import distance_warnings
from application_util.files.result_file import ResultFile
from application_util.parallel.executor import report_progress
from application_util.postprocessing.postprocess import postprocess_file
from application_util.sequences.sequence import read_sequence
from application_util.sequences.sequence_info import detection_warnings, frame_range
from application_util.settings import MAX_GAP, PostprocessingSettings, TrackerSettings
from application_util.tracking.camera_motions import camera_motions, hash_motions
from application_util.tracking.outcome import Outcome
from application_util.tracking.sequence_tracker import complete, select_detections
from deep_sort import __version__


@dataclass(frozen=True)
class SequenceJob:
    """What to track and how.

    Attributes
    ----------
    sequence_dir, detection_file : Path
        As the worker sees them.
    settings : TrackerSettings
    skip_invalid : bool
        Leave invalid detections out instead of refusing the file.
    max_gap : int
        Frames without detections that may follow each other.
    postprocessing : PostprocessingSettings
        What is done with the tracks afterwards.
    """

    sequence_dir: Path
    detection_file: Path
    settings: TrackerSettings
    skip_invalid: bool
    max_gap: int = MAX_GAP
    postprocessing: PostprocessingSettings = PostprocessingSettings()  # noqa: RUF009 (frozen)

    def absolute(self) -> SequenceJob:
        """Return the job with paths that do not depend on where a worker was started."""
        return replace(self, sequence_dir=self.sequence_dir.absolute(), detection_file=self.detection_file.absolute())


@dataclass(frozen=True)
class SequenceResult:
    """What came of tracking a sequence.

    Attributes
    ----------
    frames : range
        What was tracked.
    has_images : bool
        Whether the images say what the frames are; otherwise the detections do.
    outcome : Outcome
        What became of the detections.
    rows : int
        Length of the result file.
    warnings : list of str
        What the user should know about the detection file.
    detection_sha256 : str
        Hash of the detection file.
    camera_sha256 : str or None
        Hash of the camera's motion.
    seconds : float
        Time it took.
    host : str
        Where.
    versions : dict of str -> str
        Of what made it.
    """

    frames: range
    has_images: bool
    outcome: Outcome
    rows: int
    warnings: list[str]
    detection_sha256: str
    camera_sha256: str | None
    seconds: float
    host: str
    versions: dict[str, str]


def track_into_file(job: SequenceJob, output_file: Path) -> SequenceResult:
    """Track a sequence and write its result file.

    Rows go to ``<output_file>.partial`` until the sequence is tracked to its end.

    Raises
    ------
    UserError
        For whatever the user can fix.
    """
    started = time.perf_counter()
    detections = DetectionFile(job.detection_file, job.skip_invalid, job.max_gap)
    if job.settings.class_aware:
        detections.check_classes()
    sequence = read_sequence(job.sequence_dir)
    frames = frame_range(sequence, detections)
    with ResultFile(output_file) as results:
        tracker, outcome = create_tracker(job.settings, job.settings.class_aware), Outcome(job.settings)
        motions = camera_motions(sequence, job.settings.camera_motion, frames)
        for done, frame in enumerate(frames, start=1):
            tracker.predict(motions.get(frame))
            found = select_detections(detections.rows(frame), job.settings, outcome, job.settings.class_aware)
            tracker.update(found)
            results.write(frame, tracker.tracks)
            report_progress(done)
        warnings = detection_warnings(sequence, detections)
        warnings += distance_warnings(job.detection_file, job.settings.max_cosine_distance)
        complete(outcome, detections, tracker, len(results.track_ids))
        if job.postprocessing.active and results.rows:
            text, changes = postprocess_file(results.partial_path, job.postprocessing, detections)
            results.replace(text)
            outcome.tracks = changes.tracks
            warnings += changes.warnings
    return SequenceResult(
        frames,
        bool(sequence.images),
        outcome,
        results.rows,
        warnings,
        detections.sha256,
        hash_motions(motions),
        time.perf_counter() - started,
        socket.gethostname(),
        {"deep-sort": __version__, "python": platform.python_version()}
        | {name: _version(name) for name in ("numpy", "scipy")},
    )


def track_into_bytes(job: SequenceJob) -> tuple[SequenceResult, bytes]:
    """Track a sequence and return what its result file would hold, for workers without the output folder."""
    with tempfile.TemporaryDirectory(prefix="deep-sort-") as folder:
        output_file = Path(folder) / "result.txt"
        return track_into_file(job, output_file), output_file.read_bytes()


def _version(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "not installed"
