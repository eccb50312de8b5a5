"""What made the results of a folder: ``run.json`` beside them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from application_util.errors import UserError
from application_util.files.checksum import sha256
from application_util.files.json_file import read_json, write_json
from application_util.sequences.sequence import MotSequence
from application_util.tracking.camera_motions import hash_motions, kept_motions
from application_util.tracking.sequence_job import SequenceJob, SequenceResult
from deep_sort import __version__

FILE_NAME = "run.json"


@dataclass
class RunRecord:
    """The record of a folder of results.

    Attributes
    ----------
    directory : Path
    sequences : dict of str -> dict
        For each result: flags, hashes of detection and result file, what was tracked, versions, time.
    """

    directory: Path
    sequences: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def path(self) -> Path:
        """Where the record is."""
        return self.directory / FILE_NAME

    def result_file(self, name: str) -> Path:
        """Return where the result of a sequence goes."""
        return self.directory / f"{name}.txt"

    def is_complete(self, name: str, job: SequenceJob, sequence: MotSequence) -> bool:
        """Return whether the result is there, unchanged, and this job would make the same.

        Parameters
        ----------
        name : str
        job : SequenceJob
        sequence : MotSequence
            The job's.
        """
        entry = self.sequences.get(name, {})
        motions = kept_motions(sequence, job.settings.camera_motion)
        return (
            entry.get("flags") == flags_of(job)
            and entry.get("image_frames") == _first_and_last(sequence.images)
            and motions is not None
            and entry.get("camera_sha256") == hash_motions(motions)
            and self.is_own(name)
            and _version_in(entry) == __version__
            and entry.get("detection_sha256") == sha256(job.detection_file)
        )

    def is_own(self, name: str) -> bool:
        """Return whether the result of a sequence is there, as it was when it was recorded."""
        path = self.result_file(name)
        return path.is_file() and self.sequences.get(name, {}).get("result_sha256") == sha256(path)

    def has_other_settings(self, name: str, job: SequenceJob) -> bool:
        """Return whether there is a result that was made with other settings, or nobody knows with which."""
        return self.result_file(name).exists() and self.sequences.get(name, {}).get("flags") != flags_of(job)

    def add(self, name: str, job: SequenceJob, result: SequenceResult) -> None:
        """Note how a result was made, and write the record."""
        self.sequences[name] = {
            "flags": flags_of(job),
            "sequence_dir": str(job.sequence_dir),
            "detection_file": str(job.detection_file),
            "detection_sha256": result.detection_sha256,
            "camera_sha256": result.camera_sha256,
            "result_sha256": sha256(self.result_file(name)),
            "frames": _first_and_last(result.frames),
            "image_frames": _first_and_last(result.frames) if result.has_images else None,
            "tracks": result.outcome.tracks,
            "rows": result.rows,
            "seconds": round(result.seconds, 3),
            "host": result.host,
            "versions": result.versions,
        }
        content = {"sequences": dict(sorted(self.sequences.items()))}
        write_json(self.path, content)


def read_record(directory: Path) -> RunRecord:
    """Read the record of a folder; an empty one if there is none that can be read."""
    try:
        sequences = read_json(directory / FILE_NAME)["sequences"]
    except (UserError, KeyError, TypeError):
        return RunRecord(directory)
    usable = isinstance(sequences, dict) and all(isinstance(entry, dict) for entry in sequences.values())
    return RunRecord(directory, sequences if usable else {})


def flags_of(job: SequenceJob) -> dict[str, Any]:
    """Return the flags that decide what a result holds."""
    flags = {**job.settings.as_dict(), "skip_invalid": job.skip_invalid}
    return flags | (job.postprocessing.as_dict() if job.postprocessing.active else {})


def _version_in(entry: dict[str, Any]) -> Any:
    versions = entry.get("versions")
    return versions.get("deep-sort") if isinstance(versions, dict) else None


def _first_and_last(frames: Collection[int]) -> list[int] | None:
    return [min(frames), max(frames)] if frames else None
