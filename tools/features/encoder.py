"""Appearance features of image patches, and of boxes in an image."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

import numpy as np
from numpy.typing import ArrayLike, NDArray

from application_util.errors import UserError
from application_util.files.network_card import NetworkCard, network_card
from application_util.progress import warn
from tools.features.network_options import Network
from tools.features.patches import cut_patches
from tools.network.frozen_graph import FrozenGraph
from tools.network.image_format import ImageFormat, image_format_of
from tools.network.model_file import check_model
from tools.network.runtime import open_network, usual_runtime

DEFAULT_BATCH_SIZE = 32


class ImageEncoder:
    """A network that gives a feature for each image patch.

    Parameters
    ----------
    checkpoint_filename : str or Path
        A frozen graph (``.pb``), OpenVINO's ``.xml`` or ``.onnx``.
    input_name, output_name : str
        Names of its input and output. Where they are left as they are, a network with one of each is taken by it.
    runtime : str, optional
        What runs it, ``"tensorflow"`` or ``"openvino"``; by default TensorFlow for a ``.pb``, else OpenVINO.
    precision : str
        Of the arithmetic, see `tools.network.openvino_network.PRECISIONS`; TensorFlow has float32 alone.
    image_format : ImageFormat, optional
        What images the network takes, by default what its card says, else BGR from 0 to 255.
    trust_model : bool
        Take a frozen graph that may reach files or the network when it runs.

    Attributes
    ----------
    image_shape : tuple of int
        Height, width and channels of a patch.
    image_format : ImageFormat
    feature_dim : int
        M, the length of a feature.
    fixed_batch : int or None
        The batch size, where the network allows no other.

    Raises
    ------
    UserError
        If the runtime or the file is missing, or the network cannot be used.
    """

    def __init__(
        self,
        checkpoint_filename: str | Path,
        input_name: str = "images",
        output_name: str = "features",
        *,
        runtime: str | None = None,
        precision: str = "float32",
        image_format: ImageFormat | None = None,
        trust_model: bool = False,
    ) -> None:
        check_model(checkpoint_filename)
        self._network = open_network(checkpoint_filename, input_name, output_name, runtime, precision, trust_model)
        self.image_format = (image_format or image_format_of(checkpoint_filename)).resolved(self._network.input_shape)
        try:
            self.image_shape = self.image_format.image_shape(self._network.input_shape)
        except UserError as error:
            raise UserError(f"{checkpoint_filename}: {input_name} {error}") from None
        if self.image_format.changes_range and self._network.input_dtype.kind in "iu":
            raise UserError(
                f"{checkpoint_filename}: takes whole numbers ({self._network.input_dtype}), to which mean and scale "
                "(of its card, or --pixel_mean, --pixel_scale) cannot be applied"
            )
        self.fixed_batch = self._network.input_shape[0]
        trial = self._run(np.zeros((1, *self.image_shape)))  # fails here rather than after the first images
        self.feature_dim: int = trial.shape[1]

    @property
    def session(self) -> Any:
        """TensorFlow's session; an attribute of the original's encoder, as are the next two."""
        return cast(FrozenGraph, self._network).session

    @property
    def input_var(self) -> Any:
        """The input's tensor."""
        return cast(FrozenGraph, self._network).source

    @property
    def output_var(self) -> Any:
        """The output's tensor."""
        return cast(FrozenGraph, self._network).target

    def __call__(self, data_x: ArrayLike, batch_size: int = DEFAULT_BATCH_SIZE) -> NDArray[np.float32]:
        """Compute the features of patches; may be called from several threads.

        Parameters
        ----------
        data_x : array_like, shape (N, *image_shape)
            BGR patches of whole numbers from 0 to 255.
        batch_size : int
            How many patches run through the network at once. A graph with a fixed batch size keeps to that.

        Returns
        -------
        ndarray of float32, shape (N, feature_dim)

        Raises
        ------
        ValueError
            If the patches have another shape or other values, or the batch size is below 1.
        """
        patches = np.asarray(data_x)
        if patches.shape[:1] == (0,):
            return np.empty((0, self.feature_dim), np.float32)
        if patches.shape[1:] != self.image_shape:
            raise ValueError(f"patches of shape {patches.shape}, expected (N, {', '.join(map(str, self.image_shape))})")
        if batch_size < 1:
            raise ValueError(f"batch_size is {batch_size}, expected at least 1")
        patches = _as_uint8(patches)
        step = self.fixed_batch or batch_size
        return np.concatenate([self._run(patches[start : start + step]) for start in range(0, len(patches), step)])

    def _run(self, patches: NDArray) -> NDArray[np.float32]:
        missing = (self.fixed_batch or 0) - len(patches)
        if missing > 0:
            patches = np.concatenate([patches, np.zeros((missing, *self.image_shape), patches.dtype)])
        features = self._network.run(self.image_format.prepare(patches))
        if not np.isfinite(features).all():
            raise UserError(f"{self._network.path}: gives features that are not finite numbers")
        return features[: len(features) - max(0, missing)]


def _as_uint8(patches: NDArray) -> NDArray[np.uint8]:
    """Give patches the type of images; what it cannot hold, such as values from 0 to 1, is no image."""
    if patches.dtype == np.uint8:
        return patches
    with np.errstate(invalid="ignore"):
        images = patches.astype(np.uint8)
    if not np.array_equal(images, patches):
        raise ValueError(f"patches of {patches.dtype} with other values than whole numbers from 0 to 255")
    return images


class BoxEncoder:
    """Gives the features of boxes in an image: ``encoder(image, boxes)``.

    Parameters
    ----------
    image_encoder : ImageEncoder
        Takes patches of three channels.
    batch_size : int
        How many patches run through the network at once.
    card : NetworkCard, optional
        What is known of the network.
    """

    def __init__(
        self, image_encoder: ImageEncoder, batch_size: int = DEFAULT_BATCH_SIZE, card: NetworkCard | None = None
    ) -> None:
        self.image_encoder = image_encoder
        self.card = card
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
            warn("box outside the image: its feature is that of noise")
        return self.image_encoder(patches, self.batch_size)


def create_box_encoder(
    model_filename: str | Path,
    input_name: str = "images",
    output_name: str = "features",
    batch_size: int = DEFAULT_BATCH_SIZE,
    *,
    runtime: str | None = None,
    precision: str = "float32",
    image_format: ImageFormat | None = None,
    trust_model: bool = False,
) -> BoxEncoder:
    """Load a network that gives the features of boxes in an image.

    Parameters
    ----------
    model_filename : str or Path
        The network.
    input_name, output_name, runtime, precision, image_format, trust_model
        See `ImageEncoder`.
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
        If the runtime or the file is missing, or the network cannot be used.
    """
    image_encoder = ImageEncoder(
        model_filename,
        input_name,
        output_name,
        runtime=runtime,
        precision=precision,
        image_format=image_format,
        trust_model=trust_model,
    )
    if image_encoder.image_shape[2] != 3:
        raise UserError(
            f"{model_filename}: {input_name} takes images of shape {image_encoder.image_shape}, "
            "expected (height, width, 3)"
        )
    card = network_card(model_filename, image_encoder.feature_dim)
    names = (input_name, output_name)
    card = _card_of_features(card, names, runtime, precision, image_format or image_format_of(model_filename))
    return BoxEncoder(image_encoder, batch_size, card)


def card_of_features(network: Network) -> NetworkCard:
    """Return what the card of features says of the network and its options, before it is loaded."""
    options, card = network.options, network_card(network.model, 0)
    names = (options.input_name, options.output_name)
    return _card_of_features(card, names, options.runtime, options.precision, _image_format(network))


def _card_of_features(
    card: NetworkCard, names: tuple[str, str], runtime: str | None, precision: str, image_format: ImageFormat
) -> NetworkCard:
    made = {"names": list(names), "runtime": runtime or usual_runtime(card.name), "image_format": asdict(image_format)}
    return replace(card, precision=card.precision if precision == "float32" else precision, made=made)


def _image_format(network: Network) -> ImageFormat:
    options = network.options
    return image_format_of(
        network.model, color_order=options.color_order, mean=options.pixel_mean, scale=options.pixel_scale
    )


def load_box_encoder(network: Network) -> BoxEncoder:
    """Load a network with the options of a command line, as `create_box_encoder` does."""
    options = network.options
    return create_box_encoder(
        network.model,
        options.input_name,
        options.output_name,
        options.batch_size,
        runtime=options.runtime,
        precision=options.precision,
        image_format=_image_format(network),
        trust_model=options.trust_model,
    )
