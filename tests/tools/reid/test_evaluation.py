from __future__ import annotations

import numpy as np
import pytest

from application_util.errors import UserError
from tools.reid.data import ReidImages
from tools.reid.evaluation import pool_tracklets, rank_gallery, split_queries


def people(identities, cameras, tracklets=None) -> ReidImages:
    count = len(identities)
    tracklets = np.arange(count) if tracklets is None else np.asarray(tracklets)
    return ReidImages(np.zeros((count, 1, 1, 3), np.uint8), np.asarray(identities), np.asarray(cameras), tracklets)


def unit(rng, count, dim=6) -> np.ndarray:
    features = rng.normal(size=(count, dim))
    return features / np.linalg.norm(features, axis=1, keepdims=True)


def slow_scores(query_features, gallery_features, query, gallery, ranks):
    """The protocol, a query and an image at a time."""
    hits_at, precisions = {rank: [] for rank in ranks}, []
    for feature, person, camera in zip(query_features, query.identities, query.cameras, strict=True):
        ranking = []
        for other, other_person, other_camera in zip(
            gallery_features, gallery.identities, gallery.cameras, strict=True
        ):
            if other_person == -1 or (other_person == person and other_camera == camera):
                continue
            ranking.append((1.0 - float(feature @ other), bool(other_person == person)))
        ranking.sort(key=lambda pair: pair[0])
        right = [hit for _, hit in ranking]
        if not any(right):
            continue
        for rank in ranks:
            hits_at[rank].append(any(right[:rank]))
        found, precision = 0, []
        for place, hit in enumerate(right, start=1):
            if hit:
                found += 1
                precision.append(found / place)
        precisions.append(sum(precision) / len(precision))
    return {rank: np.mean(hits) for rank, hits in hits_at.items()}, np.mean(precisions), len(precisions)


@pytest.mark.parametrize("seed", range(8))
def test_same_as_the_slow_obvious_way(seed):
    rng = np.random.default_rng(seed)
    query = people(rng.integers(1, 12, 300), rng.integers(1, 4, 300))  # more than one block of queries
    gallery = people(rng.integers(-1, 15, 200), rng.integers(1, 4, 200))  # junk, distractors, strangers
    query_features, gallery_features = unit(rng, 300), unit(rng, 200)
    cmc, precision, queries = slow_scores(query_features, gallery_features, query, gallery, (1, 5, 10))
    scores = rank_gallery(query_features, gallery_features, query, gallery)
    assert scores.queries == queries
    assert scores.cmc == pytest.approx(cmc)
    assert scores.mean_average_precision == pytest.approx(precision)


def test_by_hand():
    # Ranking by distance: same camera (left out), junk (left out), distractor, stranger, right, right.
    angles = np.array([0.0, 0.1, 0.2, 0.3, 0.4, 0.5])
    gallery_features = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    gallery = people([7, -1, 0, 8, 7, 7], [1, 2, 2, 2, 2, 3])
    scores = rank_gallery(np.array([[1.0, 0.0]]), gallery_features, people([7], [1]), gallery, ranks=(1, 2, 3))
    assert scores.cmc == {1: 0.0, 2: 0.0, 3: 1.0}
    assert scores.mean_average_precision == pytest.approx((1 / 3 + 2 / 4) / 2)


def test_queries_without_a_right_image_are_left_out():
    gallery = people([1, 2], [2, 1])
    features = np.eye(2)
    scores = rank_gallery(features, features, people([1, 2], [1, 1]), gallery)
    assert (scores.queries, scores.cmc[1]) == (1, 1.0)


@pytest.mark.parametrize(
    "gallery",
    [
        people([], []),
        people([3, 0], [2, 2]),  # a stranger, a distractor
        people([2, 2], [1, 1]),  # the same camera only
        people([-1], [2]),
    ],
)
def test_nothing_to_rank_is_an_error(gallery):
    features = unit(np.random.default_rng(0), 3)
    query = people([2, 2, -1], [1, 1, 1])
    with pytest.raises(UserError, match=f"of 3 queries none .* among the {len(gallery)} of the gallery"):
        rank_gallery(features, features[: len(gallery)], query, gallery)


def test_tracklets_count_once():
    features = np.array([[1.0, 0.0], [0.0, 1.0], [0.6, 0.8], [0.0, -1.0]])
    pooled, first = pool_tracklets(features, people([5, 6, 5, 6], [1, 2, 1, 3], [4, 9, 4, 7]))
    np.testing.assert_array_equal(first.identities, [5, 6, 6])
    np.testing.assert_array_equal(first.cameras, [1, 3, 2])
    np.testing.assert_allclose(pooled[0], np.array([1.6, 0.8]) / np.hypot(1.6, 0.8))
    np.testing.assert_allclose(pooled[1:], [[0.0, -1.0], [0.0, 1.0]])


def test_queries_are_one_of_each_person_and_camera():
    rng = np.random.default_rng(0)
    data = people(rng.integers(1, 6, 100), rng.integers(1, 4, 100))
    query, gallery = split_queries(data)
    assert sorted([*query, *gallery]) == list(range(100))
    pairs = set(zip(data.identities[query], data.cameras[query], strict=True))
    assert len(pairs) == len(query)
    assert pairs == set(zip(data.identities, data.cameras, strict=True))


def test_without_known_cameras_one_image_of_each_person_is_a_query():
    data = people([1, 1, 1, 2, 2], [-1, -2, -3, -4, -5])
    query, gallery = split_queries(data)
    assert sorted(data.identities[query]) == [1, 2]
    features = np.eye(3)[data.identities]
    scores = rank_gallery(features[query], features[gallery], data[query], data[gallery])
    assert (scores.queries, scores.cmc[1], scores.mean_average_precision) == (2, 1.0, 1.0)
