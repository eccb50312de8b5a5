"""Boxes of two published networks are those that another decoding finds."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.support.paths import shared_path
from tools.detectors.openvino_detector import OpenVinoDetector

openvino = pytest.importorskip("openvino")

FRAMES = range(0, 800, 40)


@pytest.fixture(scope="module")
def images():
    capture = cv2.VideoCapture(str(shared_path("data/video/vtest.avi")))
    return [image for frame in range(FRAMES[-1] + 1) for image in [capture.read()[1]] if frame in FRAMES]


def plain_network(path):
    model = openvino.Core().compile_model(str(path), "CPU", {"INFERENCE_PRECISION_HINT": "f32"})
    return lambda blob: model([blob])[0]


def overlap(a, b):
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    shared = max(width, 0) * max(height, 0)
    return shared / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared)


def yolox(run, image, score=0.3):
    """One cell after the other, in plain Python."""
    ratio = min(416 / image.shape[0], 416 / image.shape[1])
    blob = np.full((416, 416, 3), 114, np.float32)
    small = cv2.resize(image, (int(image.shape[1] * ratio), int(image.shape[0] * ratio)))
    blob[: small.shape[0], : small.shape[1]] = small
    cells = iter(run(blob.transpose(2, 0, 1)[None])[0])
    boxes = []
    for stride in (8, 16, 32):
        for y in range(416 // stride):
            for x in range(416 // stride):
                cell = next(cells)
                number = int(np.argmax(cell[5:]))
                if (sure := float(cell[4] * cell[5 + number])) < score:
                    continue
                center = (x + cell[0]) * stride / ratio, (y + cell[1]) * stride / ratio
                half = np.exp(cell[2]) * stride / ratio / 2, np.exp(cell[3]) * stride / ratio / 2
                corners = [center[0] - half[0], center[1] - half[1], center[0] + half[0], center[1] + half[1]]
                boxes.append((sure, number, corners))
    kept = []
    for box in sorted(boxes, reverse=True):
        if all(other[1] != box[1] or overlap(other[2], box[2]) <= 0.45 for other in kept):
            kept.append(box)
    return kept


def ssd(run, image, score=0.3):
    blob = cv2.resize(image, (672, 384)).astype(np.float32).transpose(2, 0, 1)[None]
    height, width = image.shape[:2]
    return [
        (float(row[2]), int(row[1]), [row[3] * width, row[4] * height, row[5] * width, row[6] * height])
        for row in run(blob)[0, 0]
        if row[2] >= score
    ]


@pytest.mark.parametrize(
    ("name", "decode"),
    [("data/detectors/yolox_nano.onnx", yolox), ("data/detectors/pedestrian-detection-adas-0002.xml", ssd)],
)
def test_boxes_are_those_of_another_decoding(images, name, decode):
    detector, run = OpenVinoDetector(shared_path(name)), plain_network(shared_path(name))
    total = 0
    for image in images:
        found = detector(image)
        expected = decode(run, image)
        assert len(found.tlwh) == len(expected)
        total += len(expected)
        corners = np.hstack([found.tlwh[:, :2], found.tlwh[:, :2] + found.tlwh[:, 2:]])
        for sure, number, box in expected:
            near = np.abs(corners - box).max(axis=1)
            best = int(near.argmin())
            assert near[best] < 0.5 and found.classes[best] == number
            assert found.scores[best] == pytest.approx(sure, abs=5e-3)
    assert total > 40
