"""Single-shot detectors that end in OpenVINO's or Caffe's DetectionOutput."""

from __future__ import annotations

import numpy as np

from tools.detectors.head import Candidates, Outputs


def detection_output(outputs: Outputs, size: tuple[int, int]) -> Candidates:
    """Decode 1 x 1 x N x 7: image (-1 after the last box), class, score, then left, top, right, bottom, normalised."""
    rows = next(array for array in outputs.values() if array.ndim == 4)[0, 0]
    rows = rows[np.cumsum(rows[:, 0] < 0) == 0]
    return Candidates(rows[:, 3:7] * (size[::-1] * 2), rows[:, 2], rows[:, 1].astype(np.int64))
