"""One call a frame: the original's tracks, classes kept apart, detections in and out of `supervision`."""

from __future__ import annotations

import hashlib
import json
import runpy
from dataclasses import dataclass, replace

import numpy as np
import pytest

from deep_sort import DeepSort
from tests.support.cli import run_python
from tests.support.paths import GOLDEN, shared_path

EMBEDDED = json.loads((GOLDEN / "manifest.json").read_text())


def result(tracker, rows):
    """Track the rows of a detection file; return the text of a result file."""
    lines = []
    for frame in range(int(rows[:, 0].min()), int(rows[:, 0].max()) + 1):
        found = rows[rows[:, 0] == frame]
        for track in tracker.update(None, found[:, 2:6], found[:, 6], embeddings=found[:, 10:]):
            lines.append("%d,%d,%.2f,%.2f,%.2f,%.2f,1,-1,-1,-1\n" % (frame, track.id, *track.tlwh))  # noqa: UP031
    return "".join(lines)


@pytest.mark.parametrize("case", EMBEDDED, ids=[case["name"] for case in EMBEDDED])
def test_the_recorded_tracks(case):
    tracker = DeepSort(**({"nn_budget": None, "min_confidence": 0.8} | case["flags"]))
    assert result(tracker, np.load(GOLDEN / case["detection_file"])) == (GOLDEN / case["tracks"]).read_text()


def test_a_recorded_crowd():
    manifest = json.loads(shared_path("golden/manifest.json").read_text())
    case = min((case for case in manifest if "crowd" in case), key=lambda case: case["crowd"]["frames"])
    rows = runpy.run_path(str(shared_path("golden/crowd.py")))["make_crowd"](**case["crowd"])
    if hashlib.sha256(rows.tobytes()).hexdigest() != case["array_sha256"]:
        pytest.skip("this NumPy makes another crowd of the same seed")
    tracker = DeepSort(**({"nn_budget": None, "min_confidence": 0.8} | case["flags"]))
    assert hashlib.sha256(result(tracker, rows).encode()).hexdigest() == case["sha256"]


def walk(frame):
    """Two people side by side, and a dog in front of one of them."""
    return np.array([[10 + 3 * frame, 20, 20, 40], [60 - 2 * frame, 120, 22, 44], [12 + 3 * frame, 22, 20, 40]], float)


def test_each_track_knows_its_detection():
    tracker = DeepSort()
    for frame in range(5):
        tracks = tracker.update(None, walk(frame)[:2], [0.5, 0.75], classes=[3, 4])
    assert tracks.ids.tolist() == [2, 1] or tracks.ids.tolist() == [1, 2]
    for track in tracks:
        assert track.tlwh == pytest.approx(walk(4)[track.detection], abs=3)
        assert track.tlbr[2:] == pytest.approx(track.tlwh[:2] + track.tlwh[2:])
        assert track.score == [0.5, 0.75][track.detection] and track.class_id == [3, 4][track.detection]
    tracks = tracker.update(None, walk(5)[:1], [0.25], classes=[3])
    seen = {track.class_id: (track.detection, track.time_since_update, track.score) for track in tracks}
    assert seen == {3: (0, 0, 0.25), 4: (-1, 1, 0.75)}


def test_classes_are_never_matched_or_suppressed_across():
    tracker = DeepSort(nms_max_overlap=0.5)
    for frame in range(5):
        tracks = tracker.update(None, walk(frame)[[0, 2]], [0.5, 0.75], classes=[0, 16])
    assert sorted(tracks.classes) == [0, 16]
    ids = dict(zip(tracks.classes.tolist(), tracks.ids.tolist(), strict=True))
    tracks = tracker.update(None, walk(5)[:1], [0.5], classes=[16])  # where the person was
    assert dict(zip(tracks.classes.tolist(), tracks.ids.tolist(), strict=True)) == ids
    assert [track.class_id for track in tracks if track.detection == 0] == [16]
    alone = DeepSort(nms_max_overlap=0.5)
    for frame in range(5):
        tracks = alone.update(None, walk(frame)[[0, 2]], [0.5, 0.75])
    assert tracks.detections.tolist() == [1] and tracks.classes.tolist() == [-1]


def test_the_encoder_gets_image_and_boxes_that_are_tracked():
    calls = []

    def encoder(image, boxes):
        calls.append((image, boxes.tolist()))
        return np.ones((len(boxes), 8))

    tracker = DeepSort(encoder, min_confidence=0.3)
    tracker.update("image", walk(0), [0.5, 0.25, 0.75])
    assert calls == [("image", walk(0)[[2, 0]].tolist())]
    tracker.update("image", walk(0), [0.5, 0.25, 0.75], embeddings=np.ones((3, 8)))
    tracker.update("image", np.empty((0, 4)), [])
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"scores": [0.5]}, r"scores of shape \(1,\) for 3 boxes"),
        ({"classes": [1, 2]}, r"classes of shape \(2,\) for 3 boxes"),
        ({"embeddings": np.ones((2, 8))}, r"embeddings of shape \(2, 8\) for 3 boxes"),
    ],
)
def test_numbers_that_do_not_fit_are_named(arguments, words):
    with pytest.raises(ValueError, match=words):
        DeepSort().update(None, walk(0), **arguments)


@dataclass
class Detections:
    """What `supervision.Detections` offers, as far as it is used."""

    xyxy: np.ndarray
    confidence: np.ndarray
    class_id: np.ndarray
    tracker_id: np.ndarray | None = None

    def __getitem__(self, which):
        return replace(self, xyxy=self.xyxy[which], confidence=self.confidence[which], class_id=self.class_id[which])


@pytest.mark.parametrize("real", [False, True])
def test_detections_of_supervision_come_back_with_ids(real):
    kind = pytest.importorskip("supervision").Detections if real else Detections
    tracker = DeepSort()
    for frame in range(4):
        boxes = walk(frame)[:2]
        corners = np.hstack([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]])
        given = kind(xyxy=corners, confidence=np.array([0.5, 0.75]), class_id=np.array([3, 4]))
        found = tracker.update(None, given)
        assert type(found) is kind
        assert len(found.tracker_id) == (2 if frame > 1 else 0)
    assert sorted(found.tracker_id.tolist()) == [1, 2]
    assert {tuple(box) for box in found.xyxy} == {tuple(box) for box in corners}
    assert sorted(found.class_id.tolist()) == [3, 4]


def test_it_needs_neither_opencv_nor_a_network():
    done = run_python("-c", "import sys, deep_sort; deep_sort.DeepSort(); print(*sys.modules)")
    assert done.returncode == 0
    assert not {"cv2", "tensorflow", "openvino", "tools", "application_util"} & set(done.stdout.split())
