"""What the user calls a detector: networks, packages, functions, files of detections."""

from __future__ import annotations

import json
import sys
import types

import numpy as np
import pytest

from application_util.errors import UserError
from application_util.sequences.sequence import read_sequence
from tests.support.detectors import CELLS, write_network
from tests.support.sequences import make_sequence
from tools.detectors.finder import BoxFinder
from tools.detectors.settings import DetectorSettings

IMAGE = np.zeros((96, 128, 3), np.uint8)
BOX = [30.1234567, 20, 20, 40]


@pytest.fixture
def module(tmp_path, monkeypatch):
    """Write a module of the current folder whose function `detect` gives something, and return its name."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*__import__("sys").path])

    def write(result):
        name = f"own_{abs(hash(result))}"
        (tmp_path / f"{name}.py").write_text(f"nan = float('nan')\n\n\ndef detect(image):\n    return {result}\n")
        return f"{name}:detect"

    return write


def test_a_function_of_ones_own(module):
    detector = module(f"[{BOX}, [0, 0, 9, 9]], [0.75, 0.25], [0, 7]")
    found = BoxFinder(detector, 0.3)(1, IMAGE)
    assert found.tlwh.tolist() == [[30.123457, 20, 20, 40]]  # the decimals of det.txt
    assert found.scores.tolist() == [0.75] and found.classes.tolist() == [0]
    assert len(BoxFinder(detector, 0.1)(1, IMAGE).tlwh) == 2
    assert BoxFinder(detector, 0.1, ["7"])(1, IMAGE).classes.tolist() == [7]
    assert len(BoxFinder(detector, 0.1)(1, None).tlwh) == 0


@pytest.mark.parametrize(
    "box", ["[-30, 0, 30.5, 40]", "[128, 0, 10, 10]", "[0, 0, 0, 10]", "[0, nan, 10, 10]", "[9, 9, 10, -4]"]
)
def test_boxes_without_a_pixel_in_the_image_are_left_out(module, box):
    assert len(BoxFinder(module(f"[{box}, [0, 0, 9, 9]], [0.9, 0.8], [0, 1]"), 0.3)(1, IMAGE).tlwh) == 1


@pytest.mark.parametrize(
    ("result", "words"),
    [
        ("[[1, 2, 3]], [0.5], [0]", "gave no boxes"),
        ("[[1, 2, 3, 4]], [0.5]", "gave no boxes"),
        ("None", "gave no boxes"),
        ("[[1, 2, 3, 4]], [0.5, 0.6], [0]", "gave 1, 2, 1 boxes, scores, classes"),
    ],
)
def test_a_function_that_does_not_keep_to_the_protocol_is_an_error(module, result, words):
    with pytest.raises(UserError, match=f"detect: {words}"):
        BoxFinder(module(result), 0.3)(1, IMAGE)


def test_there_is_no_such_detector(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name, words in {
        "nowhere.onnx": "no such file, expected a detector",
        "no_module:detect": "no such function",
        "json:nothing": "no such function",
        "nowhere.pt": "ultralytics:FILE",
        "nowhere.weights": "not a detector, expected",
        "ultralytics:yolo11n.pt": "ultralytics is not installed, and this detector needs it: pip install ultralytics",
        "rfdetr:nano": "rfdetr is not installed",
        "libreyolo:LibreYOLOXs.pt": "libreyolo is not installed",
    }.items():
        with pytest.raises(UserError, match=words) as error:
            BoxFinder(name, 0.3)
        assert "\n" not in str(error.value)


class Tensor(np.ndarray):
    """An array that has to be fetched from a device first."""

    def cpu(self):
        return np.asarray(self)


def tensor(values):
    return np.array(values, np.float32).view(Tensor)


def result_with_boxes():
    boxes = types.SimpleNamespace(xyxy=tensor([[30, 20, 50, 60]]), conf=tensor([0.75]), cls=tensor([2]))
    return types.SimpleNamespace(boxes=boxes)


@pytest.mark.parametrize(
    ("package", "opens", "many"), [("ultralytics", "YOLO", True), ("libreyolo", "LibreYOLO", False)]
)
def test_packages_whose_results_have_boxes(monkeypatch, package, opens, many):
    asked = []

    class Network:
        names = {0: "person", 2: "car"}  # noqa: RUF012

        def __init__(self, model):
            asked.append(model)

        def predict(self, image, conf, verbose):
            asked.append((image.shape, conf, verbose))
            return [result_with_boxes()] if many else result_with_boxes()

    module = types.ModuleType(package)
    setattr(module, opens, Network)
    monkeypatch.setitem(__import__("sys").modules, package, module)
    finder = BoxFinder(f"{package}:weights.pt", 0.4, ["Car"])
    found = finder(1, IMAGE)
    assert asked == ["weights.pt", ((96, 128, 3), 0.4, False)]
    assert found.tlwh.tolist() == [[30, 20, 20, 40]] and found.classes.tolist() == [2]


def test_rfdetr(monkeypatch):
    class RFDETRNano:
        def predict(self, image, threshold):
            assert image[0, 0].tolist() == [3, 2, 1] and threshold == 0.4  # RGB
            return types.SimpleNamespace(
                xyxy=np.array([[30, 20, 50, 60]]), confidence=np.array([0.5]), class_id=np.array([1])
            )

    module = types.ModuleType("rfdetr")
    module.RFDETRNano = RFDETRNano
    monkeypatch.setitem(__import__("sys").modules, "rfdetr", module)
    found = BoxFinder("rfdetr:nano", 0.4, ["person"])(1, np.full((96, 128, 3), (1, 2, 3), np.uint8))
    assert found.tlwh.tolist() == [[30, 20, 20, 40]]
    with pytest.raises(UserError, match="rfdetr:huge: no such network; there are nano"):
        BoxFinder("rfdetr:huge", 0.4)


def test_names_of_classes(module, tmp_path):
    detector = module("[[1, 2, 3, 4], [5, 6, 7, 8]], [0.5, 0.6], [0, 1]")
    with pytest.raises(UserError, match="no class dog; its classes have no names: use numbers or --class_names"):
        BoxFinder(detector, 0.3, ["dog"])
    (tmp_path / "names.txt").write_text("cat\ndog\n")
    settings = DetectorSettings(class_names=str(tmp_path / "names.txt"))
    assert BoxFinder(detector, 0.3, ["dog"], settings)(1, IMAGE).classes.tolist() == [1]
    with pytest.raises(UserError, match="no class horse; there are cat, dog"):
        BoxFinder(detector, 0.3, ["horse"], settings)


def test_numbers_of_names_and_classes_must_agree(tmp_path):
    pytest.importorskip("openvino")
    network = write_network(tmp_path / "net.xml", {"output": np.zeros((1, 4 + 3, CELLS))})
    names = tmp_path / "names.txt"
    settings = DetectorSettings(class_names=str(names))
    names.write_text("cat\ndog\n")
    with pytest.raises(UserError, match=r"names.txt: names 2 classes, but .*net.xml has 3"):
        BoxFinder(str(network), 0.3, [], settings)
    names.write_text("cat\ndog\nhorse\n")
    BoxFinder(str(network), 0.3, ["2"], settings)
    with pytest.raises(UserError, match=r"no class 3; there are cat, dog, horse \(0 to 2\)"):
        BoxFinder(str(network), 0.3, ["3"], settings)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", '["cat", "dog"]'),
        ("a.json", '{"1": "dog"}'),
        ("a.yaml", "names: [cat, dog]"),
        ("a.txt", "cat, dog\n"),
    ],
)
def test_names_in_other_files(module, tmp_path, name, content):
    detector = module("[[1, 2, 3, 4], [5, 6, 7, 8]], [0.5, 0.6], [0, 1]")
    (tmp_path / name).write_text(content)
    settings = DetectorSettings(class_names=str(tmp_path / name))
    assert BoxFinder(detector, 0.3, ["dog"], settings)(1, IMAGE).classes.tolist() == [1]
    (tmp_path / name).write_text("[]" if name == "a.json" else "\n")
    with pytest.raises(UserError, match=f"{name}: no names of classes in it"):
        BoxFinder(detector, 0.3, ["dog"], settings)


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("def (", "cannot be imported .SyntaxError: "),
        ("raise ValueError('a\\nb')", "cannot be imported .ValueError: a b"),
        ("detect = 5", "not a function, expected one that takes an image"),
        ("class detect: pass", "not a function"),
    ],
)
def test_modules_that_are_wrong(tmp_path, monkeypatch, code, words):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.path", [*sys.path])
    name = f"wrong_{abs(hash(code))}"
    (tmp_path / f"{name}.py").write_text(code)
    with pytest.raises(UserError, match=f"{name}:detect: .*{words}"):
        BoxFinder(f"{name}:detect", 0.3)


@pytest.mark.parametrize(
    ("name", "words"),
    [("a.pt", "ultralytics:FILE"), ("a.pb", "export it to .onnx"), ("a.BIN", "give the .xml beside it")],
)
def test_other_networks_are_called_what_they_are(tmp_path, name, words):
    (tmp_path / name).write_bytes(b"PK\3\4")
    with pytest.raises(UserError, match=f"{name}: .*{words}"):
        BoxFinder(str(tmp_path / name), 0.3, sequence=read_sequence(make_sequence(tmp_path / "SEQ", 1)))


@pytest.mark.parametrize("kind", ["mot", "coco", "csv"])
def test_detections_made_before(tmp_path, kind):
    sequence = read_sequence(make_sequence(tmp_path / "SEQ", 4))
    path = tmp_path / {"mot": "det.txt", "coco": "found.json", "csv": "found.csv"}[kind]
    rows = [(2, 0.5, 3), (2, 0.9, 1), (4, 0.2, 1)]
    if kind == "mot":
        path.write_text("".join(f"{frame},-1,30,20,20,40,{score},{number},-1,-1\n" for frame, score, number in rows))
    elif kind == "coco":
        entries = [
            {"image_id": frame, "category_id": number, "bbox": [30, 20, 20, 40], "score": score}
            for frame, score, number in rows
        ]
        path.write_text(json.dumps(entries))
    else:
        lines = [f"{frame},30,20,20,40,{score},{'cat' if number == 1 else 'dog'}" for frame, score, number in rows]
        path.write_text("\n".join(["frame,left,top,width,height,score,class", *lines]))
    finder = BoxFinder(str(path), 0.3, sequence=sequence)
    assert [len(finder(frame, IMAGE).tlwh) for frame in range(1, 5)] == [0, 2, 0, 0]
    assert finder(2, IMAGE).scores.tolist() == [0.5, 0.9]
    assert finder(2, IMAGE).classes.tolist() == ([1, 0] if kind == "csv" else [3, 1])
    chosen = BoxFinder(str(path), 0.3, ["cat" if kind == "csv" else "1"], sequence=sequence)
    assert chosen(2, IMAGE).scores.tolist() == [0.9]
