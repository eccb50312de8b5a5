"""Detections made before, in any form that can be imported, frame by frame."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import numpy as np

from application_util.sequences.sequence import MotSequence
from tools.detection_formats.box import Box
from tools.detection_formats.class_names import Names
from tools.detection_formats.convert import find_export, read_export
from tools.detection_formats.selection import Selection, select
from tools.detectors.boxes import NO_BOXES, Boxes

NO_CLASS = "-1"


class RecordedDetections:
    """The detections of a sequence in a file, or in a folder of YOLO text files.

    Parameters
    ----------
    path : Path
        A MOTChallenge det.txt, COCO results, a CSV file with a header, or the folder.
    sequence : MotSequence
        Which of them are taken, and the size of its images.

    Attributes
    ----------
    names : mapping of int -> str
        Of the classes, as far as the file says.

    Raises
    ------
    UserError
        For whatever is wrong with the file.
    """

    def __init__(self, path: Path, sequence: MotSequence) -> None:
        source, kind = find_export(path)
        export = read_export(source, kind, sequence)
        boxes, report = select(export, Selection(fractions=kind != "mot"), sequence.frames, sequence.announced_size)
        report.warn(source)
        texts = {box.class_id or box.class_name or NO_CLASS for box in boxes}
        if all(text.lstrip("-").isdecimal() for text in texts):
            numbers = {text: int(text) for text in texts}
        else:
            numbers = {text: number for number, text in enumerate(sorted(texts))}
        self.names: Names = {}
        by_frame: dict[int, list[Box]] = defaultdict(list)
        for box in boxes:
            text = box.class_id or box.class_name or NO_CLASS
            if box.class_name or str(numbers[text]) != text:
                self.names = {**self.names, numbers[text]: box.class_name or text}
            by_frame[box.frame].append(box)
        self._frames = {
            frame: Boxes(
                np.array([box[2:6] for box in found], np.float64),
                np.array([box.confidence for box in found]),
                np.array([numbers[box.class_id or box.class_name or NO_CLASS] for box in found]),
            )
            for frame, found in by_frame.items()
        }

    def of(self, frame: int) -> Boxes:
        """Return what was found in a frame."""
        return self._frames.get(frame, NO_BOXES)
