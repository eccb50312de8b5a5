"""Detections in a CSV file whose header names the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from application_util.errors import UserError
from tools.detection_formats.box import Box, to_class, to_frame, to_number
from tools.detection_formats.image_name import frames_by_name

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
    "class_id": "class class_id cls category category_id label",
    "class_name": "class_name name category_name label_name",
}
"""What a column may be called, in any case."""
ROLES = {name: role for role, names in COLUMNS.items() for name in names.split()}
GENERAL = ("x", "y")
"""Names that mean something else beside a more specific one, as in MOTChallenge's tables."""
DELIMITERS = ",;\t"

Row = dict[str, str]
"""Role -> field."""


def read_csv(path: Path, sequence_name: str, image_size: tuple[int, int] | None = None) -> Iterator[Box]:
    """Read a table with a header.

    Parameters
    ----------
    path : Path
        Columns as in `COLUMNS`: frame or file; per axis two of left, right, width and centre; confidence; perhaps
        class and class_name. Commas, semicolons or tabs between them.
    sequence_name : str
        Of files of several sequences, those with this name in theirs are read, see `frames_by_name`.
    image_size : tuple of int, optional
        (height, width) in pixels, if boxes are given in shares of it.

    Raises
    ------
    UserError
        For missing columns and broken lines.
    """
    frames = frames_by_name(_files(path), sequence_name, path)
    for place, row in _read_rows(path):
        if "frame" in row:
            yield _read_row(row, place, to_frame(row["frame"], place), image_size or (1, 1))
        elif row["file"] in frames:
            yield _read_row(row, place, frames[row["file"]], image_size or (1, 1))


def _files(path: Path) -> dict[str, str]:
    """List the files that tell frames, with the place of each one's first row."""
    places: dict[str, str] = {}
    for place, row in _read_rows(path):
        if "frame" in row:
            break
        places.setdefault(row["file"], place)
    return places


def _read_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Read what each line says, and where."""
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            header = file.readline()
            delimiter = max(DELIMITERS, key=header.count)
            names = next(csv.reader([header], delimiter=delimiter), [])
            columns = _columns(names, path)
            for number, fields in enumerate(csv.reader(file, delimiter=delimiter), start=2):
                if any(field.strip() for field in fields):
                    place = f"{path}: line {number}"
                    if len(fields) != len(names):
                        raise UserError(f"{place}: {len(fields)} columns, but {len(names)} in the header")
                    yield place, {role: fields[index].strip() for role, index in columns.items()}
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: cannot be read as a table ({error})") from None


def _read_row(row: Row, place: str, frame: int, image_size: tuple[int, int]) -> Box:
    roles = row.keys() - {"frame", "file", "class_id", "class_name"}
    number = {role: to_number(row[role], place, role.replace("_", " ")) for role in roles}
    left, width = _span(number, "left", "width", "right", "centre_x")
    top, height = _span(number, "top", "height", "bottom", "centre_y")
    image_height, image_width = image_size
    return Box(
        place,
        frame,
        left * image_width,
        top * image_height,
        width * image_width,
        height * image_height,
        number["confidence"],
        to_class(row["class_id"]) if "class_id" in row else None,
        row.get("class_name"),
    )


def _span(number: dict[str, float], start: str, length: str, end: str, centre: str) -> tuple[float, float]:
    """Give start and length of a box along an axis, by any two of the roles."""
    if length in number:
        extent = number[length]
    elif start in number:
        extent = number[end] - number[start] if end in number else 2 * (number[centre] - number[start])
    else:
        extent = 2 * (number[end] - number[centre])
    if start in number:
        return number[start], extent
    return (number[centre] - extent / 2 if centre in number else number[end] - extent), extent


def _columns(names: list[str], path: Path) -> dict[str, int]:
    """Find the column of each role."""
    columns: dict[str, int] = {}
    for index, name in enumerate(map(_plain, names)):
        role = ROLES.get(name)
        if role is None:
            continue
        if role in columns:
            other = names[columns[role]]
            if (name in GENERAL) == (_plain(other) in GENERAL):
                raise UserError(f"{path}: line 1: both {other!r} and {names[index]!r} tell {role}")
            if name in GENERAL:
                continue
        columns[role] = index
    missing = [] if {"frame", "file"} & columns.keys() else ["frame"]
    for roles in (("left", "width", "right", "centre_x"), ("top", "height", "bottom", "centre_y")):
        if len(columns.keys() & roles) < 2:
            missing.append(f"{roles[0]} and {roles[1]} (or {roles[2]})")
    missing += [] if "confidence" in columns else ["confidence"]
    if missing:
        found = ", ".join(name.strip() for name in names)
        raise UserError(f"{path}: line 1: no column {', no column '.join(missing)}; there are: {found}")
    return columns


def _plain(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")
