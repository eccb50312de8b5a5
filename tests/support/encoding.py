"""A small sequence to encode, and encoders that need no TensorFlow."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from tests.support.sequences import make_sequence, noise_image
from tools.features.encoder import BoxEncoder

IMAGE_SIZE = (48, 64)
FRAMES = (1, 2, 3, 5)
BOXES = ("5,4,10,20,0.9", "30,10.5,12,24,-0.25", "20,20,8,16,1.5")


class MeanColor:
    """A network whose feature is the mean color of a patch, and which remembers its batches."""

    image_shape = (16, 8, 3)
    feature_dim = 3
    fixed_batch = None

    def __init__(self) -> None:
        self.batches: list[int] = []

    def __call__(self, patches: np.ndarray, batch_size: int = 32) -> np.ndarray:
        self.batches.append(len(patches))
        return patches.reshape(len(patches), -1, 3).mean(axis=1).astype(np.float32)


def color_encoder(batch_size: int = 32) -> BoxEncoder:
    return BoxEncoder(MeanColor(), batch_size)  # type: ignore[arg-type]


def any_encoder(image: np.ndarray, boxes: np.ndarray) -> np.ndarray:
    """A callable of a program's own."""
    return np.hstack([boxes[:, :2], np.full((len(boxes), 1), image.mean())])


def picture(frame: int) -> np.ndarray:
    return noise_image(frame, IMAGE_SIZE)


def make_boxed_sequence(
    mot_dir: Path, name: str = "SEQ-01", tail: str = ",-1,-1,-1", suffix: str = "png", frames: Iterable[int] = FRAMES
) -> Path:
    """Write a sequence with a det.txt: frames out of order, and one image without detections."""
    frames = list(frames)
    images = [*frames, max(frames) + 1]
    sequence = make_sequence(mot_dir / name, images, IMAGE_SIZE, None, image=noise_image, suffix=suffix)
    lines = [f"{frame}, -1, {box}{tail}" for box in BOXES for frame in reversed(frames)]
    (sequence / "det").mkdir()
    (sequence / "det" / "det.txt").write_text("\n".join(lines) + "\n\n")
    return sequence


def expected_rows(frames: Iterable[int] = FRAMES) -> np.ndarray:
    return np.array([[frame, -1, *map(float, box.split(",")), -1, -1, -1] for frame in frames for box in BOXES])
