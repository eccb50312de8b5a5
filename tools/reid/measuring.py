"""Measure finished networks: scores and features of query and gallery."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from application_util.errors import UserError
from application_util.files.lock import lock_folder
from application_util.progress import show
from tools.features.encoder import ImageEncoder
from tools.network.architecture import IMAGE_SHAPE
from tools.network.checkpoint import read_checkpoint
from tools.reid.data import ReidImages, merge
from tools.reid.evaluation import pool_tracklets, rank_gallery
from tools.reid.export import write_features
from tools.reid.features import encode_images, encoder_of
from tools.reid.readers import read_dataset


def load_network(
    model: str, input_name: str, output_name: str, image_shape: tuple[int, int], precision: str
) -> ImageEncoder:
    """Load a network: a file that `ImageEncoder` takes, or a checkpoint of the project's own network.

    Raises
    ------
    UserError
        If it is neither.
    """
    if Path(model).is_file():
        return ImageEncoder(model, input_name, output_name, precision=precision)
    if Path(f"{model}.index").is_file():
        return encoder_of(read_checkpoint(model, image_shape), image_shape)
    raise UserError(f"{model}: neither a network (.pb, .xml, .onnx) nor a checkpoint")


def encode(
    datasets: Sequence[tuple[str, str]], network: ImageEncoder, split: str, batch_size: int
) -> tuple[np.ndarray, ReidImages]:
    """Return features of a part of data sets, one a tracklet where they have tracklets."""
    shape = network.image_shape[:2]
    data = merge([read_dataset(layout, place, split, shape) for layout, place in datasets])
    return pool_tracklets(encode_images(network, data.images, batch_size), data)


def evaluate(
    datasets: Sequence[tuple[str, str]],
    model: str,
    input_name: str = "images",
    output_name: str = "features",
    batch_size: int = 64,
    image_shape: tuple[int, int] = IMAGE_SHAPE,
    precision: str = "float32",
) -> None:
    """Print the scores of a network."""
    network = load_network(model, input_name, output_name, image_shape, precision)
    start = time.perf_counter()
    query_features, query = encode(datasets, network, "query", batch_size)
    gallery_features, gallery = encode(datasets, network, "gallery", batch_size)
    encoded = time.perf_counter()
    scores = rank_gallery(query_features, gallery_features, query, gallery)
    ranked = time.perf_counter()
    show(f"{model}: {scores}")
    show(f"images and features in {encoded - start:.1f} s, ranking in {ranked - encoded:.1f} s")


def export(
    datasets: Sequence[tuple[str, str]],
    model: str,
    output_dir: str | Path,
    input_name: str = "images",
    output_name: str = "features",
    batch_size: int = 64,
    image_shape: tuple[int, int] = IMAGE_SHAPE,
    precision: str = "float32",
) -> None:
    """Write features, identities and cameras of query and gallery, as .npy and .mat files."""
    network = load_network(model, input_name, output_name, image_shape, precision)
    with lock_folder(output_dir):
        for split in ("query", "gallery"):
            features, data = encode(datasets, network, split, batch_size)
            write_features(Path(output_dir), split, features, data)
            show(f"{output_dir}: {split}: {len(features)} features written")
