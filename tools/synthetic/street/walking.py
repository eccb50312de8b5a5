"""Who walks where: people who go from goal to goal and step out of each other's way.

They walk with the social force of Helbing and Molnar (1995): towards the goal, away from people and street
furniture that are close.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from tools.synthetic.street.camera import Camera
from tools.synthetic.street.errands import Errands, Mind, Obstacle

FRAME_RATE = 15
ELBOW_ROOM = 0.62  # metres people keep between each other


@dataclass(frozen=True)
class Crowd:
    """Where everybody is.

    Parameters
    ----------
    position : ndarray
        (frames, people, 2), x and z in metres.
    heading : ndarray
        (frames, people), direction they face, radians from z (away) towards x (right).
    phase : ndarray
        (frames, people), of the walk, radians; one cycle is two steps.
    pace : ndarray
        (frames, people), metres a second.
    """

    position: np.ndarray
    heading: np.ndarray
    phase: np.ndarray
    pace: np.ndarray


def walk(
    rng: np.random.Generator,
    camera: Camera,
    people: int,
    frames: int,
    strides: np.ndarray,
    obstacles: list[Obstacle],
    hides: list[Obstacle],
) -> Crowd:
    """Let people walk.

    Parameters
    ----------
    rng : Generator
        The source of all randomness.
    camera : Camera
        Says where the picture ends.
    people, frames : int
        How many.
    strides : ndarray
        (people,), metres of one cycle of two steps.
    obstacles : list of Obstacle
        What they walk around.
    hides : list of Obstacle
        Those of the obstacles that hide a person.
    """
    errands = Errands(rng, camera, hides)
    minds = [Mind(errands, person) for person in range(people)]
    place = np.array([mind.start for mind in minds], float).reshape(people, 2)
    wish = rng.uniform(1.25, 1.65, people)
    phase = rng.uniform(0, 2 * np.pi, people)
    velocity = _towards(minds, place, wish)
    pace = np.hypot(*velocity.T)
    facing = np.arctan2(velocity[:, 0], velocity[:, 1])
    track = Crowd(*(np.zeros((frames, people, *tail)) for tail in ((2,), (), (), ())))
    for frame in range(frames):
        for mind, (x, depth), speed in zip(minds, place.tolist(), pace.tolist(), strict=True):
            mind.decide(x, depth, speed)
        target = _towards(minds, place, wish)
        push = _push(place, place, ELBOW_ROOM) + _push_off(place, obstacles)
        velocity += (target + push - velocity) * 0.35
        place = place + velocity / FRAME_RATE
        pace = np.hypot(*velocity.T)
        turn = np.angle(np.exp(1j * (np.arctan2(velocity[:, 0], velocity[:, 1]) - facing)))
        facing = facing + np.clip(turn, -0.5, 0.5) * np.minimum(1, pace / 0.4)
        phase = phase + 2 * np.pi * pace / FRAME_RATE / strides
        track.position[frame], track.heading[frame] = place, facing
        track.phase[frame], track.pace[frame] = phase, pace
    return track


def _towards(minds: list[Mind], place: np.ndarray, wish: np.ndarray) -> np.ndarray:
    """Velocity (people, 2) towards everybody's goal; none while waiting."""
    step = np.array([mind.goal[:2] for mind in minds]) - place
    speed = np.where([mind.waiting for mind in minds], 0.0, wish)
    return step * (speed / np.maximum(np.hypot(*step.T), 1e-6))[:, None]


def _push(place: np.ndarray, others: np.ndarray, room: float) -> np.ndarray:
    """Velocity (people, 2) away from others that are closer than about `room` metres."""
    apart = place[:, None] - others[None]
    distance = np.hypot(apart[..., 0], apart[..., 1])
    force = np.where(distance > 1e-9, np.exp((room - distance) / 0.14), 0.0)
    force = np.minimum(force, 3.0) / np.maximum(distance, 1e-6)
    # A little to the right as well as away, so that two who walk straight at each other pass.
    aside = np.stack([apart[..., 1], -apart[..., 0]], axis=-1)
    return ((apart + 0.5 * aside) * force[..., None]).sum(axis=1)


def _push_off(place: np.ndarray, obstacles: list[Obstacle]) -> np.ndarray:
    """Velocity (people, 2) away from obstacles that are within a step."""
    total = np.zeros_like(place)
    for obstacle in obstacles:
        total += _push(place, np.array([[obstacle.x, obstacle.z]]), obstacle.radius + 0.3)
    return total
