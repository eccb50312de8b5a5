"""Change training images as other cameras, crops and weather would."""

from __future__ import annotations

import numpy as np

from application_util.errors import require
from tools.reid.settings import AugmentationSettings


class Augmentation:
    """Changes images of training.

    Erasing is that of Zhong et al., "Random Erasing Data Augmentation", AAAI 2020.

    Parameters
    ----------
    settings : AugmentationSettings, optional
        How far and how often.
    """

    def __init__(self, settings: AugmentationSettings | None = None) -> None:
        self.settings = settings or AugmentationSettings()

    def __call__(self, images: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Augment (N, H, W, 3) uint8 images; the same generator state gives the same result."""
        return np.stack([self._augment(image, rng) for image in images])

    def _augment(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        chance = rng.random(4)
        image = self._crop(image, rng)
        if chance[0] < self.settings.color_probability:
            image = self._recolour(image, rng)
        if chance[1] < self.settings.grey_probability:
            image = _fade(image, rng)
        if chance[2] < self.settings.degrade_probability:
            image = _degrade(image, rng)
        if chance[3] < self.settings.erase_probability:
            _erase(image, rng)
        return image

    def _crop(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Shift, zoom (sides a little apart) and mirror in one resampling."""
        cv2 = require("cv2", "features")
        height, width = image.shape[:2]
        draw = rng.uniform(-1.0, 1.0, 5)
        zoom = 1.0 + self.settings.zoom * draw[0] + 0.3 * self.settings.zoom * np.array([draw[1], -draw[1]])
        centre = np.array([width - 1, height - 1]) / 2
        offset = centre - zoom * centre + self.settings.shift * draw[2:4] * (width, height)
        if draw[4] < 0:
            zoom[0], offset[0] = -zoom[0], width - 1 - offset[0]
        matrix = np.array([[zoom[0], 0, offset[0]], [0, zoom[1], offset[1]]])
        fill = rng.integers(0, 256, 3).tolist() if rng.random() < 0.5 else (0, 0, 0)
        border = cv2.BORDER_REPLICATE if rng.random() < 0.5 else cv2.BORDER_CONSTANT
        return cv2.warpAffine(image, matrix, (width, height), borderMode=border, borderValue=fill)

    def _recolour(self, image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Brightness, contrast, gamma, and the balance of the channels, by one look-up table."""
        cv2 = require("cv2", "features")
        draw = rng.uniform(-1.0, 1.0, 6) * self.settings.color
        level = np.linspace(0.0, 1.0, 256)[:, None] ** np.exp(0.8 * draw[0])
        level = 0.45 + (level - 0.45) * (1.0 + draw[1]) + 0.35 * draw[2]
        level = level * (1.0 + 0.35 * draw[3:6])
        table = np.clip(np.round(255.0 * level), 0, 255).astype(np.uint8)
        return cv2.LUT(image, table.reshape(256, 1, 3))


def _fade(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Towards grey."""
    cv2 = require("cv2", "features")
    share = rng.uniform(0.5, 1.0)
    luminance = np.tile([0.114, 0.587, 0.299], (3, 1))
    return cv2.transform(image, (1.0 - share) * np.eye(3) + share * luminance)


def _degrade(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Fewer pixels, blown up again, a blur, or a strongly compressed JPEG."""
    cv2 = require("cv2", "features")
    kind = rng.random()
    if kind < 0.2:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.6))
    if kind < 0.55:
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(15, 60))]
        return cv2.imdecode(cv2.imencode(".jpg", image, quality)[1], cv2.IMREAD_COLOR)
    height, width = image.shape[:2]
    share = rng.uniform(0.35, 0.8)
    small = cv2.resize(image, None, fx=share, fy=share, interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _erase(image: np.ndarray, rng: np.random.Generator) -> None:
    """Put one colour, or noise, over a rectangle of 2 to 30 % of the image, in place."""
    height, width = image.shape[:2]
    area = rng.uniform(0.02, 0.3) * height * width
    aspect = np.exp(rng.uniform(np.log(0.4), np.log(3.3)))
    rows = min(max(1, round(np.sqrt(area * aspect))), height)
    columns = min(max(1, round(np.sqrt(area / aspect))), width)
    top, left = rng.integers(0, height - rows + 1), rng.integers(0, width - columns + 1)
    size = (rows, columns, 3) if rng.random() < 0.5 else 3
    image[top : top + rows, left : left + columns] = rng.integers(0, 256, size)
