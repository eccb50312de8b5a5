"""Start training from a frozen network: its constants turned back into the variables of training."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from application_util.errors import UserError
from tools.network.architecture import (
    IMAGE_SHAPE,
    INSTANCE_NORMS,
    head,
    standardise,
    stem,
    trunk,
    unit_norm_scope,
    variable_shapes,
)
from tools.network.tensorflow_import import load_tensorflow
from tools.reid.weights import mean_variables

IMAGES_AT_ONCE = 1024


def first_variables(
    paths: Sequence[str | Path], images: np.ndarray, image_shape: tuple[int, int] = IMAGE_SHAPE
) -> dict[str, np.ndarray]:
    """Return weights to start from: of a checkpoint, the mean of several, or of a frozen network.

    Parameters
    ----------
    paths : sequence of path
        Prefixes of checkpoints, or one ``.pb``.
    images : ndarray
        (N, H, W, 3) uint8: training images, which a frozen network is measured on.
    image_shape : tuple of int
        Height and width of the network's images.

    Raises
    ------
    UserError
        If one cannot be read.
    """
    if len(paths) == 1 and Path(paths[0]).suffix == ".pb":
        chosen = np.random.default_rng(0).permutation(len(images))[:IMAGES_AT_ONCE]
        return frozen_variables(paths[0], images[chosen], image_shape)
    return mean_variables(paths)


def frozen_variables(
    model: str | Path, images: np.ndarray, image_shape: tuple[int, int] = IMAGE_SHAPE
) -> dict[str, np.ndarray]:
    """Variables of a frozen network that this project wrote.

    Freezing folds each batch norm into the weights before it. What training needs is the offset of each
    batch norm, which is the mean of what it gives on training images, so that is measured. Weights before a batch
    norm, whose scale does not matter, are brought to the scale of fresh ones (He et al., ICCV 2015), for which
    learning rates are meant.

    Parameters
    ----------
    model : path
        The frozen network (``.pb``).
    images : ndarray
        (N, H, W, 3) uint8, BGR: images to measure on.
    image_shape : tuple of int
        Height and width of the network's images.

    Raises
    ------
    UserError
        If the file is not a network of this architecture as `tools/freeze_model.py` writes it.
    """
    tf = load_tensorflow("train")
    try:
        graph = tf.compat.v1.GraphDef.FromString(Path(model).read_bytes())
        constants = [tf.make_ndarray(node.attr["value"].tensor) for node in graph.node if node.op == "Const"]
        instance_norm = sum(node.op == "Rsqrt" for node in graph.node) > 1  # one brings to unit length
        arrays = [value for value in constants if value.ndim and value.dtype == np.float32]
        layers = _RecoveringLayers(arrays, instance_norm)
        rgb = tf.cast(tf.constant(images), tf.float32)  # the first weights expect BGR
        head(trunk(stem(rgb, layers), layers), layers)
        found = layers.variables
        found["conv1_1/weights"] = found["conv1_1/weights"][:, :, ::-1]
        shapes = {name: value.shape for name, value in found.items()}
        if any(
            shapes.get(name) != shape
            for name, shape in variable_shapes(image_shape, instance_norm).items()
            if "moving_" not in name
        ):
            raise ValueError
    except (OSError, StopIteration, ValueError, tf.errors.OpError):
        raise UserError(f"{model}: not a frozen network of this project's architecture") from None
    return found


class _RecoveringLayers:
    """Runs a frozen network, whose constants come in the order of its layers, and keeps them as variables."""

    def __init__(self, constants: list[np.ndarray], instance_norm: bool) -> None:
        self.tf = load_tensorflow("train")
        self._instance_norm = instance_norm
        self._constants = iter(constants)
        self.variables: dict[str, np.ndarray] = {}

    def convolve(self, x: Any, scope: str, stride: int = 1) -> Any:
        weights = self.variables[f"{scope}/weights"] = next(self._constants)
        x = self.tf.nn.conv2d(x, weights, stride, "SAME")
        if scope.endswith("projection"):
            return x
        biases = self.variables[f"{scope}/biases"] = next(self._constants)
        return x + biases

    def unit(self, x: Any, scope: str, stride: int = 1) -> Any:
        weights, shift = next(self._constants), next(self._constants)
        x = x @ weights if weights.ndim == 2 else self.tf.nn.conv2d(x, weights, stride, "SAME")
        norms = np.linalg.norm(weights.reshape(-1, weights.shape[-1]), axis=0)
        self.variables[f"{scope}/weights"] = weights * (np.sqrt(2.0) / np.maximum(norms, 1e-12))
        return self.activate(self._kept(x + shift, unit_norm_scope(scope)))

    def instance_norm(self, x: Any, scope: str) -> Any:
        if not self._instance_norm or scope not in INSTANCE_NORMS:
            return x
        gamma, beta = next(self._constants), next(self._constants)
        self.variables |= {f"{scope}/instance/gamma": gamma, f"{scope}/instance/beta": beta}
        return standardise(x, gamma, beta, self.tf)

    def normalise(self, x: Any, scope: str) -> Any:
        return self._kept(x * next(self._constants) + next(self._constants), scope)

    def _kept(self, x: Any, scope: str) -> Any:
        self.variables[f"{scope}/beta"] = np.mean(x, axis=tuple(range(len(x.shape) - 1)))
        return x

    def activate(self, x: Any) -> Any:
        return self.tf.nn.elu(x)

    def drop(self, x: Any) -> Any:
        return x
