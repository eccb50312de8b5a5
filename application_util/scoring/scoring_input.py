"""Checks of files to be scored, for what TrackEval takes without a word or ends at with a traceback."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.files.invalid_rows import LARGEST
from application_util.files.mot_table import read_table

MAX_ID = 2**31 - 1
"""TrackEval's tables are as long as the largest id."""


def check_tables(truth_file: Path, result_file: Path) -> None:
    """Make sure that two files are tables of boxes with ids.

    Raises
    ------
    UserError
        If one is not.
    """
    truth = read_table(truth_file, min_columns=8)
    _check_boxes(truth_file, truth)
    _check_ids(truth_file, np.where(truth[:, 6] == 0, 0, truth[:, 1]))  # flag 0: not scored
    result = read_table(result_file)
    _check_boxes(result_file, result)
    _check_ids(result_file, result[:, 1])


def _check_boxes(path: Path, table: NDArray[np.float64]) -> None:
    bad = np.flatnonzero((np.abs(table[:, 2:6]) > LARGEST).any(axis=1))
    if len(bad):
        raise UserError(f"{path}: row {bad[0] + 1}: the box is beyond {LARGEST:g} pixels")


def _check_ids(path: Path, ids: NDArray[np.float64]) -> None:
    bad = np.flatnonzero((ids != np.floor(ids)) | (ids < 0) | (ids > MAX_ID))
    if len(bad):
        raise UserError(
            f"{path}: row {bad[0] + 1}: id {ids[bad[0]]:g}, expected a whole number from 0 to {MAX_ID}"
        )
