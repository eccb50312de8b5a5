"""What a student learns from a teacher: the teacher's embeddings, brought to the student's dimension."""

from __future__ import annotations

import numpy as np

from application_util.errors import UserError


def student_targets(embeddings: np.ndarray, dimension: int, distance_scale: float = 1.0) -> np.ndarray:
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
    distance_scale : float
        What the student's cosine distances are to be times the teacher's: a constant part along the direction in
        which the targets vary least makes them smaller, see `constant_part`.

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
        raise UserError(f"the teacher's embeddings have {rows.shape[1]} numbers, the student's have {dimension}")
    _, vectors = np.linalg.eigh(rows.T @ rows)
    reduced = unit_rows(rows @ vectors[:, ::-1][:, :dimension])
    _, axes = np.linalg.eigh(np.cov(reduced, rowvar=False))
    turned = reduced @ axes @ hadamard(dimension)
    least = hadamard(dimension)[0]  # where the first principal axis, that of the least variance, has gone
    sign = 1.0 if (turned @ least).mean() >= 0 else -1.0
    return unit_rows(turned + sign * constant_part(distance_scale) * least).astype(np.float32)


def target_offset(targets: np.ndarray) -> np.ndarray:
    """Return the offset that a batch norm without scale needs to give the targets' directions.

    Its outputs have a deviation of 1; the offset is the targets' mean in units of their deviation.
    """
    return (targets.mean(axis=0) / targets.std(axis=0)).astype(np.float32)


def constant_part(distance_scale: float) -> float:
    """Return the length c of a part that all vectors of unit length share, so that their distances shrink.

    Orthogonal to vectors of unit length, it turns a cosine distance d into d / (1 + c^2).
    """
    return float(np.sqrt(1.0 / distance_scale - 1.0))


def scaled_embeddings(embeddings: np.ndarray, distance_scale: float) -> np.ndarray:
    """Return embeddings whose cosine distances are `distance_scale` times as large: (N, E + 1) float32."""
    rows = unit_rows(embeddings)
    part = np.full((len(rows), 1), constant_part(distance_scale))
    return unit_rows(np.concatenate([rows, part], axis=1)).astype(np.float32)


def hadamard(size: int) -> np.ndarray:
    """The orthogonal matrix of entries +-1 / sqrt(size) (Sylvester's construction; `size` a power of 2)."""
    matrix = np.ones((1, 1))
    while len(matrix) < size:
        matrix = np.block([[matrix, matrix], [matrix, -matrix]])
    return matrix / np.sqrt(size)


def unit_rows(rows: np.ndarray) -> np.ndarray:
    """Rows brought to unit length; zero rows stay."""
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)
