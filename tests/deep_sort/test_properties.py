"""What holds for any input."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from deep_sort.detection import Detection
from deep_sort.kalman_filter import KalmanFilter, chi2inv95
from deep_sort.linear_assignment import INFTY_COST, gate_cost_matrix, matching_cascade, min_cost_matching
from deep_sort.nn_matching import NearestNeighborDistanceMetric
from deep_sort.preprocessing import non_max_suppression
from deep_sort.track import Track
from deep_sort.tracker import Tracker

positions = st.floats(-500, 2500)
sizes = st.floats(1, 800)
boxes = st.tuples(positions, positions, sizes, sizes).map(list)
seeds = st.integers(0, 2**32 - 1)


def random_tracks(kf: KalmanFilter, rng: np.random.Generator, count: int) -> list[Track]:
    tracks = []
    for track_id in range(count):
        mean, covariance = kf.initiate([*rng.uniform(0, 300, 2), rng.uniform(0.3, 0.5), rng.uniform(50, 200)])
        track = Track(mean, covariance, track_id, 3, 30)
        for _ in range(rng.integers(1, 4)):
            track.predict(kf)
        tracks.append(track)
    return tracks


def random_detections(rng: np.random.Generator, count: int) -> list[Detection]:
    tlwh = np.column_stack([rng.uniform(-50, 300, (count, 2)), rng.uniform(20, 80, count), rng.uniform(50, 200, count)])
    return [Detection(box, 1.0, rng.normal(size=8)) for box in tlwh]


@given(arrays(float, st.tuples(st.integers(0, 9), st.integers(0, 9)), elements=st.floats(0, 1)), st.floats(0, 1))
def test_matching_is_one_to_one_and_complete(cost, max_distance):
    rows, columns = cost.shape
    matches, tracks, detections = min_cost_matching(lambda *_: cost, max_distance, range(rows), range(columns))
    assert sorted([i for i, _ in matches] + tracks) == list(range(rows))
    assert sorted([j for _, j in matches] + detections) == list(range(columns))
    assert all(cost[i, j] <= max_distance for i, j in matches)


@given(seeds)
def test_cascade_prefers_tracks_seen_more_recently(seed):
    rng = np.random.default_rng(seed)
    kf = KalmanFilter()
    tracks, detections = random_tracks(kf, rng, 8), random_detections(rng, 6)
    cost = rng.random((8, 6))
    matches, unmatched_tracks, unmatched_detections = matching_cascade(
        lambda _t, _d, rows, columns: cost[np.ix_(rows, columns)], 0.3, 30, tracks, detections
    )
    assert sorted([i for i, _ in matches] + unmatched_tracks) == list(range(8))
    assert sorted([j for _, j in matches] + unmatched_detections) == list(range(6))
    # A track left alone may not have wanted a detection that an older track got.
    for i in unmatched_tracks:
        for k, j in matches:
            assert cost[i, j] > 0.3 or tracks[k].time_since_update <= tracks[i].time_since_update


@given(seeds, st.integers(1, 40))
def test_covariance_stays_symmetric_positive_definite(seed, steps):
    rng = np.random.default_rng(seed)
    kf = KalmanFilter()
    measurement = np.array([*rng.uniform(-1000, 1000, 2), rng.uniform(0.1, 4), rng.uniform(1, 2000)])
    mean, covariance = kf.initiate(measurement)
    for _ in range(steps):
        mean, covariance = kf.predict(mean, covariance)
        if rng.random() < 0.5:
            mean, covariance = kf.update(mean, covariance, measurement * rng.normal(1, 0.05, 4))
        assert np.allclose(covariance, covariance.T, rtol=1e-9, atol=0)
        assert np.linalg.eigvalsh(covariance).min() > 0


@given(seeds, st.integers(1, 6))
def test_kalman_batch_is_loop(seed, count):
    """Also for covariances that mix all coordinates, which this filter never makes itself."""
    rng = np.random.default_rng(seed)
    kf = KalmanFilter()
    means = rng.uniform(1, 500, (count, 8))
    roots = rng.normal(size=(count, 8, 8))
    covariances = roots @ roots.swapaxes(1, 2) + 0.1 * np.eye(8)
    measurements = rng.uniform(1, 500, (count, 4))
    for method, extra in [("predict", ()), ("project", ()), ("update", (measurements,))]:
        together = getattr(kf, method)(means, covariances, *extra)
        for k in range(count):
            alone = getattr(kf, method)(means[k], covariances[k], *(array[k] for array in extra))
            for batch, single in zip(together, alone, strict=True):
                np.testing.assert_allclose(batch[k], single, rtol=1e-9, atol=1e-9)
    for ours, single in zip(kf.initiate(measurements), kf.initiate(measurements[0]), strict=True):
        np.testing.assert_array_equal(ours[0], single)


@given(seeds)
def test_update_is_the_standard_correction(seed):
    rng = np.random.default_rng(seed)
    kf = KalmanFilter()
    root = rng.normal(size=(8, 8))
    mean, covariance, measurement = rng.uniform(1, 100, 8), root @ root.T + np.eye(8), rng.uniform(1, 100, 4)
    projected, innovation_covariance = kf.project(mean, covariance)
    gain = covariance[:, :4] @ np.linalg.inv(innovation_covariance)
    new_mean, new_covariance = kf.update(mean, covariance, measurement)
    np.testing.assert_allclose(new_mean, mean + gain @ (measurement - projected), rtol=1e-7)
    np.testing.assert_allclose(new_covariance, covariance - gain @ innovation_covariance @ gain.T, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("only_position", [False, True])
@pytest.mark.parametrize("count", [5, 60])  # few pairs are compared at once, many are sorted out before
def test_gate_is_where_the_distance_says(only_position, count):
    rng = np.random.default_rng(count)
    kf = KalmanFilter()
    tracks, detections = random_tracks(kf, rng, count), random_detections(rng, count)
    rows, columns = list(range(count))[::-1], list(range(1, count))
    cost = gate_cost_matrix(kf, np.zeros((count, count - 1)), tracks, detections, rows, columns, 7.0, only_position)
    xyah = np.array([detections[j].to_xyah() for j in columns])
    threshold = chi2inv95[2 if only_position else 4]
    for k, i in enumerate(rows):
        distance = kf.gating_distance(tracks[i].mean, tracks[i].covariance, xyah, only_position)
        np.testing.assert_array_equal(cost[k] == 7.0, distance > threshold)
    assert 0 < (cost == 0).sum() < cost.size
    assert INFTY_COST == 1e5


def test_the_gates_are_quantiles():
    assert {*chi2inv95} == {*range(1, 10)}
    for freedom, quantile in chi2inv95.items():
        assert quantile == pytest.approx(scipy.stats.chi2.ppf(0.95, freedom), rel=1e-4)


@given(seeds, st.sampled_from(["cosine", "euclidean"]), st.sampled_from([None, 1, 3, 50]), st.integers(1, 70))
def test_nearest_neighbor_is_the_obvious_loop(seed, name, budget, steps):
    rng = np.random.default_rng(seed)
    metric = NearestNeighborDistanceMetric(name, 0.2, budget)
    seen: dict[int, list[np.ndarray]] = {}
    for _ in range(steps):
        targets = rng.choice(5, size=3, replace=False).tolist()
        features = rng.normal(size=(3, 6)).astype(np.float32)
        active = sorted({*seen, *targets} - ({0} if rng.random() < 0.1 else set()))
        metric.partial_fit(features, np.array(targets), active)
        for target, feature in zip(targets, features, strict=True):
            seen.setdefault(target, []).append(feature)
        seen = {target: seen[target][-budget:] if budget else seen[target] for target in active}
    assert metric.samples.keys() == seen.keys()
    queries = rng.normal(size=(4, 6)).astype(np.float32)
    for target, features in seen.items():
        np.testing.assert_array_equal(metric.samples[target], features)
        for column, query in enumerate(queries):
            if name == "cosine":
                norms = [np.linalg.norm(f) * np.linalg.norm(query) for f in features]
                expected = min(1 - f @ query / norm for f, norm in zip(features, norms, strict=True))
            else:
                expected = min(np.square(f - query).sum() for f in features)
            assert metric.distance(queries, [target])[0, column] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("count", [300, 3000])
def test_large_galleries_are_compared_whole(count):
    rng = np.random.default_rng(0)
    metric = NearestNeighborDistanceMetric("cosine", 0.2)
    features = rng.normal(size=(count, 64)).astype(np.float32)
    metric.partial_fit(features, np.zeros(count, dtype=int), [0])
    queries = features[[0, count // 2, count - 1]] * 3
    np.testing.assert_allclose(metric.distance(queries, [0]), 0, atol=1e-6)
    pairs = metric.compare_pairs(metric.prepare(queries)[0], [0], np.array([0, 0]), np.array([2, 1]))
    np.testing.assert_allclose(pairs, 0, atol=1e-6)


@given(st.lists(boxes, max_size=30), st.floats(0, 1.2), seeds)
def test_suppression_keeps_the_best(tlwh, overlap, seed):
    scores = np.random.default_rng(seed).permutation(len(tlwh)).astype(float)
    kept = non_max_suppression(np.array(tlwh).reshape(-1, 4), overlap, scores)
    assert kept == slow_suppression(tlwh, overlap, scores)
    assert len(set(kept)) == len(kept)
    if tlwh:
        assert kept[0] == np.argmax(scores)


def slow_suppression(tlwh: list[list[float]], overlap: float, scores: np.ndarray) -> list[int]:
    """Follow the definition box by box."""

    def area(left, top, right, bottom):
        return max(0, right - left + 1) * max(0, bottom - top + 1)

    tlbr = [(x, y, x + w, y + h) for x, y, w, h in tlwh]
    rest, kept = sorted(range(len(tlwh)), key=lambda i: -scores[i]), []
    while rest:
        best, *rest = rest
        kept.append(best)
        a = tlbr[best]
        rest = [
            i for i in rest
            if not area(max(a[0], tlbr[i][0]), max(a[1], tlbr[i][1]), min(a[2], tlbr[i][2]), min(a[3], tlbr[i][3]))
            / area(*tlbr[i]) > overlap
        ]  # fmt: skip
    return kept


def test_suppression_of_many_boxes():
    rng = np.random.default_rng(1)
    tlwh = np.column_stack([rng.uniform(0, 300, (700, 2)), rng.uniform(20, 80, (700, 2))])
    scores = rng.permutation(700).astype(float)
    assert non_max_suppression(tlwh, 0.4, scores) == slow_suppression(tlwh.tolist(), 0.4, scores)


@given(seeds, st.integers(1, 25))
@settings(max_examples=40)
def test_any_detections_can_be_tracked(seed, frames):
    rng = np.random.default_rng(seed)
    tracker = Tracker(NearestNeighborDistanceMetric("cosine", 0.5, 5), max_age=3, n_init=2)
    known: set[int] = set()
    for _ in range(frames):
        tracker.predict()
        tracker.update(random_detections(rng, int(rng.integers(0, 7))))
        ids = [track.track_id for track in tracker.tracks]
        assert len(set(ids)) == len(ids)
        assert all(track_id > max(known, default=0) for track_id in ids if track_id not in known), "ids come back"
        known.update(ids)
        confirmed = {track.track_id for track in tracker.tracks if track.is_confirmed()}
        assert tracker.metric.samples.keys() == confirmed
        assert all(track.time_since_update <= 3 for track in tracker.tracks)


@pytest.mark.parametrize("budget", [1, 100, None])
def test_detections_without_features_are_tracked_by_motion_and_overlap(walkers, budget):
    tracker = Tracker(NearestNeighborDistanceMetric("cosine", 0.2, budget))
    for frame in range(1, 30):
        rows = walkers[walkers[:, 0] == frame]
        tracker.predict()
        tracker.update([Detection(row[2:6], row[6], np.empty(0)) for row in rows])
    assert sum(track.is_confirmed() for track in tracker.tracks) > 3


def test_one_feature_for_everybody_gives_ties_whatever_the_rounding(walkers):
    results = set()
    for feature in (np.ones(1), np.ones(128), np.full(128, 0.7)):
        for budget in (None, 5, 100):
            tracker = Tracker(NearestNeighborDistanceMetric("cosine", 0.2, budget))
            boxes = []
            for frame in range(1, 60):
                tracker.predict()
                tracker.update([Detection(row[2:6], row[6], feature) for row in walkers[walkers[:, 0] == frame]])
                boxes += [(track.track_id, *track.to_tlwh()) for track in tracker.tracks]
            results.add(tuple(boxes))
    assert len(results) == 1
