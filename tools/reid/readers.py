"""Layouts of re-identification data sets: Market-1501, MARS, CUHK03, and folders of one's own."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path, PurePosixPath

import numpy as np

from application_util.errors import UserError
from tools.reid.data import DISTRACTOR, Entry, ImageSource, ReidImages, load_images
from tools.reid.mat_file import read_table

SPLITS = ("train", "query", "gallery")
MARKET_FOLDERS = {"train": "bounding_box_train", "gallery": "bounding_box_test", "query": "query"}
_MARKET_NAME = re.compile(r"(-1|\d{4})_c(\d{1,9})")
_MARS_NAME = re.compile(r"(\d{4}|00-1)C(\d{1,9})T(\d{1,9})F")
_CUHK03_NAME = re.compile(r"_(\d{1,9})$")
CUHK03_SECOND_CAMERA = 5
_CAMERA = re.compile(r"_c(\d{1,9})")


def market1501_entries(source: ImageSource, split: str) -> list[Entry]:
    """Images of Market-1501 (Zheng et al., ICCV 2015), from their names ``PPPP_cC...``."""
    entries = []
    for number, name in enumerate(source.images_in(MARKET_FOLDERS[split])):
        match = _MARKET_NAME.match(PurePosixPath(name).name)
        if match is None:
            raise UserError(f"{source.place(name)}: not named PPPP_cC... (identity, camera)")
        entries.append(Entry(name, int(match[1]), int(match[2]), number))
    return entries


def mars_entries(source: ImageSource, split: str) -> list[Entry]:
    """Images of MARS (Zheng et al., ECCV 2016).

    Training images are those of ``bbox_train``, named ``PPPPCcTttttFfff.jpg``. Query and gallery are
    tracklets: rows of ``info/tracks_test_info.mat`` (first and last image, identity, camera) over the images
    that ``info/test_name.txt`` lists; ``info/query_IDX.mat`` says which of them are queries.
    """
    if split == "train":
        tracklets: dict[tuple[str, ...], int] = {}
        entries = []
        for name in source.images_in("bbox_train"):
            match = _MARS_NAME.match(PurePosixPath(name).name)
            if match is None:
                raise UserError(f"{source.place(name)}: not named PPPPCcTttttFfff (MARS)")
            identity = int(match[1].replace("00-1", "-1"))
            tracklet = tracklets.setdefault(match.groups(), len(tracklets))
            entries.append(Entry(name, identity, int(match[2]), tracklet))
        return entries
    files = {PurePosixPath(name).name: name for name in source.images_in("bbox_test")}
    listed = _info_file(source, "test_name.txt").decode(errors="replace").split()
    tracks = _mars_table(source, "tracks_test_info.mat", "track_test_info")
    if tracks.ndim != 2 or tracks.shape[1] != 4 or not _are_within(tracks[:, :2], len(listed)):
        raise UserError(
            f"{source.location}: info/tracks_test_info.mat: not a table of first and last image, identity and camera"
            f" for the {len(listed)} images of info/test_name.txt"
        )
    queries = set(_mars_table(source, "query_IDX.mat", "query_IDX").ravel() - 1)
    entries = []
    for tracklet, (first, last, identity, camera) in enumerate(tracks):
        if (tracklet in queries) != (split == "query"):
            continue
        for image in listed[first - 1 : last]:
            if image not in files:
                raise UserError(f"{source.place(image)}: listed in info/test_name.txt but not in bbox_test")
            entries.append(Entry(files[image], int(identity), int(camera), tracklet))
    return entries


def _are_within(spans: np.ndarray, last: int) -> bool:
    """Return whether all spans (first, last) lie in 1 to `last`."""
    return bool(((spans[:, 0] >= 1) & (spans[:, 0] <= spans[:, 1]) & (spans[:, 1] <= last)).all())


def _info_file(source: ImageSource, file_name: str) -> bytes:
    for name in source.names():
        if PurePosixPath(name).parts[-2:] == ("info", file_name):
            return source.read(name)
    raise UserError(f"{source.location}: info/{file_name} not found; MARS needs its info folder to rank")


def _mars_table(source: ImageSource, file_name: str, key: str) -> np.ndarray:
    contents = _info_file(source, file_name)
    try:
        return read_table(contents, key)
    except ValueError as error:
        reason = " ".join(str(error).split())
        raise UserError(f"{source.location}: info/{file_name}: no table {key!r} in it ({reason:.200})") from None


def folder_entries(source: ImageSource, split: str) -> list[Entry]:
    """Images of one's own: ``train/<identity>/*.jpg``, and likewise ``query`` and ``gallery``.

    The folder ``distractors`` of a gallery holds images of nobody in the queries. ``_cN`` in a file's name
    is its camera; a file without it counts as a camera of its own.
    """
    people: dict[str, int] = {"distractors": DISTRACTOR}
    entries = []
    for number, name in enumerate(source.images()):
        parts = PurePosixPath(name).parts
        places = [place for place, part in enumerate(parts[:-2]) if part in SPLITS]
        if not places:
            continue
        identity = people.setdefault(parts[places[0] + 1], len(people))
        if parts[places[0]] == split:
            camera = _CAMERA.search(parts[-1])
            entries.append(Entry(name, identity, int(camera[1]) if camera else -1 - number, number))
    return entries


def cuhk03_entries(source: ImageSource, split: str) -> list[Entry]:
    """Images of CUHK03 (Li et al., CVPR 2014), a folder a person, ``..._NN.jpg``: from 05 on the second camera's.

    All of them are for training. For measuring, one image of the first camera is each person's query, and those of
    the second camera are the gallery.
    """
    people: dict[str, int] = {}
    entries = []
    for number, name in enumerate(source.images()):
        path = PurePosixPath(name)
        match = _CUHK03_NAME.search(path.stem)
        if match is None or len(path.parts) < 2:
            raise UserError(f"{source.place(name)}: not <person>/..._NN (CUHK03)")
        first = path.parts[-2] not in people
        identity = people.setdefault(path.parts[-2], len(people) + 1)
        camera = 1 if int(match[1]) < CUHK03_SECOND_CAMERA else 2
        if split == "train" or (split == "gallery" if camera == 2 else split == "query" and first):
            entries.append(Entry(name, identity, camera, number))
    return entries


READERS: dict[str, Callable[[ImageSource, str], list[Entry]]] = {
    "market1501": market1501_entries,
    "mars": mars_entries,
    "cuhk03": cuhk03_entries,
    "folder": folder_entries,
}


def read_dataset(dataset: str, location: str | Path, split: str, image_shape: tuple[int, int]) -> ReidImages:
    """Read one part of a data set.

    Parameters
    ----------
    dataset : str
        A key of `READERS`.
    location : path
        Its folder or zip archive.
    split : str
        ``"train"``, ``"gallery"`` or ``"query"``.
    image_shape : tuple of int
        Height and width in pixels that the images are brought to.

    Raises
    ------
    UserError
        If the data set is not there or not as it should be.
    """
    source = ImageSource(location)
    entries = READERS[dataset](source, split)
    if split == "train":
        entries = [entry for entry in entries if entry.identity > DISTRACTOR]
    if not entries:
        raise UserError(f"{location}: no {split} images of {dataset} here; is --dataset right?")
    return load_images(source, entries, image_shape)
