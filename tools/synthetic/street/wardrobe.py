"""What people wear: every outfit is drawn once, as pictures that wrap round the limbs.

A wrapped picture has the front of the body in its middle column and the back at both ends.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from tools.synthetic.street.pose import Build
from tools.synthetic.street.texture import Color, cloth, fractal_noise

ROWS, ROUND = 96, 192  # pixels along and round a limb

UPPER: dict[str, Color] = {
    "navy": (82, 52, 38), "red": (48, 42, 178), "white": (218, 220, 222), "black": (40, 36, 36),
    "olive": (62, 98, 96), "sky": (214, 164, 104), "mustard": (60, 158, 206), "grey": (134, 132, 130),
    "wine": (62, 34, 108), "teal": (124, 116, 36), "pink": (168, 136, 224), "green": (78, 128, 52),
    "charcoal": (66, 62, 60), "orange": (44, 110, 222), "beige": (150, 180, 198), "violet": (140, 74, 104),
}  # fmt: skip
LOWER: dict[str, Color] = {
    "denim": (112, 82, 58), "black": (38, 35, 36), "khaki": (106, 140, 156), "navy": (70, 48, 38),
    "grey": (112, 110, 108), "light denim": (170, 138, 108), "brown": (52, 70, 94), "white": (206, 210, 212),
}  # fmt: skip
SKIN: tuple[Color, ...] = ((146, 176, 224), (120, 152, 206), (84, 118, 174), (58, 84, 132), (42, 60, 96))
HAIR: tuple[Color, ...] = ((28, 26, 30), (36, 52, 78), (30, 38, 52), (92, 140, 178), (40, 70, 120), (150, 152, 154))
PATTERNS = ("plain", "stripes", "open jacket", "print", "check", "blocks", "plain", "bands", "zip")


@dataclass(frozen=True)
class Outfit:
    """One person's appearance.

    Parameters
    ----------
    build : Build
        The body.
    wraps : dict of str to ndarray
        (rows, round, 3) float32 for each kind of body part.
    skirt : float
        How far down the legs a skirt or coat reaches, 0 for none, 1 to the knee.
    bag : str
        "none", "backpack", "shoulder" or "hand".
    long_hair : bool
        Whether hair falls to the shoulders.
    """

    build: Build
    wraps: dict[str, np.ndarray] = field(repr=False)
    skirt: float = 0.0
    bag: str = "none"
    long_hair: bool = False


def dress(rng: np.random.Generator, people: int) -> list[Outfit]:
    """Draw the outfits of so many people.

    Half of the people choose from four dark and light colors that many wear, so that some resemble each other.
    """
    common = ["navy", "black", "white", "grey"]
    bright = [name for name in UPPER if name not in common]
    rng.shuffle(bright)
    outfits = []
    for person in range(people):
        often = person % 5 in (1, 3)
        upper = common[int(rng.integers(4))] if often else bright[person % len(bright)]
        lower = list(LOWER)[min(int(rng.integers(12)) % 9, 7)]
        pattern = PATTERNS[(person + int(rng.integers(2))) % len(PATTERNS)]
        outfits.append(_outfit(rng, upper, lower, pattern, person))
    return outfits


def _vary(rng: np.random.Generator, color: Color, spread: float = 9) -> Color:
    blue, green, red = np.clip(np.asarray(color) * rng.uniform(0.9, 1.1) + rng.normal(0, spread / 2, 3), 14, 240)
    return float(blue), float(green), float(red)


def _outfit(rng: np.random.Generator, upper: str, lower: str, pattern: str, person: int) -> Outfit:
    build = Build(height=float(rng.uniform(1.56, 1.92)), girth=float(rng.uniform(0.86, 1.26)))
    shirt, trousers = _vary(rng, UPPER[upper]), _vary(rng, LOWER[lower])
    skin, hair = (_vary(rng, SKIN[int(rng.integers(len(SKIN)))], 4), _vary(rng, HAIR[int(rng.integers(len(HAIR)))], 4))
    second = _vary(rng, list(UPPER.values())[int(rng.integers(len(UPPER)))])
    bag = ("none", "backpack", "shoulder", "hand")[int(rng.choice(4, p=(0.35, 0.27, 0.23, 0.15)))]
    bag_color = _vary(rng, ((40, 40, 44), (48, 72, 110), (46, 46, 150), (120, 70, 40), (74, 110, 70))[person % 5])
    skirt = float(rng.choice([0, 0, 0, 0, 0.55, 0.95]))
    coat = skirt > 0 and bool(rng.integers(2))
    short_sleeves = pattern != "open jacket" and not coat and rng.random() < 0.4
    shorts = skirt == 0 and rng.random() < 0.17
    long_hair = rng.random() < (0.75 if skirt and not coat else 0.28)

    torso = _torso(rng, shirt, second, pattern)
    _belt(torso, trousers if not coat else tuple(0.6 * c for c in shirt), bag, bag_color)
    sleeve = cloth(rng, ROWS, ROUND, shirt, 0.13)
    if pattern in ("stripes", "check"):
        sleeve = _torso(rng, shirt, second, pattern)
    legs = cloth(rng, ROWS, ROUND, trousers, 0.13)
    bare = cloth(rng, ROWS, ROUND, skin, 0.03)
    stockings = bare if rng.random() < 0.5 else cloth(rng, ROWS, ROUND, (44, 38, 40), 0.04)
    shoes = cloth(
        rng, ROWS, ROUND, _vary(rng, ((38, 36, 38), (216, 216, 218), (48, 66, 96), (60, 54, 150))[person % 4])
    )
    shoes[:, : ROUND // 8] *= 0.7
    wraps = {
        "torso": torso,
        "upper_arm": _sleeve_end(sleeve, bare) if short_sleeves else sleeve,
        "forearm": bare if short_sleeves else _cuff(sleeve),
        "hand": bare,
        "neck": bare * 0.86,
        "head": _head(rng, skin, hair, long_hair, UPPER[upper] if rng.random() < 0.2 else None),
        "hair": cloth(rng, ROWS, ROUND, hair, 0.25),
        "thigh": stockings if skirt and not coat else legs,
        "shin": bare if shorts else (stockings if skirt and not coat else legs),
        "shoe": shoes,
        "skirt": cloth(rng, ROWS, ROUND, shirt if coat else trousers, 0.2),
        "bag": _bag(rng, bag_color),
    }
    return Outfit(
        build, {name: np.clip(wrap, 0, 255).astype(np.float32) for name, wrap in wraps.items()}, skirt, bag, long_hair
    )


def _torso(rng: np.random.Generator, shirt: Color, second: Color, pattern: str) -> np.ndarray:
    """The upper body's cloth with its pattern."""
    wrap = cloth(rng, ROWS, ROUND, shirt, 0.11)
    other = cloth(rng, ROWS, ROUND, second, 0.08)
    row, column = np.mgrid[:ROWS, :ROUND]
    from_front = np.abs(column - ROUND / 2)
    if pattern == "stripes":
        mask = row // 6 % 2 == 1
    elif pattern == "check":
        mask = (row // 8 % 2) ^ (column // 8 % 2) == 1
        other = 0.5 * (wrap + other)
    elif pattern == "bands":
        mask = (row > 34) & (row < 52)
    elif pattern == "blocks":
        mask = row < 38
    elif pattern == "open jacket":
        mask = from_front < 9 + 9 * (1 - row / ROWS)
    elif pattern == "print":
        mask = ((from_front / 15) ** 2 + ((row - 40) / 14) ** 2 < 1) & (from_front > -1)
        mask ^= (from_front / 8) ** 2 + ((row - 42) / 7) ** 2 < 1
    elif pattern == "zip":
        mask = from_front < 1.2
    else:
        mask = np.zeros((ROWS, ROUND), bool)
    wrap[mask] = other[mask]
    wrap *= (1.04 - 0.16 * (row / ROWS) ** 2)[..., None]
    collar = row < 5
    wrap[collar] *= 0.75
    return wrap


def _belt(torso: np.ndarray, below: tuple[float, ...], bag: str, bag_color: Color) -> None:
    """Trousers below the waist, and what a bag hangs from."""
    rows = slice(int(0.86 * ROWS), ROWS)
    torso[rows] = np.asarray(below, np.float32) * np.linspace(0.82, 1.0, ROWS - rows.start)[:, None, None]
    row, column = np.mgrid[:ROWS, :ROUND]
    if bag == "backpack":
        torso[(np.abs(np.abs(column - ROUND / 2) - 24) < 5) & (row < 62)] = np.asarray(bag_color) * 0.8
    if bag == "shoulder":
        # One strap round the body: from the left shoulder to the right hip, in front and on the back.
        strap = ROWS * (0.42 - 0.46 * np.sin((column / ROUND - 0.5) * 2 * np.pi) * -1)
        torso[np.abs(row - strap) < 4] = np.asarray(bag_color) * 0.8


def _sleeve_end(sleeve: np.ndarray, bare: np.ndarray) -> np.ndarray:
    ended = sleeve.copy()
    ended[int(0.7 * ROWS) :] = bare[int(0.7 * ROWS) :]
    ended[int(0.66 * ROWS) : int(0.7 * ROWS)] *= 0.7
    return ended


def _cuff(sleeve: np.ndarray) -> np.ndarray:
    cuffed = sleeve.copy()
    cuffed[int(0.9 * ROWS) :] *= 0.72
    return cuffed


def _head(rng: np.random.Generator, skin: Color, hair: Color, long_hair: bool, cap: Color | None) -> np.ndarray:
    """Skin in front, hair above and behind, hints of eyes and mouth, for some a cap."""
    wrap = cloth(rng, ROWS, ROUND, skin, 0.04)
    row, column = np.mgrid[:ROWS, :ROUND]
    from_front = np.abs(column - ROUND / 2)
    for place, size in ((11, 4), (-11, 4)):
        eye = ((column - ROUND / 2 - place) / size) ** 2 + ((row - 46) / 2.6) ** 2 < 1
        wrap[eye] *= 0.45
    wrap[(from_front < 18) & (from_front > 5) & (np.abs(row - 40) < 1.6)] *= 0.6
    wrap[(from_front < 3.5) & (row > 46) & (row < 60)] *= 1.06
    wrap[(from_front < 8) & (np.abs(row - 71) < 1.8)] *= np.array([0.68, 0.62, 0.82], np.float32)
    if rng.random() < 0.25:
        wrap[(row > 62) & (from_front < 46)] = 0.45 * wrap[(row > 62) & (from_front < 46)] + 0.5 * np.asarray(hair)
    line = 26 + 6 * fractal_noise(rng, 1, ROUND, (1, 12))[0]
    behind = 40 if long_hair else 52
    top = (row < line) | ((from_front > behind) & (row < (92 if long_hair else 70)))
    strands = cloth(rng, ROWS, ROUND, hair, 0.22)
    wrap[top] = strands[top]
    if cap is not None:
        crown = (row < 30) | ((row < 38) & (from_front < 30))
        wrap[crown] = cloth(rng, ROWS, ROUND, cap, 0.05)[crown]
        wrap[(np.abs(row - 36) < 2.5) & (from_front < 32)] *= 0.6
    return wrap


def _bag(rng: np.random.Generator, color: Color) -> np.ndarray:
    wrap = cloth(rng, ROWS, ROUND, color, 0.08)
    cv2.rectangle(wrap, (8, 52), (ROUND - 9, 84), tuple(0.82 * c for c in color), -1)
    wrap[22:25] *= 0.6
    wrap[50:53] *= 0.65
    return wrap
