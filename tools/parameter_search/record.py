"""What a sweep has found so far."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from application_util.errors import UserError
from application_util.files.whole_file import write_whole
from application_util.scoring.scores import COMBINED
from application_util.settings import TrackerSettings

METRICS = ("HOTA", "MOTA", "IDF1")
RECORD_FILE = "sweep.json"
OUTPUT_FILES = (RECORD_FILE, "sweep.csv", "sweep.png")
TABLE_FIELDS = (*METRICS, "DetA", "AssA", "IDSW", "CLR_FP", "CLR_FN")


@dataclass
class SweepRecord:
    """What is known of a sweep: ``sweep.json`` in its folder, and the table made from it.

    Attributes
    ----------
    directory : Path
    inputs : dict
        What the scores depend on beside the parameters: sequences, hashes of their files, benchmark.
    scores : dict of TrackerSettings -> dict
        Setting -> sequence or "COMBINED" -> field -> count, or share.
    """

    directory: Path
    inputs: dict[str, Any]
    scores: dict[TrackerSettings, dict[str, dict[str, float]]] = field(default_factory=dict)

    def read(self) -> None:
        """Take over the scores of an earlier sweep that had the same inputs, if there is one.

        Raises
        ------
        UserError
            If its record cannot be read.
        """
        path = self.directory / RECORD_FILE
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
            same = content["inputs"] == self.inputs
            entries = {TrackerSettings(**entry["settings"]): entry["scores"] for entry in content["settings"]}
            for scores in entries.values():
                _table_fields(scores)
        except FileNotFoundError:
            return
        except (OSError, ValueError, KeyError, TypeError):
            raise UserError(
                f"{path}: not a readable record of a sweep: mend it, or leave --resume out to start anew"
            ) from None
        if same:
            self.scores = entries
        else:
            print("the sweep there had other sequences or files: it is replaced", file=sys.stderr)

    def add(self, settings: TrackerSettings, scores: dict[str, dict[str, float]]) -> None:
        """Note the scores of a setting, and write the record."""
        self.scores[settings] = scores
        entries = [{"settings": one.as_dict(), "scores": result} for one, result in self.scores.items()]
        content = {"inputs": self.inputs, "settings": entries}
        write_whole(self.directory / RECORD_FILE, json.dumps(content, indent=1) + "\n")

    def table(self, settings: list[TrackerSettings], metric: str) -> list[dict[str, Any]]:
        """Return a row for each of these settings that has scores, the best first."""
        rows = [one.as_dict() | _table_fields(self.scores[one]) for one in settings if one in self.scores]
        return sorted(rows, key=lambda row: -row[metric])


def _table_fields(scores: dict[str, dict[str, float]]) -> dict[str, float]:
    return {name: scores[COMBINED][name] for name in TABLE_FIELDS}
