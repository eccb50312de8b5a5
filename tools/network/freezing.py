"""Turn weights into a frozen graph that the encoder loads, with the card that describes it."""

from __future__ import annotations

import hashlib
from glob import escape
from pathlib import Path
from typing import Any

from application_util.files.network_card import NetworkCard, card_path, write_card
from application_util.files.output import refuse_overwriting, whole_file
from tools.network.architecture import FEATURE_DIM, IMAGE_SHAPE, Variables, inference_graph
from tools.network.checkpoint import checkpoint_prefix, read_checkpoint


def write_graph(
    variables: Variables,
    graphdef_out: str | Path,
    image_shape: tuple[int, int] = IMAGE_SHAPE,
    *,
    max_cosine_distance: float | None = None,
    trained_on: str = "",
    terms: str = "",
) -> None:
    """Write the frozen graph of the network with the given weights, and its card beside it.

    Parameters
    ----------
    variables : mapping
        Variable name to float32 array, see `tools.network.architecture.variable_shapes`.
    graphdef_out : path
        The file to write; it appears only once it is complete.
    image_shape : tuple of int
        Height and width of the images in pixels.
    max_cosine_distance, trained_on, terms
        For the card, see `application_util.files.network_card.NetworkCard`.

    Raises
    ------
    UserError
        If a file cannot be written.
    """
    content = inference_graph(variables, image_shape).SerializeToString(deterministic=True)
    with whole_file(graphdef_out, "choose another place for the network", "wb") as file:
        file.write(content)
    name, sha256 = Path(graphdef_out).name, hashlib.sha256(content).hexdigest()
    card = NetworkCard(name, sha256, FEATURE_DIM, max_cosine_distance, trained_on, terms)
    write_card(graphdef_out, card)


def freeze_model(
    checkpoint_in: str | Path, graphdef_out: str | Path, image_shape: tuple[int, int] = IMAGE_SHAPE, **card: Any
) -> None:
    """Freeze a checkpoint.

    Parameters
    ----------
    checkpoint_in : path
        Prefix of the checkpoint.
    graphdef_out : path
        The frozen graph (``.pb``) to write: ``images`` in, ``features`` out; its card is written beside it.
    image_shape : tuple of int
        Height and width of the network's images in pixels.

    Raises
    ------
    UserError
        If the checkpoint cannot be read or the graph not be written.
    """
    prefix = Path(checkpoint_prefix(checkpoint_in))
    files = [file for end in ("index", "data-*") for file in prefix.parent.glob(f"{escape(prefix.name)}.{end}")]
    refuse_overwriting([graphdef_out, card_path(graphdef_out)], files)
    write_graph(read_checkpoint(checkpoint_in, image_shape), graphdef_out, image_shape, **card)
