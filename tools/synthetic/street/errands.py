"""Where people want to go, and when they change their minds.

Errands are chosen so that people meet: they cross the street, walk up and down it, turn round behind
something that hides them, meet there somebody who also turns round, and leave the picture to come back.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain

import numpy as np

from tools.synthetic.street.camera import FAR, NEAR, Camera

PATIENCE = 8  # frames after which nobody stays where they cannot be seen, or presses on where they cannot pass
ARRIVED = 0.3  # metres from a goal


@dataclass(frozen=True)
class Obstacle:
    """Something people walk around: its place on the ground and its half width in metres."""

    x: float
    z: float
    radius: float


Goal = tuple[float, float, int]  # x, z in metres, and how many frames to wait there


class Errands:
    """Draws where people start and where they go.

    Parameters
    ----------
    rng : Generator
        The source of all randomness.
    camera : Camera
        Says where the picture ends.
    hides : list of Obstacle
        What a person can stand behind unseen.
    """

    def __init__(self, rng: np.random.Generator, camera: Camera, hides: list[Obstacle]) -> None:
        self.rng, self.camera, self.hides = rng, camera, hides

    def outside(self, side: int, depth: float) -> Goal:
        """Just out of the picture: side 0 is left, 1 is right."""
        beyond = self.rng.uniform(0.55, 0.9)
        x = self.camera.edges(depth)[side] + (beyond if side else -beyond)
        return x, depth, int(self.rng.integers(0, 5))

    def lane(self) -> float:
        """A depth to walk at."""
        return float(self.rng.uniform(NEAR + 0.4, FAR - 0.6))

    def between(self, depth: float) -> float:
        """An x in the picture at this depth that nothing hides."""
        left, right = self.camera.edges(depth)
        for x in self.rng.uniform(left + 0.7, right - 0.7, 8):
            if self.hidden(x, depth, 0.5) is None:
                break
        return float(x)

    def hidden(self, x: float, depth: float, slack: float = 0.0) -> Obstacle | None:
        """What hides somebody from the camera who stands there, or would `slack` metres aside."""
        for hide in self.hides:
            if hide.z < depth and abs(x - hide.x * depth / hide.z) < (hide.radius + slack) * depth / hide.z:
                return hide
        return None

    def out_from(self, hide: Obstacle, x: float, depth: float) -> Goal:
        """Out from behind something, on the nearer side."""
        centre, half = hide.x * depth / hide.z, hide.radius * depth / hide.z + 0.6
        return centre + (half if x > centre else -half), depth, 0

    def cross(self, side: int) -> list[Goal]:
        """Across the street, out, and back on another lane."""
        lane = self.lane()
        return [self.outside(side, lane), self.outside(side, np.clip(lane + self.rng.uniform(-0.5, 0.5), NEAR, FAR))]

    def along(self, near_first: bool) -> list[Goal]:
        """Up and down the street."""
        ends = [(self.between(NEAR), NEAR + 0.2, 0), (self.between(FAR), FAR, 0)]
        return ends if near_first else ends[::-1]

    def hide(self, hide: Obstacle, side: int) -> list[Goal]:
        """Behind something, and out where they came from."""
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


class Mind:
    """What one person wants now.

    Parameters
    ----------
    errands : Errands
        Where the goals come from.
    person : int
        From 0.
    """

    def __init__(self, errands: Errands, person: int) -> None:
        self._errands = errands
        self._goals = errands.of(person)
        self._waited = self._unseen = self._stuck = 0
        self.goal = next(self._goals)
        self.start = errands.start(person, self.goal)

    @property
    def waiting(self) -> bool:
        """Whether the person has arrived and stays for a while."""
        return self._waited > 0

    def decide(self, x: float, depth: float, pace: float) -> None:
        """Choose what to do this frame, being there (metres) and walking that fast (metres a second)."""
        hide = self._errands.hidden(x, depth)
        self._unseen = self._unseen + 1 if hide else 0
        self._stuck = self._stuck + 1 if pace < 0.3 and not self.waiting else 0
        if hide and self._unseen % PATIENCE == 0:
            after = self.goal
            self.goal, self._waited = self._errands.out_from(hide, x, depth), 0
            if self._errands.hidden(*after[:2]) is None:
                self._goals = chain([after], self._goals)
        elif self.waiting or self._stuck >= PATIENCE or self._arrived(x, depth):
            self._waited += 1
            if self._waited > self.goal[2]:
                self.goal, self._waited, self._stuck = next(self._goals), 0, 0

    def _arrived(self, x: float, depth: float) -> bool:
        return bool(np.hypot(self.goal[0] - x, self.goal[1] - depth) < ARRIVED)
