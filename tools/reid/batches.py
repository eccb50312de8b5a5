"""The batches of a run: each follows from the seed and the number of its step alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from application_util.errors import UserError
from tools.reid.augmentation import Augmentation
from tools.reid.data import ReidImages
from tools.reid.sampling import identity_batches, steps_per_epoch, unlabelled_in_batch
from tools.reid.settings import Plan


class Lessons(NamedTuple):
    """What a teacher says of N images.

    Attributes
    ----------
    targets : ndarray
        (N, M) float32, what the student's features should be (`tools.reid.distillation.student_targets`).
    embeddings : ndarray
        (N, E) float32, the teacher's own; rows of unit length, as in `targets`.
    """

    targets: np.ndarray
    embeddings: np.ndarray


class Batch(NamedTuple):
    """Changed images, their labels (below 0 for nobody known), and what the teacher says of the unchanged ones."""

    images: np.ndarray
    labels: np.ndarray
    lessons: Lessons | None


class TrainingBatches:
    """Deals a training set into batches.

    Parameters
    ----------
    data : ReidImages
        The training set; its junk are images of nobody known.
    plan : Plan
    seed : int
    augmentation : Augmentation
    lessons : Lessons, optional

    Attributes
    ----------
    labels : ndarray
        (N,) int, 0 to `classes` - 1, -1 for images of nobody known.
    classes : int
        Identities.
    epoch_steps : int
        Batches in which each image of somebody known comes once.

    Raises
    ------
    UserError
        If there are fewer than two identities, or nobody's images cannot be learnt from.
    """

    def __init__(
        self, data: ReidImages, plan: Plan, seed: int, augmentation: Augmentation, lessons: Lessons | None = None
    ) -> None:
        people = np.unique(data.identities[data.known])
        if len(people) < 2:
            raise UserError("training needs images of at least 2 identities")
        if lessons is None and not data.known.all():
            raise UserError("images without identities need a --teacher")
        self.labels = np.where(data.known, np.searchsorted(people, data.identities), -1)
        self.classes = len(people)
        self._plan, self._seed, self._augmentation, self._lessons = plan, seed, augmentation, lessons
        group = plan.images_per_identity
        self._unlabelled = unlabelled_in_batch(self.labels, plan.batch_size, group, plan.unlabelled_fraction)
        self.epoch_steps = steps_per_epoch(self.labels, plan.batch_size - self._unlabelled, group)
        self._dealt: dict[int, np.ndarray] = {}

    def batch(self, images: np.ndarray, step: int) -> Batch:
        """Return the batch of a step.

        Parameters
        ----------
        images : ndarray
            (N, H, W, 3) uint8: the training set's, of whatever size.
        step : int
        """
        epoch, place = divmod(step, self.epoch_steps)
        if epoch not in self._dealt:
            order = np.random.default_rng((self._seed, 1, epoch))
            size, group = self._plan.batch_size, self._plan.images_per_identity
            self._dealt = {epoch: identity_batches(self.labels, size, group, order, self._unlabelled)}
        chosen = self._dealt[epoch][place]
        changed = self._augmentation(images[chosen], np.random.default_rng((self._seed, 2, step)))
        lessons = None if self._lessons is None else Lessons(*(lesson[chosen] for lesson in self._lessons))
        return Batch(changed, self.labels[chosen], lessons)
