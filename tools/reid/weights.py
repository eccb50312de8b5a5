"""Weights outside the training step: the first ones, those of another image size, and their files."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from application_util.errors import UserError
from application_util.files.output import write_whole
from tools.network.architecture import FEATURE_DIM, trunk_shape, variable_shapes
from tools.network.tensorflow_import import load_tensorflow

FC1 = "fc1/weights"
CLASS_MEANS, KAPPA = "classifier/weights", "classifier/kappa"
FIRST_KAPPA = 12.0

Grid = tuple[int, int]


def initial_variables(
    image_shape: tuple[int, int], classes: int, seed: int, grid: Grid | None = None, instance_norm: bool = False
) -> dict[str, np.ndarray]:
    """Random weights to start from (He et al., ICCV 2015), and the classifier's.

    Parameters
    ----------
    image_shape : tuple of int
        Height and width of the images in pixels.
    classes : int
        Identities to tell apart.
    seed : int
        Seed of the weights.
    grid : tuple of int, optional
        Rows and columns of cells with ``fc1`` weights of their own; by default every place has its own.
    instance_norm : bool
        Whether the network normalises maps of its early layers image by image.
    """
    rng = np.random.default_rng(seed)

    def draw(name: str, shape: tuple[int, ...]) -> np.ndarray:
        if name.endswith(("moving_variance", "gamma")):
            return np.ones(shape, np.float32)
        if not name.endswith("weights"):
            return np.zeros(shape, np.float32)
        return rng.normal(0.0, np.sqrt(2.0 / np.prod(shape[:-1])), shape).astype(np.float32)

    shapes = {**variable_shapes(image_shape, instance_norm), CLASS_MEANS: (FEATURE_DIM, classes)}
    if grid is not None:
        shapes[FC1] = (grid[0] * grid[1] * trunk_shape(image_shape)[2], FEATURE_DIM)
    return {name: draw(name, shape) for name, shape in shapes.items()} | {KAPPA: np.float32(FIRST_KAPPA)}


def spread(weights: Any, before: Grid, after: Grid, library: ModuleType = np) -> Any:
    """Share the weights of ``fc1`` out over another grid, each by how its cell overlaps the new ones.

    On a finer grid, what comes out sees in a map what the weights before saw in the map averaged over the old
    cells: with (1, 1), in its average as a whole.

    Parameters
    ----------
    weights : array
        (rows * columns * C, M): ``fc1`` with a weight for each cell of the grid `before`.
    before, after : tuple of int
        Rows and columns of the grids.
    library : module
        ``numpy``, or ``tensorflow`` for its tensors.

    Returns
    -------
    array
        (rows * columns * C, M) for the cells of the grid `after`.
    """
    if before == after:
        return weights
    outputs = weights.shape[-1]
    rows, columns = (_shares(*sides) for sides in zip(before, after, strict=True))
    cells = library.reshape(weights, (*before, -1, outputs))
    return library.reshape(library.einsum("Rr,Cc,rcio->RCio", rows, columns, cells), (-1, outputs))


def fit_finished(weights: np.ndarray, image_shapes: Iterable[tuple[int, int]], grid: Grid) -> np.ndarray:
    """Fit ``fc1`` of a finished network to a grid, so that training can start from it.

    Parameters
    ----------
    weights : ndarray
        ``fc1`` with a weight for every place of a trunk's output.
    image_shapes : iterable of tuple of int
        Heights and widths of the images that the network may be for.
    grid : tuple of int
        Rows and columns of cells.

    Returns
    -------
    ndarray
        ``fc1`` for the cells; `weights` as they are if they fit none of the image sizes.
    """
    for image_shape in image_shapes:
        rows, columns, channels = trunk_shape(image_shape)
        if len(weights) == rows * columns * channels:
            return spread(weights, (rows, columns), grid)
    return weights


def _shares(before: int, after: int) -> np.ndarray:
    """(after, before): what share of each old cell lies in each new one."""
    edges, cells = np.linspace(0.0, before, after + 1)[:, None], np.arange(before)
    overlap = np.minimum(edges[1:], cells + 1) - np.maximum(edges[:-1], cells)
    return np.maximum(overlap, 0.0).astype(np.float32)


def save_variables(prefix: str | Path, variables: dict[str, np.ndarray]) -> None:
    """Write a TensorFlow checkpoint with the given variable names; it appears only once it is complete.

    Parameters
    ----------
    prefix : path
        ``X`` of the files ``X.index`` and ``X.data-00000-of-00001``.
    variables : dict
        Name to array.

    Raises
    ------
    UserError
        If the files cannot be written.
    """
    tf = load_tensorflow("train")
    names = sorted(variables)
    values = [np.asarray(variables[name]) for name in names]
    with tempfile.TemporaryDirectory(prefix="deep-sort-") as folder:
        made = f"{folder}/checkpoint"
        try:
            tf.raw_ops.SaveV2(prefix=made, tensor_names=names, shape_and_slices=[""] * len(names), tensors=values)
        except tf.errors.OpError as error:
            raise UserError(f"{made}: cannot be written: {str(error).splitlines()[0]}") from None
        for ending in (".data-00000-of-00001", ".index"):
            write_whole(Path(f"{prefix}{ending}"), Path(made + ending).read_bytes())


def load_variables(prefix: str | Path) -> dict[str, np.ndarray]:
    """All variables of a TensorFlow checkpoint, by name.

    Raises
    ------
    UserError
        If there is no such checkpoint or it cannot be read.
    """
    tf = load_tensorflow("train")
    try:
        reader = tf.train.load_checkpoint(str(prefix))
        return {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    except (tf.errors.OpError, ValueError, RuntimeError, IndexError) as error:
        raise UserError(f"{prefix}: not a readable checkpoint: {str(error).strip().splitlines()[0]}") from None


def mean_variables(prefixes: Sequence[str | Path]) -> dict[str, np.ndarray]:
    """Mean of the variables of checkpoints (Wortsman et al., "Model soups", ICML 2022).

    It is a good start if one of them was trained from another: then they lie in one valley of the loss.

    Parameters
    ----------
    prefixes : sequence of path
        The checkpoints, one or more.

    Raises
    ------
    UserError
        If one cannot be read, or they are not of one network.
    """
    networks = [load_variables(prefix) for prefix in prefixes]
    first = networks[0]
    for prefix, other in zip(prefixes, networks, strict=True):
        different = _shapes(first) ^ _shapes(other)
        if different:
            raise UserError(f"{prefix}: not the network of {prefixes[0]}: they differ in {min(different)[0]}")
    return {name: np.mean([network[name] for network in networks], axis=0) for name in first}


def _shapes(variables: dict[str, np.ndarray]) -> set[tuple[str, tuple[int, ...]]]:
    return {(name, np.shape(value)) for name, value in variables.items()}
