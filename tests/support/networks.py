"""Random networks of 16 x 8 pixels, in all the forms that frozen graphs come in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tools.network.tensorflow_import import load_tensorflow

IMAGE_SHAPE = (16, 8, 3)
FEATURE_DIM = 6
PIXELS = int(np.prod(IMAGE_SHAPE))


def tiny_weights() -> np.ndarray:
    return np.random.default_rng(7).normal(0, 1e-3, (PIXELS, FEATURE_DIM)).astype(np.float32)


def expected_features(patches: np.ndarray) -> np.ndarray:
    """What the network computes: channels turned round, one dense layer, unit length."""
    x = patches[..., ::-1].astype(np.float64).reshape(len(patches), -1) @ tiny_weights()
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def write_tiny_network(
    path: Path,
    flip: str = "reverse",
    dtype: str = "uint8",
    batch: int | None = None,
    names: tuple[str, str] = ("images", "features"),
) -> Path:
    """Write a frozen graph.

    `flip` is how channels are turned round: "reverse", "loop of TensorFlow 1" or "loop of TensorFlow 2".
    """
    tf = load_tensorflow()
    v1 = tf.compat.v1

    def turned(x: Any) -> Any:
        if flip == "reverse":
            return x[..., ::-1]
        return tf.map_fn(lambda image: tf.reverse(image, [-1]), x)

    if flip == "loop of TensorFlow 1":
        v1.disable_control_flow_v2()
    try:
        with tf.Graph().as_default() as graph:
            images = v1.placeholder(dtype, (batch, *IMAGE_SHAPE), name=names[0])
            x = tf.reshape(turned(tf.cast(images, tf.float32)), (-1, PIXELS)) @ tiny_weights()
            tf.identity(tf.math.l2_normalize(x, axis=1), name=names[1])
    finally:
        v1.enable_control_flow_v2()
    path.write_bytes(graph.as_graph_def().SerializeToString())
    return path


def operations(path: Path) -> set[str]:
    """Return the types of a frozen graph's nodes."""
    return {node.op for node in load_tensorflow().compat.v1.GraphDef.FromString(path.read_bytes()).node}
