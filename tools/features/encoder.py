"""Appearance features of image patches, and of boxes in an image."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from application_util.errors import UserError
from tools.features.patches import cut_patches
from tools.network.frozen_graph import FrozenGraph
from tools.network.model_file import check_model

DEFAULT_BATCH_SIZE = 32


class ImageEncoder:
    """A frozen network that gives a feature for each image patch.

    Parameters
    ----------
    checkpoint_filename : str or Path
        The frozen graph (``.pb``).
    input_name, output_name : str
        Names of its nodes.

    Attributes
    ----------
    image_shape : tuple of int
        Height, width and channels of a patch.
    feature_dim : int
        M, the length of a feature.
    fixed_batch : int or None
        The batch size, where the graph allows no other.

    Raises
    ------
    UserError
        If TensorFlow or the file is missing, or the graph cannot be used.
    """

    def __init__(
        self, checkpoint_filename: str | Path, input_name: str = "images", output_name: str = "features"
    ) -> None:
        check_model(checkpoint_filename)
        self._graph = FrozenGraph(checkpoint_filename, input_name, output_name)
        self.fixed_batch, *image_shape = self._graph.input_shape
        height, width, channels = image_shape
        if height is None or width is None or channels is None:
            raise UserError(
                f"{checkpoint_filename}: {input_name} takes images of any size, a fixed size is needed"
            )
        self.image_shape = (height, width, channels)
        trial = self._run(np.zeros((1, *self.image_shape)))  # fails here rather than after the first images
        self.feature_dim: int = trial.shape[1]

    def __call__(self, data_x: ArrayLike, batch_size: int = DEFAULT_BATCH_SIZE) -> NDArray[np.float32]:
        """Compute the features of patches; may be called from several threads.

        Parameters
        ----------
        data_x : array_like, shape (N, *image_shape)
            BGR patches.
        batch_size : int
            How many patches run through the network at once. A graph with a fixed batch size keeps to that.

        Returns
        -------
        ndarray of float32, shape (N, feature_dim)

        Raises
        ------
        ValueError
            If the patches have another shape.
        """
        patches = np.asarray(data_x)
        if not len(patches):
            return np.empty((0, self.feature_dim), np.float32)
        if patches.shape[1:] != self.image_shape:
            raise ValueError(
                f"patches of shape {patches.shape}, expected (N, {', '.join(map(str, self.image_shape))})"
            )
        step = self.fixed_batch or batch_size
        return np.concatenate(
            [self._run(patches[start : start + step]) for start in range(0, len(patches), step)]
        )

    def _run(self, patches: NDArray) -> NDArray[np.float32]:
        missing = (self.fixed_batch or 0) - len(patches)
        if missing <= 0:
            return self._graph.run(patches)
        filled = np.concatenate([patches, np.zeros((missing, *self.image_shape), patches.dtype)])
        return self._graph.run(filled)[: len(patches)]


class BoxEncoder:
    """Gives the features of boxes in an image: ``encoder(image, boxes)``.

    Parameters
    ----------
    image_encoder : ImageEncoder
        Takes patches of three channels.
    batch_size : int
        How many patches run through the network at once.
    """

    def __init__(self, image_encoder: ImageEncoder, batch_size: int = DEFAULT_BATCH_SIZE) -> None:
        self.image_encoder = image_encoder
        self.batch_size = image_encoder.fixed_batch or batch_size
        self.feature_dim = image_encoder.feature_dim
        self.patch_shape = image_encoder.image_shape[:2]
        self._has_warned = False

    def __call__(self, image: NDArray[np.uint8], boxes: Sequence[ArrayLike] | NDArray) -> NDArray[np.float32]:
        """Compute the features of boxes.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width, 3)
            BGR.
        boxes : array_like, shape (N, 4)
            Left, top, width, height in pixels. The feature of a box outside the image is that of noise; a
            warning on stderr says so the first time.

        Returns
        -------
        ndarray of float32, shape (N, feature_dim)
        """
        patches, empty = cut_patches(image, boxes, self.patch_shape)
        if empty and not self._has_warned:
            self._has_warned = True
            print("warning: box outside the image: its feature is that of noise", file=sys.stderr)
        return self.image_encoder(patches, self.batch_size)


def create_box_encoder(
    model_filename: str | Path,
    input_name: str = "images",
    output_name: str = "features",
    batch_size: int = DEFAULT_BATCH_SIZE,
) -> BoxEncoder:
    """Load a network that gives the features of boxes in an image.

    Parameters
    ----------
    model_filename : str or Path
        The frozen graph (``.pb``).
    input_name, output_name : str
        Names of its nodes.
    batch_size : int
        How many patches run through the network at once.

    Returns
    -------
    BoxEncoder
        ``encoder(image, boxes)``: (height, width, 3) BGR uint8 and (N, 4) left, top, width, height in pixels
        to (N, M) float32.

    Raises
    ------
    UserError
        If TensorFlow or the file is missing, or the graph cannot be used.
    """
    image_encoder = ImageEncoder(model_filename, input_name, output_name)
    if image_encoder.image_shape[2] != 3:
        raise UserError(
            f"{model_filename}: {input_name} takes images of shape {image_encoder.image_shape}, "
            "expected (height, width, 3)"
        )
    return BoxEncoder(image_encoder, batch_size)
