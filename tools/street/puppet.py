"""Draws a person: limbs are round, so a wrapped picture is turned, shaded and laid along each bone."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tools.street.camera import Camera
from tools.street.daylight import SUN_ON_SCREEN
from tools.street.pose import pose
from tools.street.wardrobe import ROUND, ROWS, Look

COLUMNS = 32  # pixels across a sprite
TURNS, LIGHTS = 60, 8  # steps in which sprites are cached


@dataclass(frozen=True)
class Figure:
    """A drawn person.

    Parameters
    ----------
    image : ndarray
        (h, w, 4) uint8, colour already multiplied by alpha.
    corner : tuple of int
        Canvas pixel of its top left corner.
    feet : float
        Canvas row of the ground under the person.
    depth : float
        Metres from the camera.
    """

    image: np.ndarray
    corner: tuple[int, int]
    feet: float
    depth: float


def _profiles() -> dict[str, np.ndarray]:
    """Half width along each kind of part, relative to the widest place: (ROWS,)."""
    v = (np.arange(ROWS) + 0.5) / ROWS

    def shape(*knots: tuple[float, float]) -> np.ndarray:
        at, width = zip(*knots, strict=True)
        fine = np.interp(v, at, width)
        return np.convolve(np.pad(fine, 4, mode="edge"), np.ones(9) / 9, mode="valid")

    def cap(width: np.ndarray, top: float, bottom: float) -> np.ndarray:
        ends = np.sqrt(np.clip(1 - np.clip(1 - v / top, 0, 1) ** 2, 0, 1))
        return width * ends * np.sqrt(np.clip(1 - np.clip(1 - (1 - v) / bottom, 0, 1) ** 2, 0, 1))

    return {
        "torso": cap(shape((0, 0.36), (0.04, 0.5), (0.11, 0.92), (0.22, 1), (0.6, 0.86), (0.85, 0.9), (1, 0.92)), 0.06, 0.08),
        "side": cap(shape((0, 0.6), (0.25, 0.95), (0.45, 0.9), (0.7, 0.92), (0.85, 1), (1, 0.9)), 0.16, 0.1),
        "upper_arm": cap(shape((0, 0.95), (0.3, 1), (1, 0.78)), 0.2, 0.14),
        "forearm": cap(shape((0, 0.9), (0.25, 1), (1, 0.62)), 0.14, 0.12),
        "hand": cap(np.ones(ROWS), 0.4, 0.5),
        "neck": np.ones(ROWS),
        "head": cap(shape((0, 1), (0.45, 1), (0.75, 0.86), (1, 0.7)), 0.46, 0.36),
        "hair": cap(shape((0, 0.95), (0.6, 1), (1, 0.85)), 0.3, 0.14),
        "thigh": cap(shape((0, 1), (0.3, 1), (1, 0.7)), 0.12, 0.1),
        "shin": cap(shape((0, 0.92), (0.25, 1), (1, 0.66)), 0.1, 0.06),
        "shoe": cap(shape((0, 0.8), (0.35, 1), (1, 0.72)), 0.22, 0.34),
        "skirt": cap(shape((0, 0.72), (0.3, 0.86), (1, 1)), 0.06, 0.03),
        "bag": cap(np.ones(ROWS), 0.2, 0.14),
    }


class _Relief:
    """The visible half of a round part, unrolled: for each pixel what of the wrap shows, and how the light falls.

    Parameters
    ----------
    profile : ndarray
        (ROWS,), half widths.
    """

    def __init__(self, profile: np.ndarray) -> None:
        across = (np.arange(COLUMNS) + 0.5) / COLUMNS * 2 - 1
        sideways = across[None] / np.maximum(profile[:, None], 1e-3)
        self.alpha = np.where(np.abs(sideways) <= 1, 255, 0).astype(np.uint8)
        self.sideways = np.clip(sideways, -1, 1).astype(np.float32)
        self.facing = np.sqrt(1 - self.sideways**2)
        angle = np.pi - np.arcsin(self.sideways)
        self._column = np.floor((0.5 + angle / (2 * np.pi)) * ROUND).astype(np.intp)
        self._row = np.arange(ROWS)[:, None] * ROUND

    def unroll(self, wrap: np.ndarray, turn: float, light: float, gain: float) -> np.ndarray:
        """(ROWS, COLUMNS, 4) uint8 of a (ROWS, ROUND, 3) wrap turned by so many turns, lit from one side."""
        index = self._row + (self._column - round(turn * ROUND)) % ROUND
        lit = np.maximum(self.sideways * np.float32(light) + self.facing * np.float32(SUN_ON_SCREEN[2]), 0)
        shade = (0.5 + 0.62 * lit + 0.1 * self.facing) * np.float32(gain)
        sprite = np.empty((ROWS, COLUMNS, 4), np.uint8)
        sprite[..., :3] = np.minimum(wrap.reshape(-1, 3)[index] * shade[..., None], 255)
        sprite[..., 3] = self.alpha
        return sprite


class Puppet:
    """One person's limbs, ready to be laid along the bones of any pose.

    Parameters
    ----------
    look : Look
        What the person wears.
    """

    def __init__(self, look: Look) -> None:
        self.look = look
        self._reliefs = {name: _Relief(profile) for name, profile in _profiles().items()}
        self._sprites: dict[tuple[str, str, int, int, int, bool], np.ndarray] = {}

    def sprite(self, kind: str, outline: str, turn: int, light: int, level: int, far: bool) -> np.ndarray:
        """The visible half of a wrap: (rows, columns, 4) uint8, at half the size for each level."""
        key = (kind, outline, turn, light, level, far)
        if key not in self._sprites:
            sideways = (light + 0.5) / LIGHTS * 2 - 1
            wrap = self.look.wraps[kind]
            sprite = self._reliefs[outline].unroll(wrap, turn / TURNS, sideways, 0.8 if far else 1.0)
            if level:
                size = (max(COLUMNS >> level, 6), max(ROWS >> level, 8))
                sprite = cv2.resize(sprite, size, interpolation=cv2.INTER_AREA)
            self._sprites[key] = sprite
        return self._sprites[key]

    def draw(self, camera: Camera, place: np.ndarray, heading: float, phase: float, pace: float) -> Figure | None:
        """Draw the person.

        Parameters
        ----------
        camera : Camera
            Where it is seen from.
        place : ndarray
            (2,), x and z in metres.
        heading, phase, pace : float
            As in `tools.street.crowd.Crowd`.

        Returns
        -------
        Figure or None
            None if the person is wholly outside the canvas.
        """
        x, z = float(place[0]), float(place[1])
        scale = camera.focal / z
        foot = camera.project(np.array([x, 0.0, z]))
        if abs(foot[0] - camera.canvas_size[0] / 2) > camera.canvas_size[0] / 2 + 0.9 * scale:
            return None
        fine = 2 if scale > 90 else 3
        forward = np.array([np.sin(heading), 0.0, np.cos(heading)])
        right = np.array([forward[2], 0.0, -forward[0]])
        body = pose(self.look.build, phase, pace)
        names = list(body)
        local = np.array([body[name] for name in names])
        world = np.array([x, 0.0, z]) + local[:, :1] * right + local[:, 1:2] * [0, 1, 0] + local[:, 2:] * forward
        seen = camera.project(world)
        pad = 0.2 * scale
        low = np.floor(seen.min(axis=0) - pad).astype(int)
        high = np.ceil(seen.max(axis=0) + pad).astype(int)
        points = dict(zip(names, (seen - low) * fine, strict=True))
        depths = dict(zip(names, world[:, 2], strict=True))
        sheet = np.zeros((*((high - low)[::-1] * fine), 4), np.uint8)
        view = heading - np.arctan2(x, z)
        _Drawing(self, sheet, points, depths, scale * fine, float(view)).person()
        image = cv2.resize(sheet, tuple(int(v) for v in high - low), interpolation=cv2.INTER_AREA)
        return Figure(image, (int(low[0]), int(low[1])), float(foot[1]), z)


class _Drawing:
    """One person being drawn on one sheet."""

    def __init__(
        self,
        puppet: Puppet,
        sheet: np.ndarray,
        points: dict[str, np.ndarray],
        depths: dict[str, float],
        scale: float,
        view: float,
    ) -> None:
        self.puppet, self.sheet, self.points, self.depths = puppet, sheet, points, depths
        self.scale, self.view = scale, view
        self.turn = round(view / (2 * np.pi) * TURNS) % TURNS

    def part(
        self, kind: str, top: np.ndarray, bottom: np.ndarray, half: float, far: bool = False, outline: str = "", cap: float = 0.5
    ) -> None:
        """Lay a wrap from one point to another, `half` metres to either side, its ends rounded past them."""
        width = half * self.scale
        along = bottom - top
        length = float(np.hypot(*along))
        along = along / length if length > 1e-6 else np.array([0.0, 1.0])
        top, length = top - along * cap * width, length + 2 * cap * width
        across = np.array([along[1], -along[0]])  # points right for a limb that hangs down
        sideways = across @ np.array(SUN_ON_SCREEN[:2])
        light = int(np.clip((sideways + 1) / 2 * LIGHTS, 0, LIGHTS - 1))
        level = int(np.clip(np.log2(max(ROWS / max(length, 1), COLUMNS / max(2 * width, 1))) + 0.3, 0, 3))
        sprite = self.puppet.sprite(kind, outline or kind, self.turn, light, level, far)
        rows, columns = sprite.shape[:2]
        corners = np.array([top + a * width * across + b * length * along for a in (-1, 1) for b in (0, 1)])
        low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 1, 0)
        high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 2, self.sheet.shape[1::-1])
        if (high <= low).any():
            return
        right, down = across * 2 * width / columns, along * length / rows
        start = top - across * width + 0.5 * right + 0.5 * down - low - 0.5
        matrix = np.column_stack([right, down, start])
        size = (int(high[0] - low[0]), int(high[1] - low[1]))
        warped = cv2.warpAffine(sprite, matrix, size, flags=cv2.INTER_LINEAR)
        mask = cv2.compare(cv2.extractChannel(warped, 3), 127, cv2.CMP_GT)
        cv2.copyTo(warped, mask, self.sheet[low[1] : high[1], low[0] : high[0]])

    def between(self, kind: str, first: str, second: str, half: float, far: bool = False, cap: float = 0.5) -> None:
        self.part(kind, self.points[first], self.points[second], half, far, cap=cap)

    def person(self) -> None:
        """Everything, the farthest first."""
        look = self.puppet.look
        away = np.cos(self.view) > 0
        arms = sorted("lr", key=lambda side: -self.depths[f"hand_{side}"] - self.depths[f"elbow_{side}"])
        behind = [side for side in arms if self.depths[f"elbow_{side}"] > self.depths["waist"] + 0.02]
        bag_side = "r"
        for side in behind:
            self.arm(side, far=True)
        if look.bag == "backpack" and not away:
            self.backpack()
        if look.bag == "shoulder" and bag_side in behind:
            self.hip_bag()
        if look.long_hair and not away:
            self.long_hair()
        legs = sorted("lr", key=lambda side: -self.depths[f"knee_{side}"] - self.depths[f"ankle_{side}"])
        for side, far in zip(legs, (True, False), strict=True):
            self.leg(side, far)
        self.trunk()
        if look.bag == "shoulder" and bag_side not in behind:
            self.hip_bag()
        if look.bag == "backpack" and away:
            self.backpack()
        for side in arms:
            if side not in behind:
                self.arm(side, far=False)

    def leg(self, side: str, far: bool) -> None:
        build = self.puppet.look.build
        thick = build.height * build.girth**0.7
        self.between("shoe", f"heel_{side}", f"toe_{side}", 0.021 * build.height, far, cap=0.7)
        self.between("shin", f"knee_{side}", f"ankle_{side}", 0.034 * thick, far, cap=0.35)
        self.between("thigh", f"hip_{side}", f"knee_{side}", 0.05 * thick, far, cap=0.4)

    def arm(self, side: str, far: bool) -> None:
        look = self.puppet.look
        thick = look.build.height * look.build.girth**0.6
        self.between("hand", f"hand_{side}", f"tip_{side}", 0.02 * look.build.height, far, cap=0.2)
        self.between("forearm", f"elbow_{side}", f"hand_{side}", 0.0255 * thick, far, cap=0.35)
        self.between("upper_arm", f"shoulder_{side}", f"elbow_{side}", 0.032 * thick, far, cap=0.6)
        if look.bag == "hand" and side == "r":
            top = self.points["tip_r"]
            self.part("bag", top, top + [0, 0.26 * self.scale], 0.13, far, cap=0.0)

    def trunk(self) -> None:
        look = self.puppet.look
        build, points = look.build, self.points
        facing = abs(float(np.cos(self.view)))
        front, side = 0.112 * build.height * build.girth**0.6, 0.074 * build.height * build.girth
        half = float(np.hypot(front * facing, side * np.sqrt(1 - facing**2)))
        if look.skirt:
            hem = points["pelvis"] + look.skirt * 0.24 * build.height * np.array([0, self.scale])
            feet = abs(points["knee_l"][0] - points["knee_r"][0]) / self.scale
            hem_half = max(half * 1.05, 0.5 * feet * look.skirt + 0.055 * build.height)
            self.part("skirt", points["waist"], hem, hem_half, cap=0.0)
        self.between("neck", "head", "chest", 0.033 * build.height, cap=0.0)
        outline = "torso" if facing > 0.55 else "side"
        self.part("torso", points["chest"], points["pelvis"], half, outline=outline, cap=0.2)
        chin = points["head"] + (points["head"] - points["crown"]) * 0.75
        self.part("head", points["crown"], chin, 0.051 * build.height, cap=0.0)
        if look.long_hair and np.cos(self.view) > 0:
            self.long_hair()

    def long_hair(self) -> None:
        tall = self.puppet.look.build.height
        down = self.points["neck"] + 0.02 * tall * self.scale * np.array([0, 1])
        self.part("hair", self.points["crown"] + [0, 0.02 * tall * self.scale], down, 0.056 * tall, cap=0.0)

    def backpack(self) -> None:
        tall = self.puppet.look.build.height
        shift = -0.12 * np.sin(self.view) * self.scale
        half = 0.15 * abs(np.cos(self.view)) + 0.1 * abs(np.sin(self.view))
        top = self.points["chest"] + [shift, 0.02 * tall * self.scale]
        self.part("bag", top, self.points["waist"] + [shift, 0.02 * tall * self.scale], half, cap=0.2)

    def hip_bag(self) -> None:
        tall = self.puppet.look.build.height
        shift = 0.12 * tall * np.cos(self.view) * self.scale
        half = 0.09 + 0.08 * abs(np.sin(self.view))
        top = self.points["pelvis"] + [shift, -0.03 * tall * self.scale]
        self.part("bag", top, top + [0, 0.25 * self.scale], half, cap=0.0)
