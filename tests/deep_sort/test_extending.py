"""The examples of docs/extending.md do what they say."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from deep_sort import Detection, KalmanFilter, NearestNeighborDistanceMetric, Tracker

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "extending.md").read_text(encoding="utf-8")
BLOCKS = dict(re.findall(r"^## (.+?)\n.*?^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL))


def example(title: str) -> dict:
    names: dict = {}
    exec(compile(BLOCKS[title], "docs/extending.md", "exec"), names)
    return names


def drive(tracker: Tracker, frames: list[list[Detection]]) -> Tracker:
    for detections in frames:
        tracker.predict()
        tracker.update(detections)
    return tracker


def person(left: float, look: int = 0, confidence: float = 0.9, label: str | None = None) -> Detection:
    return Detection([left, 50, 40, 100], confidence, np.eye(8)[look], label)


def test_all_are_short():
    assert len(BLOCKS) == 5
    assert all(len(block.splitlines()) < 25 for block in BLOCKS.values())


def test_constant_acceleration():
    names = example("Another motion model")
    frames = [[person(100 + 0.8 * t**2)] for t in range(15)]
    (track,) = drive(names["tracker"], frames).tracks
    assert track.hits == 15 and track.mean.shape == (12,) and track.covariance.shape == (12, 12)
    (usual,) = drive(Tracker(NearestNeighborDistanceMetric("cosine", 0.2)), frames).tracks
    ahead = 100 + 0.8 * 15**2 + 20
    for one, kf in ((track, names["tracker"].kf), (usual, KalmanFilter())):
        one.predict(kf)
    assert abs(track.mean[0] - ahead) < 0.5 * abs(usual.mean[0] - ahead)


def test_constant_acceleration_one_by_one_is_the_same():
    names = example("Another motion model")
    frames = [[person(100 + 0.8 * t**2, 0), person(900 - 5 * t, 1)] for t in range(15)]
    together = drive(names["tracker"], frames)
    names["ConstantAcceleration"].batched = False
    alone = drive(Tracker(together.metric.__class__("cosine", 0.2), kf=names["ConstantAcceleration"]()), frames)
    for one, other in zip(together.tracks, alone.tracks, strict=True):
        np.testing.assert_allclose(one.mean, other.mean, rtol=1e-12, atol=1e-9)
        np.testing.assert_allclose(one.covariance, other.covariance, rtol=1e-9, atol=1e-12)


def test_second_round():
    frames = [[person(100 + 3 * t, confidence=0.9 if t < 6 else 0.3)] for t in range(12)]
    frames[8].append(person(900, 1, 0.3))
    two_rounds = drive(example("A second round for detections that are not certain")["tracker"], frames)
    (track,) = two_rounds.tracks
    assert track.hits == 12 and two_rounds._next_id == 2


def test_only_the_same_label():
    frames = [[person(100 + 3 * t, label="car" if t < 6 else "person")] for t in range(12)]
    tracker = drive(example("Only the same kind of object")["tracker"], frames)
    assert [(track.track_id, track.last_detection.label) for track in tracker.tracks] == [
        (1, "car"), (2, "person"),
    ]  # fmt: skip
    assert len(drive(Tracker(NearestNeighborDistanceMetric("cosine", 0.2)), frames).tracks) == 1


def test_running_mean():
    frames = [[person(100 + 3 * t, 0)] for t in range(5)] + [[person(115, 0)]]
    frames[3][0].feature = np.array([1, 1, 0, 0, 0, 0, 0, 0], np.float32)
    tracker = drive(example("A running mean of features instead of a gallery")["tracker"], frames)
    ((mean,),) = tracker.metric.samples.values()
    np.testing.assert_allclose(mean, [1, 0.1 * 0.9**2, *[0] * 6], rtol=1e-5)


def test_camera():
    """People stand still while the camera pans, too fast for motion or overlap to follow."""
    names = example("A camera that moves")
    pan, rng = 25, np.random.default_rng(0)
    scene = cv2.GaussianBlur(np.kron(rng.integers(0, 255, (60, 120)), np.ones((8, 8))).astype(np.uint8), (0, 0), 3)
    images = [scene[:, pan * t : pan * t + 640].copy() for t in range(8)]
    frames = [[person(560 - pan * t, 0), person(400 - pan * t, 1)] for t in range(8)]
    steady, usual = (Tracker(NearestNeighborDistanceMetric("cosine", 0.2)) for _ in range(2))
    names["track"](steady, images, frames)
    assert [(track.track_id, track.hits) for track in steady.tracks] == [(1, 8), (2, 8)]
    assert [track.hits for track in drive(usual, frames).tracks] != [8, 8]
    np.testing.assert_allclose(names["camera_motion"](*images[:2]), [[1, 0, -pan], [0, 1, 0]], atol=0.5)


def test_warp_moves_boxes_as_points():
    kf = KalmanFilter()
    motion = np.array([[0.9, -0.1, 30], [0.1, 0.9, -5]])
    mean, covariance = kf.initiate([100, 200, 0.5, 80])
    mean[4:6] = [3, 1]
    warped, spread = kf.warp(mean, covariance, motion)
    np.testing.assert_allclose(warped[:2], motion @ [100, 200, 1])
    np.testing.assert_allclose(warped[4:6], motion[:, :2] @ [3, 1])
    assert warped[2] == 0.5 and warped[3] == pytest.approx(80 * np.sqrt(0.82))
    np.testing.assert_allclose(spread[:2, :2], motion[:, :2] @ covariance[:2, :2] @ motion[:, :2].T)
    same = kf.warp(mean, covariance, np.eye(2, 3))
    np.testing.assert_array_equal(same[0], mean)
    np.testing.assert_array_equal(same[1], covariance)
