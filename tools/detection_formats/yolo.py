"""Detections in a folder of YOLO text files, as Ultralytics' ``save_txt`` writes them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from application_util.errors import UserError
from application_util.sequences.images import is_hidden
from application_util.sequences.sequence import MotSequence
from application_util.text_file import read_text
from tools.detection_formats.box import Box, Export, to_class, to_number
from tools.detection_formats.class_names import Names, names_beside
from tools.detection_formats.image_name import frames_by_name, says_frame

COCO_PERSON = {0: "person"}
"""Of the usual networks, trained on COCO; label files hold numbers only."""
NO_LABELS = ("classes", "obj", "det", "gt")
"""Stems of text files that labelling tools put beside the labels, and of other tables."""
FIELDS = ("class", "centre x", "centre y", "width", "height", "confidence", "track id")
TOLERANCE = 1e-3
MAX_DEPTH = 3
"""Folders below each other in which labels are looked for."""


def read_yolo(folder: Path, sequence: MotSequence, percent: bool = False) -> Export:
    """Read files of lines ``class cx cy width height [confidence [id]]``, in fractions of the image's size.

    Parameters
    ----------
    folder : Path
        Holds ``<image>.txt`` or ``<video>_<frame>.txt``, or such files in ``labels/``. Of files of several
        videos, those named after the sequence are read.
    sequence : MotSequence
    percent : bool
        Confidences are given in percent.

    Classes are called as a list of names beside the labels says, see `names_beside`, else 0 is a person.

    Raises
    ------
    UserError
        For broken lines, names that do not say the frame, and ids in the place of confidences.
    """
    if not folder.is_dir():
        raise UserError(f"{folder}: not a folder, expected one of YOLO text files")
    paths = {path.name: path for path in label_files(folder)}
    places = {name: str(path) for name, path in paths.items()}
    frames = frames_by_name(places, sequence.name, folder, "file")
    if sequence.image_size is None:
        raise UserError(f"{sequence.images.place}: no images, and these boxes are fractions of their size")
    class_names = names_beside(folder) or COCO_PERSON
    boxes: list[Box] = []
    sixth: list[float] = []
    for name, frame in sorted(frames.items(), key=lambda item: item[1]):
        for number, line in enumerate(read_text(paths[name]).splitlines(), start=1):
            if fields := line.split():
                place = f"{paths[name]}: line {number}"
                boxes.append(_read_line(fields, place, frame, sequence.image_size, class_names))
                sixth += [float(fields[5])] if len(fields) == 6 else []
    if not percent and max(sixth, default=0) > 1 and all(number.is_integer() for number in sixth):
        raise UserError(
            f"{folder}: the 6th numbers look like track ids, not confidences; "
            "Ultralytics writes confidences with save_conf=True"
        )
    return Export(boxes, {frame: places[name] for name, frame in frames.items()})


def label_files(folder: Path) -> list[Path]:
    """List the label files of a folder, or else of ``labels/`` in it."""
    return _labels_in(folder) or _labels_in(folder / "labels")


def label_folders(folder: Path) -> dict[Path, int]:
    """Find the folders at or below one that hold label files, with their number.

    See `visible_files`.
    """
    places = (place for place, _ in visible_files(folder))
    return {place: len(labels) for place in places if (labels := _labels_in(place))}


def visible_files(folder: Path) -> Iterator[tuple[Path, list[Path]]]:
    """Yield the folders at or below one, with their files, to `MAX_DEPTH` and without what systems add."""
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        path = Path(place)
        seen.add(os.path.realpath(path))
        deep = len(path.relative_to(folder).parts) >= MAX_DEPTH
        below = [path / name for name in sorted(folders) if not deep and not is_hidden(path / name)]
        folders[:] = [each.name for each in below if os.path.realpath(each) not in seen]
        yield path, [path / name for name in sorted(names) if not is_hidden(path / name)]


def _labels_in(folder: Path) -> list[Path]:
    _, paths = next(visible_files(folder), (folder, []))
    texts = [path for path in paths if path.suffix.lower() == ".txt" and path.is_file()]
    return [path for path in texts if path.stem not in NO_LABELS and _is_label(path)]


def _is_label(path: Path) -> bool:
    """Return whether a text file is one of labels: its name ends in a number, or its first line is of numbers."""
    if says_frame(path.name):
        return True
    try:
        first = [float(field) for field in read_text(path).partition("\n")[0].split()]
    except (UserError, ValueError):
        return False
    return bool(first)


def _read_line(fields: list[str], place: str, frame: int, image_size: tuple[int, int], names: Names) -> Box:
    if len(fields) not in (5, 6, 7):
        polygon = "; a polygon? Export boxes instead" if len(fields) > 7 and len(fields) % 2 else ""
        expected = f"{', '.join(FIELDS[:5])}, optionally {FIELDS[5]}, optionally {FIELDS[6]}"
        raise UserError(f"{place}: {len(fields)} numbers, expected {expected}{polygon}")
    numbers = [to_number(field, place, name) for field, name in zip(fields, FIELDS, strict=False)]
    if len(numbers) == 7 and not numbers[6].is_integer():
        raise UserError(
            f"{place}: track id {fields[6]:.40} is not a whole number; a polygon of three points? Export boxes instead"
        )
    for name, value in zip(FIELDS[1:5], numbers[1:5], strict=True):
        if not -TOLERANCE <= value <= 1 + TOLERANCE:
            raise UserError(f"{place}: {name} {value:g} is not a fraction of the image's size, between 0 and 1")
    centre_x, centre_y, width, height = numbers[1:5]
    image_height, image_width = image_size
    if numbers[0] < 0 or not numbers[0].is_integer():
        raise UserError(f"{place}: class {fields[0]:.40} is not a whole number")
    class_id = to_class(numbers[0])
    return Box(
        place,
        frame,
        (centre_x - width / 2) * image_width,
        (centre_y - height / 2) * image_height,
        width * image_width,
        height * image_height,
        numbers[5] if len(numbers) > 5 else None,
        class_id,
        names.get(int(numbers[0])),
    )
