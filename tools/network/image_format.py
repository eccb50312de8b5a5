"""How a network wants its images: order of dimensions and channels, range of values."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.files.network_card import read_card

LAYOUTS = ("auto", "NHWC", "NCHW")
COLOR_ORDERS = ("BGR", "RGB")


@dataclass(frozen=True)
class ImageFormat:
    """From (N, height, width, channels) BGR patches of 0 to 255 to what a network takes.

    Parameters
    ----------
    layout : str
        ``"NHWC"``, ``"NCHW"``, or ``"auto"``: whichever of them has 1 or 3 channels.
    color_order : str
        ``"BGR"`` or ``"RGB"``.
    mean, scale : float
        Subtracted from the values, then divided by.
    """

    layout: str = "auto"
    color_order: str = "BGR"
    mean: float = 0.0
    scale: float = 1.0

    def __post_init__(self) -> None:
        """Refuse values that no network takes; `ValueError`."""
        if self.layout not in LAYOUTS or self.color_order not in COLOR_ORDERS:
            raise ValueError(
                f"layout {self.layout!r:.40}, color_order {self.color_order!r:.40}: "
                f"expected {', '.join(LAYOUTS)} and {' or '.join(COLOR_ORDERS)}"
            )
        numbers = np.hstack([np.asarray(self.mean, np.float64), np.asarray(self.scale, np.float64)])
        if not np.isfinite(numbers).all() or not np.all(self.scale):
            raise ValueError(
                f"mean {self.mean!r:.40} and scale {self.scale!r:.40}: expected numbers, and no scale of 0"
            )

    @property
    def changes_range(self) -> bool:
        """Whether values are not whole numbers from 0 to 255."""
        return bool(np.any(self.mean)) or bool(np.any(np.asarray(self.scale) != 1))

    def resolved(self, input_shape: Sequence[int | None]) -> ImageFormat:
        """Return the same with the layout known.

        Parameters
        ----------
        input_shape : sequence of int or None
            The network's, of rank 4.
        """
        if self.layout != "auto":
            return self
        first = input_shape[1] in (1, 3) and input_shape[3] not in (1, 3)
        return replace(self, layout="NCHW" if first else "NHWC")

    def image_shape(self, input_shape: Sequence[int | None]) -> tuple[int, int, int]:
        """Return height, width and channels of one image; the layout must be known.

        Raises
        ------
        UserError
            If one of them is not fixed.
        """
        _, *sides = input_shape
        height, width, channels = sides[1:] + sides[:1] if self.layout == "NCHW" else sides
        if height is None or width is None or channels is None:
            raise UserError("takes images of any size, a fixed size is needed")
        return height, width, channels

    def prepare(self, patches: NDArray) -> NDArray:
        """Return the patches as the network takes them; uint8 unless the range changes."""
        if self.color_order == "RGB":
            patches = patches[..., ::-1]
        if self.changes_range:
            patches = (patches.astype(np.float32) - np.float32(self.mean)) / np.float32(self.scale)
        return patches.transpose(0, 3, 1, 2) if self.layout == "NCHW" else patches


def image_format_of(network: str | Path, **given: Any) -> ImageFormat:
    """Return what images a network takes, as its card says, or BGR from 0 to 255.

    Parameters
    ----------
    network : str or Path
        The network's file.
    **given
        Arguments of `ImageFormat` that are known better; None where they are not.

    Raises
    ------
    UserError
        If the card says something else than an `ImageFormat`.
    """
    card = read_card(network)
    try:
        by_card = ImageFormat(**(card.image_format if card else {}))
    except (TypeError, ValueError) as error:
        raise UserError(f"{network}: its card's image_format: {error}") from None
    try:
        return replace(by_card, **{name: value for name, value in given.items() if value is not None})
    except ValueError as error:
        raise UserError(f"{network}: {error}") from None
