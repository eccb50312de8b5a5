"""Boxes that cannot be those of the images."""

from __future__ import annotations

import numpy as np
import pytest

from application_util.sequences.plausible import are_fractions, misplaced

SIZE = (480, 640)
BOXES = np.array([[left, 100.0, 60, 200] for left in range(0, 580, 10)])


def test_boxes_that_fit_are_not_mentioned():
    assert misplaced(BOXES, SIZE) is None
    assert misplaced(np.empty((0, 4)), SIZE) is None
    inclusive = np.add(BOXES, [0, 0, 1, 1])
    assert misplaced(inclusive, SIZE) is None


@pytest.mark.parametrize(
    ("boxes", "words"),
    [
        (BOXES / [640, 480, 640, 480], "boxes lie between 0 and 1, as fractions"),
        (BOXES * 4, "lie outside images of 640 x 480 pixels: are they of larger ones"),
        (BOXES - [0, 900, 0, 0], "58 of 58 boxes lie outside"),
        (np.hstack([BOXES[:, :2], BOXES[:, :2] + BOXES[:, 2:]]), "or width and height the right and lower edge"),
    ],
)
def test_boxes_of_another_scale_or_kind(boxes, words):
    assert words in misplaced(boxes, SIZE)


def test_fractions():
    assert are_fractions(np.array([[0, 0, 1, 1.0]])) and not are_fractions(np.array([[0, 0, 1, 2.0]]))
    assert not are_fractions(np.empty((0, 4)))
