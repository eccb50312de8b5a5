"""Tables to be scored: checks of what TrackEval accepts silently or fails on, and copies in the form it needs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.files.invalid_rows import LARGEST
from application_util.files.mot_table import read_hashed_table

MAX_ID = 2**31 - 1
MAX_EMPTY_FRAMES = 1_000_000
"""Frames after the last row that a sequence may have: TrackEval takes memory for every frame."""

PEDESTRIAN = 1
IGNORED = 13
"""A class that is neither scored nor a distractor by any benchmark's rules: crowd."""

ROOMY_IDS = 10_000
"""TrackEval's tables are as long as the largest id; up to here that does not matter."""

Table = NDArray[np.float64]
Hashes = dict[str, str]


def read_tables(
    truth_file: Path, result_file: Path, length: int, benchmark: str, classes: Sequence[int] | None
) -> tuple[Table, Table, Hashes]:
    """Read ground truth and result of a sequence, and make sure that they can be scored.

    Parameters
    ----------
    truth_file, result_file : Path
    length : int
        Frames of the sequence.
    benchmark : str
        Whose rules say which rows of ground truth count.
    classes : sequence of int, optional
        Classes that count instead of pedestrians.

    Returns
    -------
    ndarray, shape (N, 8 or more)
        Ground truth: frame, id, left, top, width, height, flag, class, ...
    ndarray, shape (M, 7 or more)
        Result.
    dict of str -> str
        SHA-256 of both files as they were read.

    Raises
    ------
    UserError
        If one is no table of boxes with ids, or no row of ground truth counts.
    """
    truth, truth_hash = read_hashed_table(truth_file, min_columns=8)
    _check_boxes(truth_file, truth)
    _check_ids(truth_file, np.where(truth[:, 6] == 0, 0, truth[:, 1]))  # flag 0: not scored
    result, result_hash = read_hashed_table(result_file)
    _check_boxes(result_file, result)
    _check_ids(result_file, result[:, 1])
    last = int(max(table[:, 0].max(initial=0) for table in (truth, result)))
    if length - last > MAX_EMPTY_FRAMES:
        raise UserError(f"{truth_file.parent.parent}: {length} frames, but the last row is of frame {last}")
    if not len(truth):
        raise UserError(f"{truth_file}: no rows, nothing to compare with")
    if not counting_rows(truth, benchmark, classes).any():
        raise UserError(f"{truth_file}: {_nothing_counts(truth, benchmark, classes)}")
    _check_frames(truth_file, truth, length)
    _check_frames(result_file, result, length)
    _check_classes(truth_file, truth, benchmark, classes)
    return truth, result, {"groundtruth": truth_hash, "result": result_hash}


def counting_rows(truth: Table, benchmark: str, classes: Sequence[int] | None = None) -> NDArray[np.bool_]:
    """Return which rows of ground truth count: those whose flag is not 0, of the classes that are scored.

    Parameters
    ----------
    truth : ndarray, shape (N, 7 or more)
        Rows of gt.txt; the eighth column, if there is one, is the class (MOT15 has none).
    benchmark : str
        Whose rules.
    classes : sequence of int, optional
        Classes that count instead of pedestrians.
    """
    # TrackEval cuts flags to whole numbers.
    return (np.trunc(truth[:, 6]) != 0) & np.isin(classes_of(truth, benchmark), classes or [PEDESTRIAN])


def classes_of(truth: Table, benchmark: str) -> Table:
    """Return the class of each row of ground truth; all are pedestrians where there are no classes."""
    has_class = benchmark != "MOT15" and truth.shape[1] > 7
    return truth[:, 7] if has_class else np.full(len(truth), float(PEDESTRIAN))


def write_copies(truth: Table, result: Table, classes: Sequence[int] | None, folder: Path, name: str) -> None:
    """Write the tables with small ids, and with the classes that count as pedestrians.

    Parameters
    ----------
    truth, result : ndarray
        As `read_tables` returns them.
    classes : sequence of int, optional
        Classes that count instead of pedestrians.
    folder : Path
        For ``<name>/gt/gt.txt`` and ``<name>.txt``.
    name : str
        The sequence.
    """
    truth, result, counts = truth.copy(), result.copy(), np.isin(truth[:, 7], classes or ())
    if classes:
        known = np.isin(truth[:, 7], range(PEDESTRIAN + 1, IGNORED + 1))
        truth[:, 7] = np.where(known, truth[:, 7], IGNORED)
        truth[counts, 7] = PEDESTRIAN
    for table in (truth, result):
        table[:, 1] = np.unique(table[:, 1], return_inverse=True)[1] + 1.0
    (folder / name / "gt").mkdir(parents=True)
    for table, path in ((truth, folder / name / "gt" / "gt.txt"), (result, folder / f"{name}.txt")):
        np.savetxt(path, table, fmt="%.17g", delimiter=",")


def needs_copies(truth: Table, result: Table, classes: Sequence[int] | None) -> bool:
    """Return whether TrackEval must be given other files than the user's."""
    return bool(classes) or max(table[:, 1].max(initial=0) for table in (truth, result)) > ROOMY_IDS


def _nothing_counts(truth: Table, benchmark: str, classes: Sequence[int] | None) -> str:
    scored = ", ".join(map(str, classes or [PEDESTRIAN]))
    there, rows = np.unique(classes_of(truth, benchmark), return_counts=True)
    found = ", ".join(f"{rows} of class {number:g}" for number, rows in zip(there, rows, strict=True))
    return (
        f"no row counts by the rules of {benchmark} (flag other than 0, class {scored}); there are {found}: "
        "--benchmark MOT15 ignores classes, --eval_classes names those to score"
    )


def doubts(truth: Table, result: Table, benchmark: str, classes: Sequence[int] | None) -> list[str]:
    """Return lines about tables that can be scored, but may not be what was meant.

    Parameters
    ----------
    truth, result : ndarray
        As `read_tables` returns them.
    benchmark : str
        Whose rules.
    classes : sequence of int, optional
        Classes that count instead of pedestrians.
    """
    lines = []
    if not len(result):
        lines.append("the result has no rows")
    for table, what in ((truth, "ground truth"), (result, "result")):
        flat = int((table[:, 4:6] <= 0).any(axis=1).sum())
        if flat:
            lines.append(f"{flat} boxes of the {what} have no width or height above 0")
    there = np.unique(truth[np.trunc(truth[:, 6]) != 0, 7])
    # MOT15's own have -1 or positions in this column.
    if benchmark == "MOT15" and len(there) > 1 and np.isin(there, range(IGNORED + 1)).all():
        numbers = ", ".join(f"{number:g}" for number in there)
        chosen = ", and --eval_classes is not used" if classes else ""
        lines.append(f"the rules of MOT15 know no classes: all of {numbers} count alike{chosen}")
    return lines


def _check_frames(path: Path, table: Table, length: int) -> None:
    bad = np.flatnonzero((table[:, 0] < 1) | (table[:, 0] > length))
    if len(bad):
        row, frame = bad[0] + 1, table[bad[0], 0]
        hint = "does it count from 0?" if frame < 1 else "is it of another sequence, or seqLength in seqinfo.ini wrong?"
        raise UserError(f"{path}: row {row}: frame {frame:g}, but the sequence has frames 1 to {length}: {hint}")


def _check_classes(path: Path, truth: Table, benchmark: str, classes: Sequence[int] | None) -> None:
    """Refuse classes that TrackEval does not know, unless those to score are named."""
    bad = np.flatnonzero(~np.isin(np.trunc(classes_of(truth, benchmark)), range(PEDESTRIAN, IGNORED + 1)))
    if len(bad) and not classes:
        raise UserError(
            f"{path}: row {bad[0] + 1}: class {truth[bad[0], 7]:g} is not one of {benchmark}, "
            f"{PEDESTRIAN} to {IGNORED}: --benchmark MOT15 ignores classes, --eval_classes names those to score"
        )


def _check_boxes(path: Path, table: Table) -> None:
    bad = np.flatnonzero((np.abs(table[:, 2:6]) > LARGEST).any(axis=1))
    if len(bad):
        raise UserError(f"{path}: row {bad[0] + 1}: the box is beyond {LARGEST:g} pixels")


def _check_ids(path: Path, ids: Table) -> None:
    bad = np.flatnonzero((ids != np.floor(ids)) | (ids < 0) | (ids > MAX_ID))
    if len(bad):
        raise UserError(f"{path}: row {bad[0] + 1}: id {ids[bad[0]]:g}, expected a whole number from 0 to {MAX_ID}")
