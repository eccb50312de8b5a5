"""Colours of tracks."""

from __future__ import annotations

import colorsys


def create_unique_color_float(tag: int, hue_step: float = 0.41) -> tuple[float, float, float]:
    """Give each track id a colour of its own; neighbouring ids differ clearly.

    Parameters
    ----------
    tag : int
        The track id.
    hue_step : float
        How far hues of neighbouring ids lie apart, as a fraction of the colour circle. After each
        turn of the circle colours are darker, four shades in all.

    Returns
    -------
    tuple of float
        Three channels in [0, 1].
    """
    turn = int(tag * hue_step)
    return colorsys.hsv_to_rgb(tag * hue_step % 1, 1.0, 1.0 - turn % 4 / 5.0)


def create_unique_color_uchar(tag: int, hue_step: float = 0.41) -> tuple[int, int, int]:
    """Give each track id a colour as three channels from 0 to 255; see `create_unique_color_float`."""
    red, green, blue = create_unique_color_float(tag, hue_step)
    return int(255 * red), int(255 * green), int(255 * blue)
