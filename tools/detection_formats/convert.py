"""From another tool's detections to a sequence's det.txt: find and read."""

from __future__ import annotations

import re
from pathlib import Path

from application_util.errors import UserError
from application_util.progress import say
from application_util.sequences.sequence import MotSequence
from application_util.text_file import read_text
from tools.detection_formats.box import Export
from tools.detection_formats.coco import read_coco
from tools.detection_formats.csv_table import read_csv
from tools.detection_formats.mot import read_mot
from tools.detection_formats.yolo import label_files, label_folders, read_yolo, visible_files

FILES = (
    ("coco", re.compile(r".*\.json", re.IGNORECASE)),
    ("csv", re.compile(r".*\.[ct]sv", re.IGNORECASE)),
    ("mot", re.compile(r"det\.txt")),
    ("mot", re.compile(r"gt\.txt")),
)
"""Formats and names of files that a folder may hold; the first that are there count."""
MAX_NAMES = 8
"""Of what lies in a folder, in messages."""


def find_export(path: Path, kind: str | None = None) -> tuple[Path, str]:
    """Find the detections that a path stands for, and their format.

    Parameters
    ----------
    path : Path
        A file, or a folder: of YOLO text files, or with such a folder or a single file of detections at or below it.
    kind : str, optional
        One of ``mot``, ``coco``, ``yolo`` and ``csv``; by default guessed.

    Raises
    ------
    UserError
        If there are none, or several that could be meant.
    """
    if not path.is_dir():
        return path, kind or _guess(path)
    if kind in (None, "yolo") and label_files(path):
        return path, "yolo"
    found: dict[Path, str] = {}
    if kind in (None, "yolo"):
        found = {place: f" ({number} text files)" for place, number in label_folders(path).items()}
        kind = "yolo" if found else kind
    for each, name in FILES:
        if not found and kind in (None, each):
            found = {file: "" for _, files in visible_files(path) for file in files if name.fullmatch(file.name)}
            kind = each if found else kind
    if kind is None or not found:
        there = sorted(f"{entry.name}{'/' if entry.is_dir() else ''}" for entry in path.iterdir())
        more = f" and {len(there) - MAX_NAMES} more" if len(there) > MAX_NAMES else ""
        raise UserError(
            f"{path}: no detections here, expected text files <image>.txt or <video>_<frame>.txt, or a file "
            f".json, .csv or det.txt; there are: {', '.join(there[:MAX_NAMES]) or 'no files'}{more}"
        )
    if len(found) > 1:
        where = ", ".join(f"{place}{what}" for place, what in list(found.items())[:MAX_NAMES])
        more = f" and {len(found) - MAX_NAMES} more" if len(found) > MAX_NAMES else ""
        raise UserError(f"{path}: detections are in {where}{more}: give one of them")
    place = next(iter(found))
    say(f"{path}: detections are read from {place}")
    return place, kind


def _guess(path: Path) -> str:
    """Return the format of a file of detections, by its name and first line."""
    if path.suffix.lower() == ".json":
        return "coco"
    if not path.exists():
        raise UserError(f"{path}: no such file or folder")
    first = next((line for line in read_text(path).splitlines() if line.strip()), "")
    if first.lstrip().startswith("<"):
        raise UserError(f"{path}: XML, which is not read: export as COCO, YOLO or CSV")
    try:
        float(re.split(r"[,;|\s]", first.strip())[0])
    except ValueError:
        return "csv" if first else "mot"
    return "mot"


def files_of(path: Path, kind: str) -> list[Path]:
    """List the files of detections that `find_export` found."""
    return label_files(path) if kind == "yolo" and path.is_dir() else [path]


def read_export(
    path: Path,
    kind: str,
    sequence: MotSequence,
    coco_images: Path | None = None,
    normalised: bool = False,
    percent: bool = False,
) -> Export:
    """Read the detections of a sequence.

    Parameters
    ----------
    path : Path
    kind : str
        As `find_export` returned them.
    sequence : MotSequence
        Whose image size counts where boxes are fractions of it.
    coco_images : Path, optional
        See `tools.detection_formats.coco.read_coco`.
    normalised : bool
        Boxes of a CSV file are fractions of the image's size.
    percent : bool
        Confidences are given in percent.

    Raises
    ------
    UserError
        For whatever is wrong with the file; a broken row is found only when its box is asked for.
    """
    if kind == "coco":
        return read_coco(path, sequence, coco_images)
    if kind == "yolo":
        return read_yolo(path, sequence, percent)
    if kind == "csv":
        return read_csv(path, sequence, normalised)
    return read_mot(path)
