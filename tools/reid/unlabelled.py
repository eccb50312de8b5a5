"""Images of nobody known: folders of crops, and the boxes of sequences."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from application_util.errors import UserError
from application_util.files.mot_table import read_detections
from application_util.sequences.sequence import find_det_txt, read_sequence
from tools.features.patches import extract_image_patch
from tools.reid.data import JUNK, Entry, ImageSource, ReidImages, load_images

MIN_HEIGHT = 35.0
"""Pixels: of a person further away there is too little to see."""


def read_unlabelled(location: str | Path, image_shape: tuple[int, int]) -> ReidImages:
    """Read images without identities.

    Parameters
    ----------
    location : path
        A sequence (images or a video, and detections), whose boxes of at least `MIN_HEIGHT` pixels are cut out as for
        the tracker; or a folder or zip archive of single crops.
    image_shape : tuple of int
        Height and width in pixels that the images are brought to.

    Returns
    -------
    ReidImages
        All of them ``JUNK``.

    Raises
    ------
    UserError
        If there are none.
    """
    if Path(location).is_dir() and find_det_txt(Path(location)).is_file():
        return _junk(_boxes(Path(location), image_shape))
    source = ImageSource(location)
    return load_images(source, [Entry(name, JUNK, -1, 0) for name in source.images()], image_shape)


def _junk(images: np.ndarray) -> ReidImages:
    nobody = np.full(len(images), JUNK)
    return ReidImages(images, nobody, nobody, np.zeros(len(images), int))


def _boxes(directory: Path, image_shape: tuple[int, int]) -> np.ndarray:
    sequence, rows = read_sequence(directory), read_detections(find_det_txt(directory))
    rows = rows[(rows[:, 5] >= MIN_HEIGHT) & np.isin(rows[:, 0], list(sequence.images))]
    patches = []
    for frame in np.unique(rows[:, 0]).astype(int).tolist():
        image = sequence.images.read(frame, whole=True)
        patches += [extract_image_patch(image, row[2:6], image_shape) for row in rows[rows[:, 0] == frame]]
    found = [patch for patch in patches if patch is not None]
    if not found:
        raise UserError(f"{directory}: no box of at least {MIN_HEIGHT:g} pixels in an image")
    return np.stack(found)
