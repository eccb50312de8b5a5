"""Colors of tracks: those of the videos, at a brightness that is visible on white, on black and on an image."""

from __future__ import annotations

import numpy as np

from application_util.drawing import colors

BRIGHTNESS = 0.5
BRIGHTNESS_OF_CHANNELS = (0.299, 0.587, 0.114)
"""Of red, green and blue, by ITU-R BT.601."""


def track_color(track_id: int) -> str:
    """Return the color of a track as ``#rrggbb``."""
    channels = np.array(colors.track_color(track_id)[::-1]) / 255
    brightness = float(channels @ BRIGHTNESS_OF_CHANNELS)
    if brightness > BRIGHTNESS:
        channels *= BRIGHTNESS / brightness
    else:
        channels += (1 - channels) * (BRIGHTNESS - brightness) / (1 - brightness)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels.tolist())
