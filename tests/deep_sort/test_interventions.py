"""Programs change a tracker between its steps: its tracks stay those of a plain tracker to which the same is done."""

from __future__ import annotations

import copy
import pickle
from types import SimpleNamespace

import numpy as np
import pytest

from deep_sort import Detection, Detections, KalmanFilter, NearestNeighborDistanceMetric, Tracker
from deep_sort.track import Track, TrackState
from tests.support import plain_program as plain

DIM = 6


class EqualById(Track):
    """Looked up in lists by its number, as people write it."""

    def __eq__(self, other):
        return self.track_id == other.track_id

    __hash__ = object.__hash__


OURS = SimpleNamespace(Detection=Detection, Track=Track, KalmanFilter=KalmanFilter, EqualById=EqualById)
PLAIN = SimpleNamespace(
    Detection=plain.Detection, Track=plain.Track, KalmanFilter=plain.KalmanFilter, EqualById=plain.Track
)


def one(tracker, rng, state=None):
    tracks = [track for track in tracker.tracks if state in (None, track.state)]
    return tracks[rng.integers(10**6) % len(tracks)] if tracks else None


def reorder(ns, t, rng):
    t.tracks[:] = [t.tracks[i] for i in rng.permutation(len(t.tracks))]


def delete(ns, t, rng):
    t.tracks = [track for track in t.tracks if track is not one(t, np.random.default_rng(0))]


def append(ns, t, rng):
    detection = ns.Detection([*rng.uniform(0, 300, 2), 40, 90], 1, rng.normal(size=DIM))
    state = ns.KalmanFilter().initiate(detection.to_xyah())
    t.tracks.append(ns.Track(*state, t._next_id, 3, 5, detection.feature))
    t._next_id += 1


def replace_by_copies(ns, t, rng):
    t.tracks = [copy.deepcopy(track) for track in t.tracks]


def replace_by_a_moved_equal(ns, t, rng):
    for i, old in enumerate(t.tracks[:2]):
        new = ns.EqualById(old.mean + 2.0, old.covariance, old.track_id, old._n_init, old._max_age)
        for name in ("hits", "age", "time_since_update", "state", "features"):
            setattr(new, name, getattr(old, name))
        t.tracks[i] = new


def twice(ns, t, rng):
    t.tracks += t.tracks[:1]


def set_state(ns, t, rng):
    track, state = one(t, rng), int(rng.integers(2)) * 2 + 1
    if track is not None:
        track.state = state


def confirm(ns, t, rng):
    track = one(t, rng, TrackState.Tentative)
    if track is not None and track.features:
        track.state = TrackState.Confirmed
        t.metric.samples[track.track_id] = list(track.features)


def set_numbers(ns, t, rng):
    track, numbers = one(t, rng), rng.integers(0, 8, 3).tolist()
    if track is not None:
        track.hits, track.age, track.time_since_update = numbers


def offset_ids(ns, t, rng):
    t.metric.samples = {number + 100: features for number, features in t.metric.samples.items()}
    for track in {id(track): track for track in t.tracks}.values():
        track.track_id += 100
    t._next_id += 100


def edit_means(ns, t, rng):
    for track in t.tracks[::2]:
        track.mean[:2] += rng.normal(size=2)


def share_a_mean(ns, t, rng):
    for track in t.tracks[1:2]:
        track.mean = t.tracks[0].mean
        track.mean[0] += 1.0


def mix_coordinates(ns, t, rng):
    for track in t.tracks[:1]:
        track.covariance[0, 1] = track.covariance[1, 0] = 0.1 * track.covariance[0, 0]


def edit_features(ns, t, rng):
    track = one(t, rng)
    if track is not None:
        track.features = [*track.features, rng.normal(size=DIM).astype(np.float32)]


def edit_samples(ns, t, rng):
    for features in list(t.metric.samples.values())[:2]:
        features[0][:] = features[-1]
        features.append(rng.normal(size=DIM).astype(np.float32))


def new_limits(ns, t, rng):
    t.metric.budget = [None, 1, 4][rng.integers(3)]
    t.metric.matching_threshold, t.max_iou_distance = rng.uniform(0.1, 0.5), rng.uniform(0.4, 0.9)
    t.max_age, t.n_init = rng.integers(1, 6, 2).tolist()


def new_filter(ns, t, rng):
    t.kf = ns.KalmanFilter()


def step_by_hand(ns, t, rng):
    track = one(t, rng)
    if track is not None:
        track.predict(t.kf)
        track.update(t.kf, ns.Detection(track.to_tlwh(), 1, rng.normal(size=DIM)))


def look(ns, t, rng):
    [np.sum(track.mean) + np.sum(track.covariance) for track in t.tracks]


INTERVENTIONS = [
    *(reorder, delete, append, replace_by_copies, replace_by_a_moved_equal, twice, set_state, confirm, set_numbers),
    *(offset_ids, edit_means, share_a_mean, mix_coordinates, edit_features, edit_samples, new_limits, new_filter),
    *(step_by_hand, look),
]  # fmt: skip


def copied(tracker, how):
    return pickle.loads(pickle.dumps(tracker)) if how == "pickled" else copy.deepcopy(tracker)


def given(found, kind):
    """Detections in the form that a program uses."""
    boxes, features = [box for box, _ in found], [feature for _, feature in found]
    if kind == "arrays":
        return Detections(
            np.reshape(boxes, (-1, 4)), np.ones(len(found)), np.reshape(features, (-1, DIM)).astype(np.float32)
        )
    return [Detection(box, 1.0, feature) for box, feature in found]


def assert_same(ours, expected, exactly):
    numbers = ("track_id", "state", "hits", "age", "time_since_update", "_n_init", "_max_age")
    for name in numbers:
        assert [getattr(t, name) for t in ours.tracks] == [getattr(t, name) for t in expected.tracks], name
    for each, other in zip(ours.tracks, expected.tracks, strict=True):
        np.testing.assert_allclose(each.to_tlwh(), other.to_tlwh(), rtol=1e-6, atol=1e-6)
        if exactly:
            np.testing.assert_allclose(each.mean, other.mean, rtol=1e-6, atol=1e-6)
            np.testing.assert_allclose(each.covariance, other.covariance, rtol=1e-6, atol=1e-6)
            assert np.array_equal(each.features, other.features)
    if exactly:
        samples = {number: np.array(features) for number, features in ours.metric.samples.items()}
        assert samples.keys() == expected.metric.samples.keys()
        assert all(np.array_equal(samples[key], expected.metric.samples[key]) for key in samples)


@pytest.mark.parametrize("seed", range(40))
def test_a_program_between_the_steps(seed):
    rng = np.random.default_rng(seed)
    people, budget = int(rng.integers(1, 7)), [None, 1, 3, 100][rng.integers(4)]
    limits = {"max_iou_distance": 0.7, "max_age": int(rng.choice([2, 30])), "n_init": int(rng.integers(1, 4))}
    ours = Tracker(NearestNeighborDistanceMetric("cosine", 0.3, budget), **limits)
    expected = plain.Tracker(plain.Metric(0.3, budget), **limits)
    start, walk = rng.uniform(0, 300, (people, 2)), rng.uniform(-4, 4, (people, 2))
    looks, size = rng.normal(size=(people, DIM)), rng.uniform((20, 60), (50, 120), (people, 2))
    chosen = rng.choice(INTERVENTIONS, 5)
    for frame in range(18):
        for _ in range(rng.integers(0, 3)):
            change, again = chosen[rng.integers(5)], int(rng.integers(10**9))
            for ns, tracker in ((OURS, ours), (PLAIN, expected)):
                change(ns, tracker, np.random.default_rng(again))
        if rng.random() < 0.1:
            how = ["pickled", "copied"][rng.integers(2)]
            ours, expected = copied(ours, how), copied(expected, how)
        there = rng.permutation(np.flatnonzero(rng.random(people) < 0.8))
        boxes = np.hstack([start + frame * walk, size]) + rng.normal(0, 1, (people, 4))
        found = [(boxes[i], looks[i] + 0.1 * rng.normal(size=DIM)) for i in there]
        for tracker in (ours, expected):
            tracker.predict()
        try:
            expected.update([plain.Detection(box, 1.0, feature) for box, feature in found])
        except KeyError:  # a confirmed track without samples, which the program has made
            with pytest.raises(KeyError):
                ours.update(given(found, "list"))
            return
        ours.update(given(found, ["list", "arrays"][rng.integers(2)]))
        assert_same(ours, expected, exactly=rng.random() < 0.2)
    assert_same(ours, expected, exactly=True)
