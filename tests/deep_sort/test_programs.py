"""Programs that use the parts on their own keep working."""

from __future__ import annotations

import numpy as np
import pytest

from deep_sort import (
    detection,
    iou_matching,
    kalman_filter,
    linear_assignment,
    nn_matching,
    preprocessing,
    track,
    tracker,
)
from deep_sort.detection import Detection
from deep_sort.kalman_filter import KalmanFilter
from deep_sort.nn_matching import NearestNeighborDistanceMetric
from deep_sort.track import Track, TrackState
from deep_sort.tracker import Tracker


def walk(frames: int = 12, people: int = 3, seed: int = 0) -> list[list[Detection]]:
    """People who walk to the right, each with a look of its own."""
    rng = np.random.default_rng(seed)
    looks = rng.normal(size=(people, 8))
    return [
        [
            Detection([100 * k + 3 * t, 50 + 40 * k, 30, 80], 0.9, looks[k] + 0.05 * rng.normal(size=8))
            for k in range(people)
        ]
        for t in range(frames)
    ]


def drive(tracker_: Tracker, frames: list[list[Detection]]) -> list[list[tuple]]:
    result = []
    for detections in frames:
        tracker_.predict()
        tracker_.update(detections)
        result.append([(t.track_id, t.state, *np.round(t.to_tlwh(), 6)) for t in tracker_.tracks])
    return result


def usual(metric=None, **parameters) -> Tracker:
    return Tracker(metric or NearestNeighborDistanceMetric("cosine", 0.2), **parameters)


def test_frame_by_frame():
    tracker_ = usual()
    result = drive(tracker_, walk())
    assert [len(frame) for frame in result] == [3] * 12
    assert [t[1] for t in result[1]] == [TrackState.Tentative] * 3
    assert [t[1] for t in result[2]] == [TrackState.Confirmed] * 3
    assert [t.track_id for t in tracker_.tracks] == [1, 2, 3]
    assert [(t.hits, t.age, t.time_since_update, t.features) for t in tracker_.tracks] == [(12, 12, 0, [])] * 3
    assert tracker_.tracks[0].mean[4] == pytest.approx(3, abs=0.2)  # pixels a frame to the right
    assert {k: len(v) for k, v in tracker_.metric.samples.items()} == {1: 12, 2: 12, 3: 12}


def test_a_gap_is_bridged_by_looks_and_a_long_one_ends_the_track():
    frames = walk(40)
    for hidden in frames[10:20]:
        del hidden[0]
    tracker_ = usual(max_age=12)
    result = drive(tracker_, frames)
    assert {t[0] for t in result[-1]} == {1, 2, 3}
    tracker_ = usual(max_age=5)
    result = drive(tracker_, frames)
    assert {t[0] for t in result[-1]} == {2, 3, 4}


def test_empty_frames():
    tracker_ = usual()
    drive(tracker_, [[], *walk(4), [], []])
    assert [t.time_since_update for t in tracker_.tracks] == [2, 2, 2]


def test_a_single_track_and_filter():
    kf = KalmanFilter()
    first = Detection([10, 20, 30, 80], 0.9, [1, 0])
    mean, covariance = kf.initiate(first.to_xyah())
    one = Track(mean, covariance, 7, n_init=2, max_age=1, feature=first.feature)
    assert one.is_tentative() and one.features[0] is first.feature
    one.predict(kf)
    one.update(kf, Detection([12, 20, 30, 80], 0.9, [0, 1]))
    assert one.is_confirmed() and one.hits == 2 and one.age == 2 and len(one.features) == 2
    assert one.mean.shape == (8,) and one.covariance.shape == (8, 8)
    np.testing.assert_allclose(one.to_tlbr()[2:], one.to_tlwh()[:2] + one.to_tlwh()[2:])
    for _ in range(2):
        one.predict(kf)
        one.mark_missed()
    assert one.is_deleted()
    new = Track(mean, covariance, 8, 3, 30)
    new.mark_missed()
    assert new.is_deleted() and new.features == []


class OwnMetric:
    """Knows nothing of the project; compares with the last feature only."""

    matching_threshold = 0.2

    def __init__(self):
        self.last, self.calls = {}, 0

    def partial_fit(self, features, targets, active_targets):
        assert isinstance(features, np.ndarray) and isinstance(targets, np.ndarray)
        self.last.update(zip(targets.tolist(), features, strict=True))
        self.last = {target: self.last[target] for target in active_targets}

    def distance(self, features, targets):
        self.calls += 1
        cost = np.zeros((len(targets), len(features)))
        for row, target in enumerate(targets):
            last = self.last[target]
            cost[row] = 1 - features @ last / np.linalg.norm(features, axis=1) / np.linalg.norm(last)
        return cost


def test_own_metric():
    metric = OwnMetric()
    assert drive(usual(metric), walk()) == drive(usual(NearestNeighborDistanceMetric("cosine", 0.2, 1)), walk())
    assert metric.calls > 0


class Asked(OwnMetric):
    """Notes how many targets and features it is asked to compare."""

    def __init__(self):
        super().__init__()
        self.shapes = []

    def distance(self, features, targets):
        self.shapes.append((len(targets), len(features)))
        return super().distance(features, targets)


def test_own_metric_is_asked_level_by_level():
    frames = walk()
    del frames[5][0]  # one person is hidden, then back: alone at the second level
    metric = Asked()
    drive(usual(metric), frames[:7])
    assert metric.shapes == [(3, 3), (3, 3), (3, 2), (2, 3), (1, 1)]


def test_own_metric_is_not_asked_about_tracks_that_cannot_match():
    metric = Asked()
    drive(usual(metric, max_age=0), walk())
    assert metric.shapes == []
    for own in (Asked(), None):
        tracker_ = usual(own)
        tracker_.update(walk()[0])  # without predict, time_since_update stays 0
        for one in tracker_.tracks:
            one.state = TrackState.Confirmed
        tracker_.update(walk()[1])
        assert [t.track_id for t in tracker_.tracks] == [1, 2, 3, 4, 5, 6]


def test_metric_subclass_is_asked():
    class Blind(NearestNeighborDistanceMetric):
        def distance(self, features, targets):
            return np.full((len(targets), len(features)), 0.9)

    frames = walk(20)
    for hidden in frames[10:13]:
        hidden.clear()
    assert {t[0] for t in drive(usual(), frames)[-1]} == {1, 2, 3}
    assert {t[0] for t in drive(usual(Blind("cosine", 0.2)), frames)[-1]} >= {4, 5, 6}


def test_filter_subclass_for_single_states():
    class Single(KalmanFilter):
        def predict(self, mean, covariance):
            assert mean.shape == (8,)
            return super().predict(mean, covariance)

        def update(self, mean, covariance, measurement):
            assert mean.shape == (8,) and measurement.shape == (4,)
            return super().update(mean, covariance, measurement)

        def gating_distance(self, mean, covariance, measurements, only_position=False):
            assert mean.shape == (8,)
            return super().gating_distance(mean, covariance, measurements, only_position)

    tracker_ = usual()
    tracker_.kf = Single()
    assert drive(tracker_, walk()) == drive(usual(), walk())


def test_noise_weights_can_be_set():
    tracker_ = usual()
    tracker_.kf._std_weight_position *= 10
    assert drive(tracker_, walk())[-1] != drive(usual(), walk())[-1]


def test_track_and_tracker_subclasses():
    class Labelled(Track):
        predictions = 0

        def predict(self, kf):
            self.predictions += 1
            super().predict(kf)

    class LabelledTracker(Tracker):
        def _initiate_track(self, detection):
            super()._initiate_track(detection)
            old = self.tracks[-1]
            self.tracks[-1] = Labelled(
                old.mean, old.covariance, old.track_id, self.n_init, self.max_age, detection.feature
            )
            self.tracks[-1].label = "person"

    tracker_ = LabelledTracker(NearestNeighborDistanceMetric("cosine", 0.2))
    assert drive(tracker_, walk()) == drive(usual(), walk())
    assert [(t.label, t.predictions) for t in tracker_.tracks] == [("person", 11)] * 3


def test_state_set_from_outside():
    tracker_ = usual()
    frames = walk()
    drive(tracker_, frames[:5])
    tracker_.tracks[0].state = TrackState.Deleted
    drive(tracker_, frames[5:7])
    assert 1 not in {t.track_id for t in tracker_.tracks if t.is_confirmed()}
    assert len([t for t in tracker_.tracks if t.is_confirmed()]) == 2


def test_samples_changed_from_outside():
    metric = NearestNeighborDistanceMetric("cosine", 0.2, 3)
    metric.samples[5] = [np.array([1, 0], dtype=np.float32), np.array([0, 1], dtype=np.float32)]
    np.testing.assert_allclose(metric.distance([[0, 2]], [5]), [[0]], atol=1e-7)
    metric.partial_fit([[3, 0], [0, 3]], [5, 5], [5])
    assert len(metric.samples[5]) == 3
    np.testing.assert_array_equal(np.asarray(metric.samples[5])[-1], [0, 3])
    np.testing.assert_array_equal(list(metric.samples[5])[1], metric.samples[5][1])
    metric.samples = {}
    metric.partial_fit(np.array([]), np.array([]), [])
    assert metric.samples == {}


def test_matching_with_callables():
    tracks = [track.Track(np.zeros(8), np.eye(8), i, 3, 30) for i in range(3)]
    for age, one in enumerate(tracks, start=1):
        one.time_since_update = age
    seen = []

    def cost(tracks_, detections_, track_indices, detection_indices):
        seen.append((list(track_indices), list(detection_indices)))
        return np.full((len(track_indices), len(detection_indices)), 0.1)

    result = linear_assignment.matching_cascade(cost, 0.2, 30, tracks, ["a", "b"], [2, 1, 0], [1, 0])
    assert result == ([(0, 1), (1, 0)], [2], [])
    assert seen == [([0], [1, 0]), ([1], [0])]
    assert linear_assignment.matching_cascade(cost, 0.2, 1, tracks, ["a", "b"]) == ([(0, 0)], [1, 2], [1])
    assert linear_assignment.min_cost_matching(cost, 0.2, [], ["a"]) == ([], [], [0])


def test_iou_cost_of_stale_tracks():
    kf = KalmanFilter()
    box = Detection([0, 0, 10, 20], 1, [1])
    tracks = [Track(*kf.initiate(box.to_xyah()), i, 3, 30) for i in range(2)]
    tracks[1].time_since_update = 2
    cost = iou_matching.iou_cost(tracks, [box, Detection([50, 0, 10, 20], 1, [1])])
    np.testing.assert_allclose(cost, [[0, 1], [linear_assignment.INFTY_COST] * 2], atol=1e-12)


@pytest.mark.parametrize(("arguments", "message"), [
    (("manhattan", 0.2), "'manhattan'"), (("cosine", 0.2, 0), "budget is 0"), (("cosine", 0.2, -3), "budget is -3"),
])  # fmt: skip
def test_metric_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        NearestNeighborDistanceMetric(*arguments)


def test_detection_types():
    one = detection.Detection((1, 2, 3, 4), np.float32(0.25), [1, 2])
    assert one.tlwh.dtype == np.float64 and one.feature.dtype == np.float32 and one.confidence == 0.25
    assert isinstance(one.confidence, float)


def test_names():
    assert kalman_filter.chi2inv95[9] == 16.919 and nn_matching and tracker
    assert preprocessing.non_max_suppression(np.zeros((0, 4)), 0.5) == []
