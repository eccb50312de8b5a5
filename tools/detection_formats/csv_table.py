"""Detections in a CSV file whose header names the columns."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TextIO

from application_util.errors import UserError

from .box import Box, frame_of_name, to_frame, to_number

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
DELIMITERS = ",;\t"


def read_csv(path: Path, image_size: tuple[int, int] | None = None) -> Iterator[Box]:
    """Read a table with a header.

    Parameters
    ----------
    path : Path
        Columns as in `COLUMNS`: frame or file; per axis two of left, right, width and centre; confidence; perhaps
        class and class_name. Commas, semicolons or tabs between them.
    image_size : tuple of int, optional
        (height, width) in pixels, if boxes are given in shares of it.

    Raises
    ------
    UserError
        For missing columns and broken lines.
    """
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            yield from _read_rows(file, path, image_size or (1, 1))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{path}: cannot be read as a table ({error})") from None


def _read_rows(file: TextIO, path: Path, image_size: tuple[int, int]) -> Iterator[Box]:
    header = file.readline()
    delimiter = max(DELIMITERS, key=header.count)
    names = next(csv.reader([header], delimiter=delimiter), [])
    columns = _columns(names, path)
    for number, fields in enumerate(csv.reader(file, delimiter=delimiter), start=2):
        if any(field.strip() for field in fields):
            place = f"{path}: line {number}"
            if len(fields) != len(names):
                raise UserError(f"{place}: {len(fields)} columns, but {len(names)} in the header")
            yield _read_row({role: fields[i].strip() for role, i in columns.items()}, place, image_size)


def _read_row(row: dict[str, str], place: str, image_size: tuple[int, int]) -> Box:
    if "frame" in row:
        frame = to_frame(row["frame"], place)
    else:
        frame = frame_of_name(PurePosixPath(row["file"].replace("\\", "/")).stem, place)
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
        row.get("class_id"),
        row.get("class_name"),
    )


def _span(number: dict[str, float], start: str, length: str, end: str, centre: str) -> tuple[float, float]:
    """Give start and length of a box along an axis."""
    if start in number:
        return number[start], number[length] if length in number else number[end] - number[start]
    if centre in number:
        return number[centre] - number[length] / 2, number[length]
    return number[end] - number[length], number[length]


def _columns(names: list[str], path: Path) -> dict[str, int]:
    """Find the column of each role."""
    columns: dict[str, int] = {}
    for index, name in enumerate(names):
        role = ROLES.get(name.strip().lower().replace(" ", "_").replace("-", "_"))
        if role is None:
            continue
        if role in columns:
            raise UserError(f"{path}: line 1: both {names[columns[role]]!r} and {name!r} tell {role}")
        columns[role] = index
    axes = {"left": ("width", "right", "centre_x"), "top": ("height", "bottom", "centre_y")}
    missing = [] if {"frame", "file"} & columns.keys() else ["frame"]
    for start, (length, end, centre) in axes.items():
        if not any(
            {a, b} <= columns.keys()
            for a, b in ((start, length), (start, end), (centre, length), (end, length))
        ):
            missing.append(f"{start} and {length} (or {end})")
    missing += [] if "confidence" in columns else ["confidence"]
    if missing:
        found = ", ".join(name.strip() for name in names)
        raise UserError(f"{path}: line 1: no column {', no column '.join(missing)}; there are: {found}")
    return columns
