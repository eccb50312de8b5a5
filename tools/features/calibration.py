"""A network quantised on crops of the sequences that it is to encode, kept beside their detection files."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.files.network_card import network_card, network_sha256, read_card, write_card
from application_util.progress import say
from tools.features.encoder import load_box_encoder
from tools.features.encoding_job import EncodingJob, read_input
from tools.features.network_options import Network
from tools.features.patches import cut_patches
from tools.network.quantization import quantize

CROPS = 300


def calibrated(network: Network, jobs: Sequence[EncodingJob], output_dir: str | Path) -> Network:
    """Return a network in 8-bit integers: ``<network>-int8.xml`` of the output folder, made if it is not there.

    Later runs with the same network and folder take the same, whatever their sequences: their features can be compared.

    Parameters
    ----------
    network : Network
    jobs : sequence of EncodingJob
        What to take crops from.
    output_dir : str or Path

    Raises
    ------
    UserError
        If there are no crops, or a package is missing.
    """
    options = replace(network.options, precision="float32", runtime="openvino")
    card = read_card(network.model)
    if card is not None and card.precision == "int8":
        return Network(network.model, options)
    path, origin = Path(output_dir, f"{network.model.stem}-int8.xml"), network_sha256(network.model)
    made = read_card(path) if path.is_file() else None
    if made is not None and (made.origin, made.sha256) == (origin, network_sha256(path)):
        say(f"int8: {path}, calibrated before")
        return Network(path, options)
    encoder = load_box_encoder(Network(network.model, options))
    crops = sample_crops(jobs, encoder.patch_shape)
    image_format = encoder.image_encoder.image_format
    path.parent.mkdir(parents=True, exist_ok=True)
    quantize(network.model, image_format.prepare(crops), path)
    card = replace(
        network_card(network.model, encoder.feature_dim),
        name=path.name,
        sha256=network_sha256(path),
        image_format=asdict(image_format),
        precision="int8",
        origin=origin,
    )
    write_card(path, card)
    say(f"int8: calibrated on {len(crops)} crops: {path}")
    return Network(path, options)


def sample_crops(jobs: Sequence[EncodingJob], patch_shape: tuple[int, int], number: int = CROPS) -> NDArray[np.uint8]:
    """Cut out detections of sequences, evenly spread over all of them.

    Parameters
    ----------
    jobs : sequence of EncodingJob
    patch_shape : tuple of int
        Height and width.
    number : int
        At most so many.

    Returns
    -------
    ndarray, shape (n, *patch_shape, 3)

    Raises
    ------
    UserError
        If there are none.
    """
    sources = [read_input(job) for job in jobs]
    places = np.cumsum([0, *(len(source.rows) for source in sources)])
    chosen = np.unique(np.linspace(0, max(places[-1] - 1, 0), number).astype(int))
    crops = [np.empty((0, *patch_shape, 3), np.uint8)]
    for source, start in zip(sources, places, strict=False):
        rows = source.rows[chosen[(chosen >= start) & (chosen < start + len(source.rows))] - start]
        for frame in np.unique(rows[:, 0]).astype(int).tolist():
            try:
                image = source.sequence.images.read(frame, whole=True)
            except UserError:
                continue  # who encodes it says so
            crops.append(cut_patches(image, rows[rows[:, 0] == frame, 2:6], patch_shape, (frame,))[0])
    found = np.concatenate(crops)
    if not len(found):
        raise UserError("int8 needs crops to be calibrated on, and there are no detections")
    return found
