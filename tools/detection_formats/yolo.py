"""Detections in a folder of YOLO text files, as Ultralytics' ``save_txt`` writes them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from application_util.errors import UserError
from tools.detection_formats.box import Box, to_class, to_number
from tools.detection_formats.image_name import frames_by_name

NAMES = {"0": "person"}
"""Of the usual networks, trained on COCO; files tell ids only."""
NO_LABELS = ("classes", "obj")
"""Stems of text files that labelling tools put beside the labels."""
TOLERANCE = 1e-3


def read_yolo(
    folder: Path, sequence_name: str, image_size: tuple[int, int], percent: bool = False
) -> Iterator[Box]:
    """Read files of lines ``class cx cy width height [confidence [id]]``, in shares of the image's size.

    Parameters
    ----------
    folder : Path
        Holds ``<image>.txt`` or ``<video>_<frame>.txt``, or such files in ``labels/``. Of files of several
        videos, those named after the sequence are read.
    sequence_name : str
    image_size : tuple of int
        (height, width) in pixels.
    percent : bool
        Confidences are given in percent.

    Raises
    ------
    UserError
        For broken lines, names that do not tell the frame, and ids in the place of confidences. A missing
        confidence is 1, with a warning.
    """
    boxes: list[Box] = []
    sixth: list[float] = []
    without_confidence = 0
    for frame, path in _files_by_frame(folder, sequence_name).items():
        for number, line in enumerate(_read_lines(path), start=1):
            if fields := line.split():
                boxes.append(_read_line(fields, f"{path}: line {number}", frame, image_size))
                sixth += [boxes[-1].confidence] if len(fields) == 6 else []
                without_confidence += len(fields) == 5
    if not percent and _are_ids(sixth):
        raise UserError(
            f"{folder}: the 6th numbers look like track ids, not confidences; "
            "Ultralytics writes confidences with save_conf=True"
        )
    yield from boxes
    if without_confidence:
        print(
            f"warning: {folder}: {without_confidence} without a confidence, taken for 1; "
            "Ultralytics writes it with save_conf=True",
            file=sys.stderr,
        )


def _read_line(fields: list[str], place: str, frame: int, image_size: tuple[int, int]) -> Box:
    if len(fields) not in (5, 6, 7):
        raise UserError(
            f"{place}: {len(fields)} numbers, expected class, centre x, centre y, width, height, "
            "perhaps confidence, perhaps track id"
        )
    names = ("class", "centre x", "centre y", "width", "height", "confidence")
    numbers = [to_number(field, place, name) for field, name in zip(fields, names, strict=False)]
    for name, value in zip(names[1:5], numbers[1:5], strict=True):
        if value > 1 + TOLERANCE:
            raise UserError(f"{place}: {name} {value:g} is not a share of the image's size, between 0 and 1")
    centre_x, centre_y, width, height = numbers[1:5]
    image_height, image_width = image_size
    class_id = to_class(numbers[0])
    return Box(
        place,
        frame,
        (centre_x - width / 2) * image_width,
        (centre_y - height / 2) * image_height,
        width * image_width,
        height * image_height,
        numbers[5] if len(numbers) > 5 else 1.0,
        class_id,
        NAMES.get(class_id),
    )


def _are_ids(numbers: list[float]) -> bool:
    return max(numbers, default=0) > 1 and all(number.is_integer() for number in numbers)


def _files_by_frame(folder: Path, sequence_name: str) -> dict[int, Path]:
    paths = _label_files(folder) or _label_files(folder / "labels")
    if not paths:
        raise UserError(
            f"{folder}: no text files in this folder, expected <image>.txt or <video>_<frame>.txt"
        )
    by_name = {path.name: path for path in paths}
    places = {name: str(path) for name, path in by_name.items()}
    frames = frames_by_name(places, sequence_name, folder, "file")
    return {frame: by_name[name] for name, frame in sorted(frames.items(), key=lambda item: item[1])}


def _label_files(folder: Path) -> list[Path]:
    paths = sorted(folder.glob("*.txt"))
    return [path for path in paths if path.stem not in NO_LABELS and not path.name.startswith(".")]


def _read_lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as text ({error})") from None
