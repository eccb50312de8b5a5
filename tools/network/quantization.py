"""Networks in 8-bit integers: quantised after training, with the ranges of values that images give (NNCF)."""

from __future__ import annotations

import contextlib
import io
import logging
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError, require


def quantize(path: str | Path, images: NDArray, output_path: Path) -> None:
    """Quantise a network's weights and activations.

    Weights get a range for each channel, activations one each, from the least to the greatest value that the
    images give. Nothing is cut off, and biases are not corrected: with ``person-small128.pb`` both
    were measured to harm (median cosine to float32 0.995 with NNCF's defaults, 0.9997 so).

    Parameters
    ----------
    path : str or Path
        A network that OpenVINO reads, with one input.
    images : ndarray
        A batch, as the network takes it.
    output_path : Path
        Becomes ``.xml``, beside its ``.bin``.

    Raises
    ------
    UserError
        If OpenVINO or NNCF is missing, or cannot do it.
    """
    openvino = require("openvino", "int8")
    nncf = _load_nncf()
    model = openvino.Core().read_model(path)
    source = model.inputs[0]
    batch = source.get_partial_shape()[0]
    shape, kind = ((1 if batch.is_dynamic else batch.get_length(), 1, 1, 1), source.get_element_type().to_dtype())
    data = nncf.Dataset(images, lambda image: np.tile(image, shape).astype(kind))
    settings = nncf.AdvancedQuantizationParameters(
        disable_bias_correction=True,
        activations_range_estimator_params=nncf.quantization.range_estimator.RangeEstimatorParametersSet.MINMAX,
    )
    try:
        with contextlib.redirect_stdout(io.StringIO()):  # progress bars
            quantized = nncf.quantize(
                model,
                data,
                preset=nncf.QuantizationPreset.MIXED,  # values below 0 are other than those above: ELU
                subset_size=len(images),
                advanced_parameters=settings,
            )
    except (RuntimeError, nncf.ValidationError, nncf.UnsupportedModelError) as error:
        raise UserError(f"{path}: NNCF cannot quantise this network ({str(error).splitlines()[-1]})") from None
    with tempfile.TemporaryDirectory(dir=output_path.parent) as folder:
        made = Path(folder, output_path.name)
        openvino.save_model(quantized, made, compress_to_fp16=False)
        for suffix in (".bin", ".xml"):
            os.replace(made.with_suffix(suffix), output_path.with_suffix(suffix))


def _load_nncf() -> Any:
    os.environ.setdefault("NNCF_CI", "1")  # or it reports its use over the network
    nncf = require("nncf", "int8")
    nncf.set_log_level(logging.ERROR)
    return nncf
