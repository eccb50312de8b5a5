from __future__ import annotations

import threading

import numpy as np
import pytest

from tests.support.crops import picture
from tools.reid.augmentation import Augmentation
from tools.reid.sampling import identity_batches, prefetch, steps_per_epoch

LABELS = np.repeat(np.arange(7), [1, 2, 4, 5, 8, 9, 40])
NOTHING = Augmentation(
    shift=0, zoom=0, colour_probability=0, grey_probability=0, degrade_probability=0, erase_probability=0
)


def test_batches_are_groups_of_one_identity():
    batches = identity_batches(LABELS, 8, 4, np.random.default_rng(0))
    assert batches.shape == (steps_per_epoch(LABELS, 8, 4), 8)
    for group in LABELS[batches].reshape(-1, 4):
        assert len(set(group)) == 1


def test_an_epoch_shows_almost_every_image():
    batches = identity_batches(LABELS, 8, 4, np.random.default_rng(0))
    groups = sum(-(-count // 4) for count in np.bincount(LABELS))
    assert len(batches) == groups * 4 // 8
    assert len(np.unique(batches)) >= len(LABELS) - 4  # at most one group is left over


def test_order_follows_from_the_seed():
    first, again, other = (identity_batches(LABELS, 8, 4, np.random.default_rng(seed)) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_fewer_images_than_a_batch():
    assert identity_batches(np.array([0, 1]), 16, 4, np.random.default_rng(0)).shape == (1, 16)


def test_prefetch_keeps_the_order_and_bounds_what_waits():
    made = []

    def make(step: int) -> int:
        made.append(step)
        return step * step

    steps = range(5, 30)
    taken = []
    for value in prefetch(make, steps, ahead=3):
        taken.append(value)
        assert len(made) <= len(taken) + 3
    assert taken == [step * step for step in steps]


def test_prefetch_passes_errors_on_and_leaves_no_thread():
    def make(step: int) -> int:
        if step == 4:
            raise OSError("gone")
        return step

    threads = threading.active_count()
    with pytest.raises(OSError, match="gone"):
        list(prefetch(make, range(10)))
    assert threading.active_count() == threads


def test_augmentation_follows_from_the_generator():
    images = np.stack([picture(person, 0) for person in range(20)])
    first, again, other = (Augmentation()(images, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first.shape == images.shape
    assert first.dtype == np.uint8
    np.testing.assert_array_equal(first, again)
    assert (first != other).any()


def test_no_augmentation_leaves_or_mirrors():
    images = np.stack([picture(person, 0) for person in range(40)])
    changed = NOTHING(images, np.random.default_rng(0))
    kept = (changed == images).all(axis=(1, 2, 3))
    mirrored = (changed == images[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (kept | mirrored).all()
    assert kept.any()
    assert mirrored.any()


@pytest.mark.parametrize(
    "name", ["colour_probability", "grey_probability", "degrade_probability", "erase_probability"]
)
def test_each_change_happens(name):
    settings = {"colour": 0.25, "shift": 0.0, "zoom": 0.0}
    only = Augmentation(**{**{key: 0.0 for key in vars(NOTHING)}, **settings, name: 1.0})
    images = np.stack([picture(person, 0, (64, 32)) for person in range(20)])
    changed = only(images, np.random.default_rng(0))
    untouched = (changed == images).all(axis=(1, 2, 3)) | (changed == images[:, :, ::-1]).all(axis=(1, 2, 3))
    assert not untouched.any()


def test_originals_are_left_alone():
    images = np.stack([picture(person, 0) for person in range(20)])
    before = images.copy()
    Augmentation()(images, np.random.default_rng(0))
    np.testing.assert_array_equal(images, before)
