"""What cannot be tracked is named, as a ValueError, before anything changes, whatever a program did before."""

from __future__ import annotations

import copy

import numpy as np
import pytest

from deep_sort import DeepSort, Detection, Detections, NearestNeighborDistanceMetric, Tracker

FEATURES = np.random.default_rng(0).normal(size=(3, 8)).astype(np.float32)
SCORES = np.array([0.5, 0.7, 0.9])


def boxes(x):
    return np.array([[100.0 * i + x, 50, 40, 100] for i in range(3)])


def detections(x, features=FEATURES):
    return [Detection(box, 0.9, feature) for box, feature in zip(boxes(x), features, strict=True)]


class Fading(NearestNeighborDistanceMetric):
    def distance(self, features, targets):
        return super().distance(features, targets) * 0.9


def driven(kind="usual", frames=4, name="cosine"):
    metric = (Fading if kind == "subclass" else NearestNeighborDistanceMetric)(name, 0.4, 5)
    tracker = Tracker(metric)
    for x in range(frames):
        tracker.predict()
        tracker.update(detections(x))
    if kind == "samples looked at":
        assert tracker.metric.samples is not None
    if kind == "own function":
        old = metric._metric
        metric._metric = lambda x, y: old(x, y)
    tracker.predict()
    return tracker


def state(tracker):
    t = copy.deepcopy(tracker)
    tracks = [
        (
            k.track_id,
            k.state,
            k.hits,
            k.age,
            k.time_since_update,
            np.array(k.features).tolist(),
            list(k.mean),
            k.covariance.tolist(),
        )
        for k in t.tracks
    ]
    return repr((tracks, {k: np.array(v).tolist() for k, v in t.metric.samples.items()}, t._next_id))


def refused(tracker, found, match):
    before = state(tracker)
    with pytest.raises(ValueError, match=match):
        tracker.update(found)
    assert state(tracker) == before


KINDS = ["usual", "samples looked at", "subclass", "own function"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "feature",
    [[np.nan] * 8, [np.inf] + [1] * 7, [0] * 8, [3e38] * 8, [1] * 7, [1] * 9, [], [[1] * 8], 3],
    ids=["nan", "inf", "zero", "too long", "7", "9", "none", "2d", "scalar"],
)
def test_a_bad_feature_is_named_whatever_a_program_did_before(kind, feature):
    found = detections(4)
    found[1] = Detection(found[1].tlwh, 0.9, feature)
    refused(driven(kind), found, "detection 1: its feature")


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("length", [0, 7, 9])
@pytest.mark.parametrize("frames", [1, 4])
def test_all_features_of_another_length_than_before(kind, length, frames):
    refused(driven(kind, frames), detections(4, np.ones((3, length))), "detection 0: its feature")


@pytest.mark.parametrize("wrong", [0, 2])
def test_the_feature_that_differs_from_what_the_tracker_knows_is_named(wrong):
    features = list(FEATURES)
    features[wrong] = FEATURES[wrong][:7]
    refused(driven(), detections(4, features), f"detection {wrong}: its feature")


@pytest.mark.parametrize(
    "bad", [None, (1, 2, 3, 4), np.arange(4.0), "x", {}], ids=["None", "tuple", "array", "str", "dict"]
)
@pytest.mark.parametrize("where", [0, 1, 3])
def test_what_is_no_detection_is_named(bad, where):
    found = detections(4)
    found.insert(where, bad)
    refused(driven(), found, f"detection {where}")


@pytest.mark.parametrize("box", [7, None, [[1, 2, 3, 4]]], ids=["scalar", "None", "2d"])
def test_a_box_that_is_none_is_named(box):
    found = detections(4)
    found[1].tlwh = np.asarray(box, dtype=float)
    refused(driven(), found, "detection 1: its box")


@pytest.mark.parametrize("box", [(1e308, 1e308, 1e308, 1e308), (1, 2, 3, 5e-324), (1, 2, 1e200, 1e-200)])
def test_a_box_too_large_to_be_tracked_is_named(box):
    found = detections(4)
    found[0].tlwh[2:] = 0.5
    found[1] = Detection(box, 0.9, FEATURES[1])
    refused(driven(), found, "detection 1")


@pytest.mark.parametrize(
    "arguments",
    [
        (boxes(4), SCORES[:2], FEATURES),
        (boxes(4), SCORES, FEATURES[:2]),
        (boxes(4), 0.5, FEATURES),
        (boxes(4), SCORES, FEATURES[0, :3]),
        (boxes(4), SCORES, FEATURES, ["a"]),
        (boxes(4), SCORES, FEATURES, ["a"] * 5),
        (boxes(4).reshape(2, 6), SCORES[:2], FEATURES[:2]),
    ],
    ids=["scores", "features", "one score", "1d features", "one label", "five labels", "six columns"],
)
def test_arrays_of_different_lengths_are_refused_at_once(arguments):
    with pytest.raises(ValueError):
        Detections(*arguments)


@pytest.mark.parametrize("make", [iter, lambda d: dict(enumerate(d)).values()], ids=["iterator", "values"])
def test_detections_that_cannot_be_indexed_are_taken_as_a_list(make):
    tracker, other = driven(), driven()
    other.update(detections(4))
    tracker.update(make(detections(4)))
    assert state(tracker) == state(other)


def deep_sort():
    tracker = DeepSort()
    for x in range(4):
        tracker.update(None, boxes(x), SCORES, [0, 0, 0], FEATURES)
    return tracker


def with_value(array, row, column, value):
    array = array.copy()
    array[row, column] = value
    return array


BAD = {
    **{
        f"box {row} {name} {value}": (
            with_value(boxes(4), row, column, value),
            SCORES,
            [0] * 3,
            FEATURES,
            rf"\b{row}: {name}",
        )
        for row in (0, 2)
        for column, name, value in [
            (0, "left", np.nan),
            (1, "top", np.inf),
            (2, "width", -5),
            (2, "width", 0),
            (3, "height", np.nan),
            (3, "height", 0),
            (3, "height", -5),
        ]
    },
    **{
        f"embedding {row} {value}": (
            boxes(4),
            SCORES,
            [0] * 3,
            with_value(FEATURES, row, slice(None), value),
            rf"\b{row}: its feature",
        )
        for row in (0, 2)
        for value in (np.nan, np.inf, 0)
    },
    "nan score": (boxes(4), [np.nan, 0.7, 0.9], [0] * 3, FEATURES, "0"),
    "None score": (boxes(4), [None, 0.7, 0.9], [0] * 3, FEATURES, "0"),
    "shorter embeddings": (boxes(4), SCORES, [0] * 3, FEATURES[:, :7], "feature"),
    "longer embeddings": (boxes(4), SCORES, [0] * 3, np.hstack([FEATURES, FEATURES]), "feature"),
    "no embeddings any more": (boxes(4), SCORES, [0] * 3, None, "feature"),
    "rows of six": (boxes(4).reshape(2, 6), None, None, FEATURES, "shape"),
    "all in a row": (boxes(4).ravel(), SCORES, [0] * 3, FEATURES, "shape"),
    "one more axis": (boxes(4)[np.newaxis], SCORES, [0] * 3, FEATURES, "shape"),
    "three columns": (boxes(4)[:, :3], SCORES, [0] * 3, FEATURES, "shape"),
    "None": (None, SCORES, [0] * 3, FEATURES, "boxes"),
    "fractions of classes": (boxes(4), SCORES, [0.0, 0.7, 0.2], FEATURES, "class"),
}


@pytest.mark.parametrize("name", BAD)
def test_deep_sort_refuses_before_anything_changes(name):
    *arguments, match = BAD[name]
    tracker = deep_sort()
    before = state(tracker.tracker)
    with pytest.raises(ValueError, match=match):
        tracker.update(None, *arguments)
    assert state(tracker.tracker) == before


def test_no_boxes_and_no_embeddings():
    assert len(deep_sort().update(None, [], [], [], [])) == 3


def test_check_refuses_what_update_would_and_changes_nothing():
    tracker = driven()
    before = state(tracker)
    tracker.check(detections(4))
    with pytest.raises(ValueError, match="detection 1: width"):
        tracker.check([*detections(4)[:1], Detection([1, 2, 0, 4], 0.9, FEATURES[0])])
    assert state(tracker) == before
