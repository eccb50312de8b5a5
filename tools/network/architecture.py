"""The appearance network, defined once: for freezing, encoding and training alike.

A wide residual network (Wojke, Bewley: "Deep Cosine Metric Learning for Person Re-identification",
WACV 2018; table 1 of "Simple Online and Realtime Tracking with a Deep Association Metric", ICIP 2017):
an image of 128x64 pixels in, a unit vector of 128 numbers out.
"""

from __future__ import annotations

from collections.abc import Container, Mapping
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from tools.network.tensorflow_import import load_tensorflow

IMAGE_SHAPE = (128, 64)
FEATURE_DIM = 128
BATCH_NORM_EPSILON = 1e-3
L2_EPSILON = 1e-8

Variables = Mapping[str, Any]


class Block(NamedTuple):
    """A residual block: what goes in, what comes out, and whether it starts with batch norm and ELU."""

    scope: str
    channels_in: int
    channels_out: int
    stride: int
    preactivated: bool = True


BLOCKS = (
    Block("conv2_1", 32, 32, 1, preactivated=False),
    Block("conv2_3", 32, 32, 1),
    Block("conv3_1", 32, 64, 2),
    Block("conv3_3", 64, 64, 1),
    Block("conv4_1", 64, 128, 2),
    Block("conv4_3", 128, 128, 1),
)

INSTANCE_NORMS = {"pool1": 32, "conv2_3": 32, "conv3_3": 64}
"""After which layers a network with instance normalisation has it, and the channels there."""


def unit_norm_scope(scope: str) -> str:
    """Scope of the batch norm that follows the convolution or dense layer `scope`."""
    return f"{scope}/{scope}/bn"


def trunk_shape(image_shape: tuple[int, int] = IMAGE_SHAPE) -> tuple[int, int, int]:
    """Height, width and channels of the last residual block's output.

    Parameters
    ----------
    image_shape : tuple of int
        Height and width of the images in pixels.
    """
    height, width = ((side - 3) // 2 + 1 for side in image_shape)
    return -(-height // 4), -(-width // 4), BLOCKS[-1].channels_out


def has_instance_norm(names: Container[str]) -> bool:
    """Whether variables of these names are of a network with instance normalisation."""
    return all(f"{scope}/instance/gamma" in names for scope in INSTANCE_NORMS)


def variable_shapes(
    image_shape: tuple[int, int] = IMAGE_SHAPE, instance_norm: bool = False
) -> dict[str, tuple[int, ...]]:
    """Every variable of the inference graph: its name in a checkpoint and its shape.

    Parameters
    ----------
    image_shape : tuple of int
        Height and width of the images in pixels; the size of ``fc1`` follows from it.
    instance_norm : bool
        Whether maps of the early layers are normalised image by image.
    """
    shapes: dict[str, tuple[int, ...]] = {}

    def add_norm(scope: str, channels: int) -> None:
        for statistic in ("beta", "moving_mean", "moving_variance"):
            shapes[f"{scope}/{statistic}"] = (channels,)

    def add_unit(scope: str, *shape: int) -> None:
        shapes[f"{scope}/weights"] = shape
        add_norm(unit_norm_scope(scope), shape[-1])

    add_unit("conv1_1", 3, 3, 3, 32)
    add_unit("conv1_2", 3, 3, 32, 32)
    for block in BLOCKS:
        if block.preactivated:
            add_norm(f"{block.scope}/bn", block.channels_in)
        add_unit(f"{block.scope}/1", 3, 3, block.channels_in, block.channels_out)
        shapes[f"{block.scope}/2/weights"] = (3, 3, block.channels_out, block.channels_out)
        shapes[f"{block.scope}/2/biases"] = (block.channels_out,)
        if block.channels_in != block.channels_out:
            shapes[f"{block.scope}/projection/weights"] = (1, 1, block.channels_in, block.channels_out)
    add_unit("fc1", int(np.prod(trunk_shape(image_shape))), FEATURE_DIM)
    add_norm("ball", FEATURE_DIM)
    for scope, channels in INSTANCE_NORMS.items() if instance_norm else ():
        shapes[f"{scope}/instance/gamma"] = shapes[f"{scope}/instance/beta"] = (channels,)
    return shapes


class InferenceLayers:
    """The layers as they are at inference: fixed statistics, folded into the weights before them.

    Parameters
    ----------
    variables : mapping
        Variable name to float32 array, as `read_checkpoint` returns them.
    """

    def __init__(self, variables: Variables):
        self.tf = load_tensorflow()
        self.variables = variables

    def convolve(self, x: Any, scope: str, stride: int = 1) -> Any:
        """Convolution with SAME padding, and its bias where the layer has one."""
        x = self.tf.nn.conv2d(x, self.variables[f"{scope}/weights"], stride, "SAME")
        biases = self.variables.get(f"{scope}/biases")
        return x if biases is None else self.tf.nn.bias_add(x, biases)

    def unit(self, x: Any, scope: str, stride: int = 1) -> Any:
        """Convolution (or dense layer, by the weights' rank), batch norm, ELU."""
        scale, shift = self._affine(unit_norm_scope(scope))
        weights = self.tf.constant(self.variables[f"{scope}/weights"] * scale, x.dtype)
        if weights.shape.rank == 2:
            x = self.tf.linalg.matmul(x, weights)
        else:
            x = self.tf.nn.conv2d(x, weights, stride, "SAME")
        return self.activate(self.tf.nn.bias_add(x, self.tf.constant(shift, x.dtype)))

    def activate(self, x: Any) -> Any:
        """ELU: the exponential linear unit."""
        return self.tf.nn.elu(x)

    def normalise(self, x: Any, scope: str) -> Any:
        """Batch norm with the moving statistics."""
        scale, shift = self._affine(scope)
        return x * scale + shift

    def instance_norm(self, x: Any, scope: str) -> Any:
        """Instance normalisation, where the network has it here: its own statistics for each image and channel."""
        gamma = self.variables.get(f"{scope}/instance/gamma")
        return x if gamma is None else standardise(x, gamma, self.variables[f"{scope}/instance/beta"], self.tf)

    def drop(self, x: Any) -> Any:
        """Dropout: nothing at inference."""
        return x

    def _affine(self, scope: str) -> tuple[np.ndarray, np.ndarray]:
        mean, variance, beta = (
            np.asarray(self.variables[f"{scope}/{name}"], np.float64)
            for name in ("moving_mean", "moving_variance", "beta")
        )
        scale = 1.0 / np.sqrt(variance + BATCH_NORM_EPSILON)
        return scale.astype(np.float32), (beta - mean * scale).astype(np.float32)


def standardise(x: Any, gamma: Any, beta: Any, tf: ModuleType) -> Any:
    """Instance normalisation: gamma (x - mean) / standard deviation + beta, over each map of each image.

    What cameras differ in, brightness and contrast above all, is gone with a map's mean and deviation (Ulyanov
    et al., arXiv 1607.08022; for unseen data sets Pan et al., "Two at Once", ECCV 2018).

    Parameters
    ----------
    x : tensor
        (N, H, W, C) maps.
    gamma, beta : array
        (C,) scale and offset that were learnt.
    tf : module
        TensorFlow.
    """
    x = x - tf.reduce_mean(x, [1, 2], keepdims=True)
    variance = tf.reduce_mean(tf.square(x), [1, 2], keepdims=True)
    return x * (tf.math.rsqrt(variance + BATCH_NORM_EPSILON) * gamma) + beta


def stem(images: Any, layers: Any) -> Any:
    """The layers at the images' full size, and the pooling after them.

    Parameters
    ----------
    images : tensor
        (N, H, W, 3) RGB images.
    layers : InferenceLayers
        The layers to build from; training passes its own kind.

    Returns
    -------
    tensor
        (N, about H / 2, about W / 2, 32) map.
    """
    x = layers.unit(images, "conv1_1")
    x = layers.unit(x, "conv1_2")
    return layers.instance_norm(layers.tf.nn.max_pool2d(x, 3, 2, "VALID"), "pool1")


def trunk(x: Any, layers: Any) -> Any:
    """The residual blocks.

    Parameters
    ----------
    x : tensor
        Output of `stem`.
    layers : InferenceLayers
        As for `stem`.

    Returns
    -------
    tensor
        (N, *trunk_shape) map.
    """
    for block in BLOCKS:
        x = layers.instance_norm(_residual_block(x, block, layers), block.scope)
    return x


def _residual_block(x: Any, block: Block, layers: Any) -> Any:
    branch = layers.activate(layers.normalise(x, f"{block.scope}/bn")) if block.preactivated else x
    branch = layers.drop(layers.unit(branch, f"{block.scope}/1", block.stride))
    branch = layers.convolve(branch, f"{block.scope}/2")
    if block.channels_in != block.channels_out:
        x = layers.convolve(x, f"{block.scope}/projection", block.stride)
    return x + branch


def head(x: Any, layers: Any) -> Any:
    """From the trunk's map to the vector before it is brought to unit length.

    Parameters
    ----------
    x : tensor
        (N, H, W, C) output of `trunk`.
    layers : InferenceLayers
        As for `stem`.

    Returns
    -------
    tensor
        (N, 128).
    """
    flat = layers.tf.reshape(x, (-1, int(np.prod(x.shape[1:]))))
    return layers.normalise(layers.unit(layers.drop(flat), "fc1"), "ball")


def to_unit_length(x: Any, tf: ModuleType) -> Any:
    """Divide each row by sqrt(1e-8 + its sum of squares)."""
    return x * tf.math.rsqrt(L2_EPSILON + tf.reduce_sum(tf.square(x), axis=1, keepdims=True))


def inference_graph(variables: Variables, image_shape: tuple[int, int] = IMAGE_SHAPE) -> Any:
    """The frozen network.

    Images come in as BGR; instead of turning their channels round, the first layer's weights are.

    Parameters
    ----------
    variables : mapping
        Variable name to float32 array (`variable_shapes`).
    image_shape : tuple of int
        Height and width of the images in pixels.

    Returns
    -------
    GraphDef
        Node ``images``, uint8 (None, height, width, 3), BGR, to node ``features``, float32 (None, 128).
    """
    tf = load_tensorflow()
    layers = InferenceLayers({**variables, "conv1_1/weights": np.asarray(variables["conv1_1/weights"])[:, :, ::-1]})
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.uint8, (None, *image_shape, 3), name="images")
        x = head(trunk(stem(tf.cast(images, tf.float32), layers), layers), layers)
        tf.identity(to_unit_length(x, tf), name="features")
    return graph.as_graph_def()
