"""What a run learns from: data sets with identities, images of nobody known, and a teacher's words on all of them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from application_util.progress import say
from tools.network.architecture import FEATURE_DIM
from tools.reid.batches import Lessons
from tools.reid.data import JUNK, ReidImages, hold_out, merge
from tools.reid.distillation import scaled_embeddings, student_targets
from tools.reid.readers import read_dataset
from tools.reid.settings import Plan, RunSettings
from tools.reid.teacher import Teacher
from tools.reid.unlabelled import read_unlabelled
from tools.reid.variants import make_variants


def read_training_set(
    datasets: Sequence[tuple[str, str]],
    unlabelled: Sequence[str],
    variants: int,
    plan: Plan,
    settings: RunSettings,
    seed: int,
) -> tuple[ReidImages, ReidImages | None]:
    """Read and put together all images of a run.

    Parameters
    ----------
    datasets : sequence of (str, str)
        Layout and place of data sets with identities.
    unlabelled : sequence of str
        Places of images without.
    variants : int
        Images of new people to make of them (`tools.reid.variants`).
    plan : Plan
    settings : RunSettings
        Says how many identities to hold out.
    seed : int
        Of that choice, and of the variants.

    Returns
    -------
    train : ReidImages
    held_out : ReidImages or None

    Raises
    ------
    UserError
        If something cannot be read.
    """
    shape = plan.image_shape
    known = merge([read_dataset(layout, place, "train", shape) for layout, place in datasets])
    held_out = None
    if settings.hold_out:
        known, held_out = hold_out(known, settings.hold_out, seed)
    train = merge([known, *(read_unlabelled(place, shape) for place in unlabelled)])
    if variants:
        made = make_variants(train.images, variants, seed)
        nobody = np.full(variants, JUNK)
        train = merge([train, ReidImages(made, nobody, nobody, nobody)])
    return train, held_out


def ask_teacher(teacher: Teacher, data: ReidImages, distance_scale: float = 1.0) -> Lessons:
    """Return what a teacher says of a training set.

    Raises
    ------
    UserError
        If its embeddings are too short, or cannot be kept.
    """
    embeddings = teacher.embed(data.images)
    targets = student_targets(embeddings, FEATURE_DIM, distance_scale)
    say(f"teacher: {len(embeddings)} embeddings of {embeddings.shape[1]} numbers, reduced to {FEATURE_DIM}")
    return Lessons(targets, scaled_embeddings(embeddings, distance_scale))
