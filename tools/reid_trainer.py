"""One training step of the appearance network, and its state from step to step."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from application_util.errors import UserError
from tools.network import (
    BATCH_NORM_EPSILON,
    FEATURE_DIM,
    head,
    load_tensorflow,
    trunk,
    unit_norm_scope,
    variable_shapes,
)
from tools.reid_losses import batch_hard_triplet, cosine_softmax, magnet

CLASSIFIER = {"means": "classifier/weights", "kappa": "classifier/kappa"}
FIRST_MOMENT, SECOND_MOMENT, AVERAGE = "Adam", "Adam_1", "ExponentialMovingAverage"
BETAS, ADAM_EPSILON = (0.9, 0.999), 1e-8


@dataclass(frozen=True)
class Recipe:
    """What a training step depends on beside images and weights.

    Parameters
    ----------
    loss_mode : str
        ``"cosine-softmax"``, ``"triplet"`` or ``"magnet"``.
    triplet_weight : float
        Weight of the triplet loss beside the cosine softmax.
    label_smoothing : float
        Share of the classifier's target spread over all identities.
    dropout, block_dropout : float
        Share of the activations dropped before ``fc1`` and inside the residual blocks.
    weight_decay : float
        Decoupled decay of weights, times the learning rate (Loshchilov, Hutter, ICLR 2019).
    average : float
        Decay of the running average of the weights, which is what is evaluated and frozen.
    precision : str
        ``"float32"`` or ``"bfloat16"``, of the activations; the weights are float32.
    seed : int
        Seed of the first weights and of dropout.
    """

    loss_mode: str = "cosine-softmax"
    triplet_weight: float = 1.0
    label_smoothing: float = 0.1
    dropout: float = 0.2
    block_dropout: float = 0.0
    weight_decay: float = 0.1
    average: float = 0.999
    precision: str = "float32"
    seed: int = 0


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

    def activate(self, x: Any) -> Any:
        """ELU."""
        return _fast_elu(self.tf)(x)

    def drop(self, x: Any) -> Any:
        """Dropout whose pattern follows from seed, step and place in the network alone."""
        rate = self.recipe.block_dropout if len(x.shape) == 4 else self.recipe.dropout
        self._dropped += 1
        if self.step is None or not rate:
            return x
        seed = self.tf.stack([self.recipe.seed * 100 + self._dropped, self.tf.cast(self.step, self.tf.int32)])
        return self.tf.nn.experimental.stateless_dropout(x, rate, seed, rng_alg="philox")


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


def initial_variables(image_shape: tuple[int, int], classes: int, seed: int) -> dict[str, np.ndarray]:
    """Random weights to start from (He et al., ICCV 2015), and the classifier's."""
    rng = np.random.default_rng(seed)

    def draw(name: str, shape: tuple[int, ...]) -> np.ndarray:
        if name.endswith("moving_variance"):
            return np.ones(shape, np.float32)
        if not name.endswith("weights"):
            return np.zeros(shape, np.float32)
        return rng.normal(0.0, np.sqrt(2.0 / np.prod(shape[:-1])), shape).astype(np.float32)

    shapes = {**variable_shapes(image_shape), CLASSIFIER["means"]: (FEATURE_DIM, classes)}
    return {name: draw(name, shape) for name, shape in shapes.items()} | {
        CLASSIFIER["kappa"]: np.float32(12.0)
    }


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


class Trainer:
    """Weights, optimiser and the compiled training step.

    Parameters
    ----------
    variables : mapping
        Values to start from: the network's variables and the classifier's, and, when training goes on
        from a saved state, the optimiser's and the running averages.
    recipe : Recipe
        Settings of the step.
    """

    def __init__(self, variables: dict[str, np.ndarray], recipe: Recipe):
        self.tf = tf = load_tensorflow("train")
        self.recipe = recipe

        def kept(name: str, value: np.ndarray) -> Any:
            return tf.Variable(variables.get(name, value), dtype=tf.float32, trainable=False)

        names = [name for name in variables if "moving_" not in name and not name.endswith(SLOTS)]
        self.weights = {name: kept(name, variables[name]) for name in names}
        self.slots = {
            f"{name}/{slot}": kept(
                f"{name}/{slot}", variables[name] if slot == AVERAGE else 0 * variables[name]
            )
            for name in names
            for slot in SLOTS
        }
        self._compiled = tf.function(self._step, autograph=False)
        self._statistics = tf.function(self._batch_statistics, autograph=False)

    def step(
        self, images: np.ndarray, labels: np.ndarray, step: int, learning_rate: float
    ) -> dict[str, float]:
        """Train on a batch.

        Parameters
        ----------
        images : ndarray
            (N, H, W, 3) uint8, BGR.
        labels : ndarray
            (N,) int, 0 to C-1.
        step : int
            Steps since the optimiser started, from 0.
        learning_rate : float
            Adam's rate for this step.

        Returns
        -------
        dict
            Loss and its parts, by name.
        """
        tf = self.tf
        losses = self._compiled(
            tf.constant(images),
            tf.constant(labels, tf.int32),
            tf.constant(step),
            tf.constant(learning_rate, tf.float32),
        )
        return {name: float(loss) for name, loss in losses.items()}

    def _step(self, images: Any, labels: Any, step: Any, learning_rate: Any) -> dict[str, Any]:
        tf = self.tf
        weights = list(self.weights.values())
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(weights)
            layers = TrainingLayers(self.weights, self.recipe, step)
            losses = self._losses(self._features(images, layers), labels)
        gradients = tape.gradient(losses["loss"], weights, unconnected_gradients="zero")
        count = tf.cast(step + 1, tf.float32)
        for (name, weight), gradient in zip(self.weights.items(), gradients, strict=True):
            if name.endswith("weights") and name != CLASSIFIER["means"]:
                weight.assign_sub(learning_rate * self.recipe.weight_decay * weight)
            tf.raw_ops.ResourceApplyAdam(
                var=weight.handle,
                m=self.slots[f"{name}/{FIRST_MOMENT}"].handle,
                v=self.slots[f"{name}/{SECOND_MOMENT}"].handle,
                beta1_power=BETAS[0] ** count,
                beta2_power=BETAS[1] ** count,
                lr=learning_rate,
                beta1=BETAS[0],
                beta2=BETAS[1],
                epsilon=ADAM_EPSILON,
                grad=gradient,
            )
            # A young average leans on the weights of the last tenth of the steps so far.
            decay = tf.minimum(self.recipe.average, (1.0 + count) / (10.0 + count))
            average = self.slots[f"{name}/{AVERAGE}"]
            average.assign_sub((1.0 - decay) * (average - weight))
        return losses

    def _features(self, images: Any, layers: TrainingLayers) -> Any:
        tf = self.tf
        rgb = tf.cast(tf.reverse(images, [-1]), layers.recipe.precision)
        return head(trunk(rgb, layers), layers)

    def _losses(self, features: Any, labels: Any) -> dict[str, Any]:
        if self.recipe.loss_mode == "triplet":
            return {"loss": batch_hard_triplet(features, labels)}
        if self.recipe.loss_mode == "magnet":
            return {"loss": magnet(features, labels)}
        softmax = cosine_softmax(
            features,
            labels,
            self.weights[CLASSIFIER["means"]],
            self.weights[CLASSIFIER["kappa"]],
            self.recipe.label_smoothing,
        )
        if not self.recipe.triplet_weight:
            return {"loss": softmax}
        triplet = batch_hard_triplet(features, labels)
        return {
            "loss": softmax + self.recipe.triplet_weight * triplet,
            "softmax": softmax,
            "triplet": triplet,
        }

    def _batch_statistics(self, images: Any) -> dict[str, Any]:
        averages = {name: self.slots[f"{name}/{AVERAGE}"] for name in self.weights}
        layers = TrainingLayers(averages, Recipe())
        self._features(images, layers)
        return layers.statistics

    def averaged(self, images: np.ndarray, batch_size: int = 64) -> dict[str, np.ndarray]:
        """The network at its best: averaged weights, with the batch norms' statistics measured for them.

        Parameters
        ----------
        images : ndarray
            (N, H, W, 3) uint8, BGR: training images to measure on, unchanged.
        batch_size : int
            Images at once; what does not fill a batch is left out unless it is all there is.

        Returns
        -------
        dict
            All variables of the inference graph, and the classifier's.
        """
        variables = {name: self.slots[f"{name}/{AVERAGE}"].numpy() for name in self.weights}
        batches = [images[i : i + batch_size] for i in range(0, len(images), batch_size)]
        measured = [
            self._statistics(self.tf.constant(batch))
            for batch in batches[: max(1, len(images) // batch_size)]
        ]
        for scope in measured[0]:
            for place, statistic in enumerate(("moving_mean", "moving_variance")):
                values = [statistics[scope][place].numpy() for statistics in measured]
                variables[f"{scope}/{statistic}"] = np.mean(values, axis=0)
        return variables

    def state(self) -> dict[str, np.ndarray]:
        """Everything that training needs to go on, by variable name."""
        return {name: variable.numpy() for name, variable in (self.weights | self.slots).items()}


SLOTS = (FIRST_MOMENT, SECOND_MOMENT, AVERAGE)


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
