"""The camera's motion in a whole sequence, estimated once and kept in a file beside the sequence."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from application_util.association.camera_motion import VERSION, CameraMotion, Motion
from application_util.errors import UserError
from application_util.files.json_file import read_json, write_json
from application_util.progress import progress, say, warn
from application_util.sequences.sequence import MotSequence

KIND = "camera motion"
LARGEST_MOTION = 1e6
"""Pixels between two frames that a record may tell."""


def camera_motions(sequence: MotSequence, method: str, frames: Iterable[int]) -> Mapping[int, Motion]:
    """Return the camera's motion from the frame before to each frame where it is known.

    What was estimated is kept in `motion_file`, and taken from there as long as the images are the same.

    Parameters
    ----------
    sequence : MotSequence
        Without images, nothing is known of the camera; this is said.
    method : str
        See `CameraMotion`; with ``"none"`` nothing is looked at.
    frames : iterable of int
        Ascending.

    Raises
    ------
    UserError
        If an image cannot be read.
    """
    if method == "none":
        return {}
    if not sequence.images:
        warn(f"{sequence.name}: no images, so that nothing is known of the camera's motion (--camera_motion)")
        return {}
    path, about = motion_file(sequence, method), _about(sequence, method)
    kept = kept_motions(sequence, method)
    if kept is not None:
        return kept
    camera, motions = CameraMotion(method), {}
    for frame in progress(list(frames), f"{sequence.name}: camera motion"):
        motion = camera.step(sequence.read_image(frame) if frame in sequence.images else None)
        if motion is not None:
            motions[frame] = motion
    if path.exists() and read_motions(path) is None:  # another process may have written it meanwhile
        warn(f"{path}: no record of camera motion, and left as it is: the camera's motion is not kept")
        return motions
    try:
        write_json(path, about | {"motions": {frame: motions[frame].ravel().tolist() for frame in motions}})
        say(f"{sequence.name}: the camera's motion is kept in {path}")
    except UserError as error:
        warn(f"{sequence.name}: the camera's motion is not kept: {error}")
    return motions


def kept_motions(sequence: MotSequence, method: str) -> Mapping[int, Motion] | None:
    """Return the camera's motion as far as nothing need be estimated for it, else None."""
    if method == "none" or not sequence.images:
        return {}
    kept, about = read_motions(motion_file(sequence, method)), _about(sequence, method)
    return kept["motions"] if kept is not None and {key: kept.get(key) for key in about} == about else None


def hash_motions(motions: Mapping[int, Motion]) -> str | None:
    """Return a hash of the camera's motion, None where there is none."""
    lines = (f"{frame} {np.ravel(motions[frame]).tolist()}\n" for frame in sorted(motions))
    return hashlib.sha256("".join(lines).encode()).hexdigest() if motions else None


def _about(sequence: MotSequence, method: str) -> dict[str, Any]:
    return {"kind": KIND, "method": method, "version": VERSION, "images_sha256": sequence.hash_images()}


def motion_file(sequence: MotSequence, method: str) -> Path:
    """Return where the camera's motion in a sequence is kept: ``<sequence>.camera_<method>.json``, beside it."""
    directory = Path(os.path.abspath(sequence.directory))
    return directory.with_name(f"{directory.name}.camera_{method}.json")


def read_motions(path: Path) -> dict[str, Any] | None:
    """Return what `camera_motions` wrote; None where there is no such file, or another program's."""
    try:
        content = read_json(path)
        motions = {int(frame): np.reshape(motion, (2, 3)) for frame, motion in content["motions"].items()}
        usable = all((np.abs(motion.astype(np.float64)) < LARGEST_MOTION).all() for motion in motions.values())
        return content | {"motions": motions} if usable and content["kind"] == KIND else None
    except (UserError, KeyError, TypeError, ValueError, AttributeError, OverflowError):
        return None
