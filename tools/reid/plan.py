"""The plan of a training run: its stages, from small images to full ones, and their learning rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.network import IMAGE_SHAPE


@dataclass(frozen=True)
class Plan:
    """How long to train on what.

    Parameters
    ----------
    small_epochs, epochs : int
        Epochs on images of half the height and width, then on full ones.
    stem_epochs : int
        Of the epochs on full images, those in which the first two layers still learn.
    batch_size, images_per_identity : int
        Images in a batch, and how many of each identity.
    learning_rate : float
        Adam's rate between warming up and cooling down.
    warmup_steps : int
        Steps at each size in which the rate rises.
    cooldown : float
        Last share of the full-size steps, in which the rate falls to nothing along a cosine.
    image_shape : tuple of int
        Height and width of full images.
    """

    small_epochs: int = 40
    epochs: int = 40
    stem_epochs: int = 5
    batch_size: int = 64
    images_per_identity: int = 4
    learning_rate: float = 1e-3
    warmup_steps: int = 300
    cooldown: float = 0.6
    image_shape: tuple[int, int] = IMAGE_SHAPE

    @property
    def small_shape(self) -> tuple[int, int]:
        """Height and width of the small images."""
        return self.image_shape[0] // 2, self.image_shape[1] // 2


@dataclass(frozen=True)
class Schedule:
    """The learning rate at one image size, from its first step on: up, level, then down along a cosine."""

    first_step: int
    steps: int
    cooldown: float
    floor: float

    def rate(self, step: int, plan: Plan) -> float:
        """Adam's rate at a step of the run."""
        at = step - self.first_step
        warm = min(1.0, (at + 1) / plan.warmup_steps)
        cooling = self.cooldown * self.steps
        part = max(0.0, at + 1 - (self.steps - cooling)) / max(cooling, 1.0)
        cool = self.floor + (1.0 - self.floor) * 0.5 * (1.0 + np.cos(np.pi * part))
        return plan.learning_rate * min(warm, cool)


@dataclass(frozen=True)
class Stage:
    """A part of the run: its image size, what learns, the steps from ``first`` to before ``end``."""

    image_shape: tuple[int, int]
    fixed_stem: bool
    first: int
    end: int
    schedule: Schedule


def stages(plan: Plan, epoch_steps: int) -> list[Stage]:
    """The run's parts, without empty ones."""
    small, full = plan.small_epochs * epoch_steps, plan.epochs * epoch_steps
    fixed = small + min(plan.stem_epochs, plan.epochs) * epoch_steps
    at_small, at_full = Schedule(0, small, 0.25, 0.1), Schedule(small, full, plan.cooldown, 0.01)
    parts = [
        Stage(plan.small_shape, False, 0, small, at_small),
        Stage(plan.image_shape, False, small, fixed, at_full),
        Stage(plan.image_shape, True, fixed, small + full, at_full),
    ]
    return [stage for stage in parts if stage.first < stage.end]
