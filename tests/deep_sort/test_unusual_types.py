"""Numbers and classes that a program brings along count as they would one by one."""

from __future__ import annotations

import numpy as np
import pytest

from deep_sort import linear_assignment
from deep_sort.detection import Detection
from deep_sort.kalman_filter import KalmanFilter
from deep_sort.nn_matching import NearestNeighborDistanceMetric
from deep_sort.preprocessing import non_max_suppression
from deep_sort.tracker import Tracker


def test_boxes_with_further_columns_are_suppressed_by_their_boxes():
    boxes = np.array([[0, 0, 10, 10, 0.9], [100, 100, 10, 10, 0.8], [101, 100, 10, 10, 0.7]])
    assert non_max_suppression(boxes, 0.5, boxes[:, 4]) == [0, 1]
    assert non_max_suppression([], 0.5) == []


class Feet(Detection):
    """Is measured a person's height below its box."""

    def to_xyah(self):
        xyah = super().to_xyah()
        xyah[1] += xyah[3]
        return xyah


class Plain:
    """Is no `Detection`, and its box are integers."""

    confidence = 0.5

    def __init__(self, tlwh, feature):
        self.tlwh, self.feature = tlwh, feature

    def to_xyah(self):
        left, top, width, height = self.tlwh
        return np.array([left + width / 2, top + height / 2, width / height, height])


def track_alone(make, frames: int = 6) -> np.ndarray:
    tracker = Tracker(NearestNeighborDistanceMetric("cosine", 0.2), max_iou_distance=2)
    for frame in range(frames):
        tracker.predict()
        tracker.update([make(10 + 3 * frame)])
    (track,) = tracker.tracks
    assert track.hits == frames
    return track.to_tlwh()


def test_detections_that_measure_otherwise():
    usual = track_alone(lambda left: Detection([left, 20, 30, 60], 0.5, [1, 0]))
    below = track_alone(lambda left: Feet([left, 20, 30, 60], 0.5, [1, 0]))
    np.testing.assert_allclose(below - usual, [0, 60, 0, 0], atol=1e-6)


@pytest.mark.parametrize("kind", [np.array, list])
def test_detections_of_another_class_with_integer_boxes(kind):
    usual = track_alone(lambda left: Detection([left, 20, 30, 60], 0.5, [1, 0]))
    plain = track_alone(lambda left: Plain(kind([left, 20, 30, 60]), np.array([1.0, 0.0], np.float32)))
    np.testing.assert_array_equal(plain, usual)


@pytest.mark.parametrize("name", ["cosine", "euclidean"])
def test_features_of_integers(name):
    metric = NearestNeighborDistanceMetric(name, 0.2)
    features = np.array([[200, 10], [3, 250]], np.uint8)
    metric.partial_fit(features, [1, 2], [1, 2])
    exact = NearestNeighborDistanceMetric(name, 0.2)
    exact.partial_fit(features.astype(float), [1, 2], [1, 2])
    found = metric.distance(features, [1, 2])
    np.testing.assert_allclose(found, exact.distance(features.astype(float), [1, 2]), atol=1e-9)
    assert found[0, 1] > 0.5


@pytest.mark.parametrize("first", [np.int64, np.float32, np.float64])
@pytest.mark.parametrize("second", [np.int64, np.float32, np.float64])
def test_samples_keep_the_wider_type(first, second):
    metric = NearestNeighborDistanceMetric("cosine", 0.2)
    metric.partial_fit(np.array([[1, 0]], first), [1], [1])
    metric.partial_fit(np.array([[1 / 3, 1]]).astype(second), [1], [1])
    expected = np.array([[1, 0], np.array([1 / 3, 1]).astype(second)])
    np.testing.assert_array_equal(np.asarray(metric.samples[1], float), expected.astype(float))


@pytest.mark.parametrize("budget", [None, 3])
def test_samples_keep_the_wider_type_where_others_are_gone(budget):
    metric = NearestNeighborDistanceMetric("cosine", 0.2, budget)
    targets = list(range(40))
    metric.partial_fit(np.ones((40, 2), np.float32), targets, targets)
    for target in targets:
        metric.partial_fit(np.array([[1 / 3, 1]]), [target], targets[target:])
        assert metric.distance(np.array([[1, 3.0]]), [target])[0, 0] < 1e-12
        assert metric.distance(np.ones((1, 2)), [39])[0, 0] < 1e-6


def test_a_budget_set_later_holds_from_the_next_feature_on():
    metric = NearestNeighborDistanceMetric("cosine", 0.2)
    for number in range(20):
        metric.partial_fit([[1.0, number]], [1], [1])
    metric.budget = 3
    metric.partial_fit([[1.0, 20.0]], [1], [1])
    assert np.asarray(metric.samples[1])[:, 1].tolist() == [18, 19, 20]


def test_filter_takes_lists_integers_and_one_measurement():
    kf = KalmanFilter()
    mean, covariance = kf.initiate([10, 20, 0.5, 60])
    state = (mean.tolist(), covariance.tolist())
    for own, usual in (
        (kf.predict(*state), kf.predict(mean, covariance)),
        (kf.project(*state), kf.project(mean, covariance)),
    ):
        np.testing.assert_array_equal(own[0], usual[0])
        np.testing.assert_array_equal(own[1], usual[1])
    whole = kf.predict(mean.astype(int), np.eye(8, dtype=int))
    np.testing.assert_array_equal(whole[1], kf.predict(mean.astype(int).astype(float), np.eye(8))[1])
    transposed = np.asfortranarray(covariance + 1e-3 * np.arange(64).reshape(8, 8))
    np.testing.assert_array_equal(kf.predict(mean, transposed)[1], kf.predict(mean, transposed.copy("C"))[1])
    single = kf.gating_distance(mean, covariance, [11, 20, 0.5, 60])
    assert np.ndim(single) == 0
    assert single == kf.gating_distance(mean, covariance, [[11, 20, 0.5, 60]])[0] > 0
    assert kf.predict(np.float32(mean), np.float32(covariance))[0].dtype == np.float64


def test_costs_are_compared_in_their_own_type():
    cost = np.array([[0.2]], np.float32)  # as a double it is larger than 0.2
    assert linear_assignment.min_cost_matching(lambda *_: cost, 0.2, ["a"], ["b"]) == ([(0, 0)], [], [])
    assert linear_assignment.min_cost_matching(lambda *_: [[1]], 0.2, ["a"], ["b"]) == ([], [0], [0])


@pytest.mark.parametrize("budget", [None, 5])
@pytest.mark.parametrize("length", [1, 3, 5])
def test_a_metric_takes_features_of_one_length(budget, length):
    metric = NearestNeighborDistanceMetric("cosine", 0.2, budget)
    metric.partial_fit(np.ones((3, 2)), [1, 2, 3], [1, 2, 3])
    for targets in ([1], [1, 2, 3], [4]):
        with pytest.raises(ValueError, match=f"features have {length} numbers, those before have 2"):
            metric.partial_fit(np.ones((len(targets), length)), targets, [1, 2, 3])
    assert metric.distance([[1, 1]], [1, 2, 3]) == pytest.approx(np.zeros((3, 1)))


@pytest.mark.parametrize("budget", [None, 5])
def test_features_may_be_long(budget):
    metric = NearestNeighborDistanceMetric("cosine", 0.2, budget)
    features = np.eye(2, 2048, dtype=np.float32)
    for target in (0, 1):
        metric.partial_fit(features[target:][:1], [target], [*range(target + 1)])
    assert metric.distance(features, [0, 1]).tolist() == [[0, 1], [1, 0]]
