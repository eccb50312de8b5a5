"""How well features find a person again: the ranking protocol of Market-1501."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from application_util.errors import UserError
from tools.reid.data import JUNK, ReidImages

QUERIES_AT_ONCE = 256


@dataclass(frozen=True)
class RankingScores:
    """Scores of a ranking, as fractions of 1.

    Parameters
    ----------
    cmc : dict
        Rank k to the share of queries with a right image among the first k.
    mean_average_precision : float
        Mean over queries of the mean precision at each right image.
    queries : int
        Queries with at least one right image in the gallery; others are left out.
    """

    cmc: dict[int, float]
    mean_average_precision: float
    queries: int

    def __str__(self) -> str:
        ranks = ", ".join(f"rank-{rank} {100 * share:.2f} %" for rank, share in self.cmc.items())
        return f"{ranks}, mAP {100 * self.mean_average_precision:.2f} % ({self.queries} queries)"


def rank_gallery(
    query_features: np.ndarray,
    gallery_features: np.ndarray,
    query: ReidImages,
    gallery: ReidImages,
    ranks: Sequence[int] = (1, 5, 10),
) -> RankingScores:
    """Rank the gallery for each query by cosine distance (Zheng et al., ICCV 2015).

    Left out of a query's ranking: images of the same identity from the same camera, and junk
    (identity -1). Distractors (identity 0) stay and are always wrong.

    Parameters
    ----------
    query_features, gallery_features : ndarray
        (Q, M) and (G, M), rows of unit length.
    query, gallery : ReidImages
        Identities and cameras of the rows; the images are not looked at.
    ranks : sequence of int
        The ranks to report.

    Returns
    -------
    RankingScores
        Single-query scores.

    Raises
    ------
    UserError
        If no query has a right image in the gallery.
    """
    check_rankable(query, gallery)
    kept = gallery.identities != JUNK
    features, people, cameras = gallery_features[kept], gallery.identities[kept], gallery.cameras[kept]
    first_hits, precisions = [], []
    for start in range(0, len(query), QUERIES_AT_ONCE):
        rows = slice(start, start + QUERIES_AT_ONCE)
        same_person = query.identities[rows, None] == people
        left_out = same_person & (query.cameras[rows, None] == cameras)
        similarity = query_features[rows] @ features.T
        similarity[left_out] = -np.inf
        order = np.argsort(-similarity, axis=1, kind="stable")
        hits = np.take_along_axis(same_person & ~left_out, order, axis=1)
        hits = hits[hits.any(axis=1)]
        first_hits.append(hits.argmax(axis=1))
        row, rank = np.nonzero(hits)
        counts = hits.sum(axis=1)
        nth = np.arange(1, len(row) + 1) - np.repeat(np.cumsum(counts) - counts, counts)
        precisions.append(np.bincount(row, nth / (rank + 1), len(hits)) / counts)
    first_hit, precision = np.concatenate(first_hits), np.concatenate(precisions)
    cmc = {rank: float(np.mean(first_hit < rank)) for rank in ranks}
    return RankingScores(cmc, float(precision.mean()), len(first_hit))


def check_rankable(query: ReidImages, gallery: ReidImages) -> None:
    """Refuse queries and a gallery that no score can be computed of.

    Raises
    ------
    UserError
        If no query has an image of the same identity from another camera in the gallery.
    """
    cameras: dict[int, set[int]] = {}
    for identity, camera in zip(gallery.identities, gallery.cameras, strict=True):
        cameras.setdefault(identity, set()).add(camera)
    cameras.pop(JUNK, None)
    pairs = zip(query.identities, query.cameras, strict=True)
    if not any(cameras.get(identity, set()) - {camera} for identity, camera in pairs):
        raise UserError(
            f"nothing to rank: of {len(query)} queries none has an image of the same identity from another camera "
            f"among the {len(gallery)} of the gallery"
        )


def pool_tracklets(features: np.ndarray, data: ReidImages) -> tuple[np.ndarray, ReidImages]:
    """One feature a tracklet: the mean of its images' features, brought to unit length.

    Parameters
    ----------
    features : ndarray
        (N, M), rows of unit length.
    data : ReidImages
        The N images.

    Returns
    -------
    tuple
        (T, M) features, and the first image of each of the T tracklets.
    """
    _, first, tracklet = np.unique(data.tracklets, return_index=True, return_inverse=True)
    pooled = np.zeros((len(first), features.shape[1]), features.dtype)
    np.add.at(pooled, tracklet, features)
    return pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-12), data[first]


def split_queries(data: ReidImages, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Choose queries among held-out images: one image of each identity and camera, the rest is the gallery.

    Images of unknown cameras (below 0) count as one camera's here, so that not all of them are queries.

    Parameters
    ----------
    data : ReidImages
        Images of people that were not trained on.
    seed : int
        Seed of the choice.

    Returns
    -------
    tuple of ndarray
        Indices of the queries and of the gallery.
    """
    order = np.random.default_rng(seed).permutation(len(data))
    seen = np.stack([data.identities[order], np.maximum(data.cameras[order], -1)], axis=1)
    _, first = np.unique(seen, axis=0, return_index=True)
    chosen = np.zeros(len(data), bool)
    chosen[order[first]] = True
    return np.flatnonzero(chosen), np.flatnonzero(~chosen)
