"""Extreme but valid input: the same tracks as a plain implementation, at any scale of boxes and features."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application_util.files.detection_file import DetectionFile, detections_from_rows
from deep_sort import Detection, NearestNeighborDistanceMetric, Tracker
from tests.support.plain_tracker import PlainDetection, PlainTracker

Frame = list[tuple[np.ndarray, np.ndarray]]


def scene(seed: int, frames: int = 40, people: int = 7, dim: int = 16, noise: float = 0.03) -> list[Frame]:
    """People who walk across each other's way, boxes and features with noise, now and then not found."""
    rng = np.random.default_rng(seed)
    start, step = rng.uniform(0, 600, (people, 2)), rng.uniform(-6, 6, (people, 2))
    size = rng.uniform((20, 50), (40, 100), (people, 2))
    looks = rng.normal(size=(people, dim))
    found: list[Frame] = []
    for frame in range(frames):
        there = rng.permutation(np.flatnonzero(rng.random(people) < 0.85))
        boxes = np.hstack([start + step * frame, size]) + rng.normal(0, noise, (people, 4)) * size[:, 1:]
        boxes[:, 2:] = np.maximum(boxes[:, 2:], 1)
        features = looks + rng.normal(0, 0.15, looks.shape)
        found.append([(boxes[i], features[i].astype(np.float32)) for i in there])
    return found


def track(found: list[Frame], threshold: float = 0.3, budget: int | None = 20, **options) -> list[tuple]:
    tracker = Tracker(NearestNeighborDistanceMetric("cosine", threshold, budget), **options)
    rows = []
    for number, frame in enumerate(found):
        tracker.predict()
        tracker.update([Detection(box, 1.0, feature) for box, feature in frame])
        rows += [
            (number, each.track_id, each.to_tlwh())
            for each in tracker.tracks
            if each.is_confirmed() and each.time_since_update <= 1
        ]
    return rows


def track_plainly(found: list[Frame], threshold: float = 0.3, budget: int | None = 20, **options) -> list[tuple]:
    tracker = PlainTracker(threshold, budget, **options)
    return [
        (number, *row)
        for number, frame in enumerate(found)
        for row in tracker.step([PlainDetection(box, feature) for box, feature in frame])
    ]


def assert_same(rows: list[tuple], expected: list[tuple]) -> None:
    assert len(expected) > 50
    assert [row[:2] for row in rows] == [row[:2] for row in expected]
    boxes, plain = (np.array([row[2] for row in each]) for each in (rows, expected))
    assert np.abs(boxes - plain).max() <= 1e-9 * np.abs(plain).max()


@pytest.mark.parametrize("seed", range(4))
def test_the_plain_tracker_agrees(seed):
    found = scene(seed)
    assert_same(track(found), track_plainly(found))


@settings(max_examples=15, deadline=None)
@given(
    st.integers(0, 10**6),
    st.sampled_from([0.05, 0.2, 0.6]),
    st.sampled_from([None, 1, 3]),
    st.integers(1, 6),
    st.integers(2, 4),
    st.sampled_from([0.3, 0.7, 0.9]),
)
def test_the_plain_tracker_agrees_with_any_parameters(seed, threshold, budget, max_age, n_init, max_iou_distance):
    found = scene(seed, frames=25, people=5, noise=0.1)
    options = {"max_age": max_age, "n_init": n_init, "max_iou_distance": max_iou_distance}
    rows, expected = (each(found, threshold, budget, **options) for each in (track, track_plainly))
    assert [row[:2] for row in rows] == [row[:2] for row in expected]


@pytest.mark.parametrize("pixels", [1e-5, 1e-2, 1e4])
def test_boxes_of_a_thousandth_and_a_million_pixels(pixels):
    """Scaled boxes, 1e-3 to 1e6 pixels high, give the same tracks, scaled."""
    found = [[(box * pixels, feature) for box, feature in frame] for frame in scene(1)]
    rows = track(found)
    assert_same(rows, track_plainly(found))
    assert [row[:2] for row in rows] == [row[:2] for row in track(scene(1))]


@pytest.mark.parametrize("norm", [1e-20, 1e-6, 1e15])
@pytest.mark.parametrize("at_once", [True, False])
def test_features_of_any_length(norm, at_once):
    """Only their direction counts, whether all have that length or every other."""
    scales = (norm, norm if at_once else 1.0)
    found = [
        [(box, feature * np.float32(scales[i % 2] / 4)) for i, (box, feature) in enumerate(frame)] for frame in scene(2)
    ]
    assert_same(track(found), track_plainly(found))
    assert [row[:2] for row in track(found)] == [row[:2] for row in track(scene(2))]


@pytest.mark.parametrize("kind", [np.float16, np.float32, ">f8", np.float64])
def test_detection_files_of_any_floating_type(tmp_path, kind):
    """A file of half precision gives what the same numbers give in double precision."""
    found = scene(3)
    rows = [
        [number + 1, -1, *box, 0.9, -1, -1, -1, *feature]
        for number, frame in enumerate(found)
        for box, feature in frame
    ]
    array = np.array(rows).astype(kind)
    np.save(tmp_path / "found.npy", array)
    file = DetectionFile(tmp_path / "found.npy")
    read, exact = [], []
    for frame in range(1, len(found) + 1):
        read.append([(each.tlwh, each.feature) for each in detections_from_rows(file.rows(frame))])
        same = array[array[:, 0] == frame].astype(np.float64)
        exact.append([(row[2:6], row[10:].astype(np.float32)) for row in same])
    assert_same(track(read), track_plainly(exact))


def test_many_detections_in_a_frame():
    """A crowd of 1,500, each of whom stays who they are; ten thousand are measured in benchmarks/scale.py."""
    rng = np.random.default_rng(0)
    places = np.stack(np.meshgrid(np.arange(50) * 60.0, np.arange(30) * 120.0), axis=-1).reshape(-1, 2)
    looks = rng.normal(size=(len(places), 16)).astype(np.float32)
    found = []
    for _ in range(4):
        boxes = np.hstack([places + rng.normal(0, 1, places.shape), np.tile([40.0, 100.0], (len(places), 1))])
        found.append(list(zip(boxes, looks, strict=True)))
    rows = track(found)
    assert len(rows) == 2 * len(places)
    assert [row[1] for row in rows] == 2 * list(range(1, len(places) + 1))
