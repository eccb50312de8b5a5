"""Give a finished network's distances the scale that a tracker's default threshold expects."""

from __future__ import annotations

from typing import Any

import numpy as np

from application_util.errors import UserError
from tools.network.architecture import InferenceLayers, Variables, head, stem, trunk
from tools.network.tensorflow_import import load_tensorflow
from tools.reid.distillation import unit_rows

IMAGES_AT_ONCE = 64
STEPS = 40
OFFSET = "ball/beta"


def calibrated(
    variables: Variables, images: np.ndarray, distance: float, target: float
) -> tuple[dict[str, np.ndarray], float]:
    """Shift the offset of the last batch norm so that pairs of images `distance` apart become `target` apart.

    The vectors before they are brought to unit length get a constant part along the direction in which they
    vary least. With y the vector without that part, of length |y|, and c the part, a cosine distance d becomes about
    d |y|^2 / (|y|^2 + c^2): the order of distances stays nearly as it is.

    Parameters
    ----------
    variables : mapping
        The network's variables.
    images : ndarray
        (N, H, W, 3) uint8, BGR, of the network's size: images of many people to measure on.
    distance, target : float
        Cosine distances, ``0 < target <= distance``.

    Returns
    -------
    variables : dict
        With another `OFFSET`.
    part : float
        The length c of the constant part.

    Raises
    ------
    UserError
        If distances would have to grow.
    """
    if not 0 < target <= distance:
        raise UserError(f"distances of {distance:g} cannot become {target:g}: an offset only brings them nearer")
    vectors = network_vectors(variables, images)
    direction = np.linalg.eigh(np.cov(vectors, rowvar=False))[1][:, 0]
    along = vectors @ direction
    direction, along = (direction, along) if along.mean() >= 0 else (-direction, -along)
    within = (pair_distances(vectors) <= distance).mean()
    low, high = 0.0, 10.0 * float(np.linalg.norm(vectors, axis=1).mean())
    for _ in range(STEPS):
        middle = (low + high) / 2
        near = (pair_distances(vectors + middle * direction) <= target).mean()
        low, high = (middle, high) if near < within else (low, middle)
    offset = np.asarray(variables[OFFSET]) + (high * direction).astype(np.float32)
    return {**variables, OFFSET: offset}, high + float(along.mean())


def pair_distances(vectors: np.ndarray) -> np.ndarray:
    """(N (N - 1) / 2,) cosine distances of all pairs."""
    units = unit_rows(vectors)
    return (1.0 - units @ units.T)[np.triu_indices(len(units), 1)]


def network_vectors(variables: Variables, images: np.ndarray) -> np.ndarray:
    """(N, 128) what the network gives before it is brought to unit length."""
    tf = load_tensorflow("train")
    layers = InferenceLayers(variables)

    @tf.function
    def run(bgr: Any) -> Any:
        return head(trunk(stem(tf.cast(tf.reverse(bgr, [-1]), tf.float32), layers), layers), layers)

    parts = [images[start : start + IMAGES_AT_ONCE] for start in range(0, len(images), IMAGES_AT_ONCE)]
    return np.concatenate([run(tf.constant(part)).numpy() for part in parts]).astype(np.float64)
