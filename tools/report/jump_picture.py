"""The picture of a jump: the track when it was last seen, and what was in question."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from application_util.drawing.canvas import Canvas
from application_util.drawing.colors import WHITE, track_color
from application_util.drawing.contact_sheet import crop_box
from application_util.scoring.identity_switches import Jump
from application_util.tracking.questions import Answer

HEIGHT = 132
LAST_SEEN = (HEIGHT, 66)
SCENE = (HEIGHT, 198)
SCENE_HEIGHT = 1.6
"""Of the part of an image that is shown, at least, in heights of what is in it."""
DASH = 6

Image = NDArray[np.uint8]
Box = NDArray[np.float64]


class JumpPicture:
    """The picture of a jump, white until `last_seen` and `scene` got their images.

    Parameters
    ----------
    jump : Jump
    last_box : ndarray, shape (4,)
        Of the old track before the jump.
    answer : Answer
    """

    def __init__(self, jump: Jump, last_box: Box, answer: Answer) -> None:
        self._jump, self._last_box, self._answer = jump, last_box, answer
        self.image: Image = np.full((HEIGHT, LAST_SEEN[1] + 2 + SCENE[1], 3), 255, np.uint8)

    def last_seen(self, image: Image) -> None:
        """Show the old track as it was."""
        crop = crop_box(image, self._last_box, LAST_SEEN)
        if crop is not None:
            self.image[:, : LAST_SEEN[1]] = crop

    def scene(self, image: Image) -> None:
        """Show where the old track was expected, dashed, the object and its detection."""
        answer = self._answer
        boxes = [box for box in (answer.place, answer.detection, answer.predicted) if box is not None]
        left, top, scale = _part(np.array(boxes))
        height, width = SCENE
        transform = np.array([[scale, 0, -scale * left], [0, scale, -scale * top]])
        part = cv2.warpAffine(image, transform, (width, height), flags=cv2.INTER_AREA)
        canvas = Canvas(np.asarray(part, np.uint8))
        canvas.thickness = 2

        def to_part(box: Box) -> tuple[float, float, float, float]:
            return (box[0] - left) * scale, (box[1] - top) * scale, box[2] * scale, box[3] * scale

        if answer.detection is None:
            canvas.color = WHITE
            canvas.rectangle(*to_part(answer.place))
        if answer.predicted is not None:
            canvas.color = track_color(self._jump.old_track)
            canvas.dashed_rectangle(*to_part(answer.predicted), DASH)
        if answer.ellipse is not None:
            mean, covariance = answer.ellipse
            canvas.thickness = 1
            canvas.gaussian((mean - (left, top)) * scale, covariance * scale**2)
        if answer.detection is not None:
            canvas.color, canvas.thickness = track_color(self._jump.new_track), 2
            canvas.rectangle(*to_part(answer.detection))
        self.image[:, -width:] = canvas.image


def _part(boxes: Box) -> tuple[float, float, float]:
    """Return left and top of the part of an image that holds boxes (N, 4), and its scale."""
    low, high = boxes[:, :2].min(axis=0), (boxes[:, :2] + boxes[:, 2:]).max(axis=0)
    height = max(SCENE_HEIGHT * (high[1] - low[1]), SCENE[0] / SCENE[1] * 1.2 * (high[0] - low[0]), 16.0)
    width = height * SCENE[1] / SCENE[0]
    centre = (low + high) / 2
    return float(centre[0] - width / 2), float(centre[1] - height / 2), SCENE[0] / height
