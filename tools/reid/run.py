"""A whole training run: small images first, then full size; its files; going on after a stop."""

from __future__ import annotations

import hashlib
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from application_util.errors import UserError
from application_util.progress import say
from tools.reid.augmentation import Augmentation
from tools.reid.batches import Lessons, TrainingBatches
from tools.reid.data import ReidImages, resize_images
from tools.reid.evaluation import RankingScores, check_rankable, rank_gallery, split_queries
from tools.reid.features import encode_images, encoder_of
from tools.reid.history import History
from tools.reid.run_state import RunState
from tools.reid.sampling import prefetch
from tools.reid.schedule import Stage, stages
from tools.reid.settings import Plan, Recipe, RunSettings
from tools.reid.trainer import AVERAGE, Trainer
from tools.reid.weights import FC1, fit_finished, initial_variables, spread

CALIBRATION_IMAGES = 2560
FIXED_OF_PLAN = (
    "small_epochs",
    "batch_size",
    "images_per_identity",
    "unlabelled_fraction",
    "image_shape",
    "small_grid",
    "grid",
    "instance_norm",
)
"""What of the plan a run cannot go on without; the number of epochs, for one, may change."""


@dataclass
class Run:
    """Trains in a folder of its own, from its saved state if there is one.

    Parameters
    ----------
    folder : Path
        Where the state, the history and the results go.
    train : ReidImages
        Images to train on, of full size; junk are images of nobody known.
    held_out : ReidImages or None
        Images of other identities to measure on from time to time.
    plan : Plan
        What to train on for how long.
    recipe : Recipe
        Settings of a training step.
    start : dict or None
        Weights to start from instead of random ones.
    lessons : Lessons or None
        What a teacher says of the training images.
    augmentation : Augmentation
        How training images are changed.
    settings : RunSettings
        How it is measured and saved, and when it stops.
    teacher : str or None
        Which teacher, see `Teacher.fingerprint`.
    """

    folder: Path
    train: ReidImages
    held_out: ReidImages | None
    plan: Plan
    recipe: Recipe
    start: dict[str, np.ndarray] | None = None
    lessons: Lessons | None = None
    augmentation: Augmentation = field(default_factory=Augmentation)
    settings: RunSettings = field(default_factory=RunSettings)
    teacher: str | None = None

    def __post_init__(self) -> None:
        self.batches = TrainingBatches(self.train, self.plan, self.recipe.seed, self.augmentation, self.lessons)
        if self.held_out is not None:
            self._check_held_out(self.held_out)
        self.epoch_steps = self.batches.epoch_steps
        self.parts = stages(self.plan, self.epoch_steps)
        self.history = History(self.folder)
        self.state = RunState(self.folder)

    def __call__(self) -> tuple[dict[str, np.ndarray], tuple[int, int]]:
        """Train to the end of the plan; returns the network's averaged and calibrated variables."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.state.check_settings(self._fixed_settings())
        step, variables = self._restore()
        stage, trainer = self.parts[-1], None
        for before, stage in zip([self.parts[0], *self.parts], self.parts, strict=False):
            if step >= stage.end:
                continue
            trainer = self._begin(stage, before, step, variables)
            step = self._train_stage(stage, trainer, step)
            variables = trainer.state()
            if step >= self._last_step:
                break
        trainer = trainer or Trainer(variables, self.recipe, stage.grid)
        result = trainer.averaged(self._calibration_images(stage.image_shape))
        self.history.close()
        return result, stage.image_shape

    def _begin(self, stage: Stage, before: Stage, step: int, variables: dict[str, np.ndarray]) -> Trainer:
        """The trainer of a stage, from the state inside it or at the end of the stage before."""
        if step == stage.first and before.image_shape != stage.image_shape:
            variables = self._grown(variables, before, stage)
        return Trainer(variables, self.recipe, stage.grid)

    def _train_stage(self, stage: Stage, trainer: Trainer, step: int) -> int:
        images = resize_images(self.train.images, stage.image_shape)
        end = min(stage.end, self._last_step)
        remaining = range(step, end)
        saved, timed, since, losses = time.monotonic(), time.monotonic(), step, []
        batches = prefetch(lambda number: self.batches.batch(images, number), remaining)
        unit = f" steps of {self.plan.batch_size} at {stage.image_shape[0]}x{stage.image_shape[1]}"
        with tqdm(total=end, initial=step, unit="step", desc=unit.strip(), mininterval=5.0) as bar:
            for step, batch in zip(remaining, batches, strict=True):
                rate = stage.rate(step, self.plan)
                losses.append(trainer.step(*batch, step - stage.first, rate))
                bar.update()
                done = step + 1
                now = time.monotonic()
                if done % self.epoch_steps == 0 or done == end:
                    speed = (done - since) * self.plan.batch_size / (now - timed)
                    self._epoch_ends(stage, trainer, done, rate, losses, speed)
                    bar.set_postfix({"loss": f"{self.history.last_loss:.3f}", "images/s": f"{speed:.0f}"})
                    timed, since, losses = time.monotonic(), done, []
                if now - saved > 60.0 * self.settings.save_minutes or done == end:
                    self.state.save(done, trainer.state())
                    saved = time.monotonic()
        return end

    @property
    def _last_step(self) -> int:
        return self.settings.number_of_steps or self.parts[-1].end

    def _epoch_ends(
        self, stage: Stage, trainer: Trainer, step: int, rate: float, losses: list[dict[str, float]], speed: float
    ) -> None:
        epoch = step / self.epoch_steps
        row = {"step": step, "epoch": round(epoch, 2), "height": stage.image_shape[0], "learning_rate": rate}
        means = {name: float(np.mean([loss[name] for loss in losses])) for name in losses[0]}
        last = step == stage.end
        if self.held_out is not None and (epoch % self.settings.measure_epochs == 0 or last):
            scores = self._measure(trainer, stage.image_shape, self.held_out)
            row |= {"rank1": scores.cmc[1], "mAP": scores.mean_average_precision}
        self.history.add(row | {"images_per_second": round(speed, 1)}, means)

    def _measure(self, trainer: Trainer, shape: tuple[int, int], data: ReidImages) -> RankingScores:
        network = encoder_of(trainer.averaged(self._calibration_images(shape)), shape)
        features = encode_images(network, data.images)
        query, gallery = split_queries(data)
        return rank_gallery(features[query], features[gallery], data[query], data[gallery])

    def _check_held_out(self, data: ReidImages) -> None:
        """Find out before training rather than at the first measurement that nothing can be measured."""
        query, gallery = split_queries(data)
        try:
            check_rankable(data[query], data[gallery])
        except UserError as error:
            raise UserError(f"held-out identities: {error}") from None

    def _calibration_images(self, shape: tuple[int, int]) -> np.ndarray:
        chosen = np.random.default_rng(self.recipe.seed).permutation(len(self.train))[:CALIBRATION_IMAGES]
        return resize_images(self.train.images[chosen], shape)

    def _grown(self, variables: dict[str, np.ndarray], before: Stage, stage: Stage) -> dict[str, np.ndarray]:
        """Averaged weights of the stage before, fitted to the next, optimiser's state left out."""
        averages = {name.removesuffix(f"/{AVERAGE}"): value for name, value in variables.items() if AVERAGE in name}
        averages[FC1] = spread(averages[FC1], before.grid, stage.grid)
        return averages

    def _restore(self) -> tuple[int, dict[str, np.ndarray]]:
        saved = self.state.load()
        if saved is not None:
            self.history.cut(saved[0])
            say(f"{self.folder}: going on after step {saved[0]}")
            return saved
        first = self.parts[0]
        variables = initial_variables(
            first.image_shape, self.batches.classes, self.recipe.seed, first.grid, self.plan.instance_norm
        )
        start = dict(self.start or {})
        if FC1 in start:
            shapes = (self.plan.image_shape, self.plan.small_shape)
            start[FC1] = fit_finished(start[FC1], shapes, first.grid)
        taken = {
            name: value for name, value in start.items() if name in variables and variables[name].shape == value.shape
        }
        if self.start is not None:
            fresh = ", ".join(sorted(name for name in variables.keys() - taken if "moving_" not in name))
            say(f"{self.folder}: starts from given weights; random: {fresh or 'none'}")
        variables |= taken
        self.history.cut(0)
        return 0, variables

    def _fixed_settings(self) -> dict[str, object]:
        plan = asdict(self.plan)
        return {name: plan[name] for name in FIXED_OF_PLAN} | {
            "recipe": asdict(self.recipe),
            "augmentation": asdict(self.augmentation.settings),
            "images": _hash(self.train.images),
            "identities": _hash(self.train.identities),
            "teacher": self.teacher or self.lessons is not None,
        }


def _hash(array: np.ndarray) -> str:
    return hashlib.sha256(np.ascontiguousarray(array).data).hexdigest()
