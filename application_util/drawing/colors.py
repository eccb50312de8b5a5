"""Colours of tracks."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

Color = Sequence[int]
"""Blue, green, red, each from 0 to 255."""

BLACK: Color = (0, 0, 0)
WHITE: Color = (255, 255, 255)
RED: Color = (0, 0, 255)
PALETTE: list[Color] = [
    tuple(bytes.fromhex(rgb)[::-1])
    for rgb in """
    ff88bb bbee66 ff9922 00eeee 00ff00 bbaaff 777700 7744ff 00ffaa ff00aa
    aa5533 ffdd00 009900 00bbff aa44bb dd1155 ffdd88 339966 0077ff ff00ff
    """.split()  # noqa: SIM905
]
"""Colours that are far from each other, from grey and from red, in an order that puts similar ones far apart.

Any two differ by at least 39 in CIELAB, in neighbouring places by 60; chosen by greedy search and simulated annealing.
"""


def track_color(track_id: int, scheme: str = "distinct") -> Color:
    """Return the colour of a track.

    Parameters
    ----------
    track_id : int
    scheme : str
        One of `application_util.settings.COLORS`.
    """
    if scheme == "original":
        return create_unique_color_uchar(track_id)  # whose red is taken for blue, as in the original
    return PALETTE[track_id % len(PALETTE)]


def text_color(ground: Color) -> Color:
    """Return black or white, whichever has the higher contrast (WCAG 2) to the ground; at least 4.58 to 1."""
    return max(BLACK, WHITE, key=lambda color: contrast(color, ground))


def contrast(one: Color, other: Color) -> float:
    """Return the contrast of two colours by WCAG 2, from 1 to 21."""
    darker, lighter = sorted(_luminance(color) for color in (one, other))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: Color) -> float:
    blue, green, red = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in (channel / 255 for channel in color)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


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
