"""What came of encoding a sequence."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class EncodingReport:
    """Rows, time and problems of one sequence; problems may be added from any thread.

    Attributes
    ----------
    name : str
        The sequence.
    frames_without_image : list of int
        One entry for each row that was left out.
    noise : list of (int, int)
        Frame, and how many of its boxes lie outside the image.
    unreadable : list of (Path, int)
        Image, and how many rows were left out.
    rows : int
        Rows written.
    seconds : float
    """

    name: str
    frames_without_image: list[int] = field(default_factory=list)
    noise: list[tuple[int, int]] = field(default_factory=list)
    unreadable: list[tuple[Path, int]] = field(default_factory=list)
    rows: int = 0
    seconds: float = 0.0

    def warnings(self) -> Iterator[str]:
        """Yield one line for each kind of problem."""
        if self.frames_without_image:
            frames = sorted(set(self.frames_without_image))
            yield (
                f"{self.name}: no image for {_count(len(frames), 'frame')} with detections "
                f"(first: {frames[0]}): {_count(len(self.frames_without_image), 'row')} left out"
            )
        if self.unreadable:
            images = sorted({image for image, _ in self.unreadable})
            rows = sum(rows for _, rows in self.unreadable)
            yield (
                f"{self.name}: {_count(len(images), 'image')} cannot be read (first: {images[0]}): "
                f"{_count(rows, 'row')} left out"
            )
        if self.noise:
            boxes = sum(boxes for _, boxes in self.noise)
            yield (
                f"{self.name}: {_count(boxes, 'box', 'boxes')} outside the image "
                f"(first: frame {min(self.noise)[0]}): noise is encoded instead"
            )


def _count(number: int, singular: str, plural: str | None = None) -> str:
    return f"{number} {singular if number == 1 else plural or singular + 's'}"
