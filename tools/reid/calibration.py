"""Give a finished network's distances the scale that a tracker's default threshold expects."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from application_util.errors import UserError
from application_util.progress import say
from tools.network.architecture import (
    IMAGE_SHAPE,
    InferenceLayers,
    Variables,
    head,
    read_checkpoint,
    stem,
    trunk,
)
from tools.network.freezing import write_graph
from tools.network.tensorflow_import import load_tensorflow
from tools.reid.data import merge
from tools.reid.distillation import unit_rows
from tools.reid.readers import read_dataset

CALIBRATION_IMAGES = 2000
IMAGES_AT_ONCE = 64
STEPS = 40
OFFSET = "ball/beta"


def freeze(
    restore_path: str,
    graphdef_out: str | Path,
    image_shape: tuple[int, int] = IMAGE_SHAPE,
    *,
    max_cosine_distance: float | None = None,
    instead_of: float | None = None,
    datasets: Sequence[tuple[str, str]] = (),
    trained_on: str = "",
    terms: str = "",
) -> None:
    """Freeze a checkpoint, after another scale of its distances if that is wanted.

    Parameters
    ----------
    restore_path : str
        Prefix of the checkpoint.
    graphdef_out : str or Path
        The frozen network to write.
    image_shape : tuple of int
        Height and width of its images.
    max_cosine_distance : float, optional
        The distance that its card recommends.
    instead_of : float, optional
        The distance that would be right for the network as it is: `calibrated` brings it to `max_cosine_distance`.
    datasets : sequence of (str, str)
        Layout and place of the data sets to measure that on.
    trained_on, terms : str
        For the card.

    Raises
    ------
    UserError
        If the checkpoint or a data set cannot be read, the network cannot be written, or something is missing.
    """
    variables: Variables = read_checkpoint(restore_path, image_shape)
    if instead_of is not None:
        if max_cosine_distance is None or not datasets:
            raise UserError("--instead_of needs --max_cosine_distance and --dataset_dir")
        images = merge(
            [read_dataset(layout, place, "train", image_shape) for layout, place in datasets]
        ).images
        chosen = np.random.default_rng(0).permutation(len(images))[:CALIBRATION_IMAGES]
        variables, part = calibrated(variables, images[chosen], instead_of, max_cosine_distance)
        say(
            f"{graphdef_out}: distances of {instead_of:g} became {max_cosine_distance:g}, by a part of {part:.2f}"
        )
    write_graph(
        variables,
        graphdef_out,
        image_shape,
        max_cosine_distance=max_cosine_distance,
        trained_on=trained_on,
        terms=terms,
    )
    print(f"{graphdef_out}: written")


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
        raise UserError(
            f"distances of {distance:g} cannot become {target:g}: an offset only brings them nearer"
        )
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
