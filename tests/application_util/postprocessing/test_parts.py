"""Each part of post-processing equals the plain, slow way to do it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from application_util.errors import UserError
from application_util.files.detection_file import DetectionFile
from application_util.postprocessing import linking, smoothing
from application_util.postprocessing.appearance import mean_features
from application_util.postprocessing.gaps import fill_gaps
from application_util.postprocessing.linking import link_tracks
from application_util.postprocessing.short_tracks import drop_short_tracks
from application_util.postprocessing.smoothing import smooth
from application_util.postprocessing.track_boxes import track_boxes
from tests.application_util.postprocessing import plain


def wander(seed, tracks=4, frames=60, missing=0.4):
    """Return rows of tracks that wander, with gaps, in random order."""
    rng = np.random.default_rng(seed)
    rows = []
    for track in range(1, tracks + 1):
        first = rng.integers(1, frames // 2)
        there = np.arange(first, rng.integers(first + 1, frames))
        there = there[rng.random(len(there)) >= missing]
        place = rng.uniform(0, 300, 4) + np.cumsum(rng.normal(0, 3, (len(there), 4)), axis=0)
        rows += [[frame, track, *box, 1] for frame, box in zip(there, np.abs(place) + 5, strict=True)]
    return np.array(rows)[rng.permutation(len(rows))] if rows else np.empty((0, 7))


def as_rows(tracks):
    return np.column_stack([tracks.frames, tracks.ids, tracks.boxes])


def sort(rows):
    rows = np.array(rows, dtype=float).reshape(-1, 6)
    return rows[np.lexsort((rows[:, 0], rows[:, 1]))]


@given(st.integers(0, 10**6), st.integers(0, 12))
@settings(max_examples=60)
def test_gaps_are_filled_as_plainly(seed, longest):
    rows = wander(seed)
    tracks = track_boxes(rows, "result.txt")
    filled = fill_gaps(tracks, longest)
    assert np.array_equal(as_rows(filled)[: len(rows)], rows[:, :6])
    np.testing.assert_allclose(sort(as_rows(filled)[len(rows) :]), sort(plain.fill(rows, longest)), atol=1e-9)
    assert filled.filled.tolist() == [False] * len(rows) + [True] * (len(filled) - len(rows))
    assert len(fill_gaps(filled, longest)) == len(filled)
    for track in np.unique(filled.ids):  # nothing before the first box, nothing after the last
        assert (filled.frames[filled.ids == track].min(), filled.frames[filled.ids == track].max()) == (
            rows[rows[:, 1] == track, 0].min(),
            rows[rows[:, 1] == track, 0].max(),
        )


@pytest.mark.parametrize("scale", [0.5, 4.0, 15.0, 40.0])
@pytest.mark.parametrize("seed", range(4))
def test_smoothing_is_as_plain(seed, scale):
    rows = wander(seed)
    smoothed = smooth(track_boxes(rows, "result.txt"), scale)
    np.testing.assert_allclose(sort(as_rows(smoothed)), sort(plain.smooth(rows, scale)), atol=1e-6)


@pytest.mark.parametrize("scale", [2.0, 15.0])
def test_a_long_track_smoothed_in_blocks_is_as_smoothed_at_once(scale):
    rng = np.random.default_rng(0)
    frames = np.flatnonzero(rng.random(1200) < 0.9)
    boxes = 500 + np.cumsum(rng.normal(0, 3, (len(frames), 4)), axis=0)
    rows = np.column_stack([frames, np.ones(len(frames)), boxes])
    assert len(rows) > 2 * smoothing.BLOCK
    smoothed = smooth(track_boxes(rows, "result.txt"), scale)
    np.testing.assert_allclose(sort(as_rows(smoothed)), sort(plain.smooth(rows, scale)), atol=0.002)


def test_straight_ways_stay():
    frames = np.arange(1, 200)
    rows = np.column_stack([frames, np.ones(199), 3 * frames, 500 - frames, 40 + 0.1 * frames, 90 + 0.2 * frames])
    tracks = track_boxes(rows, "result.txt")
    np.testing.assert_allclose(smooth(tracks, 15).boxes, tracks.boxes, atol=1e-8)
    short = tracks.select(np.arange(2))
    assert smooth(short, 15).boxes.tolist() == short.boxes.tolist()


def test_noise_becomes_less():
    rng = np.random.default_rng(0)
    frames = np.arange(1, 300)
    way = 200 + 100 * np.sin(frames / 50)
    rows = np.column_stack([frames, np.ones(299), *[way + rng.normal(0, 4, 299) for _ in range(4)]])
    errors = smooth(track_boxes(rows, "result.txt"), 15).boxes - way[:, np.newaxis]
    assert np.abs(errors).mean() < 0.5 * np.abs(rows[:, 2:6] - way[:, np.newaxis]).mean()


def test_short_tracks_are_dropped_whatever_fills_them():
    rows = np.array([[f, t, 1, 1, 9, 9, 1] for t, n in ((1, 2), (2, 3), (7, 4)) for f in range(1, 2 * n, 2)])
    tracks = fill_gaps(track_boxes(rows, "result.txt"), 5)
    kept = drop_short_tracks(tracks, 3)
    assert sorted(set(kept.ids.tolist())) == [2, 7]
    assert len(kept) == 5 + 7
    assert len(drop_short_tracks(tracks, 1)) == len(tracks)
    assert len(drop_short_tracks(tracks, 9)) == 0


def features_of(rng, ids, dim=3):
    found = {int(track): rng.normal(1, 0.6, dim) for track in ids}
    return {track: feature / np.linalg.norm(feature) for track, feature in found.items()}


@given(st.integers(0, 10**6))
@settings(max_examples=80)
def test_tracks_are_joined_as_by_trying_all(seed):
    rng = np.random.default_rng(seed)
    rows = []
    for track in range(1, 7):
        first, length, place = rng.integers(1, 60), rng.integers(1, 20), rng.uniform(0, 40, 2)
        velocity = rng.normal(0, 0.5, 2)
        for frame in range(first, first + length):
            rows.append([frame, track, *(place + velocity * (frame - first)), 20, rng.uniform(48, 52)])
    rows = np.array(rows)
    features = features_of(rng, rng.permutation(np.arange(1, 7))[:5])
    links = plain.link(rows, features, 30, 0.3, linking.NEAR, linking.VELOCITY_BOXES)
    joined = link_tracks(track_boxes(rows, "result.txt"), features, 30, 0.3)
    for before, after in zip(rows[:, 1].astype(int).tolist(), joined.ids.tolist(), strict=True):
        while before in links:
            before = links[before]
        assert after == before
    assert np.array_equal(as_rows(joined)[:, [0, 2, 3, 4, 5]], rows[:, [0, 2, 3, 4, 5]])
    track_boxes(as_rows(joined), "result.txt")  # no track is twice in a frame


def person(track, frames, left, feature):
    """Return rows of a result, and of detections, of somebody who walks right by 2 pixels a frame."""
    rows = [[frame, track, left + 2 * frame, 50, 20, 50, 1] for frame in frames]
    return rows, [[row[0], -1, *row[2:7], -1, -1, -1, *feature] for row in rows]


def linked_ids(tmp_path, *people, longest=60):
    rows, detections = (np.concatenate(each) for each in zip(*people, strict=True))
    np.save(tmp_path / "SEQ.npy", detections)
    tracks = track_boxes(rows, "result.txt")
    features = mean_features(tracks, DetectionFile(tmp_path / "SEQ.npy"))
    joined = link_tracks(tracks, features, longest, 0.2)
    return dict(zip(tracks.ids.tolist(), joined.ids.tolist(), strict=True))


def test_a_person_is_joined_again_and_again(tmp_path):
    parts = [(1, range(1, 20)), (4, range(30, 50)), (9, range(60, 61)), (12, range(66, 80))]
    people = [person(track, frames, 0, (1, 0, 0.1)) for track, frames in parts]
    assert linked_ids(tmp_path, *people) == {1: 1, 4: 1, 9: 1, 12: 1}


@pytest.mark.parametrize(
    "other",
    [
        person(2, range(30, 50), 0, (0, 1, 0)),  # looks otherwise
        person(2, range(30, 50), 80, (1, 0, 0)),  # is elsewhere
        person(2, range(19, 50), 0, (1, 0, 0)),  # both are in frame 19
        person(2, range(80, 90), 0, (1, 0, 0)),  # too late
    ],
)
def test_others_are_not_joined(tmp_path, other):
    assert linked_ids(tmp_path, person(1, range(1, 20), 0, (1, 0, 0)), other) == {1: 1, 2: 2}


def test_the_nearer_of_two_goes_on(tmp_path):
    people = [(1, range(1, 20), 0), (2, range(1, 20), 18), (3, range(25, 50), 0), (4, range(25, 50), 18)]
    found = linked_ids(tmp_path, *(person(*each, (1, 0, 0)) for each in people))
    assert found == {1: 1, 2: 2, 3: 1, 4: 2}


def test_features_are_those_of_the_boxes_that_agree(tmp_path):
    rows, detections = person(1, range(1, 4), 0, (2.0, 0, 0))
    detections[1][10:] = (0, 5.0, 0)
    detections[2][2] += 60  # another person: no detection of the track in frame 3
    detections += [[9, -1, 0, 0, 5, 5, 1, -1, -1, -1, 0, 0, 1]]
    np.save(tmp_path / "SEQ.npy", np.array(detections))
    tracks = track_boxes(np.array([*rows, [9, 2, 300, 300, 5, 5, 1]]), "result.txt")
    found = mean_features(tracks, DetectionFile(tmp_path / "SEQ.npy"))
    assert list(found) == [1]
    np.testing.assert_allclose(found[1], np.array([1, 1, 0]) / np.sqrt(2))


def test_two_boxes_of_a_track_in_a_frame_are_refused():
    rows = np.array([[1, 1, 0, 0, 9, 9], [2, 1, 0, 0, 9, 9], [2, 1, 5, 5, 9, 9]])
    with pytest.raises(UserError, match=r"result\.txt: row 3: id 1 has another box in frame 2 already"):
        track_boxes(rows, "result.txt")
