"""How far apart images of the same and of different people are, and what that means for tracking."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.reid.data import DISTRACTOR, ReidImages

ROWS_AT_ONCE = 512
BINS = 400
WIDEST = 2.0


@dataclass(frozen=True)
class DistanceCounts:
    """Histograms of cosine distances between pairs of images, in `BINS` bins from 0 to 2.

    Parameters
    ----------
    same_camera : ndarray
        Pairs of one person seen by one camera, as a tracker meets them.
    other_camera : ndarray
        Pairs of one person seen by two cameras.
    different : ndarray
        Pairs of two people seen by one camera.
    """

    same_camera: np.ndarray
    other_camera: np.ndarray
    different: np.ndarray

    @property
    def edges(self) -> np.ndarray:
        """(BINS + 1,) edges of the bins."""
        return np.linspace(0.0, WIDEST, BINS + 1)


def count_distances(features: np.ndarray, data: ReidImages) -> DistanceCounts:
    """Count the distances of all pairs of images of known people.

    Parameters
    ----------
    features : ndarray
        (N, M), rows of unit length.
    data : ReidImages
        Identities and cameras of the rows; junk and distractors are left out.
    """
    known = data.identities > DISTRACTOR
    features, people, cameras = features[known], data.identities[known], data.cameras[known]
    counts = np.zeros((3, BINS), np.int64)
    for start in range(0, len(features), ROWS_AT_ONCE):
        rows = slice(start, start + ROWS_AT_ONCE)
        distances = 1.0 - features[rows] @ features.T
        bins = np.clip((distances * (BINS / WIDEST)).astype(int), 0, BINS - 1)
        later = np.arange(len(features)) > np.arange(start, start + len(bins))[:, None]
        person = people[rows, None] == people
        camera = cameras[rows, None] == cameras
        for row, pairs in enumerate((person & camera, person & ~camera, ~person & camera)):
            counts[row] += np.bincount(bins[pairs & later], minlength=BINS)
    return DistanceCounts(*counts)


def fraction_within(counts: np.ndarray, distance: float) -> float:
    """Fraction of the counted pairs that are at most so far apart, to the width of a bin."""
    return float(counts[: round(distance * BINS / WIDEST)].sum() / max(1, counts.sum()))


def recommended_distance(counts: DistanceCounts, confused: float = 0.01) -> float:
    """The largest distance at which at most a given fraction of pairs of different people would match.

    Parameters
    ----------
    counts : DistanceCounts
        Of people that the network has not been trained on.
    confused : float
        Fraction of the pairs of different people within the distance.
    """
    fraction = np.cumsum(counts.different) / max(1, counts.different.sum())
    return float(counts.edges[np.searchsorted(fraction, confused, side="right")])
