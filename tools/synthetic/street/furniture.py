"""Things in the street that people walk behind: a kiosk, an advertising column, trees in planters, a lamp."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tools.synthetic.street.camera import Camera
from tools.synthetic.street.daylight import SUN_ON_SCREEN
from tools.synthetic.street.errands import Obstacle
from tools.synthetic.street.texture import Color, fractal_noise, letter, paste, polygon

FINE = 3


@dataclass(frozen=True)
class Thing:
    """Something that stands in the street, drawn.

    Parameters
    ----------
    sunny, cloudy : ndarray
        (h, w, 4) uint8 in either light, color already multiplied by alpha.
    corner : tuple of int
        Canvas pixel of the top left corner.
    feet : float
        Canvas row of the ground under it.
    spot : Obstacle
        Where it stands.
    tall : bool
        Whether it hides a whole person.
    """

    sunny: np.ndarray
    cloudy: np.ndarray
    corner: tuple[int, int]
    feet: float
    spot: Obstacle
    tall: bool


def furniture(rng: np.random.Generator, camera: Camera) -> list[Thing]:
    """Draw everything that stands in the street."""
    left, right = camera.edges(8.6)
    column = Obstacle(left + 0.36 * (right - left), 8.6, 0.5)
    left, right = camera.edges(8.0)
    kiosk = Obstacle(left + 0.76 * (right - left), 8.0, 0.66)
    left, right = camera.edges(6.3)
    tree = Obstacle(left + 0.1 * (right - left), 6.3, 0.5)
    left, right = camera.edges(13.0)
    far_tree, far_lamp = (
        Obstacle(left + 0.2 * (right - left), 14.5, 0.5),
        Obstacle(left + 0.83 * (right - left), 13.5, 0.1),
    )
    left, right = camera.edges(20.0)
    rows = [Obstacle(left + 0.3 * (right - left), 20.0, 0.5), Obstacle(left + 0.36 * (right - left), 28.0, 0.5)]
    return [
        *(_thing(camera, spot, _Tree(rng, spot, 4.4), False, 2.4) for spot in (*rows, far_tree)),
        _thing(camera, far_lamp, _Lamp(far_lamp), False, 0.8),
        _thing(camera, column, _Column(rng, column), True, 0.9),
        _thing(camera, kiosk, _Kiosk(rng, kiosk), True, 1.3),
        _thing(camera, tree, _Tree(rng, tree, 4.6), False, 2.4),
    ]


class _Sheet:
    """A finely drawn piece of canvas on which world points can be used."""

    def __init__(self, camera: Camera, low: np.ndarray, high: np.ndarray) -> None:
        self.camera, self.low = camera, low
        self.pixels = np.zeros((*((high - low)[::-1] * FINE), 4), np.uint8)

    def at(self, points: np.ndarray) -> np.ndarray:
        """(N, 3) metres to (N, 2) pixels of the sheet."""
        return (self.camera.project(np.asarray(points, float)) - self.low) * FINE

    def face(self, points: np.ndarray, color: np.ndarray | Color) -> None:
        polygon(self.pixels, self.at(points), tuple(float(v) for v in np.clip(color, 0, 255)))

    def picture(self, picture: np.ndarray, corners: np.ndarray) -> None:
        paste(self.pixels, np.clip(picture, 0, 255).astype(np.uint8), self.at(corners))


def _thing(camera: Camera, spot: Obstacle, painter: _Kiosk | _Column | _Tree | _Lamp, tall: bool, wide: float) -> Thing:
    """Draw one thing in both lights."""
    reach = np.array([[spot.x + a * wide, y, spot.z - 0.9] for a in (-1, 1) for y in (-0.1, painter.height)])
    seen = camera.project(reach)
    low = np.maximum(np.floor(seen.min(axis=0)).astype(int), 0)
    high = np.minimum(np.ceil(seen.max(axis=0)).astype(int), camera.canvas_size)
    drawn = []
    for sun in (1.0, 0.0):
        sheet = _Sheet(camera, low, high)
        painter.draw(sheet, sun)
        mist = float(np.clip((spot.z - 10) / 60, 0, 0.5))
        if mist > 0:
            fog = np.array([[1 - mist, 0, 0, 226 / 255 * mist], [0, 1 - mist, 0, 214 / 255 * mist]])
            fog = np.vstack([fog, [0, 0, 1 - mist, 204 / 255 * mist], [0, 0, 0, 1]])
            sheet.pixels = cv2.transform(sheet.pixels, fog)  # alpha, 0 or 255, brings the fog's own color
        drawn.append(cv2.resize(sheet.pixels, tuple(int(v) for v in high - low), interpolation=cv2.INTER_AREA))
    feet = float(camera.project(np.array([spot.x, 0.0, spot.z]))[1])
    return Thing(drawn[0], drawn[1], (int(low[0]), int(low[1])), feet, spot, tall)


class _Kiosk:
    """A newspaper kiosk: counter with a window, racks of magazines, a roof that overhangs."""

    height = 3.2

    def __init__(self, rng: np.random.Generator, spot: Obstacle) -> None:
        self.spot = spot
        self.front = self._front(rng)

    @staticmethod
    def _front(rng: np.random.Generator) -> np.ndarray:
        rows, columns = 500, 340
        front = np.full((rows, columns, 3), (70, 92, 44), np.float32)
        front *= (1 + 0.06 * fractal_noise(rng, rows, columns, (8, 6)))[..., None]
        cv2.rectangle(front, (70, 95), (columns - 70, 255), (48, 58, 62), -1)
        cv2.rectangle(front, (70, 95), (columns - 70, 150), (96, 140, 164), -1)
        cv2.rectangle(front, (120, 165), (190, 255), (40, 52, 84), -1)  # somebody sells, in the dark
        cv2.circle(front, (155, 150), 24, (80, 108, 150), -1)
        cv2.rectangle(front, (50, 255), (columns - 50, 272), (150, 166, 172), -1)
        for x in [*range(8, 60, 28), *range(columns - 64, columns - 20, 28)]:
            for y in range(95, 430, 42):
                color = tuple(float(v) for v in rng.uniform(50, 235, 3))
                cv2.rectangle(front, (x, y), (x + 23, y + 34), color, -1)
                cv2.rectangle(front, (x + 3, y + 4), (x + 20, y + 9), (230, 234, 236), -1)
        for x in range(82, columns - 100, 32):
            for y in (292, 342, 392):
                color = tuple(float(v) for v in rng.uniform(50, 235, 3))
                cv2.rectangle(front, (x, y), (x + 26, y + 40), color, -1)
                cv2.rectangle(front, (x + 3, y + 5), (x + 23, y + 12), (228, 230, 236), -1)
        cv2.rectangle(front, (0, 470), (columns, rows), (48, 58, 40), -1)
        letter(front, "PRESSE", (92, 86), 1.25, (196, 222, 234))
        return front

    def draw(self, sheet: _Sheet, sun: float) -> None:
        x, near, far = self.spot.x, self.spot.z - 0.5, self.spot.z + 0.5
        left, right, top = x - 0.66, x + 0.66, 2.35
        light = 0.82 + 0.12 * sun
        for edge, gain in ((left, 0.62), (right, 0.7 + 0.4 * sun)):
            side = [[edge, 0, near], [edge, top, near], [edge, top, far], [edge, 0, far]]
            if (edge == left) == (x > 0):
                sheet.face(np.array(side), np.array([66, 86, 42]) * gain)
        corners = np.array([[left, top, near], [right, top, near], [right, 0, near], [left, 0, near]])
        sheet.picture(self.front * light, corners)
        brim = np.array(
            [[left - 0.2, 2.25, near - 0.3], [right + 0.2, 2.25, near - 0.3], [right + 0.2, 2.45, near - 0.3]]
        )
        shadow = np.array([[left, 2.25, near], [right, 2.25, near], [right, 2.1, near], [left, 2.1, near]])
        sheet.face(shadow, np.array([36, 46, 26]))
        sheet.face(np.array([*brim, [left - 0.2, 2.45, near - 0.3]]), np.array([52, 70, 34]) * (0.9 + 0.4 * sun))
        ridge = [[left + 0.3, 2.8, self.spot.z], [right - 0.3, 2.8, self.spot.z]]
        roof = [[left - 0.2, 2.45, near - 0.3], [right + 0.2, 2.45, near - 0.3], ridge[1], ridge[0]]
        sheet.face(np.array(roof), np.array([84, 100, 62]) * (0.8 + 0.3 * sun))


class _Column:
    """An advertising column with posters all round."""

    height = 3.4

    def __init__(self, rng: np.random.Generator, spot: Obstacle) -> None:
        self.spot = spot
        rows, columns = 360, 540
        round_it = np.full((rows, columns, 3), (120, 134, 140), np.float32)
        for x in range(0, columns, 108):
            paper = rng.uniform(40, 110) + rng.uniform(40, 120, 3)
            cv2.rectangle(round_it, (x + 5, 34), (x + 102, 322), tuple(float(v) for v in paper), -1)
            ink = tuple(float(v) for v in (paper + 120) % 240)
            cv2.circle(round_it, (x + 54, int(rng.integers(110, 200))), int(rng.integers(22, 40)), ink, -1)
            for line in range(4):
                y = 236 + 20 * line
                cv2.rectangle(round_it, (x + 16, y), (x + int(rng.integers(60, 94)), y + 8), (40, 38, 42), -1)
            text = ("JAZZ", "EXPO", "ZOO", "OPERA", "FAIR")[x // 108 % 5]
            letter(round_it, text, (x + 14, 74), 0.85, ink)
        self.posters = round_it * (1 + 0.05 * fractal_noise(rng, rows, columns, (8, 12)))[..., None]

    def draw(self, sheet: _Sheet, sun: float) -> None:
        x, z, radius = self.spot.x, self.spot.z, self.spot.radius
        self._drum(sheet, self.posters, radius, 0.25, 2.75, sun)
        stone = np.full((20, 540, 3), (120, 126, 128), np.float32)
        self._drum(sheet, stone, radius + 0.06, 0.0, 0.27, sun)
        self._drum(sheet, stone * 0.55, radius + 0.1, 2.75, 2.9, sun)
        dome = [[x + (radius + 0.1) * np.cos(a), 2.9 + 0.36 * np.sin(a), z] for a in np.linspace(0, np.pi, 24)]
        sheet.face(np.array(dome), np.array([70, 84, 66]) * (0.85 + 0.3 * sun))

    def _drum(self, sheet: _Sheet, wrap: np.ndarray, radius: float, low: float, high: float, sun: float) -> None:
        x, z = self.spot.x, self.spot.z
        across = np.linspace(-1, 1, 181)
        column = ((0.35 + np.arcsin(across) / (2 * np.pi)) * wrap.shape[1]).astype(int) % wrap.shape[1]
        facing = np.sqrt(1 - across**2)
        lit = np.clip(across * SUN_ON_SCREEN[0] + facing * SUN_ON_SCREEN[2], 0, None)
        shade = 0.55 + 0.22 * facing + sun * (0.5 * lit - 0.12)
        corners = [[x - radius, high, z], [x + radius, high, z], [x + radius, low, z], [x - radius, low, z]]
        sheet.picture(wrap[:, column] * shade[None, :, None], np.array(corners))


class _Tree:
    """A young tree in a planter with a low hedge."""

    def __init__(self, rng: np.random.Generator, spot: Obstacle, height: float) -> None:
        self.spot, self.height = spot, height
        count = 2200
        at = rng.normal(0, 1, (count, 3))
        at /= np.linalg.norm(at, axis=1, keepdims=True)
        at *= rng.uniform(0.5, 1, (count, 1)) ** 0.4
        lumps = 1 + 0.18 * np.sin(3 * at[:, 0] + 2) * np.cos(4 * at[:, 1])
        self.leaves = at[np.argsort(-at[:, 2])] * lumps[:, None]
        self.green = rng.uniform(0.75, 1.2, (count, 1)) * np.array([44, 116, 84]) + rng.normal(0, 6, (count, 3))
        self.hedge = rng.uniform([-0.56, 0.5, 0], [0.56, 0.82, 1], (260, 3))

    def draw(self, sheet: _Sheet, sun: float) -> None:
        x, z = self.spot.x, self.spot.z
        trunk = np.array([[x - 0.1, 0.5, z], [x + 0.1, 0.5, z], [x + 0.06, 3.2, z], [x - 0.06, 3.2, z]])
        sheet.face(trunk, np.array([50, 66, 82]) * (0.8 + 0.2 * sun))
        sheet.face(
            trunk + np.array([[0.06, 0, 0], [0, 0, 0], [0, 0, 0], [0.05, 0, 0]]),
            np.array([60, 84, 104]) * (0.8 + 0.4 * sun),
        )
        centre, size = np.array([x, 3.4, z]), np.array([1.15, 0.95, 0.7])
        sunward = np.array([SUN_ON_SCREEN[0], -SUN_ON_SCREEN[1], -SUN_ON_SCREEN[2]])
        light = 0.62 + 0.25 * self.leaves[:, 1] + sun * 0.5 * np.maximum(0, self.leaves @ sunward)
        self._leaves(sheet, centre + self.leaves * size, self.green * light[:, None], 0.055)
        box = np.array([[x - 0.6, 0.6, z - 0.4], [x + 0.6, 0.6, z - 0.4], [x + 0.6, 0, z - 0.4], [x - 0.6, 0, z - 0.4]])
        light = 0.5 + 0.9 * (self.hedge[:, 1] - 0.5) + 0.35 * sun
        self._leaves(sheet, self.hedge * [1, 1, 0] + [x, 0, z - 0.3], np.outer(light, [40, 100, 66]), 0.07)
        sheet.face(box, np.array([104, 116, 124]) * (0.78 + 0.2 * sun))
        sheet.face(box * [1, 0, 1] + [[0, 0.6, 0], [0, 0.6, 0], [0, 0.53, 0], [0, 0.53, 0]], np.array([136, 148, 154]))

    @staticmethod
    def _leaves(sheet: _Sheet, places: np.ndarray, colors: np.ndarray, size: float) -> None:
        """Round leaves of `size` metres at (N, 3) places, in order."""
        centres = np.round(sheet.at(places)).astype(int).tolist()
        radii = np.maximum(1, np.round(size * sheet.camera.focal * FINE / places[:, 2])).astype(int).tolist()
        for centre, radius, color in zip(centres, radii, np.clip(colors, 0, 255).tolist(), strict=True):
            cv2.circle(sheet.pixels, centre, radius, (*color, 255), -1)


class _Lamp:
    """A street lamp."""

    height = 4.6

    def __init__(self, spot: Obstacle) -> None:
        self.spot = spot

    def draw(self, sheet: _Sheet, sun: float) -> None:
        x, z = self.spot.x, self.spot.z
        for half, low, high in ((0.11, 0, 0.7), (0.05, 0.7, 4.0), (0.2, 4.0, 4.08)):
            pole = np.array([[x - half, low, z], [x + half, low, z], [x + half, high, z], [x - half, high, z]])
            sheet.face(pole, np.array([52, 56, 50]) * (0.9 + 0.3 * sun))
        lamp = np.array([[x - 0.14, 4.08, z], [x + 0.14, 4.08, z], [x + 0.2, 4.45, z], [x - 0.2, 4.45, z]])
        sheet.face(lamp, np.array([196, 222, 232]))
        cap = np.array([[x - 0.24, 4.45, z], [x + 0.24, 4.45, z], [x, 4.6, z]])
        sheet.face(cap, np.array([48, 52, 46]))
