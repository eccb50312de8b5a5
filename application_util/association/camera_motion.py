"""How the camera has moved, from the images."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from application_util import opencv as cv2

Motion = NDArray[np.float64]
"""Affine motion of the image, shape (2, 3): a point p of one frame goes to ``motion[:, :2] @ p + motion[:, 2]``."""

VERSION = 1
"""Of the estimates: another number where the same images give others."""

SIDES = {"ecc": 320, "orb": 960}
"""The images' longer side in pixels while they are compared."""

MOST_STEPS, SMALLEST_GAIN = 100, 1e-5
FEATURES, FEWEST_INLIERS = 1000, 12
SCALES = 0.5, 2.0
"""Between these, zoom from a frame to the next is possible; anything else is a mistake."""


class CameraMotion:
    """Estimates the camera's motion between images that are given one after the other.

    ``"ecc"`` finds the rotation and translation that make the images correlate most (enhanced correlation coefficient,
    Evangelidis and Psarakis 2008), as StrongSORT does; ``"orb"`` matches key points (Rublee et al. 2011) and takes the
    rotation, translation and scale that most of them agree on (RANSAC), as BoT-SORT does with other key points.

    Parameters
    ----------
    method : {"none", "ecc", "orb"}
    """

    def __init__(self, method: str) -> None:
        self._estimate = {"none": None, "ecc": _ecc, "orb": _orb}[method]
        self._side = SIDES.get(method, 1)
        self._before: NDArray | None = None

    def step(self, image: NDArray[np.uint8] | None) -> Motion | None:
        """Return the motion from the image before to this one; None where there is none, or none can be found.

        Parameters
        ----------
        image : ndarray of uint8, shape (height, width, 3), or None
            BGR. None for a frame without an image.
        """
        if image is None or self._estimate is None:
            return None
        scale = min(1.0, self._side / max(image.shape[:2]))
        now = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), None, None, scale, scale, cv2.INTER_AREA)
        before, self._before = self._before, now
        if before is None or before.shape != now.shape:
            return None
        motion = self._estimate(before, now)
        if motion is None or not SCALES[0] < np.linalg.det(motion[:, :2]) ** 0.5 < SCALES[1]:
            return None
        # The centre of pixel 0 is at 0 in both sizes of the image, but half a pixel from its edge.
        half = (1 / scale - 1) / 2
        motion[:, 2] = motion[:, 2] / scale + half - motion[:, :2] @ (half, half)
        return motion


def _ecc(before: NDArray, now: NDArray) -> Motion | None:
    criteria = (cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, MOST_STEPS, SMALLEST_GAIN)
    start = np.eye(2, 3, dtype=np.float32)
    try:
        _, motion = cv2.findTransformECC(before, now, start, cv2.MOTION_EUCLIDEAN, criteria)
    except cv2.error:  # it does not converge, as between scenes or images without contrast
        return None
    return np.asarray(motion, np.float64)


def _orb(before: NDArray, now: NDArray) -> Motion | None:
    orb = cv2.ORB_create(FEATURES)
    (points, descriptors), (others, other_descriptors) = (orb.detectAndCompute(image, None) for image in (before, now))
    if descriptors is None or other_descriptors is None:
        return None
    matches = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(descriptors, other_descriptors)
    if len(matches) < FEWEST_INLIERS:
        return None
    start = np.array([points[match.queryIdx].pt for match in matches])
    end = np.array([others[match.trainIdx].pt for match in matches])
    motion, inliers = cv2.estimateAffinePartial2D(start, end, method=cv2.RANSAC)
    return None if motion is None or inliers.sum() < FEWEST_INLIERS else motion
