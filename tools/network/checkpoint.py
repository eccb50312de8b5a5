"""Checkpoints of the appearance network, with the original's variable names."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from application_util.errors import UserError
from tools.network.architecture import IMAGE_SHAPE, has_instance_norm, variable_shapes
from tools.network.tensorflow_import import load_tensorflow


def checkpoint_prefix(path: str | Path) -> str:
    """Return the prefix of a checkpoint, of which one of its files may be given."""
    return re.sub(r"\.(index|meta|data-\d+-of-\d+)$", "", str(path))


def read_checkpoint(checkpoint: str | Path, image_shape: tuple[int, int] = IMAGE_SHAPE) -> dict[str, np.ndarray]:
    """Read the network's variables by their names; whatever else a checkpoint holds is left alone.

    Parameters
    ----------
    checkpoint : path
        Prefix of a TensorFlow checkpoint (``X`` for ``X.index`` and ``X.data-...``).
    image_shape : tuple of int
        Height and width of the network's images in pixels.

    Returns
    -------
    dict
        Variable name to float32 array.

    Raises
    ------
    UserError
        If there is no such checkpoint, it cannot be read, or variables are missing or of another shape.
    """
    tf = load_tensorflow()
    prefix = checkpoint_prefix(checkpoint)
    if not Path(prefix + ".index").is_file():
        raise UserError(f"{prefix}: no checkpoint here ({Path(prefix).name}.index not found)")
    try:
        reader = tf.train.load_checkpoint(prefix)
        found = reader.get_variable_to_shape_map()
    except (tf.errors.OpError, ValueError, RuntimeError, IndexError) as error:
        raise UserError(f"{prefix}: not a readable checkpoint: {_first_line(error)}") from None
    wanted = variable_shapes(image_shape, has_instance_norm(found))
    missing = [name for name in wanted if name not in found]
    if missing:
        raise UserError(f"{prefix}: variables missing in the checkpoint: {', '.join(missing)}")
    for name, shape in wanted.items():
        if tuple(found[name]) != shape:
            raise UserError(f"{prefix}: {name}: shape {tuple(found[name])} found, {shape} expected")
    try:
        return {name: reader.get_tensor(name) for name in wanted}
    except (tf.errors.OpError, ValueError, RuntimeError, IndexError) as error:
        raise UserError(f"{prefix}: damaged checkpoint: {_first_line(error)}") from None


def _first_line(error: Exception) -> str:
    return str(error).strip().splitlines()[0]
