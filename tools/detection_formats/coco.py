"""Detections in a COCO results file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from application_util.errors import UserError

from .box import Box, frame_of_name, to_frame, to_number

NAMES = {"1": "person"}
"""COCO's own; a file with categories tells its names itself."""

Frames = Mapping[Any, int | None]
"""Image id -> frame, None for images of other sequences."""


def read_coco(path: Path, sequence_name: str, images_file: Path | None = None) -> Iterator[Box]:
    """Read entries with ``image_id``, ``category_id``, ``bbox`` (left, top, width, height) and ``score``.

    Parameters
    ----------
    path : Path
        A list of such entries, or an annotation file with ``annotations``, where a missing score is 1.
    sequence_name : str
        Of images of several sequences, those with this name in their path are read.
    images_file : Path, optional
        Annotation file whose ``images`` tell file names, which end in the frame number. Without it and without
        ``images`` in the file itself, an image's id is its frame number.

    Raises
    ------
    UserError
        For what is no such file, naming the first broken entry.
    """
    content = _load(path)
    about = _load(images_file) if images_file else content
    frames = _frames(about, images_file or path, sequence_name)
    if images_file and frames is None:
        raise UserError(f'{images_file}: no "images" in it, expected a COCO annotation file')
    entries = content.get("annotations") if isinstance(content, dict) else content
    if not isinstance(entries, list):
        raise UserError(f"{path}: neither a list of detections nor a COCO annotation file")
    names = {**NAMES, **_category_names(content), **_category_names(about)}
    for number, entry in enumerate(entries, start=1):
        box = _read_entry(entry, f"{path}: entry {number}", frames, names, scored=entries is content)
        if box is not None:
            yield box


def _read_entry(
    entry: Any, place: str, frames: Frames | None, names: dict[str, str], scored: bool
) -> Box | None:
    """Return a detection, None if it is one of another sequence."""
    if not isinstance(entry, dict):
        raise UserError(f"{place}: not an object with image_id, bbox and score")
    for key in ("image_id", "bbox", "score") if scored else ("image_id", "bbox"):
        if key not in entry:
            raise UserError(f"{place}: no {key}")
    frame = _frame(entry["image_id"], place, frames)
    if frame is None:
        return None
    bbox = entry["bbox"]
    if not isinstance(bbox, list) or len(bbox) != 4:
        raise UserError(f"{place}: bbox {bbox!r} is not a list of left, top, width, height")
    left, top, width, height = (to_number(value, place, "bbox") for value in bbox)
    class_id = str(entry["category_id"]) if "category_id" in entry else None
    confidence = to_number(entry.get("score", 1.0), place, "score")
    return Box(place, frame, left, top, width, height, confidence, class_id, names.get(class_id or ""))


def _frame(image_id: Any, place: str, frames: Frames | None) -> int | None:
    if frames is not None:
        if not isinstance(image_id, int | str) or image_id not in frames:
            raise UserError(f"{place}: image_id {image_id!r} is not among the images")
        return frames[image_id]
    return frame_of_name(image_id, place) if isinstance(image_id, str) else to_frame(image_id, place)


def _frames(about: Any, path: Path, sequence_name: str) -> dict[Any, int | None] | None:
    images = about.get("images") if isinstance(about, dict) else None
    if not isinstance(images, list):
        return None
    for number, image in enumerate(images, start=1):
        if not isinstance(image, dict) or not isinstance(image.get("file_name"), str) or "id" not in image:
            raise UserError(f"{path}: image {number}: no id or no file_name")
    names = {image["id"]: PurePosixPath(image["file_name"].replace("\\", "/")) for image in images}
    ours = {image for image, name in names.items() if sequence_name in name.parts}
    return {
        image: frame_of_name(name.stem, f"{path}: image id {image}") if image in (ours or names) else None
        for image, name in names.items()
    }


def _category_names(content: Any) -> dict[str, str]:
    categories = content.get("categories") if isinstance(content, dict) else None
    if not isinstance(categories, list):
        return {}
    return {str(item["id"]): str(item["name"]) for item in categories if {"id", "name"} <= set(item)}


def _load(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        raise UserError(f"{path}: line {error.lineno}: not JSON ({error.msg})") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as text ({error})") from None
