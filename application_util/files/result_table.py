"""Result files as input: which there are, and what is in them."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.files.mot_table import read_table
from application_util.sequences.sequence import Sequence, is_sequence


def find_results(mot_dir: str | Path, result_dir: str | Path) -> list[Path]:
    """Find the result files of a folder whose sequence exists, and say which have none.

    Parameters
    ----------
    mot_dir, result_dir : str or Path
        Hold ``<sequence>/`` and ``<sequence>.txt``.

    Returns
    -------
    list of Path
        By name.

    Raises
    ------
    UserError
        If there is no such folder, or no result file of a sequence.
    """
    mot_dir, result_dir = Path(mot_dir), Path(result_dir)
    for folder in (mot_dir, result_dir):
        if not folder.is_dir():
            raise UserError(f"{folder}: {'is not a folder' if folder.exists() else 'no such folder'}")
    files = sorted(path for path in result_dir.glob("*.txt") if not path.name.startswith("."))
    known = [path for path in files if is_sequence(mot_dir / path.stem)]
    if not known:
        raise UserError(f"{result_dir}: no result file <sequence>.txt of a sequence in {mot_dir}")
    for path in files:
        if path not in known:
            print(f"{path}: skipped, {mot_dir} has no sequence {path.stem}", file=sys.stderr)
    return known


def read_results(path: str | Path, sequence: Sequence) -> NDArray[np.float64]:
    """Read the result file of a sequence.

    Returns
    -------
    ndarray, shape (rows, 6 or more)
        Frame, id, left, top, width, height, ...

    Raises
    ------
    UserError
        If the file is missing, broken or empty, or has frames that the sequence does not have.
    """
    results = read_table(path, min_columns=6)
    if not len(results):
        raise UserError(f"{path}: no rows, nothing was tracked")
    frames = list(sequence.images) or ([1, sequence.length] if sequence.length else [])
    if frames:
        first, last = min(frames), max(frames)
        outside = np.flatnonzero((results[:, 0] < first) | (results[:, 0] > last))
        if len(outside):
            raise UserError(
                f"{path}: row {outside[0] + 1}: frame {results[outside[0], 0]:.0f}, but {sequence.name} has"
                f" frames {first} to {last}: are these the results of another sequence?"
            )
    return results
