"""Places for the labels of points in a drawing, so that none covers another or a point."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

CHARACTER = (7.0, 12.0)
"""Width and height of a character in pixels, at plotly's font size 11."""
POINT = 5.0
"""Radius of a point and its outline in pixels."""
PLACES = {
    "top center": (0, -1),
    "bottom center": (0, 1),
    "middle right": (1, 0),
    "middle left": (-1, 0),
    "top right": (1, -1),
    "top left": (-1, -1),
    "bottom right": (1, 1),
    "bottom left": (-1, 1),
}
"""What plotly calls the places around a point: in which direction they are."""

Points = NDArray[np.float64]


def place_labels(
    points: Points, texts: Sequence[str], size: tuple[float, float], most: int | None = None
) -> list[str | None]:
    """Find a place for the label of each point; those that come first choose first.

    Parameters
    ----------
    points : ndarray, shape (N, 2)
        In pixels of the drawing, from its left top corner.
    texts : sequence of str
    size : tuple of float
        Width and height of the drawing.
    most : int, optional
        Labels to place at most.

    Returns
    -------
    list of str or None
        One of `PLACES`, None where none is free.
    """
    low, high = points - POINT, points + POINT  # taken: the points, later the labels as well
    places: list[str | None] = []
    for own, (point, text) in enumerate(zip(points[:most], texts[:most], strict=True)):
        half = np.array([CHARACTER[0] * len(text), CHARACTER[1]]) / 2
        found = None
        for name, direction in PLACES.items():
            centre = point + np.array(direction) * (half + POINT)
            inside = (centre - half >= 0).all() and (centre + half <= size).all()
            meets = ((centre - half < high) & (centre + half > low)).all(axis=1)
            meets[own] = False
            if inside and not meets.any():
                found, low, high = name, np.vstack([low, centre - half]), np.vstack([high, centre + half])
                break
        places.append(found)
    return places + [None] * (len(points) - len(places))
