"""Each part, and all together, give what a plain, slow implementation gives."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application_util.association.create import create_tracker
from application_util.association.tracker import AssociationTracker
from application_util.settings import TrackerSettings
from deep_sort import Detection, NearestNeighborDistanceMetric, Tracker
from deep_sort.detection import Detections
from tests.deep_sort.test_numerics import scene
from tests.support.plain_association import PlainAssociation, PlainSighting

PARTS: dict[str, Sequence[Any]] = {
    "motion_weight": [0.02, 0.5, 1.0],
    "ema_alpha": [0.0, 0.9],
    "nsa_noise": [True],
    "no_cascade": [True],
    "low_confidence": [0.2],
    "class_aware": [True],
    "tentative_grace": [1, 3],
    "camera_motion": ["ecc"],
}
SURE = 0.5


def sightings(seed: int, dim: int = 16, people: int = 9) -> list[list[PlainSighting]]:
    """People of two kinds who look alike and are found more or less surely, below 0 and above 1 included."""
    rng = np.random.default_rng(seed)
    alike = rng.normal(size=dim).astype(np.float32)
    found = []
    for frame in scene(seed, people=people, dim=dim, noise=0.06):
        confidences, labels = rng.uniform(-0.2, 1.3, len(frame)), rng.integers(0, 5, len(frame)) // 4
        found.append(
            [
                PlainSighting(box, feature + alike, confidence, label)
                for (box, feature), confidence, label in zip(frame, confidences, labels, strict=True)
            ]
        )
    return found


def cameras(seed: int, frames: int) -> list[np.ndarray]:
    """Motions of a camera that turns, zooms and pans, but in the first frame."""
    rng = np.random.default_rng(seed + 1)
    motions = [np.eye(2, 3)]
    for turn, zoom, *shift in rng.normal((0, 1, 0, 0), (0.01, 0.01, 4, 4), (frames - 1, 4)):
        c, s = zoom * np.cos(turn), zoom * np.sin(turn)
        motions.append(np.array([[c, -s, shift[0]], [s, c, shift[1]]]))
    return motions


def track(found, values: dict, arrays: bool, motions: list | None) -> list[tuple]:
    chosen = TrackerSettings(min_confidence=SURE, max_cosine_distance=0.3, nn_budget=20, **values)
    tracker = create_tracker(chosen, by_class=chosen.class_aware)
    rows = []
    for number, frame in enumerate(found):
        frame = [each for each in frame if each.confidence >= chosen.lowest_confidence]
        detections: list[Detection] | Detections
        detections = [Detection(each.box, each.confidence, each.feature, each.label) for each in frame]
        if arrays and frame:
            columns = zip(*((each.box, each.confidence, each.feature, each.label) for each in frame), strict=True)
            detections = Detections(*columns)
        tracker.predict(None if motions is None else motions[number])
        tracker.update(detections)
        rows += [
            (number, each.track_id, each.to_tlwh())
            for each in tracker.tracks
            if each.is_confirmed() and each.time_since_update <= 1
        ]
    return rows


def track_plainly(found, values: dict, motions: list | None) -> list[tuple]:
    values = {name: value for name, value in values.items() if name != "camera_motion"}
    low = values.pop("low_confidence", None)
    lowest = SURE if low is None else low
    tracker = PlainAssociation(0.3, 20, min_confidence=None if low is None else SURE, **values)
    rows = []
    for number, frame in enumerate(found):
        frame = [each for each in frame if each.confidence >= lowest]
        rows += [(number, *row) for row in tracker.step(frame, None if motions is None else motions[number])]
    return rows


def assert_same(found, values: dict, arrays: bool = True, seed: int = 0) -> list[tuple]:
    motions = cameras(seed, len(found)) if "camera_motion" in values else None
    rows, expected = track(found, values, arrays, motions), track_plainly(found, values, motions)
    assert [row[:2] for row in rows] == [row[:2] for row in expected]
    if rows:
        boxes, plain = (np.array([row[2] for row in each]) for each in (rows, expected))
        assert np.abs(boxes - plain).max() <= 1e-7 * np.abs(plain).max()
    return rows


@pytest.mark.parametrize("arrays", [True, False])
@pytest.mark.parametrize(("part", "value"), [(part, value) for part, values in PARTS.items() for value in values])
def test_each_part(part, value, arrays):
    """And it matters: in a crowd, without it the tracks are others."""
    assert len(assert_same(sightings(1), {part: value}, arrays)) > 50

    def boxes(found, values):
        motions = cameras(0, len(found)) if "camera_motion" in values else None
        return [(number, name, *box.round(6)) for number, name, box in track(found, values, arrays, motions)]

    crowds = (sightings(seed, people=25) for seed in range(8))
    assert any(boxes(crowd, {part: value}) != boxes(crowd, {}) for crowd in crowds)


@pytest.mark.parametrize("seed", range(3))
def test_motion_alone_where_there_are_no_features(seed):
    found = sightings(seed, dim=0)
    rows = assert_same(found, {"motion_weight": 0.02, "no_cascade": True})
    assert len(rows) > len(track(found, {}, True, None)) > 0


@settings(max_examples=25, deadline=None)
@given(
    st.integers(0, 10**6),
    st.fixed_dictionaries({}, optional={name: st.sampled_from(values) for name, values in PARTS.items()}),
    st.booleans(),
    st.sampled_from([0, 16]),
)
def test_any_of_them_together(seed, values, arrays, dim):
    if dim == 0:
        values.pop("ema_alpha", None)
    assert_same(sightings(seed, dim), values, arrays, seed)


def test_nothing_asked_for_is_the_tracker_itself():
    assert type(create_tracker(TrackerSettings())) is Tracker
    assert type(create_tracker(TrackerSettings(class_aware=True, ema_alpha=0.5), by_class=True)) is Tracker
    for name, values in PARTS.items():
        kind = type(create_tracker(TrackerSettings(**{name: values[0]})))
        assert (kind is Tracker) == (name in ("ema_alpha", "class_aware", "camera_motion"))


@pytest.mark.parametrize("seed", range(3))
def test_the_same_tracks_with_all_parts_off(seed):
    kinds = {Tracker: [], AssociationTracker: []}
    for kind, rows in kinds.items():
        tracker = kind(NearestNeighborDistanceMetric("cosine", 0.3, 20))
        for frame in sightings(seed):
            tracker.predict()
            tracker.update([Detection(each.box, each.confidence, each.feature) for each in frame])
            rows += [(each.track_id, *each.to_tlwh()) for each in tracker.tracks]
    np.testing.assert_allclose(*map(np.array, kinds.values()), rtol=1e-9)


def test_pairs_of_parts():
    names = [name for name in PARTS if name != "camera_motion"]
    found = sightings(3)[:25]
    for one, other in itertools.combinations(names, 2):
        assert_same(found, {one: PARTS[one][-1], other: PARTS[other][-1]})
