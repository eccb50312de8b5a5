"""What does not move: sky, houses on both sides, paved ground, trees down the street.

Everything is drawn twice, as the sun shows it and as a cloud before the sun leaves it; frames mix the two.
"""

from __future__ import annotations

import cv2
import numpy as np

from tools.synthetic.street.camera import Camera
from tools.synthetic.street.daylight import SHADOW_X
from tools.synthetic.street.facades import SCALE, house_row
from tools.synthetic.street.texture import fractal_noise, paste

FINE = 2  # canvas pixels are drawn this many times finer and averaged
END = 62.0  # metres to the house at the end of the street
ROOF = 12.0  # metres
HAZE = np.array([226, 214, 204], np.float32)


def walls(camera: Camera) -> tuple[float, float]:
    """The x of the house fronts on the left and on the right: just beside where people walk."""
    left, right = camera.edges(13.2)
    return left - 0.9, right + 0.9


def shade_edge(camera: Camera) -> float:
    """The x in metres from which on the ground lies in the shadow of the houses on the right."""
    return walls(camera)[1] + SHADOW_X * ROOF * 0.62


def backdrop(rng: np.random.Generator, camera: Camera) -> tuple[np.ndarray, np.ndarray]:
    """Draw the street.

    Returns
    -------
    tuple of ndarray
        The canvas in sun and under clouds, (rows, columns, 3) uint8 each.
    """
    width, height = (FINE * size for size in camera.canvas_size)
    sunny = np.zeros((height, width, 4), np.uint8)
    sunny[..., :3] = _sky(rng, height, width, FINE * camera.vanishing_point[1])
    cloudy = sunny.copy()
    cloudy[..., :3] = (sunny[..., :3] * 0.9 + np.array([8, 10, 12])).astype(np.uint8)
    _ground(rng, camera, sunny, cloudy)
    _houses(rng, camera, sunny, cloudy)
    size = camera.canvas_size
    lit = cv2.resize(np.ascontiguousarray(sunny[..., :3]), size, interpolation=cv2.INTER_AREA)
    grey = cv2.resize(np.ascontiguousarray(cloudy[..., :3]), size, interpolation=cv2.INTER_AREA)
    return lit, grey


def _sky(rng: np.random.Generator, rows: int, columns: int, horizon: float) -> np.ndarray:
    fraction = np.clip(np.arange(rows) / horizon, 0, 1)[:, None, None]
    blue = np.array([214, 168, 122], np.float32) * (1 - fraction) + HAZE * fraction
    clouds = fractal_noise(rng, rows, columns, (6, 5))
    cover = np.clip(clouds * 1.9 + 0.12, 0, 0.85)[..., None]
    return np.clip(blue * (1 - cover) + np.array([244, 242, 240], np.float32) * cover, 0, 255).astype(np.uint8)


def _ground(rng: np.random.Generator, camera: Camera, sunny: np.ndarray, cloudy: np.ndarray) -> None:
    """Slabs in the middle, cobbles at the sides, darker bands across, the houses' shadow on the right."""
    rows, columns = sunny.shape[:2]
    horizon = camera.vanishing_point[1] * FINE
    first = int(horizon) + 2
    row, column = np.mgrid[first:rows, :columns].astype(np.float32)
    z = camera.focal * FINE * camera.eye / (row - horizon)
    x = (column - camera.vanishing_point[0] * FINE) * z / (camera.focal * FINE)
    left, right = walls(camera)
    cobbled = (x < left + 2.3) | (x > right - 2.6)
    side = np.where(cobbled, np.float32(0.21), np.float32(0.62))
    shift = np.where(np.floor(z / side) % 2 == 1, np.float32(0.5), np.float32(0))
    along, across = z / side, x / side + shift
    tints = rng.uniform(-1, 1, (64, 64)).astype(np.float32)
    tint = tints[np.floor(along).astype(int) % 64, np.floor(across).astype(int) % 64]
    pixel = z / (camera.focal * FINE) / side  # size of a pixel in stones
    wide = 0.022 * 0.62 / side
    joint_x = np.clip((np.abs(across - np.round(across)) - wide) / np.maximum(pixel, 0.02), -0.5, 0.5) + 0.5
    joint_z = (
        np.clip((np.abs(along - np.round(along)) - wide) / np.maximum(pixel * z / camera.eye, 0.02), -0.5, 0.5) + 0.5
    )
    fade = np.clip(1.25 - pixel * z / camera.eye * 3, 0, 1)
    joint = 1 - 0.3 * fade * (1 - joint_x * joint_z)
    base = np.where(cobbled[..., None], np.array([116, 122, 128]), np.array([150, 160, 168])).astype(np.float32)
    band = ((np.floor(z / 0.62) % 9 == 0) | (np.abs(x - 0.4) < 0.31)) & ~cobbled
    base = np.where(band[..., None], base * 0.8, base)
    grain = _tiled(fractal_noise(rng, 512, 512, (24, 24)), x, z, 130) * np.clip(12 / z, 0, 1)
    stains = _tiled(fractal_noise(rng, 512, 512, (7, 7)), x, z, 42)
    gutter = 1 - 0.35 * ((np.abs(x - (left + 2.3)) < 0.09) | (np.abs(x - (right - 2.6)) < 0.09))
    shade = (1 + 0.055 * tint * fade + 0.06 * grain + 0.07 * stains) * joint * gutter
    ground = base * shade[..., None]
    distance = np.clip((z - 8) / 80, 0, 0.6)[..., None]
    sun = np.clip((shade_edge(camera) - x + 0.12 * np.sin(z * 1.1)) / np.maximum(0.1, 2 * pixel * side) + 0.5, 0, 1)
    notch = np.floor((z + 3) / 7.5).astype(int) % 3  # houses differ in height
    sun = np.maximum(sun, np.clip((shade_edge(camera) - x + 0.9 * (notch - 1)) / 0.1, 0, 1) * (notch == 2))
    warm = np.where(
        sun[..., None] > 0.5, np.array([0.97, 1.0, 1.03], np.float32), np.array([1.06, 1.0, 0.96], np.float32)
    )
    lit = ground * (0.66 + 0.52 * sun)[..., None] * warm
    for canvas, light in ((sunny, lit), (cloudy, ground * np.array([0.84, 0.82, 0.8], np.float32))):
        canvas[first:, :, :3] = np.clip(light * (1 - distance) + HAZE * 0.92 * distance, 0, 255).astype(np.uint8)


def _tiled(tile: np.ndarray, x: np.ndarray, z: np.ndarray, scale: float) -> np.ndarray:
    """Look a noise tile up at ground positions, `scale` tile pixels to a metre."""
    mirrored = np.block([[tile, tile[:, ::-1]], [tile[::-1], tile[::-1, ::-1]]])
    size = mirrored.shape[0]
    return cv2.remap(
        mirrored,
        (x * scale % (size - 1)).astype(np.float32),
        (z * scale % (size - 1)).astype(np.float32),
        cv2.INTER_LINEAR,
    )


def _houses(rng: np.random.Generator, camera: Camera, sunny: np.ndarray, cloudy: np.ndarray) -> None:
    """The end of the street first, then both sides."""
    left, right = walls(camera)
    start, roof = 4.0, ROOF
    end = house_row(rng, right - left, 10.5)
    corners = np.array([[left, 10.5, END], [right, 10.5, END], [right, 0, END], [left, 0, END]])
    _front(camera, sunny, cloudy, end, corners, 0.95, 0.5)
    for x, gain, depths in ((left, 1.06, (start, END)), (right, 0.7, (END, start))):
        row = house_row(rng, END - start, roof)
        for post in range(2, int(END - start), 11):  # drain pipes
            cv2.rectangle(row, (post * SCALE, 0), (post * SCALE + 5, row.shape[0]), (104, 110, 112), -1)
        first, last = depths
        corners = np.array([[x, roof, first], [x, roof, last], [x, 0, last], [x, 0, first]])
        _front(camera, sunny, cloudy, row, corners, gain, 0.0)


def _front(
    camera: Camera,
    sunny: np.ndarray,
    cloudy: np.ndarray,
    picture: np.ndarray,
    corners: np.ndarray,
    sun: float,
    haze: float,
) -> None:
    """One house front in both lights."""
    points = camera.project(corners) * FINE
    for canvas, gain in ((sunny, sun), (cloudy, 0.8)):
        light = np.clip(picture * gain * (1 - haze) + HAZE * haze, 0, 255).astype(np.uint8)
        if haze == 0:
            depth = np.linspace(corners[0, 2], corners[1, 2], picture.shape[1])[None, :, None]
            mist = np.clip((depth - 10) / 95, 0, 1)
            light = (light * (1 - mist) + HAZE * mist).astype(np.uint8)
        paste(canvas, light, points)
