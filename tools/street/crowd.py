"""Who walks where: people with errands, who step out of each other's way.

Everybody has a list of goals on the ground. They walk to each in turn with the social force of Helbing and
Molnar (1995): towards the goal, away from people and street furniture that are close. Errands are chosen so
that people meet: they cross the street, walk up and down it, turn round behind something that hides them,
meet there somebody who also turns round, and leave the picture to come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from tools.street.camera import FAR, NEAR, Camera

FRAME_RATE = 15
ELBOW_ROOM = 0.62  # metres people keep between each other


@dataclass(frozen=True)
class Obstacle:
    """Something people walk around: its place on the ground and its half width in metres."""

    x: float
    z: float
    radius: float


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


Goal = tuple[float, float, int]  # x, z in metres, and how many frames to wait there


class _Errands:
    """Draws where people start and where they go."""

    def __init__(self, rng: np.random.Generator, camera: Camera, hides: list[Obstacle]) -> None:
        self.rng, self.camera, self.hides = rng, camera, hides

    def outside(self, side: int, depth: float) -> Goal:
        """Just out of the picture: side 0 is left, 1 is right."""
        beyond = self.rng.uniform(0.55, 0.9)
        x = self.camera.edges(depth)[side] + (beyond if side else -beyond)
        return x, depth, int(self.rng.integers(0, 5))

    def lane(self) -> float:
        return float(self.rng.uniform(NEAR + 0.4, FAR - 0.6))

    def between(self, depth: float) -> float:
        """An x in the picture at this depth that nothing hides."""
        left, right = self.camera.edges(depth)
        for x in self.rng.uniform(left + 0.7, right - 0.7, 8):
            if not any(
                hide.z < depth and abs(x / depth - hide.x / hide.z) < (hide.radius + 0.5) / hide.z
                for hide in self.hides
            ):
                break
        return float(x)

    def cross(self, side: int) -> list[Goal]:
        """Across the street, out, and back on another lane."""
        lane = self.lane()
        return [
            self.outside(side, lane),
            self.outside(side, np.clip(lane + self.rng.uniform(-0.5, 0.5), NEAR, FAR)),
        ]

    def along(self, near_first: bool) -> list[Goal]:
        """Up and down the street."""
        ends = [(self.between(NEAR), NEAR + 0.2, 0), (self.between(FAR), FAR, 0)]
        return ends if near_first else ends[::-1]

    def hide(self, hide: Obstacle, side: int) -> list[Goal]:
        """Behind something, and out again where they came from."""
        depth = hide.z + hide.radius + 0.55
        out = hide.x * depth / hide.z + (2.6 if side else -2.6)
        turn = hide.x * depth / hide.z + (0.5 if side else -0.5)
        behind = (turn, depth, int(self.rng.integers(0, 3)))
        left, right = self.camera.edges(depth)
        return [behind, (float(np.clip(out, left + 0.4, right - 0.4)), depth + self.rng.uniform(0, 0.5), 0)]

    def of(self, person: int) -> Iterator[Goal]:
        """All goals of one person, without end."""
        role, side = person % 6, (person // 3) % 2
        while True:
            if role in (0, 3):
                yield from self.cross(side)
                yield from self.cross(1 - side)
            elif role in (1, 4):
                hide = self.hides[(person // 6) % len(self.hides)]
                yield from self.hide(hide, int(role == 4))
            else:
                yield from self.along(bool(side))
            role, side = int(self.rng.integers(6)), int(self.rng.integers(2))

    def start(self, person: int, first: Goal) -> tuple[float, float]:
        """A place to start: those who meet behind something come from both sides of it, equally far away."""
        if person % 6 in (1, 4):
            away = 2.4 + 0.25 * (person // 6)
            x = first[0] + (away if person % 6 == 4 else -away)
            left, right = self.camera.edges(first[1])
            return float(np.clip(x, left + 0.3, right - 0.3)), first[1]
        depth = self.lane() if person % 6 in (2, 5) else first[1]
        return self.between(depth), depth


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
    errands = _Errands(rng, camera, hides)
    goals = [errands.of(person) for person in range(people)]
    now = [next(goal) for goal in goals]
    place = np.array([errands.start(person, goal) for person, goal in enumerate(now)], float).reshape(
        people, 2
    )
    wish = rng.uniform(1.25, 1.65, people)
    wait = np.zeros(people, int)
    phase = rng.uniform(0, 2 * np.pi, people)
    step = np.array([goal[:2] for goal in now]) - place
    velocity = wish[:, None] * step / np.maximum(np.hypot(*step.T), 1e-6)[:, None]
    facing = np.arctan2(velocity[:, 0], velocity[:, 1])
    track = Crowd(*(np.zeros((frames, people, *tail)) for tail in ((2,), (), (), ())))
    for frame in range(frames):
        for person in range(people):
            if np.hypot(*(np.array(now[person][:2]) - place[person])) < 0.3:
                wait[person] += 1
                if wait[person] > now[person][2]:
                    now[person], wait[person] = next(goals[person]), 0
        target = _towards(np.array([goal[:2] for goal in now]) - place, wish, wait > 0)
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


def _towards(step: np.ndarray, wish: np.ndarray, waiting: np.ndarray) -> np.ndarray:
    """Velocity (people, 2) towards goals that are `step` away; none while waiting."""
    distance = np.maximum(np.hypot(*step.T), 1e-6)
    speed = np.where(waiting, 0.0, wish)
    return step * (speed / distance)[:, None]


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
