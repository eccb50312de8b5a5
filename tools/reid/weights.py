"""Weights outside the training step: the first ones, those of another image size, and their files."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np

from application_util.errors import UserError
from tools.network import FEATURE_DIM, variable_shapes
from tools.tensorflow_import import load_tensorflow

CLASS_MEANS, KAPPA = "classifier/weights", "classifier/kappa"
FIRST_KAPPA = 12.0


def initial_variables(image_shape: tuple[int, int], classes: int, seed: int) -> dict[str, np.ndarray]:
    """Random weights to start from (He et al., ICCV 2015), and the classifier's."""
    rng = np.random.default_rng(seed)

    def draw(name: str, shape: tuple[int, ...]) -> np.ndarray:
        if name.endswith("moving_variance"):
            return np.ones(shape, np.float32)
        if not name.endswith("weights"):
            return np.zeros(shape, np.float32)
        return rng.normal(0.0, np.sqrt(2.0 / np.prod(shape[:-1])), shape).astype(np.float32)

    shapes = {**variable_shapes(image_shape), CLASS_MEANS: (FEATURE_DIM, classes)}
    return {name: draw(name, shape) for name, shape in shapes.items()} | {KAPPA: np.float32(FIRST_KAPPA)}


def enlarge(
    variables: dict[str, np.ndarray], small: tuple[int, int, int], large: tuple[int, int, int]
) -> None:
    """Fit ``fc1``, in place, from a smaller trunk's output to a larger one.

    Each weight is shared out among the places that take the place of the old one.

    Parameters
    ----------
    variables : dict
        Variables of the network for the small images.
    small, large : tuple of int
        `tools.network.trunk_shape` of both.
    """
    weights = variables["fc1/weights"].reshape(*small, -1)
    rows = np.arange(large[0]) * small[0] // large[0]
    columns = np.arange(large[1]) * small[1] // large[1]
    share = small[0] * small[1] / (large[0] * large[1])
    weights = weights[rows][:, columns] * np.float32(share)
    variables["fc1/weights"] = weights.reshape(-1, weights.shape[-1])


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
    partial = f"{prefix}.partial"
    try:
        Path(prefix).parent.mkdir(parents=True, exist_ok=True)
        values = [np.asarray(variables[name]) for name in names]
        tf.raw_ops.SaveV2(
            prefix=partial, tensor_names=names, shape_and_slices=[""] * len(names), tensors=values
        )
        for ending in (".data-00000-of-00001", ".index"):
            os.replace(partial + ending, f"{prefix}{ending}")
    except (OSError, tf.errors.OpError) as error:
        raise UserError(f"{prefix}: cannot be written: {str(error).splitlines()[0]}") from None


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
        raise UserError(
            f"{prefix}: not a readable checkpoint: {str(error).strip().splitlines()[0]}"
        ) from None
