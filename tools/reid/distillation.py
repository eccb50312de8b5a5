"""What a student learns from a teacher: the teacher's embeddings, brought to the student's dimension."""

from __future__ import annotations

import numpy as np

from application_util.errors import UserError


def student_targets(embeddings: np.ndarray, dimension: int) -> np.ndarray:
    """Reduce a teacher's embeddings to the student's dimension, in axes of equal variance.

    The reduction keeps as much of the scalar products as so few dimensions can (the leading right singular
    vectors of the embeddings, not centred). The student ends in a batch norm without scale, which gives each of its
    outputs the same variance; the principal axes' variances, however, fall steeply. So the result is turned
    until all its axes have the same variance: by a Hadamard matrix in the principal axes, each of
    whose rows gives every principal axis the same weight 1 / `dimension`. Turning changes no distance.

    Parameters
    ----------
    embeddings : ndarray
        (N, E) rows of any length.
    dimension : int
        Length of the student's features, a power of 2, at most E.

    Returns
    -------
    ndarray
        (N, dimension) float32, rows of unit length.

    Raises
    ------
    UserError
        If the teacher's embeddings are shorter than the student's, or `dimension` is not a power of 2.
    """
    if dimension & (dimension - 1):
        raise UserError(f"{dimension} dimensions: a student's number of dimensions must be a power of 2")
    rows = unit_rows(np.asarray(embeddings, np.float64))
    if rows.shape[1] < dimension:
        raise UserError(
            f"the teacher's embeddings have {rows.shape[1]} numbers, the student's have {dimension}"
        )
    _, vectors = np.linalg.eigh(rows.T @ rows)
    reduced = unit_rows(rows @ vectors[:, ::-1][:, :dimension])
    _, axes = np.linalg.eigh(np.cov(reduced, rowvar=False))
    return (reduced @ axes @ hadamard(dimension)).astype(np.float32)


def hadamard(size: int) -> np.ndarray:
    """The orthogonal matrix of entries +-1 / sqrt(size) (Sylvester's construction; `size` a power of 2)."""
    matrix = np.ones((1, 1))
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix / np.sqrt(size)


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Rows brought to unit length; zero rows stay."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
