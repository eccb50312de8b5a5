"""Tiny data sets of coloured rectangles, laid out as the real ones are."""

from __future__ import annotations

import zipfile
from pathlib import Path

import cv2
import numpy as np
from scipy.io import savemat


def picture(person: int, number: int, shape: tuple[int, int] = (32, 16)) -> np.ndarray:
    """A person is a colour above another colour, with noise."""
    rng = np.random.default_rng((person, number))
    above, below = np.random.default_rng(person).integers(40, 216, (2, 3))
    image = np.empty((*shape, 3))
    image[: shape[0] // 2], image[shape[0] // 2 :] = above, below
    return np.clip(image + rng.normal(0, 12, image.shape), 0, 255).astype(np.uint8)


def write_picture(path: Path, person: int, number: int, shape: tuple[int, int] = (32, 16)) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), picture(person, number, shape))
    return path


def make_market(root: Path, people: int = 5, each: int = 4) -> Path:
    for person in range(1, people + 1):
        for number in range(each):
            name = f"{person:04d}_c{number % 3 + 1}s1_{number:06d}_00.jpg"
            write_picture(root / "Market" / "bounding_box_train" / name, person, number)
            test_name = f"{person + 500:04d}_c{number % 3 + 1}s1_{number:06d}_00.jpg"
            part = "query" if number == 0 else "bounding_box_test"
            write_picture(root / "Market" / part / test_name, person + 500, number)
    write_picture(root / "Market" / "bounding_box_test" / "-1_c1s1_000000_00.jpg", 900, 0)
    write_picture(root / "Market" / "bounding_box_test" / "0000_c2s1_000000_00.jpg", 901, 0)
    (root / "Market" / "bounding_box_test" / "Thumbs.db").write_bytes(b"stray")
    (root / "Market" / "bounding_box_test" / ".0501_c1.jpg").write_bytes(b"hidden")
    (root / "Market" / "readme.txt").write_text("stray")
    return root


def zip_folder(root: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w") as archive:
        for path in sorted(root.rglob("*")):
            archive.write(path, path.relative_to(root).as_posix())
    return target


def make_mars(root: Path) -> Path:
    """Three people to train on; in the test part tracklets of two people, a distractor and junk."""
    for person in (1, 3, 5):
        for camera in (1, 2):
            for frame in (1, 2):
                write_picture(
                    root / "bbox_train" / f"{person:04d}" / f"{person:04d}C{camera}T0001F{frame:03d}.jpg", person, frame
                )
    tracks: list[tuple[int, int, int, int]] = []
    names: list[str] = []
    for person, camera in ((2, 1), (2, 2), (4, 1), (4, 3), (0, 2), (-1, 1)):
        label = "00-1" if person == -1 else f"{person:04d}"
        first = len(names) + 1
        for frame in (1, 2, 3):
            names.append(f"{label}C{camera}T0001F{frame:03d}.jpg")
            write_picture(root / "bbox_test" / label / names[-1], person + 10, frame + 10 * camera)
        tracks.append((first, len(names), person, camera))
    (root / "info").mkdir()
    (root / "info" / "test_name.txt").write_text("\n".join(names) + "\n")
    savemat(root / "info" / "tracks_test_info.mat", {"track_test_info": np.array(tracks, float)})
    savemat(root / "info" / "query_IDX.mat", {"query_IDX": np.array([[1, 3]])})
    return root


def make_folders(root: Path, shape: tuple[int, int] = (20, 30)) -> Path:
    for number, vehicle in enumerate(("bus", "van", "tram")):
        for image in range(4):
            write_picture(root / "train" / vehicle / f"{image}.png", number, image, shape)
    for number, vehicle in enumerate(("red car", "taxi")):
        write_picture(root / "query" / vehicle / "0_c1.png", number + 50, 0, shape)
        for image in range(1, 4):
            write_picture(root / "gallery" / vehicle / f"{image}_c{image}.png", number + 50, image, shape)
    write_picture(root / "gallery" / "distractors" / "0.png", 99, 0, shape)
    return root
