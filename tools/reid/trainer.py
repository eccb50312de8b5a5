"""One training step of the appearance network, and its state from step to step."""

from __future__ import annotations

from typing import Any

import numpy as np

from tools.network.architecture import head, stem, trunk, trunk_shape
from tools.network.tensorflow_import import load_tensorflow
from tools.reid.batches import Lessons
from tools.reid.layers import TrainingLayers
from tools.reid.losses import batch_hard_triplet, cosine_softmax, magnet, regression, relation
from tools.reid.settings import Recipe
from tools.reid.weights import CLASS_MEANS, FC1, KAPPA, Grid, spread

FIRST_MOMENT, SECOND_MOMENT, AVERAGE = "Adam", "Adam_1", "ExponentialMovingAverage"
SLOTS = (FIRST_MOMENT, SECOND_MOMENT, AVERAGE)
BETAS, ADAM_EPSILON = (0.9, 0.999), 1e-8


class Trainer:
    """Weights, optimiser and the compiled training step.

    Parameters
    ----------
    variables : mapping
        Values to start from: the network's variables and the classifier's, and, when training goes on
        from a saved state, the optimiser's and the running averages.
    recipe : Recipe
        Settings of the step.
    grid : tuple of int, optional
        Rows and columns of cells with ``fc1`` weights of their own, as in `variables`; what lies in one cell
        is averaged. By default every place of the trunk's output has its own.
    """

    def __init__(self, variables: dict[str, np.ndarray], recipe: Recipe, grid: Grid | None = None):
        self.tf = tf = load_tensorflow("train")
        self.recipe = recipe
        self.grid = grid

        def kept(name: str, value: np.ndarray) -> Any:
            return tf.Variable(variables.get(name, value), dtype=tf.float32, trainable=False)

        names = [name for name in variables if "moving_" not in name and not name.endswith(SLOTS)]
        self.weights = {name: kept(name, variables[name]) for name in names}
        self.slots = {
            f"{name}/{slot}": kept(f"{name}/{slot}", variables[name] if slot == AVERAGE else 0 * variables[name])
            for name in names
            for slot in SLOTS
        }
        self._compiled = tf.function(self._step, autograph=False)
        self._statistics = tf.function(self._batch_statistics, autograph=False)

    def step(
        self, images: np.ndarray, labels: np.ndarray, lessons: Lessons | None, step: int, learning_rate: float
    ) -> dict[str, float]:
        """Train on a batch.

        Parameters
        ----------
        images : ndarray
            (N, H, W, 3) uint8, BGR.
        labels : ndarray
            (N,) int, 0 to C-1; below 0 for images of nobody known.
        lessons : Lessons or None
            What a teacher says of the images.
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
            None if lessons is None else tuple(tf.constant(lesson) for lesson in lessons),
            tf.constant(step),
            tf.constant(learning_rate, tf.float32),
        )
        return {name: float(loss) for name, loss in losses.items()}

    def _step(self, images: Any, labels: Any, lessons: Any, step: Any, learning_rate: Any) -> dict[str, Any]:
        tf = self.tf
        weights = list(self.weights.values())
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(weights)
            layers = TrainingLayers(self._spread(self.weights, images.shape), self.recipe, step)
            losses = self._losses(self._features(images, layers), labels, lessons)
        gradients = tape.gradient(losses["loss"], weights, unconnected_gradients="zero")
        count = tf.cast(step + 1, tf.float32)
        for (name, weight), gradient in zip(self.weights.items(), gradients, strict=True):
            if name.endswith("weights") and name != CLASS_MEANS:
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

    def _spread(self, variables: dict[str, Any], images_shape: Any, library: Any = None) -> dict[str, Any]:
        """The variables with ``fc1`` weights for every place of the trunk's output."""
        if self.grid is None:
            return variables
        places = trunk_shape(tuple(images_shape[1:3]))[:2]
        return variables | {FC1: spread(variables[FC1], self.grid, places, library or self.tf)}

    def _features(self, images: Any, layers: TrainingLayers) -> Any:
        tf = self.tf
        rgb = tf.cast(tf.reverse(images, [-1]), layers.recipe.precision)
        return head(trunk(stem(rgb, layers), layers), layers)

    def _losses(self, features: Any, labels: Any, lessons: Any) -> dict[str, Any]:
        """The loss and its parts, before their weights."""
        recipe = self.recipe
        if recipe.loss_mode == "triplet":
            return {"loss": batch_hard_triplet(features, labels)}
        if recipe.loss_mode == "magnet":
            return {"loss": magnet(features, labels)}
        parts, weights = {}, {}
        parts["softmax"], weights["softmax"] = (
            cosine_softmax(
                features, labels, self.weights[CLASS_MEANS], self.weights[KAPPA], recipe.label_smoothing, recipe.margin
            ),
            recipe.softmax_weight,
        )
        if recipe.triplet_weight:
            parts["triplet"], weights["triplet"] = batch_hard_triplet(features, labels), recipe.triplet_weight
        if lessons is not None:
            targets, embeddings = lessons
            parts["regression"], weights["regression"] = (regression(features, targets), recipe.regression_weight)
            parts["relation"], weights["relation"] = relation(features, embeddings), recipe.relation_weight
        return {"loss": sum(weights[name] * part for name, part in parts.items()), **parts}

    def _batch_statistics(self, images: Any) -> dict[str, Any]:
        averages = {name: self.slots[f"{name}/{AVERAGE}"] for name in self.weights}
        layers = TrainingLayers(self._spread(averages, images.shape), Recipe())
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
        measured = [self._statistics(self.tf.constant(batch)) for batch in batches[: max(1, len(images) // batch_size)]]
        for scope in measured[0]:
            for place, statistic in enumerate(("moving_mean", "moving_variance")):
                values = [statistics[scope][place].numpy() for statistics in measured]
                variables[f"{scope}/{statistic}"] = np.mean(values, axis=0)
        return self._spread(variables, images.shape, np)

    def state(self) -> dict[str, np.ndarray]:
        """Everything that training needs to go on, by variable name."""
        return {name: variable.numpy() for name, variable in (self.weights | self.slots).items()}
