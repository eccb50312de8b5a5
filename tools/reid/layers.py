"""The network's layers as they are in training, with statistics of the batch."""

from __future__ import annotations

from functools import cache
from typing import Any

from tools.network.architecture import BATCH_NORM_EPSILON, standardise, unit_norm_scope
from tools.network.tensorflow_import import load_tensorflow
from tools.reid.settings import Recipe


class TrainingLayers:
    """The layers as they are in training: statistics of the batch, dropout, a choice of precision.

    Parameters
    ----------
    variables : mapping
        Variable name to float32 tensor or variable.
    recipe : Recipe
        Rates of dropout and the precision.
    step : tensor, optional
        Number of the step, from which the dropped activations follow; without it nothing is dropped.
    """

    def __init__(self, variables: Any, recipe: Recipe, step: Any = None):
        self.tf = load_tensorflow("train")
        self.variables = variables
        self.recipe = recipe
        self.step = step
        self.statistics: dict[str, Any] = {}
        self._dropped = 0

    def convolve(self, x: Any, scope: str, stride: int = 1) -> Any:
        """Convolution with SAME padding, and its bias where the layer has one."""
        weights = self.tf.cast(self.variables[f"{scope}/weights"], x.dtype)
        x = self.tf.nn.conv2d(x, weights, stride, "SAME")
        biases = self.variables.get(f"{scope}/biases")
        return x if biases is None else self.tf.nn.bias_add(x, self.tf.cast(biases, x.dtype))

    def unit(self, x: Any, scope: str, stride: int = 1) -> Any:
        """Convolution (or dense layer, by the weights' rank), batch norm, ELU."""
        if len(self.variables[f"{scope}/weights"].shape) == 2:
            x = self.tf.linalg.matmul(x, self.tf.cast(self.variables[f"{scope}/weights"], x.dtype))
            x = self.tf.cast(x, self.tf.float32)
        else:
            x = self.convolve(x, scope, stride)
        return self.activate(self.normalise(x, unit_norm_scope(scope)))

    def normalise(self, x: Any, scope: str) -> Any:
        """Batch norm with the batch's own statistics, which are kept by scope."""
        beta = self.variables[f"{scope}/beta"]
        if len(x.shape) == 4:
            x, mean, variance = self.tf.compat.v1.nn.fused_batch_norm(
                x, self.tf.ones_like(beta), beta, epsilon=BATCH_NORM_EPSILON, is_training=True
            )
        else:
            mean, variance = self.tf.nn.moments(x, [0])
            x = (x - mean) * self.tf.math.rsqrt(variance + BATCH_NORM_EPSILON) + beta
        self.statistics[scope] = (mean, variance)
        return x

    def instance_norm(self, x: Any, scope: str) -> Any:
        """Instance normalisation, where the network has it here; as at inference, in float32."""
        gamma = self.variables.get(f"{scope}/instance/gamma")
        return x if gamma is None else _fast_standardise(self.tf)(x, gamma, self.variables[f"{scope}/instance/beta"])

    def activate(self, x: Any) -> Any:
        """ELU."""
        return _fast_elu(self.tf)(x)

    def drop(self, x: Any) -> Any:
        """Dropout whose pattern follows from seed, step and place in the network alone."""
        rate = self.recipe.block_dropout if len(x.shape) == 4 else self.recipe.dropout
        self._dropped += 1
        if self.step is None or not rate:
            return x
        place = (self.recipe.seed * 100 + self._dropped) % 2**31
        seed = self.tf.stack([place, self.tf.cast(self.step, self.tf.int32)])
        return self.tf.nn.experimental.stateless_dropout(x, rate, seed, rng_alg="philox")


@cache
def _fast_standardise(tf: Any) -> Any:
    """Instance normalisation compiled for the processor at hand."""

    def forward(x: Any, gamma: Any, beta: Any) -> Any:
        return tf.cast(standardise(tf.cast(x, tf.float32), gamma, beta, tf), x.dtype)

    return tf.function(forward, jit_compile=True)


@cache
def _fast_elu(tf: Any) -> Any:
    """ELU compiled for the processor at hand; bfloat16 costs TensorFlow's own kernel twice the time."""

    @tf.function(jit_compile=True)
    def forward(x: Any) -> Any:
        wide = tf.cast(x, tf.float32)
        return tf.cast(tf.where(wide > 0, wide, tf.exp(tf.minimum(wide, 0.0)) - 1.0), x.dtype)

    @tf.function(jit_compile=True)
    def backward(y: Any, upstream: Any) -> Any:
        slope = tf.where(y > 0, 1.0, tf.cast(y, tf.float32) + 1.0)
        return tf.cast(tf.cast(upstream, tf.float32) * slope, y.dtype)

    @tf.custom_gradient
    def elu(x: Any) -> Any:
        y = forward(x)
        return y, lambda upstream: backward(y, upstream)

    return elu
