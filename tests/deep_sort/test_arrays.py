"""Work on arrays gives what the obvious loops give."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import linear_sum_assignment

from deep_sort import iou_matching, linear_assignment, states
from deep_sort.classes import suppress_by_class
from deep_sort.detection import Detection
from deep_sort.gallery import BoundedGalleries, Galleries
from deep_sort.kalman_filter import KalmanFilter, chi2inv95
from deep_sort.linear_assignment import matching_cascade
from deep_sort.nn_matching import NearestNeighborDistanceMetric
from deep_sort.pair_costs import PairCosts
from deep_sort.states import States
from deep_sort.track import Track
from deep_sort.tracker import Tracker

seeds = st.integers(0, 2**32 - 1)


def boxes(rng: np.random.Generator, count: int, width: float = 400) -> np.ndarray:
    """Boxes (x, y, a, h)."""
    return np.column_stack(
        [rng.uniform(0, width, (count, 2)), rng.uniform(0.3, 0.5, count), rng.uniform(50, 150, count)]
    )


@given(seeds, st.sampled_from([1, 5, 40]))
def test_states_move_as_the_filter_says(seed, count):
    rng, kf, arrays = np.random.default_rng(seed), KalmanFilter(), States()
    start = boxes(rng, count)
    tracks = [Track(None, None, i, 3, 30) for i in range(count)]
    arrays.add(tracks, kf, start.T)
    expected = [kf.initiate(box) for box in start]
    for _ in range(6):
        assert arrays.hold(tracks)
        arrays.predict(kf)
        expected = [kf.predict(*state) for state in expected]
        assert arrays.hold(tracks)
        measured = boxes(rng, count + 3)
        chosen = sorted(rng.choice(count, rng.integers(1, count + 1), replace=False).tolist())
        found = set(zip(*map(np.ndarray.tolist, arrays.pairs_within_gate(kf, chosen, measured.T)), strict=True))
        distances = [kf.gating_distance(*expected[i], measured) for i in chosen]
        assert found == set(zip(*np.nonzero(np.array(distances) <= chi2inv95[4]), strict=True))
        near = np.array([expected[i][0][:4] for i in chosen]) * rng.normal(1, 0.02, (len(chosen), 4))
        which = [chosen.index(i) if i in chosen else -1 for i in range(count)]
        arrays.update(kf, near.T, which)
        for i, box in zip(chosen, near, strict=True):
            expected[i] = kf.update(*expected[i], box)
    for track, (mean, covariance) in zip(tracks, expected, strict=True):
        np.testing.assert_allclose(track.mean, mean, rtol=1e-9)
        np.testing.assert_allclose(track.covariance, covariance, rtol=1e-9, atol=1e-15)


@given(seeds, st.integers(1, 8), st.integers(1, 8))
def test_few_boxes_overlap_as_many_do(seed, rows, columns):
    rng = np.random.default_rng(seed)
    corners = [rng.uniform(0, 60, (count, 2)) for count in (rows, columns)]
    one, other = (np.hstack([corner, rng.uniform(20, 60, corner.shape)]) for corner in corners)
    pairs = iou_matching.overlapping_pairs(one, other, range(rows), range(columns), 0.7)
    cost = 1.0 - iou_matching.iou(one, other)
    tracks = [Track(np.ones(8), np.eye(8), i, 3, 30) for i in range(rows)]
    solved = linear_assignment.min_cost_matching(lambda *_: cost.copy(), 0.7, tracks, range(columns))
    matches, left = pairs.match(list(range(rows)), list(range(columns)))
    assert (sorted(matches), left) == (sorted(solved[0]), solved[2])


def test_many_pairs_are_sorted_out_first():
    rng, kf, arrays = np.random.default_rng(0), KalmanFilter(), States()
    tracks = [Track(None, None, i, 3, 30) for i in range(200)]
    arrays.add(tracks, kf, boxes(rng, 200).T)
    arrays.predict(kf)
    measured = boxes(rng, 300)
    assert states.FEW_PAIRS < 200 * 300
    rows, columns = arrays.pairs_within_gate(kf, range(200), measured.T)
    distances = np.array([kf.gating_distance(one.mean, one.covariance, measured) for one in tracks])
    near = np.zeros((200, 300), dtype=bool)
    near[rows, columns] = True
    np.testing.assert_array_equal(near, distances <= chi2inv95[4])
    assert np.all(np.diff(rows) >= 0) and len(rows) == near.sum() > 300


@given(seeds, st.sampled_from([1, 4, 20]), st.sampled_from([3, 70]), st.booleans())
def test_galleries_of_both_kinds_agree(seed, budget, people, alike):
    rng = np.random.default_rng(seed)
    looks = rng.normal(size=(people, 16)) + 3 * alike * rng.normal(size=16)
    bounded, growing = BoundedGalleries(budget, np.multiply), Galleries(budget, np.multiply)
    known: list[int] = []
    for _ in range(30):
        known = [target for target in known if rng.random() < 0.98]
        targets = list(set(rng.integers(0, people, people).tolist()))
        features = (looks[targets] + 0.3 * rng.normal(size=(len(targets), 16))).astype(np.float32)
        weights = 1 / np.linalg.norm(features, axis=1)
        known += [target for target in dict.fromkeys(targets) if target not in known]
        for galleries in (bounded, growing):
            galleries.keep([target for target in galleries.active if target in known])
            galleries.add(targets, features, weights, features * weights[:, None])
            galleries.keep(known)
    for target, features in growing.stacked().items():
        np.testing.assert_array_equal(bounded.stacked()[target], features)
    queries = looks[rng.integers(0, people, 12)] + 0.3 * rng.normal(size=(12, 16))
    queries = (queries / np.linalg.norm(queries, axis=1, keepdims=True)).astype(np.float32)
    rows, columns = np.nonzero(rng.random((len(known), 12)) < 0.5)
    exact = growing.pair_closeness(known, queries, rows, columns)
    np.testing.assert_allclose(bounded.pair_closeness(known, queries, rows, columns), exact, atol=1e-5)
    farthest = float(rng.uniform(0.01, 1.9))
    for galleries in (bounded, growing):
        near = galleries.near_pairs(known, queries, rows, columns, farthest)
        np.testing.assert_array_equal(near, np.flatnonzero(1 - exact <= farthest))


@pytest.mark.parametrize("kind", [Galleries, BoundedGalleries])
def test_galleries_of_a_crowd_are_seldom_looked_at(kind, monkeypatch):
    rng = np.random.default_rng(0)
    looks = rng.normal(size=(100, 64)).astype(np.float32)
    galleries = kind(10, np.multiply)
    for _ in range(10):
        features = looks + 0.3 * rng.normal(size=looks.shape).astype(np.float32)
        weights = 1 / np.linalg.norm(features, axis=1)
        galleries.add(range(100), features, weights, features * weights[:, None])
    galleries.keep(list(range(100)))
    queries = looks / np.linalg.norm(looks, axis=1, keepdims=True)
    rows = np.repeat(np.arange(100), 3)
    columns = (rows + np.tile([2, 1, 0], 100)) % 100
    looked_at: list[int] = []
    monkeypatch.setattr(galleries, "_closeness", lambda row, queries: looked_at.append(row) or np.zeros(len(queries)))
    near = galleries.near_pairs(list(range(100)), queries, rows, columns, 0.2)
    assert near.tolist() == list(range(2, 300, 3)) and len(looked_at) <= 5


@pytest.mark.parametrize("budget", [None, 600])
def test_memory_of_galleries_is_that_of_their_features(budget):
    features = np.random.default_rng(0).normal(size=(1000, 64)).astype(np.float32)
    metric = NearestNeighborDistanceMetric("cosine", 0.2, budget)
    active = list(range(21))
    tracemalloc.start()
    metric.partial_fit(features[:21], active, active)
    for start in range(0, 20_000, 50):
        metric.partial_fit(features[start % 1000 : start % 1000 + 50], [0] * 50, active)
    held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    kept = 20_021 if budget is None else 600 + 20
    assert sum(map(len, metric.samples.values())) == kept
    assert held < (1.1 if budget is None else 2) * kept * 64 * 4
    np.testing.assert_array_equal(metric.samples[0][-50:], features[950:])


@given(seeds, st.integers(1, 9), st.integers(1, 9), st.sampled_from([0.1, 0.3, 0.8]))
def test_levels_are_settled_as_the_solver_would(seed, rows, columns, share):
    """Also the order of what is left, which decides the ids of new tracks."""
    rng = np.random.default_rng(seed)
    tracks = [Track(np.ones(8), np.eye(8), i, 3, 30) for i in range(rows)]
    for one in tracks:
        one.time_since_update = int(rng.integers(1, 4))
    pairs = np.nonzero(rng.random((rows, columns)) < share)
    largest = float(rng.choice([0.2, 0.9]))
    known = largest * rng.choice([0.25, 0.5, 0.75, 1.5], len(pairs[0])) + 0.2 * largest * rng.random(len(pairs[0]))
    costs = PairCosts(pairs[0].tolist(), pairs[1].tolist(), known)
    solved = matching_cascade(lambda *args: costs(*args), largest, 3, tracks, range(columns))
    assert matching_cascade(costs, largest, 3, tracks, range(columns)) == solved
    near = np.flatnonzero(known <= largest)
    told_only = PairCosts(pairs[0][near].tolist(), pairs[1][near].tolist(), lambda positions: known[near[positions]])
    assert matching_cascade(told_only, largest, 3, tracks, range(columns)) == solved


def test_the_order_of_what_is_left_depends_on_what_all_pairs_cost():
    cost = np.ones((6, 7))
    cost[0, 6], cost[1, 0], cost[5, 2] = 0.1844822960268756, 0.07937433488634249, 0.3082637109924161
    cost[2:5, 4] = 0.4793265578355951, 0.14184019121577196, 0.768282571550641
    cost[2:5, 5] = 0.10377210164477291, 0.4993446147866023, 0.8467500298178989
    rows, columns = np.nonzero(cost < 0.9)
    tracks = [Track(np.ones(8), np.eye(8), i, 3, 30) for i in range(6)]
    _, _, left = linear_assignment.min_cost_matching(lambda *_: cost.copy(), 0.9, tracks, range(7))
    pairs = PairCosts(rows.tolist(), columns.tolist(), lambda positions: cost[rows, columns][positions])
    assert pairs.within(0.9, range(7)).match(list(range(6)), list(range(7)))[1] == left == [1, 3]


@given(seeds, st.integers(1, 12), st.integers(1, 12))
def test_pairs_without_competition_need_no_costs(seed, rows, columns):
    """What the solver gives where each row and column has one pair at most, whatever the pairs cost."""
    rng = np.random.default_rng(seed)
    count = rng.integers(0, min(rows, columns) + 1)
    pairs = rng.permutation(rows)[:count], rng.permutation(columns)[:count]
    tracks = [Track(np.ones(8), np.eye(8), i, 3, 30) for i in range(rows)]
    for one in tracks:
        one.time_since_update = 1

    def ask(_positions):
        raise AssertionError("nobody competes")

    cost = np.full((rows, columns), 1.0)
    cost[pairs] = 0.2 * rng.random(count)
    expected = matching_cascade(lambda *_: cost.copy(), 0.2, 30, tracks, range(columns))
    told_only = PairCosts(pairs[0].tolist(), pairs[1].tolist(), ask)
    assert matching_cascade(told_only, 0.2, 30, tracks, range(columns)) == expected


def test_the_solver_gives_the_diagonal_for_equal_costs():
    for rows in range(1, 9):
        for columns in range(1, 9):
            solution = linear_sum_assignment(np.full((rows, columns), 0.2 + 1e-5))
            assert [list(indices) for indices in solution] == [list(range(min(rows, columns)))] * 2


def test_overlap_of_many_boxes_in_blocks(monkeypatch):
    rng, kf = np.random.default_rng(0), KalmanFilter()
    found = [Detection([*rng.uniform(0, 200, 2), 30, 60], 1, [1]) for _ in range(40)]
    tracks = [Track(*kf.initiate(one.to_xyah()), i, 3, 30) for i, one in enumerate(found[::-1])]
    whole = iou_matching.iou_cost(tracks, found)
    monkeypatch.setattr(iou_matching, "BLOCK", 100)
    np.testing.assert_array_equal(iou_matching.iou_cost(tracks, found), whole)
    assert linear_assignment.min_cost_matching(iou_matching.iou_cost, 0.7, tracks, found)[0] == [
        (i, 39 - i) for i in range(40)
    ]


def test_what_is_a_state_of_this_model():
    """Only what its form in few numbers gives back exactly is kept so; anything else stays as it was given."""
    mean, covariance = KalmanFilter().initiate(np.array([10.0, 20.0, 0.5, 40.0]))
    state = states._pack(mean, covariance)
    assert all(np.array_equal(*pair) for pair in zip(states._unpack(state), (mean, covariance), strict=True))
    correlated = covariance.copy()
    correlated[0, 1] = correlated[1, 0] = 0.5
    others = [
        (mean.tolist(), covariance),
        (mean, covariance.tolist()),
        (mean[:7], covariance),
        (np.append(mean, 0.0), covariance),
        (mean, covariance[:7]),
        (mean, covariance[:, :7]),
        (mean, np.eye(9)),
        (mean.astype(np.float32), covariance),
        (mean, covariance.astype(np.float32)),
        (mean.astype(np.float32), covariance.astype(np.float32)),
        (mean, correlated),
    ]
    assert [states._pack(*other) for other in others] == [None] * len(others)


def test_matching_alone_changes_nothing():
    """A program may ask for the matching of detections without an update."""
    tracker = Tracker(NearestNeighborDistanceMetric("cosine", 0.2))
    found = [Detection([10.0 + 100 * i, 20, 30, 60], 1.0, np.eye(4)[i]) for i in range(3)]
    for _ in range(3):
        tracker.predict()
        tracker.update(found)
    tracker.predict()
    before = [track.mean.copy() for track in tracker.tracks]
    expected = [(0, 2), (1, 1), (2, 0)], [], []
    assert tracker.match(found[::-1]) == expected and tracker._match(found[::-1]) == expected
    assert np.array_equal([track.mean for track in tracker.tracks], before)


def test_a_tracker_may_match_other_detections_than_it_was_given():
    """A subclass leaves the first one out; what was prepared for all of them is not taken for the rest."""

    class WithoutFirst(Tracker):
        def match(self, detections):
            matches, lost, new = super().match(list(detections)[1:])
            return [(t, d + 1) for t, d in matches], lost, [d + 1 for d in new]

    found = [Detection([10.0 + 100 * i, 20, 30, 60], 1.0, np.eye(4)[i]) for i in range(3)]
    tracker = WithoutFirst(NearestNeighborDistanceMetric("cosine", 0.2))
    for _ in range(5):
        tracker.predict()
        tracker.update(found)
    assert [(track.track_id, track.hits) for track in tracker.tracks] == [(1, 5), (2, 5)]
    assert [track.mean[0] for track in tracker.tracks] == [125.0, 225.0]


def test_suppression_by_class_keeps_the_best_first():
    apart = np.array([[100.0 * i, 0, 20, 40] for i in range(5)])
    same = np.concatenate([apart, apart])
    scores = np.array([0.1, 0.9, 0.3, 0.7, 0.5, 0.2, 0.8, 0.4, 0.6, 1.0])
    classes = np.repeat([1, 2], 5)
    kept = suppress_by_class(same, 0.5, scores, classes)
    assert kept.tolist() == np.argsort(-scores).tolist()
    assert len(suppress_by_class(same, 0.5, scores, np.ones(10))) == 5


def _unit_features(number: int, seed: int) -> np.ndarray:
    found = np.random.default_rng(seed).normal(size=(number, 128)).astype(np.float32)
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_newcomers_beside_a_long_gallery_cost_no_copy_of_it():
    """Tracks are confirmed with three features at once, and the arrays for targets grow."""
    others, long = list(range(1, 101)), 40_000
    tracemalloc.start()
    try:
        metric = NearestNeighborDistanceMetric("cosine", 0.2)
        for seed in range(long // 1000):
            metric.partial_fit(_unit_features(1000, seed), [0] * 1000, [0])
        for _ in range(3):
            metric.partial_fit(_unit_features(100, 1), others, [0, *others])
        for new in range(101, 201):
            targets = [0, *others, *([new] * 3)]
            others.append(new)
            metric.partial_fit(_unit_features(len(targets), new), targets, [0, *others])
        kept = long * 128 * 4
        assert tracemalloc.get_traced_memory()[1] < 1.5 * kept
    finally:
        tracemalloc.stop()
