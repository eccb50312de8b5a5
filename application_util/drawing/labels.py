"""Where the labels of boxes go, so that each can be read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

Place = tuple[int, int, int, int]
"""Left, top, right, bottom in pixels."""


class LabelLayout:
    """The labels of one image: above their boxes, elsewhere at their boxes where another label or the edge is.

    Parameters
    ----------
    width, height : int
        Of the image in pixels.
    """

    def __init__(self, width: int, height: int) -> None:
        self._width, self._height = width, height
        self._taken: list[Place] = []

    def place(self, box: Sequence[float], size: tuple[int, int]) -> tuple[int, int] | None:
        """Find a place for a label and keep it for it.

        Parameters
        ----------
        box : sequence of float
            Left, top, width and height in pixels.
        size : tuple of int
            Width and height of the label.

        Returns
        -------
        tuple of int or None
            Left and top; None for a box outside the image. Where everything is taken, labels overlap.
        """
        left, top, right, bottom = box[0], box[1], box[0] + box[2], box[1] + box[3]
        if right < 0 or bottom < 0 or left >= self._width or top >= self._height:
            return None
        places = list(self._places(left, top, right, bottom, *size))
        place = next((place for place in places if not any(_overlap(place, other) for other in self._taken)), places[0])
        self._taken.append(place)
        return place[:2]

    def _places(self, left: float, top: float, right: float, bottom: float, width: int, height: int) -> Iterator[Place]:
        """Yield places in the image, best first, at last inside the box, where that is in the image."""
        for x, y in (
            (left, top - height),
            (right - width, top - height),
            (left, bottom),
            (right, top),
            (left - width, top),
            (left, max(top, 0)),
            (left, max(top, 0) + height),
        ):
            x = min(max(int(x), 0), max(0, self._width - width))
            if 0 <= y <= self._height - height:
                yield x, int(y), x + width, int(y) + height
        x = min(max(int(left), 0), max(0, self._width - width))
        y = min(max(int(top), 0), max(0, self._height - height))
        yield x, y, x + width, y + height


def _overlap(one: Place, other: Place) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]
