"""Each family of detectors: networks with known boxes are recognised and decoded."""

from __future__ import annotations

import numpy as np
import pytest

from application_util.errors import UserError
from tests.support.detectors import CELLS, SIDE, write_network
from tools.detectors.openvino_detector import OpenVinoDetector
from tools.detectors.settings import DetectorSettings

pytest.importorskip("openvino")

CLASSES = 4
BOX = [20, 10, 40, 30]
"""Left, top, width, height in an image of 128 x 96."""
CLASS = 2
SCORE = 0.9


def table(rows, columns, row, values):
    array = np.zeros((1, rows, columns), np.float32)
    array[0, row, : len(values)] = values
    return array


def one_hot(value=1.0):
    return [value if each == CLASS else 0 for each in range(CLASSES)]


def logit(score):
    return np.log(score / (1 - score))


# In the input, half as large as the image: centre x, centre y, width, height; the padding above is 8 in the middle.
MIDDLE = [20, 12.5 + 8, 20, 15]
CORNER = [20, 12.5, 20, 15]
STRETCHED = [40 / 128, 25 / 96, 40 / 128, 30 / 96]
CELL = [20 / 8 - 2, 12.5 / 8 - 1, np.log(20 / 8), np.log(15 / 8)]
NOTHING = [-20.0] * CLASSES

HEADS = {
    "YOLOX": {"output": table(CELLS, 5 + CLASSES, 1 * 8 + 2, [*CELL, SCORE, *one_hot()])},
    "YOLOv5, v7": {"output0": table(3 * CELLS, 5 + CLASSES, 70, [*MIDDLE, SCORE, *one_hot()])},
    "YOLOv8 and later": {"output0": table(CELLS, 4 + CLASSES, 70, [*MIDDLE, *one_hot(SCORE)]).transpose(0, 2, 1)},
    "end-to-end YOLO": {"output0": table(300, 6, 7, [10, 13, 30, 28, SCORE, CLASS])},
    "RT-DETR, D-FINE": {
        "logits": np.where(table(300, CLASSES, 7, one_hot()) == 1, logit(SCORE), -20),
        "pred_boxes": table(300, 4, 7, STRETCHED),
    },
    "RF-DETR": {
        "dets": table(300, 4, 7, STRETCHED),
        "labels": np.where(table(300, CLASSES, 7, one_hot()) == 1, logit(SCORE), -20),
    },
    "RT-DETR by Ultralytics": {"output0": table(300, 4 + CLASSES, 7, [*STRETCHED, *one_hot(SCORE)])},
    "SSD": {
        "detection_out": np.array(
            [[[[0, CLASS, SCORE, 20 / 128, 10 / 96, 60 / 128, 40 / 96], [-1] + [0] * 6, [0, 1, 1, 0, 0, 1, 1]]]]
        )
    },
}


def image(width=128, height=96):
    return np.full((height, width, 3), (51, 102, 204), np.uint8)


@pytest.mark.parametrize("family", HEADS)
def test_boxes_are_those_of_the_image(tmp_path, family):
    detector = OpenVinoDetector(write_network(tmp_path / "d.xml", HEADS[family]))
    assert detector.head.family == family
    found = detector(image())
    assert found.tlwh == pytest.approx(np.array([BOX]), abs=1e-3)
    assert found.scores == pytest.approx([SCORE]) and found.classes.tolist() == [CLASS]


def test_the_authors_exports_are_told_the_size(tmp_path):
    corners = [20 / 128, 10 / 96, 60 / 128, 40 / 96]
    outputs = {
        "labels": table(1, 300, 0, [0] * 7 + [CLASS])[0],
        "boxes": table(300, 4, 7, corners),
        "scores": table(1, 300, 0, [0] * 7 + [SCORE])[0],
    }
    detector = OpenVinoDetector(write_network(tmp_path / "d.xml", outputs, told_sizes=True))
    found = detector(image())
    assert found.tlwh == pytest.approx(np.array([BOX]), abs=1e-3) and found.classes.tolist() == [CLASS]


@pytest.mark.parametrize(
    ("family", "output", "place", "value"),
    [
        ("YOLOX", "output", (0, 10, 4), 51),  # blue, 0 to 255
        ("YOLOv5, v7", "output0", (0, 70, 4), 204 / 255),
        ("YOLOv8 and later", "output0", (0, 4 + CLASS, 70), 204 / 255),
        ("end-to-end YOLO", "output0", (0, 7, 4), 204 / 255),
        ("RT-DETR by Ultralytics", "output0", (0, 7, 4 + CLASS), 204 / 255),
        ("RF-DETR", "labels", (0, 7, CLASS), (204 - 123.675) / 58.395),
        ("SSD", "detection_out", (0, 0, 0, 2), 51),
    ],
)
def test_colors_and_scale_are_those_of_the_family(tmp_path, family, output, place, value):
    """The score of the box is the mean of the input's first channel, times a weight."""
    outputs = {name: array.copy() for name, array in HEADS[family].items()}
    outputs[output][place] = 0
    weight = np.zeros_like(outputs[output])
    weight[place] = 0.5 / value
    detector = OpenVinoDetector(write_network(tmp_path / "d.xml", outputs, {output: weight}))
    found = detector(image(SIDE, SIDE))
    expected = 1 / (1 + np.exp(-0.5)) if family == "RF-DETR" else 0.5
    assert found.scores == pytest.approx([expected], abs=1e-5)


def test_flags_override_the_family(tmp_path):
    outputs = {"output0": HEADS["YOLOv8 and later"]["output0"].copy()}
    outputs["output0"][0, 4 + CLASS, 70] = 0
    weight = np.zeros_like(outputs["output0"])
    weight[0, 4 + CLASS, 70] = 0.5 / 51
    path = write_network(tmp_path / "d.xml", outputs, {"output0": weight})
    settings = DetectorSettings(detector_color_order="BGR", detector_scale=1.0, detector_fit="stretch")
    found = OpenVinoDetector(path, settings=settings)(np.full((96, 128, 3), (51, 102, 204), np.uint8))
    assert found.scores == pytest.approx([0.5], abs=1e-5)
    assert found.tlwh == pytest.approx(np.array([[20, 13 * 1.5, 40, 15 * 1.5]]))


def test_yolov6_and_decoded_yolox_are_told_apart_by_their_numbers(tmp_path):
    rows = table(CELLS, 5 + CLASSES, 70, [*MIDDLE, 1, *one_hot(SCORE)])
    rows[0, :, 0], rows[0, :, 4] = np.where(np.arange(CELLS) == 70, 20, 60), 1
    detector = OpenVinoDetector(write_network(tmp_path / "v6.xml", {"outputs": rows}))
    assert detector.head.family == "YOLOv6"
    assert detector(image()).tlwh == pytest.approx(np.array([BOX]), abs=1e-3)
    rows[0, :, 4] = np.where(np.arange(CELLS) == 70, 1, 0)
    rows[0, 70, :4] = CORNER
    detector = OpenVinoDetector(write_network(tmp_path / "x.xml", {"output": rows}))
    assert detector.head.family == "YOLOX"
    assert detector(image()).tlwh == pytest.approx(np.array([BOX]), abs=1e-3)


def test_suppression_is_within_a_class_and_where_the_family_needs_it(tmp_path):
    columns = np.zeros((1, 4 + CLASSES, CELLS), np.float32)
    for cell, (shift, number, score) in enumerate([(0, 1, 0.8), (1, 1, 0.9), (0, 2, 0.7), (0, 3, 0.2)]):
        columns[0, :4, cell] = np.array(MIDDLE) + np.array([shift, 0, 0, 0])
        columns[0, 4 + number, cell] = score
    detector = OpenVinoDetector(write_network(tmp_path / "d.xml", {"output0": columns}))
    assert list(zip(detector(image()).classes, detector(image()).scores.round(3), strict=True)) == [(1, 0.9), (2, 0.7)]
    rows = np.zeros((1, 300, 6), np.float32)
    rows[0, :2] = [10, 13, 30, 28, SCORE, CLASS]
    assert len(OpenVinoDetector(write_network(tmp_path / "e.xml", {"output0": rows}))(image()).tlwh) == 2


def test_names_come_from_metadata(tmp_path):
    metadata = {"names": "{0: 'cat', 1: 'dog', 2: 'small horse', 3: 'bird'}"}
    detector = OpenVinoDetector(write_network(tmp_path / "d.xml", HEADS["YOLOX"], metadata=metadata))
    assert detector.names == {0: "cat", 1: "dog", 2: "small horse", 3: "bird"}


def test_masks_after_the_classes_are_not_classes(tmp_path):
    columns = np.zeros((1, 4 + CLASSES + 32, CELLS), np.float32)
    columns[0, : 4 + CLASSES, 70] = [*MIDDLE, *one_hot(SCORE)]
    columns[0, 4 + CLASSES :, 70] = 5
    metadata = {"names": "['a', 'b', 'c', 'd']"}
    path = write_network(
        tmp_path / "d.xml", {"output0": columns, "proto": np.zeros((1, 32, 16, 16))}, metadata=metadata
    )
    found = OpenVinoDetector(path)(image())
    assert found.classes.tolist() == [CLASS] and found.scores == pytest.approx([SCORE])


def test_an_unknown_head_is_an_error_with_its_shapes(tmp_path):
    path = write_network(tmp_path / "d.xml", {"first": np.zeros((1, 17, 3)), "second": np.zeros((1, 5))})
    with pytest.raises(UserError, match=r"d\.xml: gives first 1 x 17 x 3, second 1 x 5; known are YOLOX") as error:
        OpenVinoDetector(path)
    assert "\n" not in str(error.value)


def test_what_is_no_network_is_an_error(tmp_path):
    (tmp_path / "d.onnx").write_bytes(b"no network")
    with pytest.raises(UserError, match=r"d\.onnx: not a detector that OpenVINO runs"):
        OpenVinoDetector(tmp_path / "d.onnx")
