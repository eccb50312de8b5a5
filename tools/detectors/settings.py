"""How detectors are run; what is left open follows the detector's family."""

from __future__ import annotations

from dataclasses import dataclass

from application_util.settings import parameter

FITS = ("corner", "center", "stretch")
"""Scaled into the upper left corner or the middle of the input, aspect kept; or stretched to fill it."""


@dataclass(frozen=True)
class DetectorSettings:
    """Parameters of detectors that are files of a network."""

    class_names: str | None = parameter(
        None, "file with the name of a class a line (default: the network's own, else COCO's)", metavar="FILE"
    )
    detector_iou: float | None = parameter(
        None,
        "largest IoU of two boxes of a class, non-maximum suppression (default: by family)",
        metavar="FRACTION",
        low=0,
        high=1,
    )
    detector_fit: str | None = parameter(
        None, "how an image gets into the network's input (default: by family)", choices=FITS
    )
    detector_color_order: str | None = parameter(
        None, "order of colours in the network's input (default: by family)", choices=("BGR", "RGB")
    )
    detector_scale: float | None = parameter(
        None, "what pixel values are divided by, e.g. 255 (default: by family)", metavar="VALUE", low=1e-6
    )
    detector_size: int | None = parameter(
        None, "side of the input in pixels, where the network leaves it open (default: 640)", metavar="PIXELS", low=32
    )
