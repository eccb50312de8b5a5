from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np
import pytest

from application_util.errors import UserError
from tests.support.crops import picture
from tools.reid.augmentation import Augmentation
from tools.reid.batches import Lessons, TrainingBatches
from tools.reid.data import JUNK, ReidImages
from tools.reid.sampling import identity_batches, prefetch, steps_per_epoch, unlabelled_in_batch
from tools.reid.settings import AugmentationSettings, Plan
from tools.reid.variants import make_variants

LABELS = np.repeat(np.arange(7), [1, 2, 4, 5, 8, 9, 40])
NOTHING = AugmentationSettings(
    shift=0, zoom=0, color_probability=0, grey_probability=0, degrade_probability=0, erase_probability=0
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


def test_images_of_nobody_fill_their_part_of_each_batch():
    labels = np.append(LABELS, np.full(11, -1))
    unlabelled = unlabelled_in_batch(labels, 12, 2, 0.3)
    assert unlabelled == 4
    batches = identity_batches(labels, 12, 2, np.random.default_rng(0), unlabelled)
    assert batches.shape == (steps_per_epoch(labels, 8, 2), 12)
    assert (labels[batches[:, :8]] >= 0).all()
    assert (labels[batches[:, 8:]] == -1).all()
    assert len(np.unique(batches[:2, 8:])) == 8  # each once before any comes again
    assert unlabelled_in_batch(LABELS, 12, 2, 0.3) == 0


def test_lessons_go_with_their_images():
    images = np.stack([picture(person, 0) for person in range(12)])
    people = np.array([5, 5, 9, 9, 7, 7, 7, 7, JUNK, JUNK, JUNK, JUNK])
    data = ReidImages(images, people, people, people)
    lessons = Lessons(np.arange(12.0)[:, None], 10.0 * np.arange(12.0)[:, None])
    plan = Plan(batch_size=8, unlabelled_fraction=0.25)
    batches = TrainingBatches(data, plan, 0, Augmentation(NOTHING), lessons)
    assert batches.classes == 3
    batch = batches.batch(images, 0)
    places = batch.lessons.targets[:, 0].astype(int)
    np.testing.assert_array_equal(batch.lessons.embeddings[:, 0], 10 * places)
    np.testing.assert_array_equal(batch.labels, np.array([0, 0, 2, 2, 1, 1, 1, 1, -1, -1, -1, -1])[places])
    same = (batch.images == images[places]).all(axis=(1, 2, 3))
    mirrored = (batch.images == images[places][:, :, ::-1]).all(axis=(1, 2, 3))
    assert (same | mirrored).all()


@pytest.mark.parametrize("people, said", [([1, 1, JUNK], "at least 2 identities"), ([1, 2, JUNK], "need a --teacher")])
def test_nothing_to_learn_from(people, said):
    numbers = np.array(people)
    data = ReidImages(np.zeros((3, 8, 8, 3), np.uint8), numbers, numbers, numbers)
    with pytest.raises(UserError, match=said):
        TrainingBatches(data, Plan(), 0, Augmentation())


def test_variants_are_new_people():
    images = np.stack([picture(person, 0) for person in range(6)])
    made, again, other = (make_variants(images, 40, seed) for seed in (1, 1, 2))
    assert made.shape == (40, *images.shape[1:])
    np.testing.assert_array_equal(made, again)
    assert (made != other).any()
    tops, bottoms = (made[:, rows].mean(axis=(1, 2)) for rows in (slice(0, 10), slice(22, 32)))
    own = {"top": images[:, :10].mean(axis=(1, 2)), "bottom": images[:, 22:].mean(axis=(1, 2))}
    nearest = [
        np.abs(colors[:, None] - own[part]).max(axis=2).argmin(axis=1)
        for part, colors in (("top", tops), ("bottom", bottoms))
    ]
    assert (nearest[0] != nearest[1]).any()  # one person's upper part on another's lower part


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
    changed = Augmentation(NOTHING)(images, np.random.default_rng(0))
    kept = (changed == images).all(axis=(1, 2, 3))
    mirrored = (changed == images[:, :, ::-1]).all(axis=(1, 2, 3))
    assert (kept | mirrored).all()
    assert kept.any()
    assert mirrored.any()


@pytest.mark.parametrize("name", ["color_probability", "grey_probability", "degrade_probability", "erase_probability"])
def test_each_change_happens(name):
    only = Augmentation(replace(NOTHING, color=0.25, **{name: 1.0}))
    images = np.stack([picture(person, 0, (64, 32)) for person in range(20)])
    changed = only(images, np.random.default_rng(0))
    untouched = (changed == images).all(axis=(1, 2, 3)) | (changed == images[:, :, ::-1]).all(axis=(1, 2, 3))
    assert not untouched.any()


def test_originals_are_left_alone():
    images = np.stack([picture(person, 0) for person in range(20)])
    before = images.copy()
    Augmentation()(images, np.random.default_rng(0))
    np.testing.assert_array_equal(images, before)
