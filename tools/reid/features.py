"""Features of images that are all in memory, by a network from a file or fresh from training."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tools.features.encoder import ImageEncoder
from tools.network.freezing import write_graph
from tools.reid.data import resize_images

if TYPE_CHECKING:
    from tools.network.architecture import Variables

BATCH_SIZE = 64


def encoder_of(variables: Variables, image_shape: tuple[int, int]) -> ImageEncoder:
    """The project's own network with the given weights, frozen as it would be for the tracker."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "network.pb"
        write_graph(variables, path, image_shape)
        return ImageEncoder(path)


def encode_images(encoder: ImageEncoder, images: np.ndarray, batch_size: int = BATCH_SIZE) -> np.ndarray:
    """Compute features and bring them to unit length.

    Parameters
    ----------
    encoder : ImageEncoder
        The network.
    images : ndarray
        (N, H, W, 3) uint8, BGR, of any size.
    batch_size : int
        Images at once.

    Returns
    -------
    ndarray
        (N, M) float32.
    """
    height, width, _ = encoder.image_shape
    features = [
        encoder(resize_images(images[start : start + batch_size], (height, width)), batch_size)
        for start in range(0, len(images), batch_size)
    ]
    found = np.concatenate(features)
    return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-12)
