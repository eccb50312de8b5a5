"""Which images make a batch, and getting batches ready ahead of the training step."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import numpy as np

Batch = TypeVar("Batch")


def unlabelled_in_batch(labels: np.ndarray, batch_size: int, images_per_identity: int, fraction: float) -> int:
    """How many images of a batch are of nobody known: about `fraction`, so that whole groups fill the rest."""
    if (labels >= 0).all():
        return 0
    groups = max(1, round((1.0 - fraction) * batch_size / images_per_identity))
    return batch_size - groups * images_per_identity


def steps_per_epoch(labels: np.ndarray, labelled: int, images_per_identity: int) -> int:
    """Number of batches, each of so many labelled images, that `identity_batches` makes (at least 1)."""
    groups = -(-np.bincount(labels[labels >= 0]) // images_per_identity)
    return max(1, int(groups.sum()) * images_per_identity // labelled)


def identity_batches(
    labels: np.ndarray, batch_size: int, images_per_identity: int, rng: np.random.Generator, unlabelled: int = 0
) -> np.ndarray:
    """Deal one epoch into batches of a few images of each of several identities.

    Each identity's images are shuffled and dealt in groups of `images_per_identity`, the last group filled
    up with other images of the same identity; the groups are shuffled in turn (Hermans et al., "In Defense
    of the Triplet Loss", 2017). Images of nobody known are dealt beside them, as often as batches have room.

    Parameters
    ----------
    labels : ndarray
        (N,) int, 0 to C-1; below 0 for images of nobody known.
    batch_size : int
        Images in a batch; without `unlabelled` a multiple of `images_per_identity`.
    images_per_identity : int
        Images in a group.
    rng : Generator
        Source of the order.
    unlabelled : int
        How many of a batch are of nobody known.

    Returns
    -------
    ndarray
        (steps, batch_size) indices into `labels`; the groups left over are dropped.
    """
    groups = []
    for label in range(labels.max() + 1):
        members = rng.permutation(np.flatnonzero(labels == label))
        short = -len(members) % images_per_identity
        members = np.append(members, rng.choice(members, short))
        groups.append(members.reshape(-1, images_per_identity))
    dealt = rng.permutation(np.concatenate(groups)).ravel()
    labelled = batch_size - unlabelled
    steps = steps_per_epoch(labels, labelled, images_per_identity)
    batches = np.resize(dealt, (steps, labelled))
    if unlabelled:
        others = np.resize(rng.permutation(np.flatnonzero(labels < 0)), (steps, unlabelled))
        batches = np.concatenate([batches, others], axis=1)
    return batches


def prefetch(make: Callable[[int], Batch], steps: range, ahead: int = 6) -> Iterator[Batch]:
    """Make batches in another thread, a few ahead of their use.

    Parameters
    ----------
    make : callable
        Makes the batch of a step; must depend on nothing but the step.
    steps : range
        The steps to make batches of.
    ahead : int
        Batches to hold ready.

    Yields
    ------
    batch
        What `make` returns, in the order of `steps`.
    """
    with ThreadPoolExecutor(1) as thread:
        waiting = deque(thread.submit(make, step) for step in steps[:ahead])
        try:
            for step in range(len(steps)):
                if step + ahead < len(steps):
                    waiting.append(thread.submit(make, steps[step + ahead]))
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
