"""People who do not exist: new images made of others, for a teacher to describe and a student to learn from.

Images without identities cost nothing but a teacher's look at them. These put the upper part of one person on
the lower part of another and change colours further than an augmentation may, which leaves the target as it is:
here the teacher sees the changed image ("function matching": Beyer et al., "Knowledge distillation: A good teacher is
patient and consistent", CVPR 2022).
"""

from __future__ import annotations

import numpy as np

from application_util.errors import require

JOINED, RECOLOURED = 0.6, 0.7
WAIST = (0.38, 0.58)
HUE, SATURATION, VALUE = 90.0, (0.4, 1.6), (0.6, 1.4)


def make_variants(images: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Make images of new people.

    Parameters
    ----------
    images : ndarray
        (N, H, W, 3) uint8, BGR: images of single people.
    count : int
        How many to make.
    seed : int
        Seed of the choices.

    Returns
    -------
    ndarray
        (count, H, W, 3) uint8.
    """
    rng = np.random.default_rng((seed, 3))
    made = np.empty((count, *images.shape[1:]), np.uint8)
    for target in made:
        first, second = images[rng.integers(0, len(images), 2)]
        if rng.random() < 0.5:
            first = first[:, ::-1]
        if rng.random() < JOINED:
            upper, lower = _recoloured(first, rng), _recoloured(second, rng)
            waist = int(rng.uniform(*WAIST) * len(first))
            target[:waist], target[waist:] = upper[:waist], lower[waist:]
        else:
            target[:] = _recoloured(first, rng)
    return made


def _recoloured(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Often turn the hues and scale saturation and brightness."""
    if rng.random() >= RECOLOURED:
        return image
    cv2 = require("cv2", "features")
    hsv = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_BGR2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(-HUE, HUE)) % 180.0
    hsv[..., 1] *= rng.uniform(*SATURATION)
    hsv[..., 2] *= rng.uniform(*VALUE)
    return cv2.cvtColor(np.clip(hsv, 0, 255).astype(np.uint8), cv2.COLOR_HSV2BGR)
