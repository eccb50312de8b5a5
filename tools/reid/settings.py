"""Settings of training, each declared once: flags, the check of a run that goes on, and its record come from them."""

from __future__ import annotations

from dataclasses import dataclass

from application_util.settings import parameter

DATASETS = ("market1501", "mars", "cuhk03", "folder")
"""Layouts of data sets, see `tools.reid.readers`."""
LOSSES = ("cosine-softmax", "triplet", "magnet")
PRECISIONS = ("float32", "bfloat16")


@dataclass(frozen=True)
class Plan:
    """How long to train on what.

    Half-size images come first. ``fc1`` has weights for the cells of a grid, as many as the trunk's output has
    places at most; what lies in one cell is averaged.
    """

    small_epochs: int = parameter(40, "epochs on images of half the height and width", low=0)
    epochs: int = parameter(40, "epochs on full images, after those", low=0)
    batch_size: int = parameter(64, "images in a batch", low=1)
    images_per_identity: int = parameter(2, "images in a batch of one identity; 4 suits triplet and magnet", low=2)
    unlabelled_fraction: float = parameter(
        0.25, "fraction of a batch: images without identities, if there are any", metavar="FRACTION", low=0, high=0.9
    )
    learning_rate: float = parameter(2e-3, "Adam's rate between warming up and cooling down", low=0)
    warmup_steps: int = parameter(300, "steps at each size in which the rate rises", low=1)
    cooldown: float = parameter(
        0.6, "last fraction of the full-size steps, in which the rate falls along a cosine", low=0, high=1
    )
    image_shape: tuple[int, int] = parameter(
        (128, 64), "size of the network's images", metavar=("HEIGHT", "WIDTH"), low=8
    )
    small_grid: tuple[int, int] = parameter(
        (1, 1), "cells of half-size images with fc1 weights of their own", metavar=("ROWS", "COLUMNS"), low=1
    )
    grid: tuple[int, int] = parameter(
        (8, 1), "cells of full images with fc1 weights of their own", metavar=("ROWS", "COLUMNS"), low=1
    )
    instance_norm: bool = parameter(
        False, "normalise maps of the early layers image by image, for people and cameras never seen"
    )

    @property
    def small_shape(self) -> tuple[int, int]:
        """Height and width of the small images."""
        return self.image_shape[0] // 2, self.image_shape[1] // 2


@dataclass(frozen=True)
class Recipe:
    """What a training step depends on beside images and weights.

    The loss is the sum of its parts: of the labelled images `loss_mode`'s and optionally a triplet loss; with a teacher
    the cosine distance to its embeddings (regression) and the differences between the two similarity
    matrices of a batch (relation).
    """

    loss_mode: str = parameter("cosine-softmax", "loss of images with identities", choices=LOSSES)
    softmax_weight: float = parameter(1.0, "weight of the cosine softmax", low=0)
    triplet_weight: float = parameter(0.0, "weight of a triplet loss beside it", low=0)
    regression_weight: float = parameter(4.0, "weight of the distance to the teacher's embeddings", low=0)
    relation_weight: float = parameter(
        20.0, "weight of the differences to the teacher's similarities inside a batch", low=0
    )
    distance_scale: float = parameter(
        1.0, "what cosine distances are to be times the teacher's", metavar="SCALE", low=0.01, high=1
    )
    margin: float = parameter(0.2, "what is taken off the cosine with the own class", low=0, high=1)
    label_smoothing: float = parameter(
        0.1, "fraction of the classifier's target spread over all identities", low=0, high=1
    )
    dropout: float = parameter(0.2, "fraction dropped before fc1", low=0, high=0.99)
    block_dropout: float = parameter(0.0, "fraction dropped in blocks", low=0, high=0.99)
    weight_decay: float = parameter(0.1, "decay of weights, times the learning rate (AdamW)", low=0)
    average: float = parameter(
        0.999, "decay of the running average of the weights, which is measured and frozen", low=0, high=1
    )
    precision: str = parameter(
        "float32",
        "precision of the arithmetic; bfloat16 is faster on processors with AVX-512 BF16 or AMX",
        choices=PRECISIONS,
    )
    seed: int = parameter(0, "seed of what is drawn at random", low=0, high=2**32 - 1)


@dataclass(frozen=True)
class AugmentationSettings:
    """How far and how often training images are changed."""

    shift: float = parameter(0.08, "largest shift of the crop, as a fraction of its sides", low=0, high=1)
    zoom: float = parameter(0.15, "largest change of the crop's size, as a fraction", low=0, high=0.9)
    color: float = parameter(0.25, "largest change of brightness and contrast, as a fraction", low=0, high=1)
    color_probability: float = parameter(0.5, "how often colours change", low=0, high=1)
    grey_probability: float = parameter(0.03, "how often they fade to grey", low=0, high=1)
    degrade_probability: float = parameter(
        0.25, "how often the image gets blurred, small or strongly compressed", low=0, high=1
    )
    erase_probability: float = parameter(0.3, "how often a rectangle is erased", low=0, high=1)


@dataclass(frozen=True)
class RunSettings:
    """How a run is measured and saved, and when it stops; these may change when it goes on."""

    hold_out: float = parameter(0.0, "fraction of identities to measure on", low=0, high=0.9)
    measure_epochs: int = parameter(5, "epochs between measurements", low=1)
    number_of_steps: int | None = parameter(
        None, "stop after so many steps, whatever the epochs, or none for all", low=1
    )
    save_minutes: float = parameter(3.0, "minutes between saved states", metavar="MINUTES", low=0)
