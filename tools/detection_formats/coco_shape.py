"""What a COCO annotation says of its shape beside the box, which must agree with it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from application_util.errors import UserError

TOLERANCE = 0.02
"""Fraction of an extent or area."""
PIXELS = 2.0
"""Beside that: of corners, which may be rounded and counted inclusively."""

Span = tuple[float, float, float, float]


def check_shape(entry: Mapping[str, Any], bbox: Span, place: str) -> None:
    """Make sure that ``area`` and ``segmentation`` do not contradict a box.

    Parameters
    ----------
    entry : mapping
        The annotation.
    bbox : tuple of float
        Left, top, width, height.
    place : str
        Where it is.

    Raises
    ------
    UserError
    """
    left, top, width, height = bbox
    area = entry.get("area")
    if isinstance(area, int | float) and not isinstance(area, bool):
        if area > (width + PIXELS) * (height + PIXELS) * (1 + TOLERANCE):
            raise UserError(f"{place}: area {area:g} is more than the bbox of {width:g} x {height:g} holds")
        inner = width - left, height - top
        if min(inner) > 0 and area < width * height and math.isclose(area, inner[0] * inner[1], rel_tol=1e-3):
            raise UserError(
                f"{place}: area {area:g} contradicts the bbox of {width:g} x {height:g}: are these its right and"
                " bottom edge?"
            )
    bounds = _bounds(entry.get("segmentation"))
    if bounds is None:
        return
    said = {"left": (left, bounds[0], width), "top": (top, bounds[1], height)}
    said |= {"right": (left + width, bounds[2], width), "bottom": (top + height, bounds[3], height)}
    for name, (of_box, of_polygon, extent) in said.items():
        if abs(of_box - of_polygon) > PIXELS + TOLERANCE * abs(extent):
            raise UserError(f"{place}: {name} {of_box:g} of bbox contradicts {of_polygon:g} of segmentation")


def _bounds(segmentation: Any) -> Span | None:
    """Return left, top, right and bottom of polygons, None of anything else."""
    polygons = segmentation if isinstance(segmentation, list) else []
    if not all(isinstance(polygon, list) and len(polygon) % 2 == 0 for polygon in polygons):
        return None
    numbers = [number for polygon in polygons for number in polygon]
    if not numbers or not all(isinstance(number, int | float) and abs(number) < 1e9 for number in numbers):
        return None
    return min(numbers[::2]), min(numbers[1::2]), max(numbers[::2]), max(numbers[1::2])
