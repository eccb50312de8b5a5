"""A synthetic crowd: detections of people who walk, hide and resemble each other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from glob import escape
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.files.detection_writer import open_writer
from tools.synthetic.generated_sequence import Kind, generated_sequence, write_seqinfo

WIDTH, HEIGHT = 1920, 1080
FRAME_RATE = 25
FEATURE_DIM = 128

Array = NDArray[np.float64]


def write_crowd(output_dir: str | Path, people: int = 20, frames: int = 200, seed: int = 0) -> tuple[Path, int]:
    """Write a crowd as a sequence folder with ``det/det.txt``, ``seqinfo.ini`` and the detection file.

    Parameters
    ----------
    output_dir : str or Path
        The folder to make. A crowd generated before is replaced, anything else is left alone.
    people, frames, seed
        See `make_crowd`.

    Returns
    -------
    Path
        The detection file, ``<output_dir>/<name>.npy``.
    int
        Detections in it.

    Raises
    ------
    UserError
        If the folder holds something else or cannot be written.
    """
    name = os.path.basename(os.path.realpath(output_dir))
    array = f"{escape(name)}.npy"
    kind = Kind("a generated crowd", "Crowd", ("det/det.txt", array, f"{array}.partial"))
    arguments = {"people": people, "frames": frames, "seed": seed}
    with generated_sequence(output_dir, kind) as folder:
        write_seqinfo(folder, name, (WIDTH, HEIGHT), FRAME_RATE, frames, kind, arguments)
        (folder / "det").mkdir()
        with (
            open(folder / "det" / "det.txt", "w", encoding="ascii", newline="\n") as det_txt,
            open_writer(folder / f"{name}.npy", FEATURE_DIM) as detections,
        ):
            for rows in crowd_by_frame(people, frames, seed):
                np.savetxt(det_txt, rows[:, :10], fmt="%d,%d,%.2f,%.2f,%.2f,%.2f,%.6f,%d,%d,%d")
                detections.write(rows[:, :10], rows[:, 10:])
    return Path(output_dir) / f"{name}.npy", detections.rows


def make_crowd(people: int, frames: int, seed: int = 0, feature_dim: int = FEATURE_DIM) -> Array:
    """Simulate the detections of a crowd.

    Parameters
    ----------
    people : int
        People in view at a time; who leaves makes room for somebody new.
    frames : int
    seed : int
        The same arguments give the same array.
    feature_dim : int
        Length of the appearance features.

    Returns
    -------
    ndarray, shape (N, 10 + feature_dim)
        Rows of a detection file, frame by frame. About one person in twelve is missed or hidden, one
        detection per frame is clutter, and scores do not repeat within a frame.
    """
    return np.concatenate(list(crowd_by_frame(people, frames, seed, feature_dim)))


def crowd_by_frame(people: int, frames: int, seed: int = 0, feature_dim: int = FEATURE_DIM) -> Iterator[Array]:
    """Yield the rows of each frame of `make_crowd`."""
    rng = np.random.default_rng(seed)
    styles = _unit(rng.normal(size=(max(2, people // 4), feature_dim)))

    def arrive(count: int) -> dict[str, NDArray]:
        speed = rng.choice([-1.0, 1.0], count) * rng.uniform(0.5, 4.0, count)
        return {
            "foot": rng.uniform([0, 0.45 * HEIGHT], [WIDTH, HEIGHT], (count, 2)),
            "velocity": np.stack([speed, rng.normal(0, 0.4, count)], axis=1),
            "build": rng.uniform(0.85, 1.15, count),
            "width": rng.uniform(0.34, 0.46, count),
            "appearance": _unit(
                styles[rng.integers(0, len(styles), count)] + _unit(rng.normal(size=(count, feature_dim)))
            ),
            "hidden": np.zeros(count, dtype=int),
        }

    crowd = arrive(people)
    for frame in range(1, frames + 1):
        crowd["velocity"] += rng.normal(0, [0.15, 0.05], (people, 2))
        crowd["foot"] += crowd["velocity"]
        beyond = (crowd["foot"] < [-80, 0.4 * HEIGHT]) | (crowd["foot"] > [WIDTH + 80, HEIGHT + 120])
        gone = beyond.any(axis=1)
        for key, fresh in arrive(people).items():
            crowd[key][gone] = fresh[gone]
        hides = (crowd["hidden"] == 0) & (rng.random(people) < 0.005)
        crowd["hidden"] = np.where(hides, rng.integers(2, 25, people), np.maximum(0, crowd["hidden"] - 1))

        seen = np.flatnonzero((crowd["hidden"] == 0) & (rng.random(people) > 0.04))
        height = _height(crowd["foot"][seen, 1]) * crowd["build"][seen] * rng.normal(1, 0.02, len(seen))
        boxes = _boxes(crowd["foot"][seen] + rng.normal(0, 0.015, (len(seen), 2)) * height[:, None],
                       crowd["width"][seen] * height, height)  # fmt: skip
        features = _unit(crowd["appearance"][seen] + 0.3 * _unit(rng.normal(size=(len(seen), feature_dim))))

        clutter = rng.poisson(1.0)
        foot = rng.uniform([0, 0.45 * HEIGHT], [WIDTH, HEIGHT], (clutter, 2))
        noise = _boxes(foot, 0.5 * _height(foot[:, 1]), _height(foot[:, 1]))

        boxes = np.concatenate([boxes, noise])
        features = np.concatenate([features, _unit(rng.normal(size=(clutter, feature_dim)))])
        scores = np.concatenate([rng.uniform(0.4, 1.0, len(seen)), rng.uniform(0.2, 0.6, clutter)])
        head = np.column_stack([np.full(len(boxes), frame), np.full(len(boxes), -1), boxes, scores])
        rows = np.column_stack([head, np.full((len(boxes), 3), -1), features])
        yield rows[rng.permutation(len(boxes))]


def _unit(vectors: Array) -> Array:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _height(foot_y: Array) -> Array:
    """Return the height of people by where they stand: farther up in the image is farther away."""
    return 40 + 0.35 * (foot_y - 0.35 * HEIGHT)


def _boxes(foot: Array, width: Array, height: Array) -> Array:
    """Return boxes (left, top, width, height) of people that stand at ``foot`` (x, y)."""
    return np.column_stack([foot[:, 0] - width / 2, foot[:, 1] - height, width, height])
