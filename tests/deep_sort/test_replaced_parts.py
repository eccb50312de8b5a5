"""What a program replaces is what runs, one track and one box at a time, and all names it knows are there."""

from __future__ import annotations

import copy
import copyreg
import io
import pickle
import subprocess
import sys
import weakref

import numpy as np
import pytest

import deep_sort
from deep_sort import detection, iou_matching, kalman_filter, linear_assignment, nn_matching, track, tracker
from deep_sort.detection import Detection, Detections
from deep_sort.kalman_filter import KalmanFilter
from deep_sort.nn_matching import NearestNeighborDistanceMetric
from deep_sort.track import Track, TrackState
from deep_sort.tracker import Tracker

from .test_programs import drive, usual, walk

NAMES = {
    deep_sort: "Detection Detections KalmanFilter NearestNeighborDistanceMetric Track Tracker __version__",
    detection: "Detection",
    Detection([0, 0, 1, 1], 1, [1]): "tlwh confidence feature label to_tlbr to_xyah",
    iou_matching: "iou iou_cost linear_assignment",
    kalman_filter: "KalmanFilter chi2inv95",
    KalmanFilter(): "initiate predict project update gating_distance warp _motion_mat _update_mat"
    " _std_weight_position _std_weight_velocity",
    linear_assignment: "INFTY_COST CostFunction min_cost_matching matching_cascade gate_cost_matrix kalman_filter",
    nn_matching: "NearestNeighborDistanceMetric _pdist _cosine_distance _nn_euclidean_distance _nn_cosine_distance",
    NearestNeighborDistanceMetric("cosine", 0.2): "matching_threshold budget samples distance partial_fit _metric",
    track: "Track TrackState",
    TrackState: "Tentative Confirmed Deleted",
    Track(np.ones(8), np.eye(8), 1, 3, 30): "mean covariance track_id hits age time_since_update state features"
    " to_tlwh to_tlbr is_tentative is_confirmed is_deleted predict update mark_missed last_detection"
    " _n_init _max_age",
    tracker: "Tracker Track kalman_filter iou_matching linear_assignment",
    usual(): "metric max_iou_distance max_age n_init kf tracks admissible predict update match"
    " _next_id _match _initiate_track",
}


@pytest.mark.parametrize(("owner", "names"), NAMES.items(), ids=[names.split()[0] for names in NAMES.values()])
def test_names(owner, names):
    assert [name for name in names.split() if not hasattr(owner, name)] == []


def test_the_package_is_light():
    code = "import deep_sort, sys; print(deep_sort.__version__, [m for m in ('numpy', 'scipy') if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split(maxsplit=1) == [deep_sort.__version__, "[]\n"]
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        deep_sort.Nothing  # noqa: B018


def busy(frames: int = 16) -> list[list[Detection]]:
    """People of whom one is hidden for a while, and one comes late: every stage of matching has work."""
    result = walk(frames, people=4)
    for number, detections in enumerate(result):
        if 6 <= number < 9:
            del detections[0]
        if number < 3:
            del detections[-1]
    return result


USUAL = drive(usual(), busy())

FUNCTIONS = [
    (Track, "predict"), (Track, "update"), (Track, "to_tlwh"), (Track, "mark_missed"), (Track, "is_confirmed"),
    (Track, "is_deleted"), (KalmanFilter, "initiate"), (KalmanFilter, "predict"), (KalmanFilter, "project"),
    (KalmanFilter, "update"), (KalmanFilter, "gating_distance"), (Detection, "to_xyah"),
    (NearestNeighborDistanceMetric, "distance"), (NearestNeighborDistanceMetric, "partial_fit"),
    (nn_matching, "_cosine_distance"), (linear_assignment, "gate_cost_matrix"),
    (linear_assignment, "min_cost_matching"), (linear_assignment, "matching_cascade"),
    (iou_matching, "iou_cost"), (iou_matching, "iou"), (Tracker, "match"), (Tracker, "_match"),
    (Tracker, "_initiate_track"), (Track, "__init__"), (tracker, "Track"), (linear_assignment, "linear_sum_assignment"),
]  # fmt: skip


def watched(function, calls: list):
    """A function that notes the shapes of what it is given."""

    def wrapper(*args, **kwargs):
        calls.append([np.shape(arg) for arg in args if isinstance(arg, np.ndarray)])
        return function(*args, **kwargs)

    return wrapper


def check_single(name: str, calls: list) -> None:
    assert calls
    if name in ("initiate", "predict", "project", "update", "gating_distance"):
        assert {shapes[0] for shapes in calls if shapes} <= {(8,), (4,)}
    if name == "__init__":
        assert {shapes[0] for shapes in calls} == {(8,)}
    if name == "iou":
        assert {shapes[0] for shapes in calls} == {(4,)}


@pytest.mark.parametrize(("owner", "name"), FUNCTIONS, ids=lambda value: getattr(value, "__name__", value))
def test_replaced_on_a_class_or_module(owner, name, monkeypatch):
    calls: list = []
    monkeypatch.setattr(owner, name, watched(getattr(owner, name), calls))
    assert drive(usual(), busy()) == USUAL
    check_single(name, calls)


@pytest.mark.parametrize(("owner", "name"), FUNCTIONS[6:14:1], ids=lambda value: getattr(value, "__name__", value))
def test_replaced_in_the_middle(owner, name, monkeypatch):
    calls: list = []
    tracker_ = usual()
    frames = busy()
    result = drive(tracker_, frames[:7])
    monkeypatch.setattr(owner, name, watched(getattr(owner, name), calls))
    result += drive(tracker_, frames[7:11])
    monkeypatch.undo()
    check_single(name, calls) if name != "initiate" else None
    assert result + drive(tracker_, frames[11:]) == USUAL


@pytest.mark.parametrize("name", ["predict", "update", "gating_distance", "project", "initiate"])
def test_replaced_on_the_filter_itself(name):
    tracker_, calls = usual(), []
    setattr(tracker_.kf, name, watched(getattr(tracker_.kf, name), calls))
    assert drive(tracker_, busy()) == USUAL
    check_single(name, calls)


@pytest.mark.parametrize("name", ["distance", "partial_fit"])
def test_replaced_on_the_metric_itself(name):
    tracker_, calls = usual(), []
    setattr(tracker_.metric, name, watched(getattr(tracker_.metric, name), calls))
    assert drive(tracker_, busy()) == USUAL
    assert calls


@pytest.mark.parametrize("name", ["predict", "update", "to_tlwh", "mark_missed"])
def test_replaced_on_one_track(name):
    tracker_, calls, frames = usual(), [], busy()
    result = drive(tracker_, frames[:4])
    setattr(tracker_.tracks[0], name, watched(getattr(tracker_.tracks[0], name), calls))
    for detections in frames[4:7]:
        tracker_.predict()
        for one in tracker_.tracks:
            one.state = TrackState.Tentative if name == "to_tlwh" else one.state
        tracker_.update(detections)
        result.append(None)
    assert calls


def test_replaced_on_one_detection():
    frames, calls = busy(), []
    for one in frames[5]:
        one.to_xyah = watched(one.to_xyah, calls)
    assert drive(usual(), frames) == USUAL
    assert len(calls) >= 2 * len(frames[5])


@pytest.mark.parametrize("name", ["Track", "kalman_filter", "iou_matching", "linear_assignment"])
def test_names_are_looked_up_through_modules(name, monkeypatch):
    if name == "Track":
        monkeypatch.setattr(tracker, "Track", type("OwnTrack", (Track,), {}))
        tracker_ = usual()
        drive(tracker_, walk())
        assert {type(one).__name__ for one in tracker_.tracks} == {"OwnTrack"}
    elif name == "kalman_filter":
        monkeypatch.setattr(kalman_filter, "KalmanFilter", type("OwnFilter", (KalmanFilter,), {}))
        assert type(usual().kf).__name__ == "OwnFilter"
        monkeypatch.setitem(kalman_filter.chi2inv95, 4, 0.0)
        assert len(drive(usual(max_iou_distance=0), walk())[-1]) == 3
    elif name == "iou_matching":
        monkeypatch.setattr(tracker.iou_matching, "iou_cost", lambda t, d, i, j: np.ones((len(i), len(j))))
        assert {one[0] for one in drive(usual(), walk())[-1]} == {34, 35, 36}
    else:
        monkeypatch.setattr(iou_matching.linear_assignment, "INFTY_COST", 7.0)
        one = Track(*KalmanFilter().initiate([5, 10, 0.5, 20]), 1, 3, 30)
        one.time_since_update = 2
        assert iou_matching.iou_cost([one], [Detection([0, 0, 10, 20], 1, [1])]) == [[7.0]]


def test_motion_matrix_of_a_program():
    five = np.eye(8) + 5 * np.eye(8, k=4)
    edited, assigned = usual(), usual()
    edited.kf._motion_mat[range(4), range(4, 8)] = 5
    assigned.kf._motion_mat = five
    assert drive(edited, walk()) == drive(assigned, walk()) != drive(usual(), walk())
    one = assigned.tracks[0]
    x, v = one.mean[0], one.mean[4]
    assigned.predict()
    assert one.mean[0] - x == pytest.approx(5 * v)
    blind = KalmanFilter()
    blind._update_mat = np.eye(4, 8) * [[1], [1], [0], [1]]
    assert blind.project(np.arange(1.0, 9), np.eye(8))[0].tolist() == [1, 2, 0, 4]


@pytest.mark.parametrize("kind", [np.float32, np.int64, np.float64])
def test_states_start_in_the_type_of_the_measurement(kind):
    mean, covariance = KalmanFilter().initiate(np.array([5.3, 5, 1.5, 50], kind))
    assert mean.dtype == kind and covariance.dtype == np.float64
    assert KalmanFilter().predict(mean, covariance)[0].dtype == np.float64


def test_a_subclass_that_overrides_a_method_is_not_batched_unless_it_says_so():
    class Own(KalmanFilter):
        def predict(self, mean, covariance):
            return super().predict(mean, covariance)

    class Declared(Own):
        batched = True

    class Mixed(type("Mixin", (), {"predict": Own.predict}), KalmanFilter):
        pass

    class Other(KalmanFilter):
        something = 1

    assert [kind.batched for kind in (KalmanFilter, Own, Declared, Mixed, Other)] == [True, False, True, False, True]
    tracker_, calls = usual(kf=Declared()), []
    Own.predict, old = watched(Own.predict, calls), Own.predict
    drive(tracker_, walk(3))
    assert {shapes[0] for shapes in calls} == {(8,)}  # replaced since it was declared
    Own.predict = old
    assert drive(usual(kf=Declared()), busy()) == USUAL


# What a program reads, keeps, sets and edits.


def test_a_kept_state_keeps_its_values_and_nothing_else_alive():
    tracker_, kept = usual(), []
    for detections in walk(30, people=50):
        tracker_.predict()
        tracker_.update(detections)
        one = tracker_.tracks[0]
        kept.append((one.mean, one.covariance, one.mean.copy(), one.covariance.copy()))
    for mean, covariance, mean_then, covariance_then in kept:
        np.testing.assert_array_equal(mean, mean_then)
        np.testing.assert_array_equal(covariance, covariance_then)
        for array in (mean, covariance):
            assert (array if array.base is None else array.base).nbytes <= 512


@pytest.mark.parametrize("how", ["set", "edit", "set a mixing one", "another type"])
def test_a_state_that_is_changed_counts(how):
    tracker_ = usual()
    frames = walk(12)
    drive(tracker_, frames[:6])
    changed = tracker_.tracks[0]
    kf = KalmanFilter()
    if how == "set":
        changed.mean, changed.covariance = changed.mean + 2 * np.eye(8)[0], changed.covariance * 3
    elif how == "edit":
        changed.mean[0] += 2
        changed.covariance[0, 0] *= 3
    elif how == "set a mixing one":
        changed.covariance = changed.covariance + 1e-3 * np.ones((8, 8))
    else:
        changed.mean = changed.mean.astype(np.float32)
    mean, covariance = kf.predict(changed.mean, changed.covariance)
    tracker_.predict()
    np.testing.assert_allclose(changed.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(changed.covariance, covariance, rtol=1e-12, atol=1e-15)
    changed.mean[1] += 1
    mean, covariance = kf.update(changed.mean, changed.covariance, frames[6][0].to_xyah())
    others = [one.mean for one in tracker_.tracks[1:]]
    tracker_.update(frames[6])
    np.testing.assert_allclose(changed.mean, mean, rtol=1e-12)
    np.testing.assert_allclose(changed.covariance, covariance, rtol=1e-12, atol=1e-15)
    assert all(one.mean is not old for one, old in zip(tracker_.tracks[1:], others, strict=True))
    assert drive(tracker_, frames[7:])[-1][0][0] == 1


def test_what_is_edited_after_an_update_without_a_detection_counts():
    tracker_ = usual()
    drive(tracker_, walk(6))
    tracker_.predict()
    mean = tracker_.tracks[0].mean
    tracker_.update([])
    mean[0] = 777.0
    tracker_.predict()
    assert tracker_.tracks[0].mean[0] == pytest.approx(777 + mean[4])


def test_tracks_that_a_program_takes_out_and_puts_in():
    tracker_ = usual(n_init=100)
    frames = walk(12)
    drive(tracker_, frames[:6])
    first = tracker_.tracks.pop(0)
    before = first.mean.copy()
    tracker_.tracks.reverse()
    drive(tracker_, [detections[1:] for detections in frames[6:7]])
    np.testing.assert_array_equal(first.mean, before)
    tracker_.tracks.insert(1, first)
    assert {one[0] for one in drive(tracker_, frames[7:])[-1]} == {1, 2, 3}
    assert [one.track_id for one in tracker_.tracks] == [3, 1, 2]
    gone = weakref.ref(first)
    tracker_.tracks.remove(first)
    del first
    drive(tracker_, frames[:1])
    assert gone() is None


def test_deleted_tracks_keep_their_state():
    tracker_ = usual(max_age=1)
    frames = walk(8)
    drive(tracker_, frames[:5])
    tracks = list(tracker_.tracks)
    drive(tracker_, [[], [], []])
    assert tracker_.tracks == []
    assert [one.mean[1] for one in tracks] == pytest.approx([90, 130, 170], abs=1)
    assert [one.to_tlwh()[3] for one in tracks] == pytest.approx([80] * 3, abs=1)


def test_samples_are_lists():
    tracker_ = usual(NearestNeighborDistanceMetric("cosine", 0.2, 5))
    drive(tracker_, walk())
    samples = tracker_.metric.samples
    assert isinstance(samples[1], list) and len(samples[1]) == 5
    samples[1].append(samples[1][0])
    samples[2] = samples[2] + samples[1]
    del samples[1][:2]
    samples[3].pop(0)
    samples[3] += samples[2].copy()
    drive(tracker_, walk(24)[12:])
    assert {target: len(features) for target, features in tracker_.metric.samples.items()} == {1: 5, 2: 5, 3: 5}
    for feature in tracker_.metric.samples[1]:
        feature[:] = 1
    np.testing.assert_allclose(tracker_.metric.distance(np.ones((1, 8)), [1]), 0, atol=1e-6)


@pytest.mark.parametrize("name", ["cosine", "euclidean"])
@pytest.mark.parametrize("budget", [None, 4, 1000])
def test_samples_that_were_asked_for_are_compared_as_before(name, budget):
    rng = np.random.default_rng(0)
    asked, not_asked = (NearestNeighborDistanceMetric(name, 0.2, budget) for _ in range(2))
    for step in range(12):
        features, active = rng.normal(size=(3, 6)).astype(np.float32), [2, 1, 0] if step < 6 else [2, 0]
        for metric in (asked, not_asked):
            metric.partial_fit(features, np.array([0, 1, 2]) if step < 6 else [0, 2, 2], active)
        queries = rng.normal(size=(7, 6)).astype(np.float32)
        assert list(asked.samples) == active
        np.testing.assert_allclose(asked.distance(queries, active), not_asked.distance(queries, active), atol=1e-5)
        rows, columns = np.nonzero(rng.random((len(active), 7)) < 0.6)
        found = not_asked.compare_pairs(not_asked.prepare(queries)[0], active, rows, columns)
        np.testing.assert_allclose(found, asked.distance(queries, active)[rows, columns], atol=1e-5)
    for target in active:
        np.testing.assert_array_equal(asked.samples[target], not_asked.samples[target])


@pytest.mark.parametrize("limit", [np.inf, linear_assignment.INFTY_COST])
def test_without_a_limit_of_distance_gated_pairs_are_matches(limit):
    asked, not_asked = (usual(NearestNeighborDistanceMetric("euclidean", limit)) for _ in range(2))
    assert asked.metric.samples == {}
    frames = [*busy(), *walk(3, people=5, seed=1)]
    assert drive(asked, frames) == drive(not_asked, frames)
    assert len(not_asked.tracks) == 5


def test_a_metric_with_the_partial_fit_of_the_original():
    class Own(NearestNeighborDistanceMetric):
        def partial_fit(self, features, targets, active_targets):
            for feature, target in zip(features, targets, strict=True):
                self.samples.setdefault(target, []).append(feature)
                self.samples[target] = self.samples[target][-self.budget :]
            self.samples = {target: self.samples[target] for target in active_targets}

    class OwnDistance(NearestNeighborDistanceMetric):
        def distance(self, features, targets):
            return np.array([self._metric(self.samples[target], features) for target in targets])

    expected = drive(usual(NearestNeighborDistanceMetric("cosine", 0.2, 5)), busy())
    assert drive(usual(Own("cosine", 0.2, 5)), busy()) == expected
    assert drive(usual(OwnDistance("cosine", 0.2, 5)), busy()) == expected


def test_the_function_of_a_metric_can_be_replaced():
    tracker_, calls = usual(), []
    tracker_.metric._metric = watched(nn_matching._nn_cosine_distance, calls)
    assert drive(tracker_, busy()) == USUAL
    assert calls


def test_private_functions_of_the_metric(monkeypatch):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(5, 4)), rng.normal(size=(3, 4))
    squared = np.array([[np.square(x - y).sum() for y in b] for x in a])
    cosine = np.array([[1 - x @ y / np.linalg.norm(x) / np.linalg.norm(y) for y in b] for x in a])
    np.testing.assert_allclose(nn_matching._pdist(a, b), squared)
    np.testing.assert_allclose(nn_matching._cosine_distance(a, b), cosine)
    np.testing.assert_allclose(nn_matching._nn_euclidean_distance(list(a), list(b)), squared.min(axis=0))
    np.testing.assert_allclose(nn_matching._nn_cosine_distance(list(a), list(b)), cosine.min(axis=0))
    np.testing.assert_allclose(nn_matching._cosine_distance([[2.0]], [[3.0]], data_is_normalized=True), [[-5]])
    assert nn_matching._pdist([], b).shape == (0, 3)
    monkeypatch.setattr(nn_matching, "_pdist", lambda x, y: np.full((len(x), len(y)), -1e-9))
    assert nn_matching._nn_euclidean_distance(a, b).tolist() == [0, 0, 0]


# Detections: bad ones, buffers that are used again, arrays.


@pytest.mark.parametrize(("box", "message"), [
    ((0, 0, 30, 0), "height is 0.0, expected a positive"), ((0, 0, -3, 80), "width is -3.0, expected a positive"),
    ((np.nan, 0, 30, 80), "left is nan, expected a finite"), ((0, np.inf, 30, 80), "top is inf"),
    ((0, 0, 30), "its box has shape \\(3,\\), expected 4 numbers"),
])  # fmt: skip
def test_bad_boxes(box, message):
    check_refused(Detection(box, 0.9, np.ones(8)), message)


@pytest.mark.parametrize(("feature", "message"), [
    (np.zeros(8), "its feature is all zeros"), ([np.nan] * 8, "its feature has length nan"), ([np.inf] * 8, "inf"),
])  # fmt: skip
def test_bad_features(feature, message):
    check_refused(Detection([0, 0, 30, 80], 0.9, feature), message)


def check_refused(bad: Detection, message: str) -> None:
    frames = busy()
    tracker_ = usual()
    result = drive(tracker_, frames[:5])
    tracker_.predict()
    before = pickle.dumps(tracker_)
    with pytest.raises(ValueError, match=f"^detection 2: .*{message}"):
        tracker_.update([*frames[5][:2], bad, *frames[5][2:]])
    assert pickle.dumps(tracker_) == before
    tracker_.update(frames[5])
    result.append([(t.track_id, t.state, *np.round(t.to_tlwh(), 6)) for t in tracker_.tracks])
    assert result + drive(tracker_, frames[6:]) == USUAL


@pytest.mark.parametrize(
    ("feature", "message"),
    [
        (None, r"its feature has shape \(\), expected one dimension"),
        (np.ones((2, 8)), r"its feature has shape \(2, 8\), expected one dimension"),
        (np.ones(5), r"its feature has shape \(5,\), expected \d+ components as those before"),
    ],
)
def test_features_of_another_shape(feature, message):
    check_refused(Detection([0, 0, 30, 80], 0.9, feature), message)


def test_a_metric_function_that_was_replaced_before_the_metric_was_made(monkeypatch):
    calls = []
    monkeypatch.setattr(nn_matching, "_nn_cosine_distance", watched(nn_matching._nn_cosine_distance, calls))
    assert drive(usual(), busy()) == USUAL and calls


def test_zeros_are_features_of_the_euclidean_metric():
    metric = NearestNeighborDistanceMetric("euclidean", 0.2)
    assert len(drive(usual(metric), [[Detection([0, 0, 30, 80], 1, [0, 0])]] * 5)[-1]) == 1


def test_a_buffer_that_is_filled_again():
    rng = np.random.default_rng(1)
    looks, buffer, boxes = (
        rng.normal(size=(4, 16)).astype(np.float32),
        np.zeros((4, 16), np.float32),
        np.zeros((4, 4)),
    )
    tracker_ = usual()
    for frame in range(9):
        order = rng.permutation(4)
        for row, person in enumerate(order):
            buffer[row], boxes[row] = looks[person], (50 + 200 * person + frame, 50, 40, 100)
        tracker_.predict()
        tracker_.update([Detection(boxes[row], 0.9, buffer[row]) for row in range(4)])
    for features in tracker_.metric.samples.values():
        assert len({int(np.argmax(looks @ feature)) for feature in features}) == 1 and len(features) == 9


def in_arrays(detections: list[Detection]) -> Detections:
    return Detections(
        np.array([one.tlwh for one in detections]).reshape(-1, 4),
        [one.confidence for one in detections],
        np.array([one.feature for one in detections]).reshape(-1, 8),
        [one.label for one in detections],
    )


@pytest.mark.parametrize("asked", [False, True])
def test_detections_in_arrays(asked):
    frames = [in_arrays(detections) for detections in busy()]
    if asked:
        assert [len(list(detections)) for detections in frames] == [len(one) for one in busy()]
    tracker_ = usual()
    assert drive(tracker_, frames) == USUAL
    last = tracker_.tracks[0].last_detection
    assert last is frames[-1][0] and last.confidence == 0.9
    np.testing.assert_array_equal(last.tlwh, busy()[-1][0].tlwh)


def test_detections_are_a_sequence():
    plain = walk(1)[0]
    for number, one in enumerate(plain):
        one.label = number
    detections = in_arrays(plain)
    assert len(detections) == 3 and [one.label for one in detections] == [0, 1, 2]
    assert detections[-1] is detections[2] and detections[1:][0].label == 1
    assert detections[np.array([2, 0])][0].label == 2
    with pytest.raises(IndexError):
        detections[3]
    np.testing.assert_array_equal(detections[0].feature, plain[0].feature)
    detections[0].tlwh = np.array([0.0, 0, -1, 1])
    with pytest.raises(ValueError, match="detection 0: width"):
        usual().update(detections)


def test_to_xyah_replaced_counts_for_arrays_as_well(monkeypatch):
    calls: list = []
    monkeypatch.setattr(Detection, "to_xyah", watched(Detection.to_xyah, calls))
    assert drive(usual(), [in_arrays(detections) for detections in busy()]) == USUAL
    assert calls


@pytest.mark.parametrize("form", [list, in_arrays])
def test_a_track_knows_its_last_detection(form):
    frames = [form(detections) for detections in walk(6)]
    tracker_ = usual()
    drive(tracker_, [*frames, []])
    assert [one.last_detection for one in tracker_.tracks] == list(frames[-1])
    assert Track(np.ones(8), np.eye(8), 1, 3, 30).last_detection is None


# Pickles.


def test_pickles_go_on():
    tracker_, frames = usual(NearestNeighborDistanceMetric("cosine", 0.2, 100)), busy()
    result = drive(tracker_, frames[:8])
    for again in (pickle.loads(pickle.dumps(tracker_)), copy.deepcopy(tracker_)):
        assert result + drive(again, frames[8:]) == USUAL
    assert result + drive(tracker_, frames[8:]) == USUAL


def test_pickles_are_about_as_large_as_the_features():
    tracker_ = usual(NearestNeighborDistanceMetric("cosine", 0.2, 100))
    rng = np.random.default_rng(0)
    looks = rng.normal(size=(10, 128))
    for t in range(100):
        tracker_.predict()
        tracker_.update([Detection([100 * k + t, 50, 30, 80], 0.9, looks[k]) for k in range(10)])
    assert len(pickle.dumps(tracker_)) < 1.05 * 10 * 100 * 128 * 4


ATTRIBUTES = {
    Tracker: "metric max_iou_distance max_age n_init kf tracks _next_id",
    Track: "mean covariance track_id hits age time_since_update state features _n_init _max_age",
    NearestNeighborDistanceMetric: "_metric matching_threshold budget samples",
}


class OldPickler(pickle.Pickler):
    """Stores objects with the attributes that the original gives them."""

    def reducer_override(self, value):
        if type(value) not in ATTRIBUTES:
            return NotImplemented
        state = {name: getattr(value, name) for name in ATTRIBUTES[type(value)].split()}
        return copyreg.__newobj__, (type(value),), state


@pytest.mark.parametrize("name", ["cosine", "euclidean"])
@pytest.mark.parametrize("budget", [None, 5])
def test_pickles_of_the_original_load(name, budget):
    frames = busy()
    expected = drive(usual(NearestNeighborDistanceMetric(name, 0.2, budget)), frames)
    tracker_ = usual(NearestNeighborDistanceMetric(name, 0.2, budget))
    result, stored = drive(tracker_, frames[:8]), io.BytesIO()
    OldPickler(stored).dump(tracker_)
    again = pickle.loads(stored.getvalue())
    assert again.metric.in_arrays() and again.tracks[0].mean.shape == (8,)
    assert result + drive(again, frames[8:]) == expected


def standing(budget: int | None = None, frames: int = 4) -> Tracker:
    """A tracker of people who hardly move."""
    tracker_ = Tracker(NearestNeighborDistanceMetric("cosine", 0.2, budget))
    for frame in range(frames):
        tracker_.predict()
        tracker_.update([Detection([100 * i + frame, 50, 40, 100], 0.9, np.eye(8)[i]) for i in range(3)])
    return tracker_


def test_weights_of_the_filter_count_from_when_they_are_set():
    tracker_, other = standing(), standing()
    found = [Detection([100 * i + 9, 50, 40, 100], 0.9, np.eye(8)[i]) for i in range(3)]
    for one in (tracker_, other):
        one.predict()
    tracker_.match(found)
    for one in (tracker_, other):
        one.kf._std_weight_position = 0.2
        one.update(found)
    np.testing.assert_array_equal(tracker_.tracks[0].mean, other.tracks[0].mean)


def test_a_metric_with_methods_of_the_same_names():
    class Own(NearestNeighborDistanceMetric):
        def prepare(self):
            raise AssertionError

        def learn(self, rate):
            raise AssertionError

    assert drive(usual(Own("cosine", 0.2)), busy()) == drive(
        usual(NearestNeighborDistanceMetric("cosine", 0.2)), busy()
    )


def test_a_track_with_an_init_of_its_own():
    class Own(Track):
        def __init__(self, mean, covariance, track_id):
            self.mean, self.covariance, self.track_id = mean, covariance, track_id
            self.hits, self.age, self.time_since_update, self.state, self.features = (1, 1, 0, TrackState.Tentative, [])
            self._n_init, self._max_age = 3, 30

    tracker_, other = standing(frames=1), standing(frames=1)
    one = tracker_.tracks[0]
    tracker_.tracks[0] = Own(one.mean, one.covariance, one.track_id)
    assert tracker_.tracks[0].last_detection is None and not hasattr(tracker_.tracks[0], "anything")
    for each in (tracker_, other):
        each.predict()
        each.update([Detection([100 * i + 1, 50, 40, 100], 0.9, np.eye(8)[i]) for i in range(3)])
    np.testing.assert_array_equal(tracker_.tracks[0].mean, other.tracks[0].mean)


def test_tracks_that_are_equal_by_number_are_not_the_same_track():
    class ById(Track):
        def __eq__(self, other):
            return isinstance(other, Track) and self.track_id == other.track_id

        __hash__ = object.__hash__

    tracker_ = standing()
    for one in tracker_.tracks:
        one.__class__ = ById
    moved = copy.deepcopy(tracker_.tracks[0])
    moved.mean = moved.mean + 5.0
    tracker_.tracks[0] = moved
    expected, _ = KalmanFilter().predict(moved.mean, moved.covariance)
    tracker_.predict()
    np.testing.assert_allclose(moved.mean, expected)


@pytest.mark.parametrize("frames", [2, 4])
def test_a_track_that_stands_twice_in_the_list(frames):
    tracker_ = standing(frames=frames)
    twice = tracker_.tracks[0]
    tracker_.tracks.append(twice)
    age = twice.age
    tracker_.predict()
    assert (twice.age, tracker_.tracks[1].age) == (age + 2, age + 1)
    tracker_.update([Detection([100 * i + frames, 50, 40, 100], 0.9, np.eye(8)[i]) for i in range(3)])
    assert {2, 3} <= {one.track_id for one in tracker_.tracks}


def test_a_track_that_stands_twice_and_is_matched_twice_is_corrected_in_turn():
    tracker_ = standing(frames=1)
    del tracker_.tracks[1:]
    tracker_.tracks *= 2
    mean, covariance = tracker_.tracks[0].mean.copy(), tracker_.tracks[0].covariance.copy()
    near = [Detection([2, 50, 40, 100], 0.9, np.eye(8)[1]), Detection([1, 53, 40, 100], 0.9, np.eye(8)[2])]
    matches, _, _ = tracker_._match(near)
    tracker_.update(near)
    assert len(matches) == 2
    for _, index in matches:
        mean, covariance = KalmanFilter().update(mean, covariance, near[index].to_xyah())
    np.testing.assert_allclose(tracker_.tracks[0].mean, mean)


@pytest.mark.parametrize("how", [copy.deepcopy, lambda metric: pickle.loads(pickle.dumps(metric))])
@pytest.mark.parametrize("budget", [1, 3, 600])
def test_a_copy_keeps_samples_beyond_the_budget(how, budget):
    metric = NearestNeighborDistanceMetric("cosine", 0.2, budget)
    metric.samples[1] = list(np.eye(8, dtype=np.float32)) * (1 if budget < 100 else 80)
    assert len(how(metric).samples[1]) == len(metric.samples[1])


@pytest.mark.parametrize("stay", [0, 2])
@pytest.mark.parametrize("looked_at", [False, True])
def test_a_track_that_moves_to_another_tracker(stay, looked_at):
    first, second = standing(frames=2), standing(frames=2)
    del first.tracks[1 + stay :]
    first.predict()
    other = copy.deepcopy(first.tracks[0])
    first.predict()
    other.predict(KalmanFilter())
    one = first.tracks.pop(0)
    if looked_at:
        assert one.mean.shape == (8,)
    one.track_id = second._next_id
    second._next_id += 1
    second.tracks.append(one)
    expected = KalmanFilter().predict(other.mean, other.covariance)
    second.predict()
    first.predict()
    np.testing.assert_allclose(one.mean, expected[0])
    np.testing.assert_allclose(one.covariance, expected[1])
    first.update([Detection([500, 50, 40, 100], 0.9, np.eye(8)[7])])
    assert len(first.tracks) == 1
