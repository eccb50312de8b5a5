"""Detector networks with known boxes, as small as can be."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

SIDE = 64
CELLS = 8 * 8 + 4 * 4 + 2 * 2
"""Of an input of 64 x 64 at strides 8, 16 and 32."""


def write_network(
    path: Path,
    outputs: Mapping[str, np.ndarray],
    weights: Mapping[str, np.ndarray] | None = None,
    metadata: Mapping[str, str] | None = None,
    told_sizes: bool = False,
) -> Path:
    """Write a network that gives arrays, plus the mean of its input's first channel times weights of their shape.

    Parameters
    ----------
    path : Path
        ``.xml``.
    outputs, weights : mapping
        Name -> array.
    metadata : mapping, optional
        As converted from ONNX.
    told_sizes : bool
        Add a second input, the image's size.
    """
    openvino = __import__("openvino")
    opset = __import__("openvino.opset13", fromlist=["opset13"])
    image = opset.parameter([1, 3, SIDE, SIDE], np.float32, name="images")
    channel = opset.reduce_mean(opset.gather(image, np.int64(0), np.int64(1)), np.array([0, 1, 2]), False)
    inputs = [image]
    if told_sizes:
        inputs.append(opset.parameter([1, 2], np.int64, name="orig_target_sizes"))
    results = []
    for name, array in outputs.items():
        weight = (weights or {}).get(name, np.zeros_like(array))
        part = opset.multiply(channel, opset.constant(weight.astype(np.float32)))
        result = opset.add(part, opset.constant(array.astype(np.float32)))
        if told_sizes and name == "boxes":  # normalised, times the size told
            size = opset.convert(opset.concat([inputs[1], inputs[1]], 1), "f32")
            result = opset.multiply(result, opset.unsqueeze(size, np.int64(1)))
        result.output(0).get_tensor().set_names({name})
        results.append(result)
    model = openvino.Model(results, inputs, "tiny")
    for name, port in zip(("images", "orig_target_sizes"), model.inputs, strict=False):
        port.get_tensor().set_names({name})
    for key, text in (metadata or {}).items():
        model.set_rt_info(text, ["framework", key])
    openvino.save_model(model, path, compress_to_fp16=False)
    return path
