"""Write a synthetic crowd as a sequence folder with a detection file: people who walk, hide and look alike."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

if not __package__:
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np
from numpy.typing import NDArray

from application_util.cli import number, positive_int, run_command
from application_util.errors import UserError
from tools.synthetic.sequence_folder import check_replaceable, write_seqinfo

WIDTH, HEIGHT = 1920, 1080
FRAME_RATE = 25
MARK = "Crowd"
"""The section of seqinfo.ini that says a folder was made here."""


def make_crowd(people: int, frames: int, seed: int = 0, feature_dim: int = 128) -> NDArray[np.float64]:
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
        detection a frame is clutter, and scores do not repeat within a frame.
    """
    rng = np.random.default_rng(seed)
    styles = _unit(rng.normal(size=(max(2, people // 4), feature_dim)))

    def arrive(count: int) -> dict[str, NDArray]:
        speed = rng.choice([-1.0, 1.0], count) * rng.uniform(0.5, 4.0, count)
        return {
            "foot": rng.uniform([0, 0.45 * HEIGHT], [WIDTH, HEIGHT], (count, 2)),
            "velocity": np.stack([speed, rng.normal(0, 0.4, count)], axis=1),
            "build": rng.uniform(0.85, 1.15, count),
            "width": rng.uniform(0.34, 0.46, count),
            "look": _unit(
                styles[rng.integers(0, len(styles), count)] + _unit(rng.normal(size=(count, feature_dim)))
            ),
            "hidden": np.zeros(count, dtype=int),
        }

    crowd = arrive(people)
    rows = []
    for frame in range(1, frames + 1):
        crowd["velocity"] += rng.normal(0, [0.15, 0.05], (people, 2))
        crowd["foot"] += crowd["velocity"]
        gone = ((crowd["foot"] < [-80, 0.4 * HEIGHT]) | (crowd["foot"] > [WIDTH + 80, HEIGHT + 120])).any(
            axis=1
        )
        for key, fresh in arrive(people).items():
            crowd[key][gone] = fresh[gone]
        hides = (crowd["hidden"] == 0) & (rng.random(people) < 0.005)
        crowd["hidden"] = np.where(hides, rng.integers(2, 25, people), np.maximum(0, crowd["hidden"] - 1))

        seen = np.flatnonzero((crowd["hidden"] == 0) & (rng.random(people) > 0.04))
        height = _height(crowd["foot"][seen, 1]) * crowd["build"][seen] * rng.normal(1, 0.02, len(seen))
        boxes = _boxes(crowd["foot"][seen] + rng.normal(0, 0.015, (len(seen), 2)) * height[:, None],
                       crowd["width"][seen] * height, height)  # fmt: skip
        looks = _unit(crowd["look"][seen] + 0.3 * _unit(rng.normal(size=(len(seen), feature_dim))))

        clutter = rng.poisson(1.0)
        foot = rng.uniform([0, 0.45 * HEIGHT], [WIDTH, HEIGHT], (clutter, 2))
        noise = _boxes(foot, 0.5 * _height(foot[:, 1]), _height(foot[:, 1]))

        boxes = np.concatenate([boxes, noise])
        looks = np.concatenate([looks, _unit(rng.normal(size=(clutter, feature_dim)))])
        scores = np.concatenate([rng.uniform(0.4, 1.0, len(seen)), rng.uniform(0.2, 0.6, clutter)])
        head = np.column_stack([np.full(len(boxes), frame), np.full(len(boxes), -1), boxes, scores])
        rows.append(np.column_stack([head, np.full((len(boxes), 3), -1), looks])[rng.permutation(len(boxes))])
    return np.concatenate(rows)


def main(argv: list[str] | None = None) -> int:
    """Run the command; return its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "output_dir", help="folder for det/det.txt, seqinfo.ini and the detection file <folder>.npy"
    )
    parser.add_argument(
        "--people", type=positive_int, default=20, help="people in view (default: %(default)s)"
    )
    parser.add_argument("--frames", type=positive_int, default=200, help="frames (default: %(default)s)")
    parser.add_argument(
        "--seed",
        type=number(int, 0, 2**32 - 1),
        default=0,
        help="another seed, another crowd (default: %(default)s)",
    )
    args = parser.parse_args(argv)
    return run_command(lambda: _run(args.output_dir, args.people, args.frames, args.seed))


def _run(output_dir: str, people: int, frames: int, seed: int) -> None:
    directory = Path(output_dir)
    name = os.path.basename(os.path.abspath(output_dir))
    try:
        check_replaceable(directory, MARK, "a crowd made here")
        rows = make_crowd(people, frames, seed)
        _write(directory, name, rows, {"people": people, "frames": frames, "seed": seed})
    except OSError as error:
        raise UserError(f"{output_dir}: cannot be written: {error.strerror or error}") from None
    print(f"{len(rows)} detections of {people} people in {frames} frames: {directory / name}.npy")


def _write(directory: Path, name: str, rows: NDArray[np.float64], arguments: dict[str, int]) -> None:
    """Write the files of a crowd, the one with the mark first."""
    (directory / "det").mkdir(parents=True, exist_ok=True)
    write_seqinfo(directory, name, (WIDTH, HEIGHT), FRAME_RATE, arguments["frames"], MARK, arguments)
    np.savetxt(directory / "det" / "det.txt", rows[:, :10], fmt="%d,%d,%.2f,%.2f,%.2f,%.2f,%.6f,%d,%d,%d")
    np.save(directory / f"{name}.npy", rows)


def _unit(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def _height(foot_y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the height of people by where they stand: farther up in the image is farther away."""
    return 40 + 0.35 * (foot_y - 0.35 * HEIGHT)


def _boxes(
    foot: NDArray[np.float64], width: NDArray[np.float64], height: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return boxes (left, top, width, height) of people that stand at ``foot`` (x, y)."""
    return np.column_stack([foot[:, 0] - width / 2, foot[:, 1] - height, width, height])


if __name__ == "__main__":
    sys.exit(main())
