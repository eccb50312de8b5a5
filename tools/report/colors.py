"""Colours of tracks: the hues of the video, at a brightness that is visible on white, on black and on an image."""

from __future__ import annotations

import colorsys

import numpy as np

from application_util.drawing.colors import create_unique_color_float

HUES = 20
SATURATION = 0.75
BRIGHTNESS = 0.5
BRIGHTNESS_OF_CHANNELS = (0.299, 0.587, 0.114)
"""Of red, green and blue, by ITU-R BT.601."""


def track_color(track_id: int) -> str:
    """Return the colour of a track, one of `HUES`, as ``#rrggbb``."""
    # windows and videos use the channels in this order
    blue, green, red = create_unique_color_float(track_id)
    hue = round(colorsys.rgb_to_hsv(red, green, blue)[0] * HUES) % HUES / HUES
    channels = np.array(colorsys.hsv_to_rgb(hue, SATURATION, 1.0))
    brightness = float(channels @ BRIGHTNESS_OF_CHANNELS)
    if brightness > BRIGHTNESS:
        channels *= BRIGHTNESS / brightness
    else:
        channels += (1 - channels) * (BRIGHTNESS - brightness) / (1 - brightness)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels.tolist())
