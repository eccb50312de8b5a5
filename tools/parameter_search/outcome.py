"""What a search has found: the best settings, and the command line that uses them."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from application_util.installation import command_name
from application_util.sequences.sequence import find_detection_file
from application_util.settings import MAX_GAP
from tools.parameter_search.record import TABLE_FIELDS

MOST_ROWS = 10


def format_best(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return a table of the ten best settings, fractions in percent."""
    lines = [" ".join(name.rjust(len(name) + 2) for name in rows[0])]
    for row in rows[:MOST_ROWS]:
        lines.append(" ".join(_cell(name, value).rjust(len(name) + 2) for name, value in row.items()))
    return "\n".join(lines)


def best_command(
    settings_file: str | Path,
    names: Sequence[str],
    mot_dir: str | Path,
    detection_dir: str | Path,
    skip_invalid: bool,
    skip_missing: bool,
    benchmark: str | None,
    max_gap: int = MAX_GAP,
) -> str:
    """Return the command line that evaluates a setting on the files that were searched.

    Parameters
    ----------
    settings_file : str or Path
        Its parameters.
    names : sequence of str
        All sequences of `mot_dir`: those without ground truth are not searched, but tracked.
    mot_dir, detection_dir, skip_invalid, skip_missing, benchmark, max_gap
        As they were given.
    """
    name = command_name("evaluate_motchallenge.py")
    command = ["python", name] if name.endswith(".py") else [name]
    command += ["--mot_dir", str(mot_dir), "--detection_dir", str(detection_dir)]
    command += ["--settings", str(settings_file)]
    if skip_invalid:
        command.append("--skip_invalid")
    if skip_missing or not all(find_detection_file(detection_dir, name).is_file() for name in names):
        command.append("--skip_missing")
    if benchmark:
        command += ["--benchmark", benchmark]
    if max_gap != MAX_GAP:
        command += ["--max_gap", str(max_gap)]
    return shlex.join(command)


def _cell(name: str, value: float | None) -> str:
    if name in TABLE_FIELDS and isinstance(value, float):
        return f"{100 * value:.2f}"
    return str(value).lower()
