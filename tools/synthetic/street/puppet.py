"""Draws a person: limbs are round, so a wrapped picture is turned, shaded and laid along each bone."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from tools.synthetic.street.camera import Camera
from tools.synthetic.street.daylight import SUN_ON_SCREEN
from tools.synthetic.street.pose import pose
from tools.synthetic.street.relief import COLUMNS, Relief, profiles
from tools.synthetic.street.wardrobe import ROUND, ROWS, Outfit

TURNS, LIGHTS, LEVELS = 60, 8, 4  # steps of direction, of light and of size in which sprites are kept


@dataclass(frozen=True)
class Figure:
    """A drawn person.

    Parameters
    ----------
    image : ndarray
        (h, w, 4) uint8, color already multiplied by alpha.
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


class Puppet:
    """One person's limbs, ready to be laid along the bones of any pose.

    Parameters
    ----------
    outfit : Outfit
        What the person wears.
    """

    def __init__(self, outfit: Outfit) -> None:
        self.outfit = outfit
        self._reliefs = {
            (name, level): Relief(profile, level) for name, profile in profiles().items() for level in range(LEVELS)
        }
        self._wraps = {
            (name, level): cv2.resize(wrap, (ROUND >> level, ROWS >> level), interpolation=cv2.INTER_AREA)
            for name, wrap in outfit.wraps.items()
            for level in range(LEVELS)
        }
        self._sprites: dict[tuple[str, str, int, int, int, bool], np.ndarray] = {}

    def sprite(self, kind: str, outline: str, turn: int, light: int, level: int, far: bool) -> np.ndarray:
        """The visible half of a wrap: (rows, columns, 4) uint8, at half the size for each level."""
        key = (kind, outline, turn, light, level, far)
        if key not in self._sprites:
            sideways = (light + 0.5) / LIGHTS * 2 - 1
            relief, wrap = self._reliefs[outline, level], self._wraps[kind, level]
            self._sprites[key] = relief.unroll(wrap, turn / TURNS, sideways, 0.8 if far else 1.0)
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
            As in `tools.synthetic.street.walking.Crowd`.

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
        body = pose(self.outfit.build, phase, pace)
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
        self,
        kind: str,
        top: np.ndarray,
        bottom: np.ndarray,
        half: float,
        far: bool = False,
        outline: str = "",
        cap: float = 0.5,
    ) -> None:
        """Lay a wrap from one point to another, `half` metres to either side, its ends rounded past them."""
        width = half * self.scale
        (x, y), (end_x, end_y) = top.tolist(), bottom.tolist()
        length = math.hypot(end_x - x, end_y - y)
        along_x, along_y = ((end_x - x) / length, (end_y - y) / length) if length > 1e-6 else (0.0, 1.0)
        x, y, length = x - along_x * cap * width, y - along_y * cap * width, length + 2 * cap * width
        # Across a limb that hangs down is to the right.
        across_x, across_y = along_y * width, -along_x * width
        sideways = along_y * SUN_ON_SCREEN[0] - along_x * SUN_ON_SCREEN[1]
        light = min(max(int((sideways + 1) / 2 * LIGHTS), 0), LIGHTS - 1)
        shrink = max(ROWS / max(length, 1.0), COLUMNS / max(2 * width, 1.0))
        level = min(max(int(math.log2(shrink) + 0.3), 0), LEVELS - 1)
        turn = self.turn if kind in ("torso", "head", "bag") else self.turn // 3 * 3  # limbs are alike from all sides
        sprite = self.puppet.sprite(kind, outline or kind, turn, light, level, far)
        rows, columns = sprite.shape[:2]
        wide, high = abs(across_x), abs(across_y)
        end_x, end_y = x + along_x * length, y + along_y * length
        left, upper = max(int(min(x, end_x) - wide) - 1, 0), max(int(min(y, end_y) - high) - 1, 0)
        right = min(int(max(x, end_x) + wide) + 3, self.sheet.shape[1])
        lower = min(int(max(y, end_y) + high) + 3, self.sheet.shape[0])
        if right <= left or lower <= upper:
            return
        step_x, step_y = 2 * across_x / columns, 2 * across_y / columns
        down_x, down_y = along_x * length / rows, along_y * length / rows
        start_x = x - across_x + 0.5 * (step_x + down_x) - left - 0.5
        start_y = y - across_y + 0.5 * (step_y + down_y) - upper - 0.5
        matrix = np.array([[step_x, down_x, start_x], [step_y, down_y, start_y]])
        warped = cv2.warpAffine(sprite, matrix, (right - left, lower - upper), flags=cv2.INTER_LINEAR)
        mask = cv2.threshold(cv2.extractChannel(warped, 3), 127, 255, cv2.THRESH_BINARY)[1]
        cv2.copyTo(warped, mask, self.sheet[upper:lower, left:right])

    def between(self, kind: str, first: str, second: str, half: float, far: bool = False, cap: float = 0.5) -> None:
        self.part(kind, self.points[first], self.points[second], half, far, cap=cap)

    def person(self) -> None:
        """Everything, the farthest first."""
        outfit = self.puppet.outfit
        away = np.cos(self.view) > 0
        arms = sorted("lr", key=lambda side: -self.depths[f"hand_{side}"] - self.depths[f"elbow_{side}"])
        behind = [side for side in arms if self.depths[f"elbow_{side}"] > self.depths["waist"] + 0.02]
        bag_side = "r"
        for side in behind:
            self.arm(side, far=True)
        if outfit.bag == "backpack" and not away:
            self.backpack()
        if outfit.bag == "shoulder" and bag_side in behind:
            self.hip_bag()
        if outfit.long_hair and not away:
            self.long_hair()
        legs = sorted("lr", key=lambda side: -self.depths[f"knee_{side}"] - self.depths[f"ankle_{side}"])
        for side, far in zip(legs, (True, False), strict=True):
            self.leg(side, far)
        self.trunk()
        if outfit.bag == "shoulder" and bag_side not in behind:
            self.hip_bag()
        if outfit.bag == "backpack" and away:
            self.backpack()
        for side in arms:
            if side not in behind:
                self.arm(side, far=False)

    def leg(self, side: str, far: bool) -> None:
        build = self.puppet.outfit.build
        thick = build.height * build.girth**0.7
        self.between("shoe", f"heel_{side}", f"toe_{side}", 0.021 * build.height, far, cap=0.7)
        self.between("shin", f"knee_{side}", f"ankle_{side}", 0.034 * thick, far, cap=0.35)
        self.between("thigh", f"hip_{side}", f"knee_{side}", 0.05 * thick, far, cap=0.4)

    def arm(self, side: str, far: bool) -> None:
        outfit = self.puppet.outfit
        thick = outfit.build.height * outfit.build.girth**0.6
        self.between("hand", f"hand_{side}", f"tip_{side}", 0.02 * outfit.build.height, far, cap=0.2)
        self.between("forearm", f"elbow_{side}", f"hand_{side}", 0.0255 * thick, far, cap=0.35)
        self.between("upper_arm", f"shoulder_{side}", f"elbow_{side}", 0.032 * thick, far, cap=0.6)
        if outfit.bag == "hand" and side == "r":
            top = self.points["tip_r"]
            self.part("bag", top, top + np.array([0, 0.26 * self.scale]), 0.13, far, cap=0.0)

    def trunk(self) -> None:
        outfit = self.puppet.outfit
        build, points = outfit.build, self.points
        facing = abs(float(np.cos(self.view)))
        front, side = 0.112 * build.height * build.girth**0.6, 0.074 * build.height * build.girth
        half = float(np.hypot(front * facing, side * np.sqrt(1 - facing**2)))
        if outfit.skirt:
            hem = points["pelvis"] + outfit.skirt * 0.24 * build.height * np.array([0, self.scale])
            feet = abs(points["knee_l"][0] - points["knee_r"][0]) / self.scale
            hem_half = max(half * 1.05, 0.5 * feet * outfit.skirt + 0.055 * build.height)
            self.part("skirt", points["waist"], hem, hem_half, cap=0.0)
        self.between("neck", "head", "chest", 0.033 * build.height, cap=0.0)
        outline = "torso" if facing > 0.55 else "side"
        self.part("torso", points["chest"], points["pelvis"], half, outline=outline, cap=0.2)
        chin = points["head"] + (points["head"] - points["crown"]) * 0.75
        self.part("head", points["crown"], chin, 0.051 * build.height, cap=0.0)
        if outfit.long_hair and np.cos(self.view) > 0:
            self.long_hair()

    def long_hair(self) -> None:
        tall = self.puppet.outfit.build.height
        down = self.points["neck"] + 0.02 * tall * self.scale * np.array([0, 1])
        self.part("hair", self.points["crown"] + [0, 0.02 * tall * self.scale], down, 0.056 * tall, cap=0.0)

    def backpack(self) -> None:
        tall = self.puppet.outfit.build.height
        shift = -0.12 * np.sin(self.view) * self.scale
        half = 0.15 * abs(np.cos(self.view)) + 0.1 * abs(np.sin(self.view))
        top = self.points["chest"] + [shift, 0.02 * tall * self.scale]
        self.part("bag", top, self.points["waist"] + [shift, 0.02 * tall * self.scale], half, cap=0.2)

    def hip_bag(self) -> None:
        tall = self.puppet.outfit.build.height
        shift = 0.12 * tall * np.cos(self.view) * self.scale
        half = 0.09 + 0.08 * abs(np.sin(self.view))
        top = self.points["pelvis"] + [shift, -0.03 * tall * self.scale]
        self.part("bag", top, top + np.array([0, 0.25 * self.scale]), half, cap=0.0)
