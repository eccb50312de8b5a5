"""How a network is run, each option declared once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from application_util.settings import parameter


@dataclass(frozen=True)
class NetworkOptions:
    """Options of commands that compute features."""

    input_name: str = parameter("images", "name of the network's input", metavar="NAME")
    output_name: str = parameter("features", "name of the network's output", metavar="NAME")
    batch_size: int = parameter(32, "images in a batch", low=1)
    runtime: str | None = parameter(
        None,
        "what runs the network (default: TensorFlow a frozen graph, .pb, OpenVINO others)",
        choices=("tensorflow", "openvino"),
    )
    precision: str = parameter(
        "float32",
        "precision of the arithmetic; bfloat16 is faster on processors with AVX-512 BF16 or AMX, "
        "int8 (of generate_detections alone) is calibrated on the sequences' crops",
        choices=("float32", "bfloat16", "int8"),
    )
    trust_model: bool = parameter(False, "take a frozen graph that may reach files or the network when it runs")
    color_order: str | None = parameter(
        None, "order of colours in the network's images (default: by its card, else BGR)", choices=("BGR", "RGB")
    )
    pixel_mean: float | None = parameter(
        None, "what is subtracted from pixels of 0 to 255 (default: by the network's card, else 0)"
    )
    pixel_scale: float | None = parameter(
        None, "what they are divided by then (default: by the network's card, else 1)"
    )


@dataclass(frozen=True)
class Network:
    """A network and how it is run.

    Attributes
    ----------
    model : Path
        At the same path for every worker of a cluster.
    options : NetworkOptions
    """

    model: Path
    options: NetworkOptions = NetworkOptions()
