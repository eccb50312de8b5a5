"""From what the user calls a detector to boxes that can be tracked."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.files.checksum import sha256
from application_util.files.mot_table import BOX_COLUMNS
from application_util.files.network_card import network_sha256
from application_util.sequences.sequence import MotSequence
from tools.detection_formats.box import DECIMALS, score_text
from tools.detection_formats.class_names import Names, read_names
from tools.detectors.boxes import NO_BOXES, Boxes, Detector, Image
from tools.detectors.class_names import find_classes
from tools.detectors.openvino_detector import OpenVinoDetector
from tools.detectors.packages import PACKAGES, open_function, open_package
from tools.detectors.recorded import RecordedDetections
from tools.detectors.settings import DetectorSettings

NETWORK_SUFFIXES = (".onnx", ".xml")
_EXPORT = "not a network that is run here: export it to .onnx"
OTHER_NETWORKS = {
    ".pt": "weights of PyTorch: --detector ultralytics:FILE or libreyolo:FILE runs them, or export them to .onnx",
    **dict.fromkeys((".pth", ".ckpt", ".pb", ".tflite", ".engine", ".h5", ".keras", ".safetensors"), _EXPORT),
    ".bin": "weights of OpenVINO: give the .xml beside it",
}
"""Endings of files that are taken for detectors -> what to do."""
FUNCTION = re.compile(r"[A-Za-z_][\w.]*:[A-Za-z_]\w*")
SMALLEST = 1.0
"""Pixels of the image that a box must cover in both directions."""


def hash_detector(name: str) -> str | None:
    """Return a hash of what a detector is in, as far as it is known: a network, detections, a function's module."""
    package, _, rest = name.partition(":")
    path = Path(name)
    if not path.exists():
        path = Path(rest) if package in PACKAGES else Path(f"{package.replace('.', '/')}.py")
    if path.is_dir():
        files = sorted(path.glob("*.txt"))
        return hashlib.sha256("".join(f"{each.name} {sha256(each)}\n" for each in files).encode()).hexdigest()
    return network_sha256(path) if path.is_file() else None


class BoxFinder:
    """Finds the boxes of an image that can be tracked: of the classes asked for, sure enough, inside the image.

    Numbers have the decimals of det.txt, so that a file says the same.

    Parameters
    ----------
    name : str
        An ``.onnx`` or ``.xml`` file; ``ultralytics:``, ``rfdetr:`` or ``libreyolo:`` and a model; ``module:function``;
        or a file or folder of detections made before.
    min_confidence : float
    classes : sequence of str
        Names or numbers; all if empty.
    settings : DetectorSettings, optional
    sequence : MotSequence, optional
        Of detections made before.

    Attributes
    ----------
    names : mapping of int -> str
        Of the classes, as far as they are known.
    threads : int
        How many images at a time make best use of the processor.

    Raises
    ------
    UserError
        If there is no such detector, or no such class.
    """

    def __init__(
        self,
        name: str,
        min_confidence: float,
        classes: Sequence[str] = (),
        settings: DetectorSettings | None = None,
        sequence: MotSequence | None = None,
    ) -> None:
        settings = settings or DetectorSettings()
        self.name, self._min_confidence = name, min_confidence
        detector: Detector | RecordedDetections
        self.names: Names
        package, _, model = name.partition(":")
        if package in PACKAGES and model:
            detector, self.names = open_package(package, model, min_confidence)
        elif Path(name).suffix.lower() in NETWORK_SUFFIXES:
            if not Path(name).is_file():
                raise UserError(f"{name}: no such file, expected a detector")
            detector = OpenVinoDetector(name, min_confidence, settings)
            self.names = detector.names
        elif Path(name).suffix.lower() in OTHER_NETWORKS:
            raise UserError(f"{name}: {OTHER_NETWORKS[Path(name).suffix.lower()]}")
        elif not Path(name).exists() and FUNCTION.fullmatch(name):
            detector, self.names = open_function(name)
        elif sequence is None:
            raise UserError(f"{name}: not a detector, expected .onnx, .xml, package:model or module:function")
        else:
            detector = RecordedDetections(Path(name), sequence)
            self.names = detector.names
        if settings.class_names is not None:
            self.names = read_names(settings.class_names)
        head = getattr(detector, "head", None)
        count = None if head is None else head.classes
        named = max(self.names, default=-1) + 1
        if settings.class_names is not None and count is not None and named != count:
            raise UserError(f"{settings.class_names}: names {named} classes, but {name} has {count}")
        self._classes = find_classes(classes, self.names, name, count)
        self.threads: int = getattr(detector, "threads", 1)
        self._detector = detector

    def __call__(self, frame: int, image: Image | None) -> Boxes:
        """Find the boxes of a frame; there are none without an image."""
        if image is None:
            return NO_BOXES
        if isinstance(self._detector, RecordedDetections):
            found = self._detector.of(frame)
        else:
            found = self._checked(self._detector(image))
        tlwh = np.round(found.tlwh, DECIMALS)
        scores = np.array([float(score_text(score)) for score in found.scores.tolist()])
        first = np.maximum(tlwh[:, :2], 0)
        last = np.minimum(tlwh[:, :2] + tlwh[:, 2:], image.shape[1::-1])
        keep = np.isfinite(tlwh).all(axis=1) & (last - first >= SMALLEST).all(axis=1)
        keep &= scores >= self._min_confidence
        if self._classes is not None:
            keep &= np.isin(found.classes, self._classes)
        return Boxes(tlwh, scores, found.classes).take(keep)

    def rows(self, frame: int, image: Image | None) -> NDArray[np.float64]:
        """Find the boxes of a frame, in the 10 columns of det.txt with the class in the 8th, shape (N, 10)."""
        found = self(frame, image)
        rows = np.full((len(found.tlwh), BOX_COLUMNS), -1.0)
        rows[:, 0], rows[:, 2:6], rows[:, 6], rows[:, 7] = frame, found.tlwh, found.scores, found.classes
        return rows

    def _checked(self, found: Any) -> Boxes:
        """Make sure that a detector keeps to the protocol; what a user's own gives may be lists."""
        try:
            tlwh, scores, classes = found
            boxes = Boxes(
                np.asarray(tlwh, np.float64).reshape(-1, 4),
                np.asarray(scores, np.float64).reshape(-1),
                np.asarray(classes, np.int64).reshape(-1),
            )
        except (TypeError, ValueError) as error:
            raise UserError(f"{self.name}: gave no boxes (N, 4), scores (N,) and classes (N,): {error}") from None
        if not len(boxes.tlwh) == len(boxes.scores) == len(boxes.classes):
            raise UserError(f"{self.name}: gave {', '.join(str(len(each)) for each in boxes)} boxes, scores, classes")
        return boxes
