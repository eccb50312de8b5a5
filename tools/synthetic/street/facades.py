"""House fronts: plaster and brick, rows of windows, shops with signs and awnings below."""

from __future__ import annotations

import cv2
import numpy as np

from tools.synthetic.street.texture import Color, fractal_noise, letter

SCALE = 44  # pixels per metre
GROUND_FLOOR, FLOOR = 3.7, 3.1  # metres
WALLS: tuple[Color, ...] = (
    (150, 178, 200), (124, 156, 206), (92, 108, 150), (176, 192, 198), (150, 170, 160), (196, 190, 176),
)  # fmt: skip
SIGNS: tuple[Color, ...] = ((60, 52, 40), (44, 40, 130), (70, 84, 36), (110, 66, 30), (36, 36, 38), (40, 96, 150))
NAMES = ("BOOKS", "CAFE", "BAKERY", "FLOWERS", "OPTIK", "MUSIC", "TAILOR", "BICYCLES", "DELI", "SHOES", "TEA", "TOYS")


def house_row(rng: np.random.Generator, length: float, height: float) -> np.ndarray:
    """Draw a row of houses.

    Parameters
    ----------
    rng : Generator
        The source of all randomness.
    length, height : float
        Metres.

    Returns
    -------
    ndarray
        (rows, columns, 3) uint8, `SCALE` pixels a metre.
    """
    rows, columns = int(height * SCALE), int(length * SCALE)
    wall = np.zeros((rows, columns, 3), np.float32)
    left, shop = 0, int(rng.integers(len(NAMES)))
    while left < columns:
        right = left + int(rng.uniform(6, 9.5) * SCALE)
        right = columns if columns - right < 5 * SCALE else right
        _house(rng, wall[:, left:right], NAMES[shop % len(NAMES)])
        wall[:, left : left + 3] *= 0.6
        left, shop = right, shop + 1
    wall *= (1 + 0.08 * fractal_noise(rng, rows, columns, (8, max(4, int(length)))))[..., None]
    return np.clip(wall, 0, 255).astype(np.uint8)


def _house(rng: np.random.Generator, wall: np.ndarray, name: str) -> None:
    rows, columns = wall.shape[:2]
    color = np.asarray(WALLS[int(rng.integers(len(WALLS)))]) * rng.uniform(0.85, 1.08)
    wall[:] = color
    if rng.random() < 0.4:
        _bricks(rng, wall)
    ground = rows - int(GROUND_FLOOR * SCALE)
    count = max(2, columns // int(2.3 * SCALE))
    tall = bool(rng.integers(2))
    for floor in range(int(rows / SCALE / FLOOR) + 1):
        bottom = ground - int((floor * FLOOR + 0.75) * SCALE)
        top = bottom - int((1.95 if tall else 1.6) * SCALE)
        for window in range(count):
            middle = int((window + 0.5) * columns / count)
            _window(rng, wall, middle - int(0.55 * SCALE), top, middle + int(0.55 * SCALE), bottom)
        ledge = ground - int(floor * FLOOR * SCALE)
        cv2.rectangle(wall, (0, ledge - 5), (columns, ledge + 2), tuple(color * 1.18), -1)
        cv2.rectangle(wall, (0, ledge + 3), (columns, ledge + 7), tuple(color * 0.66), -1)
    _shop(rng, wall[ground:], name)


def _bricks(rng: np.random.Generator, wall: np.ndarray) -> None:
    rows, columns = wall.shape[:2]
    row, column = np.mgrid[:rows, :columns]
    tints = rng.uniform(0.84, 1.1, (rows // 6 + 1, columns // 14 + 2))
    wall *= tints[row // 6, (column + row // 6 % 2 * 7) // 14][..., None]
    wall[(row % 6 == 0) | ((column + row // 6 % 2 * 7) % 14 == 0)] *= 0.88


def _window(rng: np.random.Generator, wall: np.ndarray, left: int, top: int, right: int, bottom: int) -> None:
    if bottom < 0:
        return
    frame = (214, 220, 222)
    cv2.rectangle(wall, (left - 6, top - 6), (right + 6, bottom + 6), (176, 190, 198), -1)
    cv2.rectangle(wall, (left - 8, bottom + 6), (right + 8, bottom + 11), (206, 214, 218), -1)
    cv2.rectangle(wall, (left - 8, bottom + 12), (right + 8, bottom + 17), (90, 96, 104), -1)
    sky = rng.uniform(0.7, 1.2)
    for row in range(max(top, 0), bottom):
        fraction = (row - top) / (bottom - top)
        wall[row, max(left, 0) : right] = np.array([138, 118, 100]) * sky * (1.1 - 0.65 * fraction)
    if rng.random() < 0.55:
        drop = int((bottom - top) * rng.uniform(0.2, 0.8))
        cv2.rectangle(
            wall, (left, top), (right, top + drop), tuple(np.array([186, 200, 206]) * rng.uniform(0.7, 1)), -1
        )
    middle = (left + right) // 2
    cv2.rectangle(wall, (left, top), (right, bottom), frame, 3)
    cv2.line(wall, (middle, top), (middle, bottom), frame, 3)
    cv2.line(wall, (left, top + (bottom - top) // 3), (right, top + (bottom - top) // 3), frame, 2)


def _shop(rng: np.random.Generator, front: np.ndarray, name: str) -> None:
    rows, columns = front.shape[:2]
    sign = np.asarray(SIGNS[int(rng.integers(len(SIGNS)))])
    front[:] = sign * 0.9 + 12
    board = int(0.75 * SCALE)
    cv2.rectangle(front, (8, 10), (columns - 8, board), tuple(sign * 1.15 + 8), -1)
    size = cv2.getTextSize(name, cv2.FONT_HERSHEY_TRIPLEX, 0.95, 2)[0]
    letter(front, name, ((columns - size[0]) // 2, board - 6), 0.95, (206, 226, 236))
    top, bottom = board + 12, rows - int(0.45 * SCALE)
    door = int(rng.uniform(0.15, 0.75) * columns)
    wide = int(1.15 * SCALE)
    glow = rng.uniform(0.7, 1.15)
    fraction = np.linspace(0, 1, bottom - top)[:, None, None]
    light = np.array([112, 158, 190]) * glow
    front[top:bottom, 12 : columns - 12] = light * (0.95 - 0.6 * fraction)
    for _ in range(26):  # goods behind the glass
        x, y = int(rng.integers(14, columns - 30)), int(rng.integers(top + (bottom - top) // 2, bottom - 8))
        color = tuple(float(v) for v in rng.uniform(30, 190, 3))
        cv2.rectangle(front, (x, y), (x + int(rng.integers(6, 26)), bottom), color, -1)
    front[top:bottom, 12 : columns - 12] *= 0.82
    for edge in range(12, columns - 11, max(60, int((columns - 24) / 3))):
        cv2.line(front, (edge, top), (edge, bottom), tuple(sign * 0.8 + 10), 6)
    cv2.rectangle(front, (door, top), (door + wide, rows - 4), tuple(sign * 0.7), -1)
    cv2.rectangle(front, (door + 8, top + 8), (door + wide - 8, rows - 26), (92, 104, 104), -1)
    cv2.circle(front, (door + wide - 12, (top + rows) // 2), 4, (120, 190, 210), -1)
    if rng.random() < 0.7:
        awning = int(0.8 * SCALE)
        first = np.asarray(SIGNS[int(rng.integers(len(SIGNS)))]) * 1.3 + 20
        for stripe in range(0, columns, 24):
            cloth = first if stripe // 24 % 2 else np.array([214.0, 222.0, 226.0])
            cv2.rectangle(front, (stripe, board), (stripe + 24, board + awning), tuple(cloth), -1)
            cv2.circle(front, (stripe + 12, board + awning), 12, tuple(cloth), -1)
        front[board + awning + 13 : board + awning + 44] *= 0.6
