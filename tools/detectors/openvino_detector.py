"""Detectors in ONNX or OpenVINO's own format, run by OpenVINO."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from application_util.errors import UserError, require
from tools.detection_formats.class_names import Names, names_in_metadata
from tools.detectors.boxes import Boxes, Image, suppress
from tools.detectors.class_names import coco_names
from tools.detectors.families import recognize, unknown_head
from tools.detectors.head import PADDING, Head, Outputs, place
from tools.detectors.settings import DetectorSettings

DEFAULT_SIZE = 640
MOST_THREADS = 4


class OpenVinoDetector:
    """A detector network; may be called from several threads.

    Parameters
    ----------
    path : str or Path
        ``.onnx``, or OpenVINO's ``.xml`` beside its ``.bin``.
    min_confidence : float
        Boxes with a lower score go before non-maximum suppression.
    settings : DetectorSettings, optional
        What is None in it follows the network's family.

    Attributes
    ----------
    head : Head
    names : mapping of int -> str
        Of the classes, as far as they are known.
    threads : int
        How many images at a time make best use of the processor.

    Raises
    ------
    UserError
        If OpenVINO is missing, the file is no network, or none of a known family.
    """

    def __init__(self, path: str | Path, min_confidence: float = 0.3, settings: DetectorSettings | None = None) -> None:
        settings = settings or DetectorSettings()
        self._min_confidence = min_confidence
        require("openvino", "openvino")
        try:
            self._network = Network(path, settings.detector_size or DEFAULT_SIZE)
            outputs = self._network.compiled(None).run(np.full((*self._network.size, 3), PADDING, np.uint8))
            names = names_in_metadata(self._network.metadata("framework", "names"))
            head = recognize(outputs, self._network.size, len(names) or None)
            if head is None:
                raise UserError(f"{path}: {unknown_head(outputs)}")
            scale = None if settings.detector_scale is None else (settings.detector_scale,) * 3
            chosen: dict[str, Any] = {
                "fit": settings.detector_fit,
                "color_order": settings.detector_color_order,
                "max_iou": settings.detector_iou,
            }
            chosen = {key: value for key, value in {**chosen, "scale": scale}.items() if value is not None}
            self.head = replace(head, **chosen)
            self._running = self._network.compiled(self.head)
        except RuntimeError as error:
            raise UserError(f"{path}: not a detector that OpenVINO runs ({_reason(error)})") from None
        self.names: Names = names or self._network.labels() or coco_names(head.classes)
        self.threads = self._running.threads

    def __call__(self, image: Image) -> Boxes:
        """Find what is in an image, (height, width, 3) BGR."""
        placed = place(image, self._network.size, self.head.fit)
        found = self.head.decode(self._running.run(placed.image), self._network.size)
        sure = found.scores >= self._min_confidence
        boxes = Boxes(
            placed.to_image(found.tlbr[sure]),
            found.scores[sure].astype(np.float64),
            found.classes[sure].astype(np.int64),
        )
        return boxes if self.head.max_iou is None else suppress(boxes, self.head.max_iou)


class Network:
    """A network of images, read by OpenVINO; `size` is (height, width) of its input."""

    def __init__(self, path: str | Path, default_size: int) -> None:
        self._openvino = require("openvino", "openvino")
        self._core = self._openvino.Core()
        self._model = self._core.read_model(path)
        images = [port for port in self._model.inputs if port.get_partial_shape().rank.get_length() == 4]
        if len(images) != 1:
            shapes = ", ".join(str(port.get_partial_shape()) for port in self._model.inputs)
            raise UserError(f"{path}: takes {shapes}, expected one input of images")
        (self._images,) = images
        shape = self._images.get_partial_shape()
        sides = [0 if side.is_dynamic else side.get_length() for side in shape]
        self._layout = "NHWC" if sides[3] == 3 else "NCHW"
        height, width = sides[1:3] if self._layout == "NHWC" else sides[2:4]
        self.size = height or default_size, width or default_size
        fixed = [1, *self.size, 3] if self._layout == "NHWC" else [1, 3, *self.size]
        others = {port: [1, *list(port.get_partial_shape())[1:]] for port in self._model.inputs if port != self._images}
        self._model.reshape({self._images: fixed, **others})

    def metadata(self, *keys: str) -> str | None:
        """Return a text that the file holds beside the network."""
        return str(self._model.get_rt_info(list(keys)).value) if self._model.has_rt_info(list(keys)) else None

    def labels(self) -> Names:
        """Return names of classes as OpenVINO's own tools write them, with spaces between them."""
        words = (self.metadata("model_info", "labels") or "").split()
        return {number: word.replace("_", " ") for number, word in enumerate(words)}

    def compiled(self, head: Head | None) -> RunningNetwork:
        """Make the network ready to run on BGR images, prepared as a family wants it, or not at all."""
        openvino = self._openvino
        steps = openvino.preprocess.PrePostProcessor(self._model.clone())
        index = self._model.inputs.index(self._images)
        entry = steps.input(index)
        entry.tensor().set_element_type(openvino.Type.u8).set_layout(openvino.Layout("NHWC"))
        entry.tensor().set_color_format(openvino.preprocess.ColorFormat.BGR)
        entry.model().set_layout(openvino.Layout(self._layout))
        entry.preprocess().convert_element_type(openvino.Type.f32)
        if head is not None:
            if head.color_order == "RGB":
                entry.preprocess().convert_color(openvino.preprocess.ColorFormat.RGB)
            entry.preprocess().mean(list(head.mean)).scale(list(head.scale))
        hints = {"PERFORMANCE_HINT": "THROUGHPUT", "INFERENCE_PRECISION_HINT": "f32"}
        return RunningNetwork(self._core.compile_model(steps.build(), "CPU", hints), index, self.size)


class RunningNetwork:
    """A network that takes one image, from any thread; `threads` at a time make best use of the processor."""

    def __init__(self, compiled: Any, index: int, size: tuple[int, int]) -> None:
        self._compiled, self._index, self._size = compiled, index, size
        self._names = [next(iter(sorted(port.get_names())), f"output {i}") for i, port in enumerate(compiled.outputs)]
        self._local = threading.local()
        self.threads = min(MOST_THREADS, compiled.get_property("OPTIMAL_NUMBER_OF_INFER_REQUESTS"))

    def run(self, image: Image) -> Outputs:
        """Run the network on an image of its size; inputs beside the image are told that size, width first."""
        if not hasattr(self._local, "request"):
            self._local.request = self._compiled.create_infer_request()
        inputs = {
            i: np.array([self._size[::-1]], port.get_element_type().to_dtype())
            for i, port in enumerate(self._compiled.inputs)
            if i != self._index
        }
        self._local.request.infer({**inputs, self._index: image[np.newaxis]})
        tensors = (self._local.request.get_output_tensor(i) for i in range(len(self._names)))
        return {name: np.array(tensor.data) for name, tensor in zip(self._names, tensors, strict=True)}


def _reason(error: Exception) -> str:
    """Return the last line that says something: OpenVINO puts the places in its source before it."""
    lines = [line.strip() for line in str(error).splitlines()]
    said = [line for line in lines if line and not line.startswith(("Exception from", "Check '"))]
    return (said or [type(error).__name__])[-1]
