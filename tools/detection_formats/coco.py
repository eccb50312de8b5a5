"""Detections in a COCO results file."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from reprlib import repr as brief
from typing import Any

from application_util.errors import UserError
from application_util.files.json_file import read_json
from application_util.sequences.sequence import MotSequence
from tools.detection_formats.box import Box, Export, check_size, to_class, to_frame, to_number
from tools.detection_formats.coco_shape import check_shape
from tools.detection_formats.image_name import check_frame, frames_by_name, says_frame

NAMES = {"1": "person"}
"""COCO's own; a file with categories has names of its own."""

ImageId = int | float | str
XYXY, XYWH = 0, 1
"""Detectron2's ``bbox_mode``: corners, or left, top, width, height as in COCO."""

Frames = dict[ImageId, int | None]
"""Image id -> frame, None for images of other sequences."""


def read_coco(path: Path, sequence: MotSequence, images_file: Path | None = None) -> Export:
    """Read entries with ``image_id``, ``category_id``, ``bbox`` (left, top, width, height) and ``score``.

    Parameters
    ----------
    path : Path
        A list of such entries, or an annotation file with ``annotations``; class and score may be missing.
    sequence : MotSequence
        Of images of several sequences, those with its name in theirs are read, see `frames_by_name`.
    images_file : Path, optional
        Annotation file whose ``images`` have file names, which end in the frame number. Without it and without
        ``images`` in the file itself, an image's id is its frame number, or its name.

    Raises
    ------
    UserError
        For what is no such file, naming the first broken entry.
    """
    content = read_json(path)
    source = images_file or path
    about = read_json(images_file) if images_file else content
    images = _images(about, source)
    if images_file and images is None:
        raise UserError(f'{images_file}: no "images" in it, expected a COCO annotation file')
    entries = content.get("annotations") if isinstance(content, dict) else content
    if not isinstance(entries, list):
        found = f"; there are: {', '.join(content)[:200]}" if isinstance(content, dict) else ""
        raise UserError(f'{path}: neither a list of detections nor a COCO annotation file, with "annotations"{found}')
    listed = _names(entries, path) if images is None else images
    by_name = frames_by_name(dict(listed.values()), sequence.name, source)
    frames = {image_id: by_name.get(name) for image_id, (name, _) in listed.items()}
    names = {**NAMES, **_categories(content, path), **_categories(about, source)}
    if isinstance(about, dict) and images is not None:
        _check_sizes(about["images"], by_name, sequence, source)
    boxes = _boxes(entries, path, frames, names, listed=images is not None)
    return Export(boxes, {by_name[name]: place for name, place in listed.values() if name in by_name})


def _boxes(entries: list[Any], path: Path, frames: Frames, names: dict[str, str], listed: bool) -> Iterator[Box]:
    for number, entry in enumerate(entries, start=1):
        place = f"{path}: entry {number}"
        if not isinstance(entry, dict):
            raise UserError(f"{place}: not an object with image_id, bbox and score")
        for key in ("image_id", "bbox"):
            if key not in entry:
                raise UserError(f"{place}: no {key}")
        frame = _frame(entry["image_id"], place, frames, listed)
        if frame is None:
            continue
        name = entry.get("file_name")
        if isinstance(name, str) and says_frame(name):
            check_frame(frame, name, place)
        bbox = entry["bbox"]
        if not isinstance(bbox, list) or len(bbox) != 4:
            raise UserError(f"{place}: bbox {brief(bbox)} is not a list of left, top, width, height")
        left, top, width, height = (to_number(value, place, "bbox") for value in bbox)
        if entry.get("bbox_mode", XYWH) == XYXY:
            width, height = width - left, height - top
        elif entry.get("bbox_mode", XYWH) != XYWH:
            raise UserError(f"{place}: bbox_mode {brief(entry['bbox_mode'])}: only {XYXY} and {XYWH} are known")
        check_shape(entry, (left, top, width, height), place)
        class_id = _class(entry["category_id"], place) if "category_id" in entry else None
        score = to_number(entry["score"], place, "score") if "score" in entry else None
        yield Box(place, frame, left, top, width, height, score, class_id, names.get(class_id or ""))


def _class(value: Any, place: str) -> str:
    if not isinstance(value, int | float | str):
        raise UserError(f"{place}: category_id {brief(value)} is neither a number nor text")
    return to_class(value)


def _frame(image_id: Any, place: str, frames: Frames, listed: bool) -> int | None:
    """Find the frame of an image, which is listed, or is its number."""
    if isinstance(image_id, ImageId) and _key(image_id) in frames:
        return frames[_key(image_id)]
    if listed:
        raise UserError(f"{place}: image_id {brief(image_id)} is not among the images")
    return to_frame(image_id, place)


def _images(about: Any, path: Path) -> dict[ImageId, tuple[str, str]] | None:
    """List images by id, with name and place, None if there is no list."""
    entries = about.get("images") if isinstance(about, dict) else None
    if not isinstance(entries, list):
        return None
    images: dict[ImageId, tuple[str, str]] = {}
    for number, image in enumerate(entries, start=1):
        if not isinstance(image, dict) or not isinstance(image.get("file_name"), str) or "id" not in image:
            raise UserError(f"{path}: image {number}: no id or no file_name")
        image_id, name = image["id"], image["file_name"]
        if not isinstance(image_id, ImageId):
            raise UserError(f"{path}: image {number}: id {brief(image_id)} is neither a number nor text")
        image_id = _key(image_id)
        if images.get(image_id, (name,))[0] != name:
            raise UserError(
                f"{path}: image {number}: id {brief(image['id'])} has another image, {images[image_id][0]:.200}"
            )
        images[image_id] = name, f"{path}: image {number}"
    return images


def _check_sizes(images: list[Any], frames: Mapping[str, int], sequence: MotSequence, path: Path) -> None:
    """Compare the size that the file gives its images with that of the sequence: boxes would be on another scale."""
    for number, image in enumerate(images, start=1):
        said = image.get("height"), image.get("width")
        if image["file_name"] in frames and all(isinstance(side, int | float) and side > 0 for side in said):
            check_size(said, sequence, f"{path}: image {number}")


def _names(entries: list[Any], path: Path) -> dict[ImageId, tuple[str, str]]:
    """List the images whose ids are their names."""
    ids = (entry.get("image_id") if isinstance(entry, dict) else None for entry in entries)
    images: dict[ImageId, tuple[str, str]] = {}
    for number, image_id in enumerate(ids, start=1):
        if isinstance(image_id, str):
            images.setdefault(_key(image_id), (image_id, f"{path}: entry {number}"))
    return images


def _key(image_id: ImageId) -> ImageId:
    """Return an id as it is looked up: some tools write numbers as text in one of the two places."""
    return image_id if isinstance(image_id, str) and not image_id.isdecimal() else to_class(image_id)


def _categories(content: Any, path: Path) -> dict[str, str]:
    """Read the names of classes."""
    categories = content.get("categories") if isinstance(content, dict) else None
    names = {}
    for number, item in enumerate(categories if isinstance(categories, list) else [], start=1):
        place = f"{path}: category {number}"
        if not isinstance(item, dict):
            raise UserError(f"{place}: not an object with id and name")
        if "id" in item and isinstance(item.get("name"), str):
            names[_class(item["id"], place)] = item["name"]
    return names
