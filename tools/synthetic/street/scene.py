"""Puts frames together, the farthest first, and measures what is seen of everybody."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from tools.synthetic.street.backdrop import backdrop, shade_edge
from tools.synthetic.street.camera import Camera, sway
from tools.synthetic.street.compose import cast, over, overlap, stand
from tools.synthetic.street.daylight import Sensor, daylight
from tools.synthetic.street.furniture import furniture
from tools.synthetic.street.puppet import Figure, Puppet
from tools.synthetic.street.walking import walk
from tools.synthetic.street.wardrobe import dress

LEAST = 0.2  # fraction of a person's width and height that must be inside the frame to count


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
        Fraction of the silhouette's area that is inside the frame and not hidden, 0 to 1.
    """

    person: int
    box: np.ndarray
    seen: np.ndarray
    visibility: float


@dataclass(frozen=True)
class Layer:
    """Something between the camera and the backdrop.

    Parameters
    ----------
    depth : float
        Metres from the camera.
    image : ndarray
        (h, w, 4) uint8, color already multiplied by alpha.
    corner : tuple of int
        Canvas pixel of its top left corner.
    person : int or None
        From 0; None for a thing.
    """

    depth: float
    image: np.ndarray
    corner: tuple[int, int]
    person: int | None


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
        outfits = dress(rng, people)
        self.puppets = [Puppet(outfit) for outfit in outfits]
        strides = np.array([outfit.build.stride for outfit in outfits])
        spots = [thing.spot for thing in self.things]
        hides = [thing.spot for thing in self.things if thing.tall]
        self.crowd = walk(rng, camera, people, frames, strides, spots, hides)
        self.light = daylight(rng, frames)
        self.sway = sway(rng, camera, frames)
        self.sensor = Sensor(rng, camera, frames)
        for thing in self.things:  # their shadows never move
            cast(self.sunny, thing.sunny, thing.corner, thing.feet, thing.spot.z, camera, 0.42)

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
        sun = float(self.light.sun[frame])
        figures = self._figures(frame)
        canvas = cv2.addWeighted(self.sunny, sun, self.cloudy, 1 - sun, 0)
        for person, figure in figures.items():
            strength = 0.5 * sun * self._in_sun(person, frame)
            cast(canvas, figure.image, figure.corner, figure.feet, figure.depth, self.camera, strength)
            stand(canvas, figure, self.camera)
        layers = [self._lit(person, figure, frame) for person, figure in figures.items()]
        for thing in self.things:
            image = cv2.addWeighted(thing.sunny, sun, thing.cloudy, 1 - sun, 0)
            layers.append(Layer(thing.spot.z, image, thing.corner, None))
        layers.sort(key=lambda layer: -layer.depth)
        for layer in layers:
            over(canvas, layer.image, layer.corner)
        return self._photograph(canvas, frame), self._sightings(layers, frame)

    def _figures(self, frame: int) -> dict[int, Figure]:
        """Draw everybody who is on the canvas."""
        crowd, figures = self.crowd, {}
        for person, puppet in enumerate(self.puppets):
            gait = (series[frame, person] for series in (crowd.heading, crowd.phase, crowd.pace))
            figure = puppet.draw(self.camera, crowd.position[frame, person], *gait)
            if figure is not None:
                figures[person] = figure
        return figures

    def _lit(self, person: int, figure: Figure, frame: int) -> Layer:
        """A person in the light of the spot where they stand: the sun is warm, shade is not."""
        sun = float(self.light.sun[frame])
        gain = 0.84 + 0.3 * sun * self._in_sun(person, frame)
        image = cv2.transform(figure.image, np.diag([1.02 * gain - 0.03 * sun, gain, gain, 1]))
        return Layer(figure.depth, image, figure.corner, person)

    def _photograph(self, canvas: np.ndarray, frame: int) -> np.ndarray:
        """Cut the frame out of the canvas as the camera sees it."""
        zoom, x, y = self.sway[frame]
        size = (self.camera.width, self.camera.height)
        image = cv2.warpAffine(canvas, np.array([[zoom, 0, x], [0, zoom, y]]), size, flags=cv2.INTER_LINEAR)
        return self.sensor.expose(cv2.transform(image, np.diag(self.light.tint[frame])), frame)

    def _in_sun(self, person: int, frame: int) -> float:
        """How much a person stands out of the houses' shadow, 0 to 1."""
        return float(np.clip((shade_edge(self.camera) - self.crowd.position[frame, person, 0]) / 0.6 + 0.5, 0, 1))

    def _sightings(self, layers: list[Layer], frame: int) -> list[Sighting]:
        """What is seen of everybody, from the nearest to the farthest, each hiding what is behind."""
        zoom, shift = self.sway[frame, 0], self.sway[frame, 1:]
        size = np.array([self.camera.width, self.camera.height])
        left, top = np.ceil(-shift / zoom).astype(int)
        right, bottom = np.floor((size - shift) / zoom).astype(int)
        hidden = np.ones(self.camera.canvas_size[::-1], bool)
        hidden[top:bottom, left:right] = False
        sightings = []
        for layer in reversed(layers):
            mask = layer.image[..., 3] > 127
            covered, inside, corner = overlap(hidden, mask, layer.corner)
            if layer.person is not None and inside.any():
                whole = _bounds(mask)
                box = _clip(whole + np.tile(layer.corner, 2), zoom, shift, size)
                shown = inside & ~covered
                seen = _clip(_bounds(shown) + np.tile(corner, 2), zoom, shift, size) if shown.any() else np.zeros(4)
                if (box[2:] >= LEAST * zoom * (whole[2:] - whole[:2])).all():
                    visibility = float(shown.sum() / mask.sum())
                    sightings.append(Sighting(layer.person + 1, box, seen, visibility))
            covered |= inside
        return sorted(sightings, key=lambda sighting: sighting.person)


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
