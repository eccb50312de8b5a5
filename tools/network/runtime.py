"""What runs a network: TensorFlow or OpenVINO, by its file and what is asked for."""

from __future__ import annotations

from pathlib import Path

from application_util.errors import UserError
from application_util.installation import command_name
from tools.network.frozen_graph import FrozenGraph
from tools.network.openvino_network import OpenVinoNetwork

OPENVINO_ENDINGS = (".xml", ".onnx")


def usual_runtime(path: str | Path) -> str:
    """Return what runs a network where nothing else is asked for."""
    return "openvino" if Path(path).suffix.lower() in OPENVINO_ENDINGS else "tensorflow"


def open_network(
    path: str | Path, input_name: str, output_name: str, runtime: str | None, precision: str, trust_model: bool = False
) -> FrozenGraph | OpenVinoNetwork:
    """Load a network into a runtime.

    Parameters
    ----------
    path, input_name, output_name, runtime, precision, trust_model
        See `tools.features.encoder.ImageEncoder`.

    Raises
    ------
    UserError
        If the runtime is missing or does not read such files, or has no such precision.
    """
    frozen = Path(path).suffix.lower() not in OPENVINO_ENDINGS
    runtime = runtime or usual_runtime(path)
    if precision == "int8":
        raise UserError(
            f"{path}: int8 needs crops to be calibrated on: "
            f"{command_name('tools/generate_detections.py')} --precision int8 makes a network of its own (.xml), "
            "which --model takes"
        )
    if runtime == "openvino":
        return OpenVinoNetwork(path, input_name, output_name, precision)
    if not frozen:
        raise UserError(f"{path}: TensorFlow reads frozen graphs (.pb) alone; --runtime openvino reads this one")
    if precision != "float32":
        raise UserError(f"TensorFlow runs networks in float32, OpenVINO some in {precision}")
    return FrozenGraph(path, input_name, output_name, trust_model)
