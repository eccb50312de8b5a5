"""Drawing on an image: boxes, circles, ellipses, text and points, without any window."""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from application_util import opencv as cv2
from application_util.drawing.colors import Color, text_color

LABEL_MARGIN = 5
CHI2_95_TWO_DIMENSIONS = 5.9915
FARTHEST = 2**15
"""Coordinates in pixels that OpenCV can draw at; what lies beyond is drawn there, outside any image."""
POLYLINE_SHIFT = 4
"""Bits of a pixel's fraction in the corners of lines."""


class Canvas:
    """An image and the pen that draws on it.

    Attributes
    ----------
    image : ndarray
        The (height, width, 3) uint8 image, channels in OpenCV's order (blue, green, red). Drawing
        changes it in place.
    color : sequence of int
        Colour of boxes, circles, ellipses, points, and of the ground behind a box's label.
    text_color : sequence of int
        Colour of all text.
    thickness : int
        Width of lines in pixels.
    """

    def __init__(self, image: NDArray[np.uint8]) -> None:
        self.image = image
        self.color: Color = (0, 0, 0)
        self.text_color: Color = (255, 255, 255)
        self.thickness = 1

    def rectangle(self, x: float, y: float, w: float, h: float, label: str | None = None) -> None:
        """Draw a box, and in its top left corner a label on filled ground.

        Parameters
        ----------
        x, y : float
            Top left corner in pixels.
        w, h : float
            Width and height in pixels.
        label : str, optional
            What to write.
        """
        left, top = _pixel(x, y)
        cv2.rectangle(self.image, (left, top), _pixel(x + w, y + h), self._pen(), self.thickness)
        if label is not None:
            (width, height), _ = cv2.getTextSize(label, cv2.FONT_HERSHEY_PLAIN, 1, self.thickness)
            corner = left + width + 2 * LABEL_MARGIN, top + height + 2 * LABEL_MARGIN
            cv2.rectangle(self.image, (left, top), corner, self._pen(), cv2.FILLED)
            self._write(label, left + LABEL_MARGIN, top + LABEL_MARGIN + height, 1, self.thickness)

    def dashed_rectangle(self, x: float, y: float, w: float, h: float, dash: int) -> None:
        """Draw a box of dashes and gaps, both `dash` pixels long; coordinates as in `rectangle`."""
        height, width = self.image.shape[:2]
        (left, top), (right, bottom) = _pixel(x, y), _pixel(x + w, y + h)
        step = 2 * dash
        columns = range(left + max(0, -left // step) * step, min(right, width), step)  # those in the image
        rows = range(top + max(0, -top // step) * step, min(bottom, height), step)
        dashes = [((i, side), (min(i + dash, right), side)) for side in (top, bottom) for i in columns]
        dashes += [((side, i), (side, min(i + dash, bottom))) for side in (left, right) for i in rows]
        for start, end in dashes:
            cv2.line(self.image, start, end, self._pen(), self.thickness)

    def text_size(self, text: str, height: int) -> tuple[int, int]:
        """Return (width, height) of a line of text with digits of `height` pixels, and of the margin around it."""
        (width, _), _ = cv2.getTextSize(text, cv2.FONT_HERSHEY_DUPLEX, _font_scale(height), 1)
        return width + 2 * _margin(height), height + 2 * _margin(height)

    def write(self, text: str, left: int, top: int, height: int) -> None:
        """Write a line of text in black or white on filled ground, which is as large as `text_size` says."""
        width, full_height = self.text_size(text, height)
        corner = left + width - 1, top + full_height - 1
        cv2.rectangle(self.image, (left, top), corner, self._pen(), cv2.FILLED)
        start = left + _margin(height), top + _margin(height) + height - 1
        scale, paint = _font_scale(height), tuple(text_color(self.color))
        cv2.putText(self.image, text, start, cv2.FONT_HERSHEY_DUPLEX, scale, paint, 1, cv2.LINE_AA)

    def circle(self, x: float, y: float, radius: float, label: str | None = None) -> None:
        """Draw a circle of centre (x, y) and a radius in pixels, and a label at its centre."""
        cv2.circle(self.image, _pixel(x, y), min(round(radius), FARTHEST), self._pen(), self.thickness)
        if label is not None:
            self.annotate(x, y, label)

    def gaussian(self, mean: ArrayLike, covariance: ArrayLike, label: str | None = None) -> None:
        """Draw the ellipse that holds 95 percent of a normal distribution of image positions.

        Parameters
        ----------
        mean : array_like
            The (2,) centre in pixels.
        covariance : array_like
            The (2, 2) covariance in squared pixels.
        label : str, optional
            What to write at the centre.
        """
        x, y = np.asarray(mean, dtype=float)
        variances, directions = np.linalg.eigh(CHI2_95_TWO_DIMENSIONS * np.asarray(covariance, dtype=float))
        axes = np.rint(np.minimum(np.sqrt(np.maximum(variances, 0.0)), FARTHEST)).astype(int).tolist()
        angle = float(np.degrees(np.arctan2(directions[1, 0], directions[0, 0])))
        cv2.ellipse(self.image, _pixel(x, y), axes, angle, 0, 360, self._pen(), self.thickness)
        if label is not None:
            self.annotate(x, y, label)

    def annotate(self, x: float, y: float, text: str) -> None:
        """Write text whose bottom left corner is (x, y)."""
        self._write(text, *_pixel(x, y), 2, 2)

    def colored_points(
        self, points: ArrayLike, colors: ArrayLike | None = None, skip_index_check: bool = False
    ) -> None:
        """Set single pixels.

        Parameters
        ----------
        points : array_like
            (N, 2) positions (x, y), truncated to whole pixels.
        colors : array_like, optional
            (N, 3) colours or one of shape (3,), blue, green, red; the canvas' `color` if None.
        skip_index_check : bool
            True if all points are known to lie in the image. Otherwise, points outside are left out.
        """
        pixels = np.asarray(points).astype(int).reshape(-1, 2)
        paint = np.broadcast_to(np.asarray(self.color if colors is None else colors), (len(pixels), 3))
        if not skip_index_check:
            height, width = self.image.shape[:2]
            inside = np.all((pixels >= 0) & (pixels < (width, height)), axis=1)
            pixels, paint = pixels[inside], paint[inside]
        self.image[pixels[:, 1], pixels[:, 0]] = paint

    def polyline(self, points: ArrayLike) -> None:
        """Draw straight lines, smooth at their edges, from each of the (N, 2) points (x, y) to the next."""
        fine = np.clip(points, -FARTHEST, FARTHEST) * 2**POLYLINE_SHIFT
        corners = np.rint(fine).astype(np.int32).reshape(-1, 1, 2)
        cv2.polylines(self.image, [corners], False, self._pen(), self.thickness, cv2.LINE_AA, shift=POLYLINE_SHIFT)

    def _pen(self) -> tuple[int, ...]:
        return tuple(int(channel) for channel in self.color)

    def _write(self, text: str, x: int, y: int, scale: float, thickness: int) -> None:
        paint: Any = tuple(int(channel) for channel in self.text_color)
        cv2.putText(self.image, text, (x, y), cv2.FONT_HERSHEY_PLAIN, scale, paint, thickness)


def _pixel(x: float, y: float) -> tuple[int, int]:
    """Truncate a position to a whole pixel, within what OpenCV can draw."""
    near_x, near_y = (int(min(max(side, -FARTHEST), FARTHEST)) for side in (x, y))
    return near_x, near_y


def _margin(height: int) -> int:
    return max(2, round(0.35 * height))


@functools.cache
def _font_scale(height: int) -> float:
    """Return the scale at which digits are so many pixels high; measured, since OpenCV 4 and 5 have other fonts."""
    test = np.zeros((100, 100, 3), dtype=np.uint8)
    cv2.putText(test, "0", (10, 90), cv2.FONT_HERSHEY_DUPLEX, 2, (255, 255, 255), 1)
    return 2 * height / max(1, int(np.count_nonzero(test.any(axis=(1, 2)))))
