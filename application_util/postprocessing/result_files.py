"""Post-processing of result files, one or a folder of them, and the record of what was done."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from application_util.errors import UserError
from application_util.files.checksum import sha256
from application_util.files.detection_file import DetectionFile
from application_util.files.json_file import read_json, write_json
from application_util.files.output import refuse_overwriting, write_whole
from application_util.postprocessing.postprocess import Changes, postprocess_file
from application_util.sequences.images import is_hidden
from application_util.sequences.sequence import find_detection_file
from application_util.settings import PostprocessingSettings

RECORD_FILE = "postprocess.json"


@dataclass(frozen=True)
class Options:
    """What is the same for all files.

    Attributes
    ----------
    settings : PostprocessingSettings
    skip_invalid : bool
        Leave invalid detections out instead of refusing the file.
    max_gap : int
        Frames without detections that may follow each other.
    """

    settings: PostprocessingSettings
    skip_invalid: bool
    max_gap: int


@dataclass(frozen=True)
class ResultJob:
    """A result file, and what is to be done with it.

    Attributes
    ----------
    result_file, output_file : Path
    detection_file : Path or None
    options : Options
    """

    result_file: Path
    output_file: Path
    detection_file: Path | None
    options: Options

    @property
    def name(self) -> str:
        """The sequence's name."""
        return self.result_file.stem


@dataclass(frozen=True)
class Processed:
    """What becomes of a result file; hashes of the files that were read."""

    text: str
    changes: Changes
    result_sha256: str
    detection_sha256: str | None


def plan_file(
    result_file: str | Path,
    output_file: str | Path | None,
    detection_file: str | Path | None,
    options: Options,
    in_place: bool,
) -> ResultJob:
    """Make sure that a result file can be post-processed, and no other is lost.

    Raises
    ------
    UserError
        If something is missing, or the output would replace an input unasked.
    """
    job = _job(Path(result_file), output_file, detection_file, options, in_place, "_file")
    refuse_overwriting([job.output_file], [None if in_place else job.result_file, job.detection_file])
    return job


def plan_folder(
    result_dir: str | Path,
    output_dir: str | Path | None,
    detection_dir: str | Path | None,
    options: Options,
    in_place: bool,
) -> list[ResultJob]:
    """Find the result files of a folder, and make sure that none is lost.

    Raises
    ------
    UserError
        If there is none, something is missing, or an output would replace an input unasked.
    """
    files = sorted(path for path in Path(result_dir).glob("*.txt") if not is_hidden(path))
    if not files:
        raise UserError(f"{result_dir}: no folder with result files <sequence>.txt")
    jobs = []
    for path in files:
        output_file = None if output_dir is None else Path(output_dir) / path.name
        detection_file = None if detection_dir is None else find_detection_file(detection_dir, path.stem)
        jobs.append(_job(path, output_file, detection_file, options, in_place, "_dir"))
    outputs = [job.output_file for job in jobs] + [jobs[0].output_file.with_name(RECORD_FILE)]
    refuse_overwriting(outputs, [*([] if in_place else files), *(job.detection_file for job in jobs)])
    return jobs


def _job(
    result_file: Path,
    output_file: str | Path | None,
    detection_file: str | Path | None,
    options: Options,
    in_place: bool,
    kind: str,
) -> ResultJob:
    if (output_file is None) != in_place:
        raise UserError(f"give either --output{kind}, or --in_place to replace the results")
    if not options.settings.link:
        detection_file = None
    elif detection_file is None:
        raise UserError(f"to join tracks takes their detections, with features: give --detection{kind}")
    for path, what in ((result_file, "result file"), (detection_file, "detection file")):
        if path is not None and not Path(path).is_file():
            raise UserError(f"{path}: no such {what}")
    output_file = result_file if output_file is None else Path(output_file)
    return ResultJob(result_file, output_file, None if detection_file is None else Path(detection_file), options)


def is_done(job: ResultJob) -> bool:
    """Return whether a result was post-processed in its place before, in the same way, and is as it was then."""
    entry = _recorded(job).get(job.name)
    if job.output_file != job.result_file or not isinstance(entry, dict):
        return False
    detections = None if job.detection_file is None else sha256(job.detection_file)
    made = {
        "flags": job.options.settings.as_dict(),
        "detection_sha256": detections,
        "output_sha256": sha256(job.output_file),
    }
    return {key: entry.get(key) for key in made} == made


def postprocess_into_text(job: ResultJob) -> Processed:
    """Return what becomes of a result file.

    Raises
    ------
    UserError
        For whatever the user can fix.
    """
    hashed = sha256(job.result_file)
    detections = None
    if job.detection_file is not None:
        detections = DetectionFile(job.detection_file, job.options.skip_invalid, job.options.max_gap)
    text, changes = postprocess_file(job.result_file, job.options.settings, detections)
    if sha256(job.result_file) != hashed:
        raise UserError(f"{job.result_file}: changed while it was read: try again when it is complete")
    return Processed(text, changes, hashed, None if detections is None else detections.sha256)


def write(job: ResultJob, done: Processed, recorded: bool) -> None:
    """Write what became of a result file, after what the record in its folder says of it.

    Whoever is killed in between finds the hash of a file that is not there yet, and does it again; the other way
    round, a result in its own place would be post-processed twice.
    """
    content = done.text.encode("ascii")
    if recorded:
        _record(job, done, hashlib.sha256(content).hexdigest())
    write_whole(job.output_file, content, "choose another --output")


def _recorded(job: ResultJob) -> dict[str, Any]:
    try:
        known = read_json(job.output_file.with_name(RECORD_FILE))["sequences"]
        return known if isinstance(known, dict) else {}
    except (UserError, KeyError, TypeError):
        return {}  # none so far, or none that can be read


def _record(job: ResultJob, done: Processed, sha256_of_output: str) -> None:
    """Add to the record in the output's folder how a file was made."""
    entry = {
        "flags": job.options.settings.as_dict(),
        "result_file": str(job.result_file),
        "result_sha256": done.result_sha256,
        "detection_file": None if job.detection_file is None else str(job.detection_file),
        "detection_sha256": done.detection_sha256,
        "output_sha256": sha256_of_output,
        "tracks": done.changes.tracks,
        "rows": done.changes.rows,
        "joined": done.changes.joined,
        "dropped": done.changes.dropped,
        "filled": done.changes.filled,
    }
    sequences = _recorded(job) | {job.name: entry}
    write_json(job.output_file.with_name(RECORD_FILE), {"sequences": dict(sorted(sequences.items()))})
