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


def write_tiny_ir(path: Path, color_order: str = "BGR", batch: int = 1) -> Path:
    """Write the same network as OpenVINO's ``.xml``, with (N, channels, height, width) images of 0 to 1."""
    import openvino
    from openvino import opset13 as operations

    weights = tiny_weights().reshape(*IMAGE_SHAPE, FEATURE_DIM)[:, :, :: -1 if color_order == "BGR" else 1]
    flat = 255 * weights.transpose(2, 0, 1, 3).reshape(PIXELS, FEATURE_DIM)
    images = operations.parameter([batch, 3, *IMAGE_SHAPE[:2]], np.float32, name="data")
    x = operations.matmul(operations.reshape(images, [-1, PIXELS], False), flat, False, False)
    x = operations.normalize_l2(x, np.array([1]), 1e-12, "add")
    openvino.save_model(openvino.Model([x], [images], "tiny"), path, compress_to_fp16=False)
    return path
