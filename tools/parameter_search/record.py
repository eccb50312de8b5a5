"""What a search has found so far."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from application_util.errors import UserError, require
from application_util.files.checksum import sha256
from application_util.files.json_file import read_json, write_json
from application_util.files.output import set_aside
from application_util.progress import say
from application_util.scoring.scores import COMBINED
from application_util.sequences.sequence import read_sequence
from application_util.tracking.benchmark import count_frames
from application_util.tracking.sequence_job import SequenceJob
from deep_sort import __version__
from tools.parameter_search.search import METRICS, Setting

RECORD_FILE = "sweep.json"
DATABASE_FILE = "sweep.db"
SETTINGS_FILE = "best.toml"
OUTPUT_FILES = (RECORD_FILE, DATABASE_FILE, SETTINGS_FILE, "sweep.csv", "sweep.png")
TABLE_FIELDS = (*METRICS, "DetA", "AssA", "IDSW", "CLR_FP", "CLR_FN")


Scores = dict[Setting, dict[str, dict[str, float]]]
"""Setting -> sequence or "COMBINED" -> field -> count, or fraction."""


@dataclass
class SearchRecord:
    """What is known of a search: ``sweep.json`` in its folder, and the table made from it.

    Attributes
    ----------
    directory : Path
    inputs : dict
        What the scores depend on beside the parameters: sequences, hashes of their files, benchmark, versions.
    scores : dict
        See `Scores`.
    """

    directory: Path
    inputs: dict[str, Any]
    scores: Scores = field(default_factory=dict)

    def add(self, settings: Setting, scores: dict[str, dict[str, float]]) -> None:
        """Note the scores of a setting, and write the record."""
        self.scores[settings] = scores
        entries = [{"settings": one.as_dict(), "scores": result} for one, result in self.scores.items()]
        content = {"inputs": self.inputs, "settings": entries}
        write_json(self.directory / RECORD_FILE, content)

    def hashes(self, name: str) -> dict[str, str]:
        """Return the hashes of a sequence's detections and ground truth."""
        return {kind: self.inputs["sequences"][name][kind] for kind in ("detections", "groundtruth")}

    def table(self, settings: list[Setting], metric: str) -> list[dict[str, Any]]:
        """Return a row for each of these settings that has scores, the best first."""
        rows = [one.as_dict() | _table_fields(self.scores[one]) for one in settings if one in self.scores]
        return sorted(rows, key=lambda row: -row[metric])


def _table_fields(scores: dict[str, dict[str, float]]) -> dict[str, float]:
    return {name: scores[COMBINED][name] + 0 for name in TABLE_FIELDS}


def open_record(
    directory: Path, plan: Mapping[str, SequenceJob], benchmark: str, resume: bool, with_images: bool = False
) -> SearchRecord:
    """Return the record of a search in a folder; files of an earlier one that it does not continue are set aside.

    Parameters
    ----------
    directory : Path
        Made if need be.
    plan : mapping of str -> SequenceJob
        What is tracked.
    benchmark : str
        By whose rules it is scored.
    resume : bool
        Continue the search recorded there if it had the same inputs.
    with_images : bool
        Scores depend on images, too.

    Raises
    ------
    UserError
        If its record cannot be read.
    """
    directory.mkdir(parents=True, exist_ok=True)
    files = {
        name: {
            "detections": _hash(job.detection_file),
            "groundtruth": _hash(job.sequence_dir / "gt" / "gt.txt"),
            "frames": count_frames(job),
            "images": read_sequence(job.sequence_dir).hash_images() if with_images else None,
        }
        for name, job in plan.items()
    }
    skip_invalid = any(job.skip_invalid for job in plan.values())
    versions = {"deep-sort": __version__, "trackeval": require("trackeval", "scores").__version__}
    inputs = {"benchmark": benchmark, "versions": versions, "skip_invalid": skip_invalid, "sequences": files}
    record = SearchRecord(directory, inputs)
    earlier = _read(directory / RECORD_FILE) if resume else None
    if earlier is not None and earlier[0] == record.inputs:
        record.scores = earlier[1]
    else:
        if earlier is not None:
            say(f"the sweep in {directory} had other sequences, files or versions: started from the beginning")
        set_aside(directory, OUTPUT_FILES)
    return record


def _hash(path: Path) -> str:
    try:
        return sha256(path)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from None


def _read(path: Path) -> tuple[Any, Scores] | None:
    """Return inputs and scores of a recorded search, None if there is none."""
    if not path.exists():
        return None
    try:
        content = read_json(path)
        entries = {Setting.of(entry["settings"]): entry["scores"] for entry in content["settings"]}
        for scores in entries.values():
            _table_fields(scores)
        return content["inputs"], entries
    except (UserError, ValueError, KeyError, TypeError):
        raise UserError(
            f"{path}: not a readable record of a sweep: fix it, or leave --resume out to start from the beginning"
        ) from None
