"""The stages of a training run, from small images to full ones, and their learning rates."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from application_util.errors import UserError
from tools.network.architecture import trunk_shape
from tools.reid.settings import Plan


@dataclass(frozen=True)
class Stage:
    """A part of the run at one image size, with its learning rate: up, level, then down along a cosine.

    Parameters
    ----------
    image_shape : tuple of int
        Height and width of its images in pixels.
    first, end : int
        Its steps of the run: from `first` to before `end`.
    cooldown : float
        Last share of its steps in which the rate falls.
    floor : float
        What share of the rate is left at the end.
    grid : tuple of int
        Rows and columns of cells with ``fc1`` weights of their own.
    """

    image_shape: tuple[int, int]
    first: int
    end: int
    cooldown: float
    floor: float
    grid: tuple[int, int]

    def rate(self, step: int, plan: Plan) -> float:
        """Adam's rate at a step of the run."""
        warm = min(1.0, (step - self.first + 1) / plan.warmup_steps)
        cooling = self.cooldown * (self.end - self.first)
        part = max(0.0, step + 1 - (self.end - cooling)) / max(cooling, 1.0)
        cool = self.floor + (1.0 - self.floor) * 0.5 * (1.0 + np.cos(np.pi * part))
        return plan.learning_rate * min(warm, cool)


def stages(plan: Plan, epoch_steps: int) -> list[Stage]:
    """The run's parts, without empty ones.

    Raises
    ------
    UserError
        If a grid has no cell, or there is no stage.
    """
    small, full = plan.small_epochs * epoch_steps, plan.epochs * epoch_steps
    small_grid, grid = _cells(plan.small_grid, plan.small_shape), _cells(plan.grid, plan.image_shape)
    parts = [
        Stage(plan.small_shape, 0, small, 0.25, 0.1, small_grid),
        Stage(plan.image_shape, small, small + full, plan.cooldown, 0.01, grid),
    ]
    parts = [stage for stage in parts if stage.first < stage.end]
    if not parts:
        raise UserError("nothing to do in 0 epochs")
    return parts


def _cells(grid: tuple[int, int], image_shape: tuple[int, int]) -> tuple[int, int]:
    rows, columns, _ = trunk_shape(image_shape)
    if min(grid) < 1:
        raise UserError(f"grid of {grid[0]} x {grid[1]} cells: at least 1 x 1 is expected")
    return min(grid[0], rows), min(grid[1], columns)
