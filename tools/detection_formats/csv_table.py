"""Detections in a CSV file whose header names the columns."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

from application_util.errors import UserError
from application_util.sequences.images import IMAGE_SUFFIXES
from application_util.sequences.sequence import MotSequence
from application_util.text_file import read_text
from tools.detection_formats.box import Box, Export, check_size, to_class, to_frame, to_number
from tools.detection_formats.image_name import check_frame, frames_by_name, says_frame

COLUMNS = {
    "frame": "frame frame_id frame_no frame_number frame_idx frame_index frameid image_id",
    "file": "file file_name filename image image_name image_path path",
    "left": "left l x x1 xmin x_min bb_left bbox_left box_left bbox_x",
    "top": "top t y y1 ymin y_min bb_top bbox_top box_top bbox_y",
    "width": "width w bb_width bbox_width box_width bbox_w",
    "height": "height h bb_height bbox_height box_height bbox_h",
    "right": "right r x2 xmax x_max bb_right bbox_right box_right",
    "bottom": "bottom b y2 ymax y_max bb_bottom bbox_bottom box_bottom",
    "centre_x": "cx xc x_center center_x xcenter x_centre centre_x",
    "centre_y": "cy yc y_center center_y ycenter y_centre centre_y",
    "confidence": "confidence conf score prob probability",
    "image_width": "image_width img_width imwidth im_width frame_width",
    "image_height": "image_height img_height imheight im_height frame_height",
    "class_id": "class class_id cls category category_id label",
    "class_name": "class_name name category_name label_name",
}
"""What a column may be called, in any case."""
ROLES = {name: role for role, names in COLUMNS.items() for name in names.split()}
GENERAL = ("x", "y", "class", "category", "label")
"""Names that mean something else beside a more specific one, as in MOTChallenge's tables."""
AXES = (("left", "width", "right", "centre_x"), ("top", "height", "bottom", "centre_y"))
TEXTS = ("frame", "file", "class_id", "class_name")
DELIMITERS = ",;\t|"
BEFORE_HEADER = re.compile(r"\s*($|#|sep=.$)", re.IGNORECASE)
"""Lines before the header: empty ones, comments, and what tells spreadsheets the delimiter."""
TOLERANCE = {False: 2.0, True: 0.01}
"""How far what is said twice may differ: pixels, which may be rounded and counted inclusively, or fractions."""

Row = dict[str, str]
"""Role -> field."""


def read_csv(path: Path, sequence: MotSequence, normalised: bool = False) -> Export:
    """Read a table with a header.

    Parameters
    ----------
    path : Path
        Columns as in `COLUMNS`: frame or file; per axis two of left, right, width and centre; optionally
        confidence, class and class_name. Commas, semicolons, tabs, ``|`` or spaces between
        them; numbers may have decimal commas unless commas separate. What is there twice
        must agree, unless width and height are those of the image.
    sequence : MotSequence
        Of files of several sequences, those with its name in theirs are read, see `frames_by_name`.
    normalised : bool
        Boxes are given in fractions of the image's size.

    Raises
    ------
    UserError
        For missing columns, broken lines and contradictions.
    """
    if normalised and sequence.image_size is None:
        raise UserError(f"{sequence.images.place}: no images, and these boxes are fractions of their size")
    places = _image_names(path)
    frames = frames_by_name(places, sequence.name, path)
    return Export(_boxes(path, frames, sequence, normalised), {frames[name]: places[name] for name in frames})


def _image_names(path: Path) -> dict[str, str]:
    """List the names of images, with the place of each one's first row.

    Beside a column of frames, names of something else, such as of a video, do not count.
    """
    places: dict[str, str] = {}
    frames: dict[str, set[str]] = {}
    for place, row in _read_rows(path):
        if "file" in row:
            places.setdefault(row["file"], place)
            frames.setdefault(row["file"], set()).add(row.get("frame", ""))
    of_images = all(says_frame(name) for name in frames) and all(
        len(numbers) == 1 or PurePosixPath(name).suffix.lower() in IMAGE_SUFFIXES for name, numbers in frames.items()
    )
    has_frames = any(numbers != {""} for numbers in frames.values())
    return places if of_images or not has_frames else {}


def _boxes(path: Path, frames: dict[str, int], sequence: MotSequence, normalised: bool) -> Iterator[Box]:
    for place, row in _read_rows(path):
        if frames and row["file"] not in frames:
            continue
        frame = to_frame(row["frame"], place) if "frame" in row else frames[row["file"]]
        if frames:
            check_frame(frame, row["file"], place)
        number = {role: to_number(row[role], place, role.replace("_", " ")) for role in row if role not in TEXTS}
        if {"image_width", "image_height"} <= number.keys():
            check_size((number["image_height"], number["image_width"]), sequence, place)
        size = sequence.image_size if normalised or _has_more(number) else None
        height, width = size or (None, None)
        spans = [
            _span(number, axis, place, extent, TOLERANCE[normalised])
            for axis, extent in zip(AXES, (width, height), strict=True)
        ]
        (left, box_width), (top, box_height) = (
            (start * extent, length * extent) if normalised and extent else (start, length)
            for (start, length), extent in zip(spans, (width, height), strict=True)
        )
        class_id = to_class(row["class_id"]) if "class_id" in row else None
        score = number.get("confidence")
        yield Box(place, frame, left, top, box_width, box_height, score, class_id, row.get("class_name"))


def _has_more(number: dict[str, float]) -> bool:
    """Return whether a row says something about an axis that follows from the rest."""
    return any(len(number.keys() & set(axis)) > 2 for axis in AXES)


def _span(
    number: dict[str, float], axis: tuple[str, ...], place: str, image: int | None, tolerance: float
) -> tuple[float, float]:
    """Return start and length of a box along an axis, by two of the roles, which the others must not contradict."""
    start, length, end, centre = axis
    said = {role: number[role] for role in axis if role in number}
    if length in said and len(said) > 2 and image is not None and said[length] == image:
        del said[length]  # of the image, unless the box is as large: the others say so then
    if length in said:
        extent = said[length]
    elif start in said:
        extent = said[end] - said[start] if end in said else 2 * (said[centre] - said[start])
    else:
        extent = 2 * (said[end] - said[centre])
    first = said.get(start, said[centre] - extent / 2 if centre in said else said.get(end, 0.0) - extent)
    meant = {start: first, length: extent, end: first + extent, centre: first + extent / 2}
    for role, value in said.items():
        if abs(value - meant[role]) > tolerance + 0.01 * abs(extent):
            others = " and ".join(f"{other} {said[other]:g}" for other in said if other != role)
            raise UserError(f"{place}: {role.replace('_', ' ')} {value:g} contradicts {others.replace('_', ' ')}")
    return first, extent


def _read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Read what each line says, and where."""
    lines = list(io.StringIO(read_text(path), newline=None))
    start = next((number for number, line in enumerate(lines) if not BEFORE_HEADER.match(line)), len(lines))
    header = lines[start] if start < len(lines) else ""
    delimiter = max(DELIMITERS, key=header.count)
    if delimiter not in header:
        delimiter, lines = " ", [f"{line.strip()}\n" for line in lines]
    reader = csv.reader(lines[start:], delimiter=delimiter, skipinitialspace=True)
    try:
        names = next(reader, [])
        columns = _columns(names, f"{path}: line {start + 1}")
        for number, fields in enumerate(reader, start=start + 2):
            if any(field.strip() for field in fields):
                place = f"{path}: line {number}"
                if len(fields) != len(names):
                    raise UserError(f"{place}: {len(fields)} columns, but {len(names)} in the header")
                row = {role: fields[index].strip() for role, index in columns.items()}
                if delimiter != ",":  # commas are decimal points
                    row = {role: row[role] if role in TEXTS else row[role].replace(",", ".") for role in row}
                yield place, row
    except csv.Error as error:
        raise UserError(f"{path}: cannot be read as a table ({error})") from None


def _columns(names: list[str], place: str) -> dict[str, int]:
    """Find the column of each role; of two columns for the class, one may be its name."""
    columns: dict[str, int] = {}
    for index, name in enumerate(map(_plain, names)):
        role = ROLES.get(name)
        if role is None:
            continue
        if role in columns:
            other = names[columns[role]]
            if (name in GENERAL) == (_plain(other) in GENERAL):
                if role != "class_id" or "class_name" in map(ROLES.get, map(_plain, names)):
                    raise UserError(f"{place}: both {other!r} and {names[index]!r} are {role}")
                role = "class_name"
            elif name in GENERAL:
                continue
        columns[role] = index
    missing = [] if {"frame", "file"} & columns.keys() else ["frame or image"]
    for roles in AXES:
        if len(columns.keys() & roles) < 2:
            missing.append(f"{roles[0]} and {roles[1]} (or {roles[2]})")
    if missing:
        found = ", ".join(name.strip() for name in names)
        raise UserError(f"{place}: no column {', no column '.join(missing)}; there are: {' '.join(found.split()):.200}")
    return columns


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")
