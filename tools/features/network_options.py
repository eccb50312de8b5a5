"""How a network is run, each option declared once."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from application_util.settings import parameter


@dataclass(frozen=True)
class NetworkOptions:
    """Options of commands that compute features."""

    input_name: str = parameter("images", "the network's input")
    output_name: str = parameter("features", "the network's output")
    batch_size: int = parameter(32, "crops per run of the network", low=1)
    runtime: str | None = parameter(
        None,
        "what runs the network: by default TensorFlow a frozen graph (.pb), OpenVINO others (.xml, .onnx)",
        choices=("tensorflow", "openvino"),
    )
    precision: str = parameter(
        "float32",
        "of OpenVINO's arithmetic; bfloat16 is faster on processors with AVX-512 BF16 or AMX",
        choices=("float32", "bfloat16"),
    )
    trust_model: bool = parameter(
        False, "take a frozen graph that may reach files or the network when it runs"
    )
    color_order: str | None = parameter(
        None, "of the network's images, by default what its card says, else BGR", choices=("BGR", "RGB")
    )
    pixel_mean: float | None = parameter(None, "subtracted from pixels of 0 to 255, likewise, else 0")
    pixel_scale: float | None = parameter(None, "then divides them, likewise, else 1")


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
