"""Puts frames together, the farthest first, and measures what is seen of everybody."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tools.street.backdrop import backdrop, shade_edge
from tools.street.camera import Camera, sway
from tools.street.crowd import walk
from tools.street.daylight import SHADOW_X, SHADOW_Z, Sensor, daylight
from tools.street.furniture import Thing, furniture
from tools.street.puppet import Figure, Puppet
from tools.street.wardrobe import dress


@dataclass(frozen=True)
class Sighting:
    """One person in one frame.

    Parameters
    ----------
    person : int
        From 1.
    box : ndarray
        (4,) left, top, width, height of the whole silhouette inside the frame, pixels.
    seen : ndarray
        (4,) the same of what is not hidden; zeros if all is.
    visibility : float
        Share of the silhouette's area that is inside the frame and not hidden, 0 to 1.
    """

    person: int
    box: np.ndarray
    seen: np.ndarray
    visibility: float


class Scene:
    """A street and what happens in it.

    Parameters
    ----------
    rng : Generator
        The source of all randomness; it is used here only, so that frames can be rendered in any order.
    camera : Camera
        How it is seen.
    people, frames : int
        How many.
    """

    def __init__(self, rng: np.random.Generator, camera: Camera, people: int, frames: int) -> None:
        self.camera, self.frames = camera, frames
        self.sunny, self.cloudy = backdrop(rng, camera)
        self.things = furniture(rng, camera)
        looks = dress(rng, people)
        self.puppets = [Puppet(look) for look in looks]
        strides = np.array([look.build.stride for look in looks])
        spots = [thing.spot for thing in self.things]
        hides = [thing.spot for thing in self.things if thing.tall]
        self.crowd = walk(rng, camera, people, frames, strides, spots, hides)
        self.light = daylight(rng, frames)
        self.sway = sway(rng, camera, frames)
        self.sensor = Sensor(rng, camera, frames)
        self._ground_shadows()

    def _ground_shadows(self) -> None:
        """Shadows of what never moves lie on the ground of the sunny street for good."""
        for thing in self.things:
            _cast(self.sunny, thing.sunny, thing.corner, thing.feet, thing.spot.z, self.camera, 0.42)

    def render(self, frame: int) -> tuple[np.ndarray, list[Sighting]]:
        """Render one frame.

        Parameters
        ----------
        frame : int
            From 0.

        Returns
        -------
        tuple
            The (H, W, 3) uint8 image, BGR, and who is in it.
        """
        crowd, sun = self.crowd, float(self.light.sun[frame])
        figures: dict[int, Figure] = {}
        for person, puppet in enumerate(self.puppets):
            figure = puppet.draw(
                self.camera, crowd.position[frame, person], *(v[frame, person] for v in (crowd.heading, crowd.phase, crowd.pace))
            )
            if figure is not None:
                figures[person] = figure
        canvas = cv2.addWeighted(self.sunny, sun, self.cloudy, 1 - sun, 0)
        for person, figure in figures.items():
            strength = 0.5 * sun * self._in_sun(person, frame)
            _cast(canvas, figure.image, figure.corner, figure.feet, figure.depth, self.camera, strength)
            _stand(canvas, figure, self.camera)
        layers: list[tuple[float, int | None, Figure | Thing]] = [(f.depth, p, f) for p, f in figures.items()]
        layers += [(thing.spot.z, None, thing) for thing in self.things]
        layers.sort(key=lambda layer: -layer[0])
        for _, person, layer in layers:
            if isinstance(layer, Thing):
                image = cv2.addWeighted(layer.sunny, sun, layer.cloudy, 1 - sun, 0)
            else:
                assert person is not None
                gain = 0.84 + 0.3 * sun * self._in_sun(person, frame)
                image = cv2.transform(layer.image, np.diag([gain * 1.02 - 0.03 * sun, gain, gain, 1]))
            _over(canvas, image, layer.corner)
        tint = np.diag(self.light.tint[frame])
        zoom, *shift = self.sway[frame]
        size = (self.camera.width, self.camera.height)
        image = cv2.warpAffine(canvas, np.array([[zoom, 0, shift[0]], [0, zoom, shift[1]]]), size, flags=cv2.INTER_LINEAR)
        return self.sensor.expose(cv2.transform(image, tint), frame), self._sightings(layers, frame)

    def _in_sun(self, person: int, frame: int) -> float:
        """How much a person stands out of the houses' shadow, 0 to 1."""
        return float(np.clip((shade_edge(self.camera) - self.crowd.position[frame, person, 0]) / 0.6 + 0.5, 0, 1))

    def _sightings(self, layers: list[tuple[float, int | None, Figure | Thing]], frame: int) -> list[Sighting]:
        zoom, *shift = self.sway[frame]
        size = np.array([self.camera.width, self.camera.height])
        low = np.ceil((0 - np.array(shift)) / zoom).astype(int)
        high = np.floor((size - np.array(shift)) / zoom).astype(int)
        hidden = np.ones(self.camera.canvas_size[::-1], bool)
        hidden[low[1] : high[1], low[0] : high[0]] = False
        sightings = []
        for _, person, layer in reversed(layers):
            alpha = (layer.sunny if isinstance(layer, Thing) else layer.image)[..., 3] > 127
            canvas, cut, offset = _overlap(hidden, alpha, layer.corner)
            if person is not None and cut.size:
                seen = cut & ~canvas
                visibility = float(seen.sum() / max(1, alpha.sum()))
                box = _clip(_bounds(alpha) + np.tile(layer.corner, 2), zoom, np.array(shift), size)
                bounds = _clip(_bounds(seen) + np.tile(offset, 2), zoom, np.array(shift), size)
                whole = _bounds(alpha)
                if box[2] >= 0.2 * zoom * (whole[2] - whole[0]) and box[3] >= 0.2 * zoom * (whole[3] - whole[1]):
                    sightings.append(Sighting(person + 1, box, bounds if seen.any() else np.zeros(4), visibility))
            canvas |= cut
        return sorted(sightings, key=lambda sighting: sighting.person)


def _overlap(
    canvas: np.ndarray, image: np.ndarray, corner: tuple[int, int]
) -> tuple[np.ndarray, np.ndarray, tuple[int, int]]:
    """Views of where an image lies on a canvas, the part of it that does, and that part's corner."""
    left, top = max(corner[0], 0), max(corner[1], 0)
    right = max(left, min(corner[0] + image.shape[1], canvas.shape[1]))
    bottom = max(top, min(corner[1] + image.shape[0], canvas.shape[0]))
    cut = image[top - corner[1] : bottom - corner[1], left - corner[0] : right - corner[0]]
    return canvas[top:bottom, left:right], cut, (left, top)


def _over(canvas: np.ndarray, image: np.ndarray, corner: tuple[int, int]) -> None:
    """Lay an image with multiplied alpha over the canvas, in place."""
    region, cut, _ = _overlap(canvas, image, corner)
    if not region.size:
        return
    colour, alpha = cv2.cvtColor(cut, cv2.COLOR_BGRA2BGR), cv2.extractChannel(cut, 3)
    left = 255 - alpha
    region[:] = cv2.add(cv2.multiply(region, cv2.merge([left, left, left]), scale=1 / 255), colour)


def _darken(canvas: np.ndarray, mask: np.ndarray, corner: tuple[int, int], strength: float) -> None:
    """Darken the canvas where a (h, w) uint8 mask is set, in place."""
    region, cut, _ = _overlap(canvas, mask, corner)
    if region.size:
        left = cv2.subtract(np.full_like(cut, 255), cv2.convertScaleAbs(cut, alpha=strength))
        region[:] = cv2.multiply(region, cv2.merge([left, left, left]), scale=1 / 255)


def _cast(
    canvas: np.ndarray, image: np.ndarray, corner: tuple[int, int], feet: float, depth: float, camera: Camera, strength: float
) -> None:
    """Throw the shadow of something that stands at `feet` on the ground, in place."""
    if strength < 0.02:
        return
    rows, columns = image.shape[:2]
    flat = SHADOW_Z * camera.eye / depth
    foot = feet - corner[1]
    reach = int(np.ceil(abs(SHADOW_X) * max(foot, 0))) + 2
    top = int(np.floor(foot * (1 - flat)))
    # A point h above the ground is shadowed SHADOW_X h aside and SHADOW_Z h away, which is `flat` h higher up.
    matrix = np.array([[1, -SHADOW_X, SHADOW_X * foot + reach], [0, flat, foot * (1 - flat) - top]], float)
    size = (columns + 2 * reach, max(1, int(np.ceil((rows - foot) * flat + foot)) - top + 2))
    mask = cv2.warpAffine(cv2.extractChannel(image, 3), matrix, size, flags=cv2.INTER_LINEAR)
    mask = cv2.GaussianBlur(mask, (0, 0), max(0.6, 1.2 * camera.unit))
    _darken(canvas, mask, (corner[0] - reach, corner[1] + top), strength)


def _stand(canvas: np.ndarray, figure: Figure, camera: Camera) -> None:
    """Darken the ground right under a person, in place."""
    scale = camera.focal / figure.depth
    wide, high = int(0.34 * scale), int(0.34 * scale * camera.eye / figure.depth * 0.55)
    columns = figure.image.shape[1]
    mask = np.zeros((2 * high + 9, columns + 2 * wide), np.uint8)
    centre = (mask.shape[1] // 2, mask.shape[0] // 2)
    cv2.ellipse(mask, centre, (wide, max(high, 1)), 0, 0, 360, 255, -1)
    mask = cv2.GaussianBlur(mask, (0, 0), max(1.0, 0.05 * scale))
    _darken(canvas, mask, (figure.corner[0] - wide, round(figure.feet) - centre[1]), 0.35)


def _bounds(mask: np.ndarray) -> np.ndarray:
    """Left, top, right, bottom of the set pixels, zeros if there are none."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return np.zeros(4)
    return np.array([columns[0], rows[0], columns[-1] + 1, rows[-1] + 1], float)


def _clip(tlbr: np.ndarray, zoom: float, shift: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Canvas corners to left, top, width and height inside the frame."""
    low = np.clip(zoom * tlbr[:2] + shift, 0, size)
    return np.concatenate([low, np.clip(zoom * tlbr[2:] + shift, 0, size) - low])
