"""Detections as a pedestrian detector of a given quality would report them.

What the detector sees of a person decides: those who are mostly hidden are missed, those who are partly
hidden get a lower score and a box drawn towards the part that shows. Errors last for some frames, as those
of real detectors do. False alarms are of two kinds: spots of the street that resemble a person, often,
and boxes anywhere for a single frame.
"""

from __future__ import annotations

import numpy as np

from tools.synthetic.street.camera import FAR, NEAR, Camera
from tools.synthetic.street.scene import Sighting

MEMORY = 0.7  # correlation of a person's errors from frame to frame


def detect(
    rng: np.random.Generator, camera: Camera, sightings: list[list[Sighting]], people: int, quality: float
) -> np.ndarray:
    """Draw the detections of a sequence.

    Parameters
    ----------
    rng : Generator
        The source of all randomness.
    camera : Camera
        Its frame and what size people have in it.
    sightings : list of list of Sighting
        Who is in each frame.
    people : int
        How many there are in the sequence.
    quality : float
        0 to 1; 1 finds everybody who is not mostly hidden, exactly and nothing else.

    Returns
    -------
    ndarray
        (N, 6): frame from 1, left, top, width, height in pixels (two decimals), score (six decimals, in
        (0, 1), no two alike). Boxes lie inside the frame.
    """
    lack = 1 - quality
    sureness, errors = np.zeros(people), np.zeros((people, 4))
    spots = np.array([_person_box(rng, camera) for _ in range(3)])
    rows = []
    for frame, seen in enumerate(sightings, start=1):
        fresh = np.sqrt(1 - MEMORY**2)
        sureness = MEMORY * sureness + fresh * rng.normal(0, 1, people)
        errors = MEMORY * errors + fresh * rng.normal(0, 1, (people, 4))
        luck = rng.random(people)
        for sighting in seen:
            person = sighting.person - 1
            strength = 1.15 * sighting.visibility**0.7 + 0.17 * lack * sureness[person]
            small = sighting.box[3] < 0.1 * camera.height
            if strength > 0.5 and luck[person] > 0.05 * lack and not small:
                box = _blend(sighting) + 0.045 * lack * sighting.box[3] * errors[person] * [1, 1, 0.7, 1]
                rows.append([frame, *box, 1 - np.exp(-3.6 * (strength - 0.4))])
        for spot in spots[rng.random(len(spots)) < 0.4 * lack]:
            rows.append([frame, *(spot + rng.normal(0, 0.02, 4) * spot[3]), _false_score(rng)])
        for _ in range(int(rng.poisson(0.9 * lack))):
            rows.append([frame, *_person_box(rng, camera), _false_score(rng)])
    return _tidy(np.array(rows, float).reshape(-1, 6), camera)


def _blend(sighting: Sighting) -> np.ndarray:
    """The whole person's box, drawn towards what shows when little does."""
    fraction = 0.5 * float(np.clip((0.8 - sighting.visibility) / 0.5, 0, 1))
    return (1 - fraction) * sighting.box + fraction * sighting.seen


def _false_score(rng: np.random.Generator) -> float:
    return 0.3 + 0.55 * float(rng.beta(1.3, 2.4))


def _person_box(rng: np.random.Generator, camera: Camera) -> np.ndarray:
    """A box of a person's size somewhere on the ground."""
    depth = rng.uniform(NEAR, FAR)
    left, right = camera.edges(depth)
    corners = np.array([[0.0, 1.72, depth], [0.0, 0.0, depth]])
    corners[:, 0] = rng.uniform(left, right)
    (x, top), (_, bottom) = camera.project(corners) - camera.margin
    width = (bottom - top) * rng.uniform(0.32, 0.5)
    return np.array([x - width / 2, top, width, bottom - top])


def _tidy(rows: np.ndarray, camera: Camera) -> np.ndarray:
    """Clip boxes to the frame, round, drop slivers, make scores differ; sorted by frame, best score first."""
    low = np.clip(rows[:, 1:3], 0, [camera.width, camera.height])
    high = np.clip(rows[:, 1:3] + rows[:, 3:5], 0, [camera.width, camera.height])
    low, high = np.ceil(low * 100) / 100, np.floor(high * 100) / 100
    boxes = np.round(np.concatenate([low, high - low], axis=1), 2)
    score = np.round(np.clip(rows[:, 5], 0.01, 0.995) * 1e6).astype(np.int64)
    order = np.lexsort((-score, rows[:, 0]))
    taken: set[int] = set()
    for row in order:
        while int(score[row]) in taken:
            score[row] -= 1
        taken.add(int(score[row]))
    order = np.lexsort((-score, rows[:, 0]))
    tidy = np.column_stack([rows[:, 0], boxes, score / 1e6])[order]
    return tidy[(tidy[:, 3] >= 4) & (tidy[:, 4] >= 8)]
