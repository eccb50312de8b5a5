"""What galleries tell of near and far is true to the last of their features."""

from __future__ import annotations

import numpy as np
import pytest

from deep_sort.gallery import BoundedGalleries, Galleries


@pytest.mark.parametrize("kind", [Galleries, BoundedGalleries])
@pytest.mark.parametrize("farthest", [0.05, 0.2, 0.49, 0.66, 0.95])
def test_a_query_just_within_reach_of_one_feature_is_near(kind, farthest):
    def at(*angles):
        return np.column_stack([np.cos(angles), np.sin(angles)])

    galleries, width, reach = kind(5, np.multiply), 0.3, np.arccos(1 - farthest)
    for feature in at(width, -width):
        galleries.add([1], feature[None], np.ones(1), feature[None])
    galleries.keep([1])
    queries = at(width + reach - 0.003, width + reach + 0.003)  # the nearest feature is not the newest
    for _ in range(3):  # centres are found once they are asked for
        assert galleries.near_pairs([1], queries, np.zeros(2, int), np.arange(2), farthest).tolist() == [0]
