"""Networks run by OpenVINO: its own format, ONNX, and frozen TensorFlow graphs, the last without TensorFlow."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError, require
from application_util.installation import command_name

PRECISIONS = {"float32": "f32", "bfloat16": "bf16"}
"""Of the arithmetic; bfloat16 is fast on processors with AVX-512 BF16 or AMX, elsewhere OpenVINO takes float32."""

DEFAULT_NAMES = ("images", "features")
"""Names that nobody chose: a network without them, but with one input or output, is meant by them as well."""


class OpenVinoNetwork:
    """One input and one output of a network, ready to run.

    Parameters
    ----------
    path : str or Path
        An OpenVINO model (``.xml`` beside its ``.bin``), ``.onnx`` or a frozen TensorFlow graph (``.pb``).
    input_name, output_name : str
        Names of the input and the output.
    precision : str
        A key of `PRECISIONS`.

    Attributes
    ----------
    input_shape : tuple of int or None
        (batch, ...) of rank 4, None where it is not fixed. A batch of 1 is opened where the network allows it.
    input_dtype : dtype

    Raises
    ------
    UserError
        If OpenVINO is missing, the file is no such network, or it has no such input or output.
    """

    def __init__(
        self, path: str | Path, input_name: str = "images", output_name: str = "features", precision: str = "float32"
    ) -> None:
        self.path = path
        self._openvino = require("openvino", "openvino")
        core = self._openvino.Core()
        model = self._read(core)
        source = self._port(model.inputs, input_name, "--input_name")
        self._output = model.outputs.index(self._port(model.outputs, output_name, "--output_name"))
        rank = source.get_partial_shape().rank
        if rank.is_static and rank.get_length() != 4:
            raise UserError(f"{path}: input {input_name} has shape {source.get_partial_shape()}, expected 4 dimensions")
        if len(model.inputs) > 1:
            names = ", ".join(port.get_any_name() for port in model.inputs)
            raise UserError(f"{path}: takes several inputs ({names}), expected images alone")
        self._open_batch(model)
        # Streams of one thread each: threads that share an image wait for each other, most of all beside a detector,
        # and features would depend on their number in the last digit.
        self._streams = core.get_property("CPU", "RANGE_FOR_STREAMS")[1]
        settings = {
            "NUM_STREAMS": self._streams,
            "INFERENCE_NUM_THREADS": self._streams,
            "INFERENCE_PRECISION_HINT": PRECISIONS[precision],
        }
        try:
            self._compiled = core.compile_model(model, "CPU", settings)
        except RuntimeError as error:
            raise UserError(f"{path}: OpenVINO cannot run this network ({_reason(error)})") from None
        shape = model.inputs[0].get_partial_shape()
        self.input_shape = tuple(None if side.is_dynamic else side.get_length() for side in shape)
        self.input_dtype = np.dtype(model.inputs[0].get_element_type().to_dtype())
        self._local = threading.local()

    def run(self, images: NDArray) -> NDArray[np.float32]:
        """Run the network on a batch, from any thread.

        Parameters
        ----------
        images : ndarray
            Of `input_shape`; converted to `input_dtype`.

        Returns
        -------
        ndarray of float32, shape (batch, M)

        Raises
        ------
        UserError
            If the network fails, or gives something else.
        """
        if not hasattr(self._local, "requests"):
            self._local.requests = [self._compiled.create_infer_request() for _ in range(self._streams)]
        open_batch = self.input_shape[0] is None
        parts = np.array_split(images, min(self._streams, len(images)) if open_batch else 1)
        running = list(zip(self._local.requests, parts, strict=False))
        try:
            for request, part in running:
                request.start_async({0: np.ascontiguousarray(part, self.input_dtype)})
            for request, _ in running:
                request.wait()
        except RuntimeError as error:
            raise UserError(f"{self.path}: running the network failed: {_reason(error)}") from None
        features = np.concatenate([request.get_output_tensor(self._output).data for request, _ in running])
        if features.ndim < 2 or len(features) != len(images) or features[0].size != max(features.shape[1:]):
            raise UserError(f"{self.path}: {len(images)} images give an array of shape {features.shape}")
        return features.reshape(len(images), -1).astype(np.float32)

    def _read(self, core: Any) -> Any:
        try:
            return core.read_model(self.path)
        except RuntimeError as error:
            raise UserError(f"{self.path}: not a network that OpenVINO reads ({_reason(error)})") from None

    def _port(self, ports: list[Any], name: str, flag: str) -> Any:
        for port in ports:
            if {name, f"{name}:0"} & set(port.get_names()):
                return port
        if name in DEFAULT_NAMES and len(ports) == 1:
            return ports[0]
        likely = ", ".join(port.get_any_name() for port in ports)
        raise UserError(
            f"{self.path}: no {name} in this network (likely: {likely}): "
            f"{command_name('tools/generate_detections.py')} {flag} takes another"
        )

    def _open_batch(self, model: Any) -> None:
        """Allow any batch size where the network was written for one image, as most are."""
        shape = model.inputs[0].get_partial_shape()
        if shape[0].is_dynamic or shape[0].get_length() != 1:
            return
        fixed = shape.to_shape()
        try:
            model.reshape([-1, *fixed[1:]])
            if model.outputs[self._output].get_partial_shape()[0].is_dynamic:
                return
        except RuntimeError:
            pass
        model.reshape(list(fixed))  # something inside insists on one image


def _reason(error: Exception) -> str:
    """Return the last line that says something: OpenVINO puts the places in its source before it."""
    lines = [line.strip() for line in str(error).splitlines()]
    said = [line for line in lines if line and not line.startswith(("Exception from", "Check '"))]
    return (said or [type(error).__name__])[-1]
