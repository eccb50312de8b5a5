"""A whole training run: small images first, then full size; its files; going on after a stop."""

from __future__ import annotations

import json
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from tqdm import tqdm

from application_util.errors import UserError
from tools.reid.augmentation import Augmentation
from tools.reid.data import JUNK, ReidImages, resize_images
from tools.reid.evaluation import RankingScores, check_rankable, rank_gallery, split_queries
from tools.reid.features import encode_images, encoder_of
from tools.reid.history import History
from tools.reid.layers import Recipe
from tools.reid.sampling import identity_batches, prefetch, steps_per_epoch, unlabelled_in_batch
from tools.reid.settings import Plan, Stage, stages
from tools.reid.trainer import AVERAGE, Trainer
from tools.reid.weights import FC1, fit_finished, initial_variables, load_variables, save_variables, spread

CALIBRATION_IMAGES = 2560


@dataclass
class Run:
    """Trains in a folder of its own, from its saved state if there is one.

    Parameters
    ----------
    folder : Path
        Where the state, the history and the results go.
    train : ReidImages
        Images to train on, of full size.
    held_out : ReidImages or None
        Images of other identities to measure on from time to time.
    plan : Plan
        What to train on for how long.
    recipe : Recipe
        Settings of a training step.
    start : dict or None
        Weights to start from instead of random ones.
    augmentation : Augmentation
        How training images are changed.
    save_seconds : float
        Time between saved states.
    measure_epochs : int
        Epochs between measurements on the images held out.
    """

    folder: Path
    train: ReidImages
    held_out: ReidImages | None
    plan: Plan
    recipe: Recipe
    start: dict[str, np.ndarray] | None = None
    augmentation: Augmentation = field(default_factory=Augmentation)
    save_seconds: float = 180.0
    measure_epochs: int = 5
    last_step: int | None = None
    lessons: tuple[np.ndarray, np.ndarray] | None = None

    def __post_init__(self) -> None:
        known = self.train.identities != JUNK
        people = np.unique(self.train.identities[known])
        self.labels = np.where(known, np.searchsorted(people, self.train.identities), -1)
        if len(people) < 2:
            raise UserError("training needs images of at least 2 identities")
        self.classes = len(people)
        if self.held_out is not None:
            self._check_held_out(self.held_out)
        plan = self.plan
        self.unlabelled = unlabelled_in_batch(
            self.labels, plan.batch_size, plan.images_per_identity, plan.unlabelled
        )
        self.epoch_steps = steps_per_epoch(
            self.labels, plan.batch_size - self.unlabelled, plan.images_per_identity
        )
        self.parts = stages(self.plan, self.epoch_steps)
        self.history = History(self.folder)
        self._dealt: dict[int, np.ndarray] = {}

    def __call__(self) -> tuple[dict[str, np.ndarray], tuple[int, int]]:
        """Train to the end of the plan; returns the network's averaged and calibrated variables."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._check_settings()
        step, variables = self._restore()
        stage, trainer = self.parts[-1], None
        for before, stage in zip([self.parts[0], *self.parts], self.parts, strict=False):
            if step >= stage.end:
                continue
            trainer = self._begin(stage, before, step, variables)
            step = self._train_stage(stage, trainer, step)
            variables = trainer.state()
            if self.last_step is not None and step >= self.last_step:
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
        end = stage.end if self.last_step is None else min(stage.end, self.last_step)
        remaining = range(step, end)
        saved, timed, since, losses = time.monotonic(), time.monotonic(), step, []
        batches = prefetch(lambda number: self._batch(images, number), remaining)
        unit = f" steps of {self.plan.batch_size} at {stage.image_shape[0]}x{stage.image_shape[1]}"
        with tqdm(total=end, initial=step, unit="step", desc=unit.strip(), mininterval=5.0) as bar:
            for step, (batch, labels, lessons) in zip(remaining, batches, strict=True):
                rate = stage.rate(step, self.plan)
                losses.append(trainer.step(batch, labels, step - stage.first, rate, lessons))
                bar.update()
                done = step + 1
                now = time.monotonic()
                if done % self.epoch_steps == 0 or done == end:
                    speed = (done - since) * self.plan.batch_size / (now - timed)
                    self._epoch_ends(stage, trainer, done, rate, losses, speed)
                    bar.set_postfix({"loss": f"{self.history.last_loss:.3f}", "images/s": f"{speed:.0f}"})
                    timed, since, losses = time.monotonic(), done, []
                if now - saved > self.save_seconds or done == end:
                    self._save(trainer, done)
                    saved = time.monotonic()
        return end

    def _batch(self, images: np.ndarray, step: int) -> tuple[np.ndarray, np.ndarray, Any]:
        """Images and labels of a step, and what the teacher says of them; they follow from seed and step alone."""
        epoch, place = divmod(step, self.epoch_steps)
        if epoch not in self._dealt:
            order = np.random.default_rng((self.recipe.seed, 1, epoch))
            batches = identity_batches(
                self.labels, self.plan.batch_size, self.plan.images_per_identity, order, self.unlabelled
            )
            self._dealt = {epoch: batches}
        chosen = self._dealt[epoch][place]
        rng = np.random.default_rng((self.recipe.seed, 2, step))
        lessons = None if self.lessons is None else tuple(lesson[chosen] for lesson in self.lessons)
        return self.augmentation(images[chosen], rng), self.labels[chosen], lessons

    def _epoch_ends(
        self,
        stage: Stage,
        trainer: Trainer,
        step: int,
        rate: float,
        losses: list[dict[str, float]],
        speed: float,
    ) -> None:
        epoch = step / self.epoch_steps
        row = {"step": step, "epoch": round(epoch, 2), "height": stage.image_shape[0], "learning_rate": rate}
        means = {name: float(np.mean([loss[name] for loss in losses])) for name in losses[0]}
        last = step == stage.end
        if self.held_out is not None and (epoch % self.measure_epochs == 0 or last):
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
        averages = {
            name.removesuffix(f"/{AVERAGE}"): value for name, value in variables.items() if AVERAGE in name
        }
        averages[FC1] = spread(averages[FC1], before.grid, stage.grid)
        return averages

    def _restore(self) -> tuple[int, dict[str, np.ndarray]]:
        latest = self.folder / "latest"
        if latest.is_file():
            variables = load_variables(self.folder / latest.read_text().strip())
            step = int(variables.pop("global_step"))
            self.history.cut(step)
            print(f"{self.folder}: going on after step {step}")
            return step, variables
        first = self.parts[0]
        variables = initial_variables(first.image_shape, self.classes, self.recipe.seed, first.grid)
        start = dict(self.start or {})
        if FC1 in start:
            shapes = (self.plan.image_shape, self.plan.small_shape)
            start[FC1] = fit_finished(start[FC1], shapes, first.grid)
        taken = {
            name: value
            for name, value in start.items()
            if name in variables and variables[name].shape == value.shape
        }
        if self.start is not None:
            fresh = ", ".join(sorted(name for name in variables.keys() - taken if "moving_" not in name))
            print(f"{self.folder}: starts from given weights; random: {fresh or 'none'}")
        variables |= taken
        self.history.cut(0)
        return 0, variables

    def _save(self, trainer: Trainer, step: int) -> None:
        name = f"state-{step}"
        save_variables(self.folder / name, trainer.state() | {"global_step": np.int64(step)})
        partial = self.folder / "latest.partial"
        partial.write_text(name)
        os.replace(partial, self.folder / "latest")
        for old in self.folder.glob("state-*"):
            if not old.name.startswith(f"{name}."):
                old.unlink()

    def _check_settings(self) -> None:
        """Going on with other settings than those a run began with would not be the same run."""
        plan = asdict(self.plan)
        settings = {
            name: plan[name]
            for name in (
                "small_epochs",
                "batch_size",
                "images_per_identity",
                "unlabelled",
                "image_shape",
                "small_grid",
                "grid",
            )
        }
        settings |= {"recipe": asdict(self.recipe), "images": len(self.train), "identities": self.classes}
        settings = json.loads(json.dumps(settings))
        path = self.folder / "settings.json"
        if path.is_file() and (self.folder / "latest").is_file():
            before = json.loads(path.read_text())
            changed = [name for name in settings if settings[name] != before.get(name)]
            if changed:
                raise UserError(
                    f"{self.folder}: began with another {', '.join(changed)}; use another --run_id"
                )
        path.write_text(json.dumps(settings, indent=1))
