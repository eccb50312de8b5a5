"""From another tool's detections to a sequence's det.txt: read, select, check, write."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import numpy as np

from application_util.errors import UserError
from application_util.files.detection_writer import open_writer
from application_util.files.mot_table import BOX_COLUMNS
from application_util.files.output import whole_file
from application_util.sequences.sequence import MotSequence
from tools.detection_formats.box import DECIMALS, Box, check_box

FORMATS = ("mot", "coco", "yolo", "csv")


@dataclass(frozen=True)
class Selection:
    """Which detections to take and how to understand them.

    Attributes
    ----------
    classes : tuple of str
        Ids or names; all if empty.
    min_confidence : float or None
        Less sure ones are left out.
    percent : bool
        Confidences are given in percent.
    first_frame : int or None
        Number that the detector gives to the sequence's first frame; None if it counts as the sequence does.
    skip_invalid : bool
        Leave out detections that cannot be tracked, instead of stopping.
    """

    classes: tuple[str, ...] = ()
    min_confidence: float | None = None
    percent: bool = False
    first_frame: int | None = None
    skip_invalid: bool = False


@dataclass
class ImportReport:
    """What became of the detections; classes of those that were taken."""

    taken: int = 0
    other_classes: int = 0
    below_confidence: int = 0
    invalid: int = 0
    classes: Counter[str] = field(default_factory=Counter)
    all_classes: Counter[str] = field(default_factory=Counter)

    @property
    def left_out(self) -> str:
        """A clause for each reason to leave detections out, empty if there was none."""
        reasons = {
            "of other classes": self.other_classes,
            "below --min_confidence": self.below_confidence,
            "invalid": self.invalid,
        }
        return ", ".join(f"{number} {reason}" for reason, number in reasons.items() if number)


def guess_format(path: Path) -> str:
    """Tell the format of a file or folder of detections.

    Raises
    ------
    UserError
        If there is none.
    """
    if path.is_dir():
        return "yolo"
    if path.suffix.lower() == ".json":
        return "coco"
    try:
        with open(path, encoding="utf-8-sig") as file:
            first = next((line for line in file if line.strip()), "")
    except FileNotFoundError:
        raise UserError(f"{path}: no such file or folder") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as text ({error})") from None
    try:
        float(first.split(",")[0])
    except ValueError:
        return "csv" if first else "mot"
    return "mot"


def read_boxes(
    path: Path,
    kind: str,
    sequence: MotSequence,
    coco_images: Path | None = None,
    normalised: bool = False,
    percent: bool = False,
) -> Iterator[Box]:
    """Read detections as their file tells them.

    Parameters
    ----------
    path : Path
    kind : str
        One of `FORMATS`.
    sequence : MotSequence
        Tells the image size where boxes are shares of it.
    coco_images : Path, optional
        See `tools.detection_formats.coco.read_coco`.
    normalised : bool
        Boxes of a CSV file are shares of the image's size.
    percent : bool
        Confidences are given in percent.

    Raises
    ------
    UserError
        For whatever is wrong with the file.
    """
    if kind == "coco":
        from tools.detection_formats.coco import read_coco

        return read_coco(path, sequence.name, coco_images)
    if kind == "yolo":
        from tools.detection_formats.yolo import read_yolo

        if not path.is_dir():
            raise UserError(f"{path}: not a folder, expected one of YOLO text files")
        return read_yolo(path, sequence.name, _image_size(sequence), percent)
    if kind == "csv":
        from tools.detection_formats.csv_table import read_csv

        return read_csv(path, sequence.name, _image_size(sequence) if normalised else None)
    from tools.detection_formats.mot import read_mot

    return read_mot(path)


def select(
    boxes: Iterable[Box], selection: Selection, frames: range | None, shares: bool
) -> tuple[list[Box], ImportReport]:
    """Take the detections that are asked for and make sure that they can be tracked.

    Parameters
    ----------
    boxes : iterable of Box
    selection : Selection
    frames : range or None
        Of the sequence, None if unknown.
    shares : bool
        Whether confidences must lie between 0 and 1.

    Returns
    -------
    list of Box
        By frame, in the order of their file inside a frame.
    ImportReport

    Raises
    ------
    UserError
        For the first invalid detection, or if none is left.
    """
    wanted = {name.lower() for name in selection.classes}
    report = ImportReport()
    taken = []
    for box in map(partial(_understand, selection=selection, frames=frames), boxes):
        report.all_classes[box.class_text] += 1
        if wanted and not wanted & {str(name).lower() for name in (box.class_id, box.class_name)}:
            report.other_classes += 1
            continue
        try:
            _check(box, selection, frames, shares)
        except UserError as error:
            if not selection.skip_invalid:
                raise UserError(f"{error} (--skip_invalid leaves such detections out)") from None
            report.invalid += 1
            continue
        if selection.min_confidence is not None and box.confidence < selection.min_confidence:
            report.below_confidence += 1
            continue
        report.classes[box.class_text] += 1
        taken.append(box)
    report.taken = len(taken)
    return sorted(taken, key=lambda box: box.frame), report


def frames_of(sequence: MotSequence) -> range | None:
    """Give the frames that a sequence has, None if it has no images and does not tell."""
    if sequence.images:
        return range(min(sequence.images), max(sequence.images) + 1)
    return None if sequence.length is None else range(1, sequence.length + 1)


def write_detections(boxes: Iterable[Box], path: Path, write_class: bool = False) -> None:
    """Write detections in the 10 columns of det.txt; the file appears when it is complete.

    Parameters
    ----------
    boxes : iterable of Box
    path : Path
        ``.npy`` for an array of the same numbers, text otherwise.
    write_class : bool
        Put the number of the class in the 8th column, which is -1 otherwise.
    """
    lines = [",".join(det_row(box, write_class)) for box in boxes]
    if path.suffix.lower() == ".npy":
        with open_writer(path, 0) as array:
            rows = np.array([line.split(",") for line in lines], np.float64).reshape(-1, BOX_COLUMNS)
            array.write(rows, rows[:, :0])
        return
    with whole_file(path, "choose another --output_file", encoding="ascii", newline="\n") as file:
        file.writelines(f"{line}\n" for line in lines)


def det_row(box: Box, write_class: bool = False) -> list[str]:
    """Return the 10 columns of a detection."""
    number = box.class_id if write_class and box.class_id is not None and box.class_id.isdecimal() else "-1"
    numbers = (box.left, box.top, box.width, box.height, box.confidence)
    return [str(box.frame), "-1", *map(_decimal, numbers), number, "-1", "-1"]


def _understand(box: Box, selection: Selection, frames: range | None) -> Box:
    """Count frames as the sequence does, and confidences to 1."""
    if selection.first_frame is not None:
        box = box._replace(frame=box.frame - selection.first_frame + (frames.start if frames else 1))
    return box._replace(confidence=box.confidence / 100) if selection.percent else box


def _check(box: Box, selection: Selection, frames: range | None, shares: bool) -> None:
    if frames is not None and box.frame not in frames:
        hint = ""
        if box.frame == frames.start - 1 and selection.first_frame is None:
            hint = f"; does the detector count from {box.frame}? --first_frame {box.frame}"
        raise UserError(
            f"{box.place}: frame {box.frame}, but the sequence has frames {frames[0]} to {frames[-1]}{hint}"
        )
    if box.frame < 0:
        raise UserError(f"{box.place}: frame {box.frame} is negative")
    check_box(box, shares)


def _image_size(sequence: MotSequence) -> tuple[int, int]:
    if sequence.image_size is None:
        raise UserError(
            f"{sequence.images.place}: no images, and these boxes are given in shares of their size"
        )
    return sequence.image_size


def _decimal(number: float) -> str:
    """Write a number with at most `DECIMALS` decimals, and no more than it needs."""
    text = f"{number:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
