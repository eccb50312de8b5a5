"""Which detections of another tool to take, and whether they can be tracked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from application_util.errors import UserError
from application_util.progress import say, warn
from application_util.sequences.plausible import are_fractions, misplaced
from tools.detection_formats.box import Box, Export, check_box


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
    fractions : bool
        Confidences must lie between 0 and 1.
    """

    classes: tuple[str, ...] = ()
    min_confidence: float | None = None
    percent: bool = False
    first_frame: int | None = None
    skip_invalid: bool = False
    fractions: bool = True


@dataclass
class ImportReport:
    """What became of the detections; classes of those that were taken."""

    taken: int = 0
    other_classes: int = 0
    below_confidence: int = 0
    invalid: int = 0
    unscored: int = 0
    repeated: int = 0
    misplaced: str | None = None
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

    @property
    def nothing_taken(self) -> str:
        """Why no detection is left."""
        if not self.all_classes:
            return "no detections in it"
        found = ", ".join(name or "none" for name in sorted(self.all_classes))
        return f"no detection left ({self.left_out}); classes in it: {found}"

    def say(self, sequence_name: str, frames: int, source: Path, output: Path, selected: bool) -> None:
        """Print what was imported, and what may not have been meant; `selected` if classes were."""
        left_out = f"; left out: {self.left_out}" if self.left_out else ""
        say(f"{sequence_name}: {self.taken} detections in {frames} frames: {output}{left_out}")
        self.warn(source)
        if not selected and len(self.classes) > 1:
            found = ", ".join(f"{name} {number}" for name, number in self.classes.most_common())
            warn(f"several classes were taken: {found}; --classes selects")

    def warn(self, source: Path) -> None:
        """Say what is suspicious about the detections."""
        if self.unscored:
            warn(f"{source}: {self.unscored} without a confidence, taken as 1 (Ultralytics: save_conf=True)")
        if self.repeated:
            warn(f"{source}: {self.repeated} detections are there twice, frame, box and class alike")
        if self.misplaced:
            warn(f"{source}: {self.misplaced}")


def select(
    export: Export, selection: Selection, frames: range, size: tuple[int, int] | None = None
) -> tuple[list[Box], ImportReport]:
    """Take the detections that are asked for and make sure that they can be tracked.

    Parameters
    ----------
    export : Export
    selection : Selection
    frames : range
        Of the sequence, empty if unknown.
    size : tuple of int, optional
        (height, width) of its images.

    Returns
    -------
    list of Box
        By frame, in the order of their file inside a frame; confidences are 1 where the file has none.
    ImportReport

    Raises
    ------
    UserError
        For the first invalid detection, and where all boxes are fractions of the image's size.
    """
    shift = 0
    if selection.first_frame is not None:
        shift = (frames.start if frames else 1) - selection.first_frame
    if frames:
        _check_images(export.images, selection, frames, shift)
    wanted = {name.lower() for name in selection.classes}
    report = ImportReport()
    taken = []
    for box in export.boxes:
        box = box._replace(frame=box.frame + shift)
        if selection.percent and box.confidence is not None:
            box = box._replace(confidence=box.confidence / 100)
        report.all_classes[box.class_text] += 1
        if wanted and not wanted & {str(name).lower() for name in (box.class_id, box.class_name)}:
            report.other_classes += 1
            continue
        try:
            _check(box, selection, frames)
        except UserError as error:
            if not selection.skip_invalid:
                raise UserError(f"{error} (--skip_invalid leaves such detections out)") from None
            report.invalid += 1
            continue
        if box.confidence is None:
            report.unscored += 1
            box = box._replace(confidence=1.0)
        elif selection.min_confidence is not None and box.confidence < selection.min_confidence:
            report.below_confidence += 1
            continue
        report.classes[box.class_text] += 1
        taken.append(box)
    report.taken = len(taken)
    places = np.array([box[2:6] for box in taken], np.float64).reshape(-1, 4)
    report.repeated = len(taken) - len({(box.frame, *box[2:6], box.class_text) for box in taken})
    if size is not None:
        if are_fractions(places) and min(size) > 1:
            raise UserError(
                f"{taken[0].place}: the boxes lie between 0 and 1, as fractions of the image's size do: "
                "--normalised takes those of a CSV file, others must be in pixels"
            )
        report.misplaced = misplaced(places, size)
    return sorted(taken, key=lambda box: box.frame), report


def _check_images(images: Mapping[int, str], selection: Selection, frames: range, shift: int) -> None:
    """Compare the images that the export names, those without boxes too, with the sequence's frames."""
    outside = {frame: place for frame, place in sorted(images.items()) if frame + shift not in frames}
    if not outside:
        return
    first, place = next(iter(outside.items()))
    message = f"{place}: {_outside(first + shift, frames, selection)}"
    if first + shift < frames.start and not selection.skip_invalid:
        raise UserError(message)
    warn(f"{message}; {len(outside)} images are outside")


def _check(box: Box, selection: Selection, frames: range) -> None:
    if frames and box.frame not in frames:
        raise UserError(f"{box.place}: {_outside(box.frame, frames, selection)}")
    if box.frame < 0:
        raise UserError(f"{box.place}: frame {box.frame} is negative")
    check_box(box, selection.fractions)


def _outside(frame: int, frames: range, selection: Selection) -> str:
    hint = ""
    if frame == frames.start - 1 and selection.first_frame is None:
        hint = f"; does the detector count from {frame}? --first_frame {frame}"
    return f"frame {frame}, but the sequence has frames {frames[0]} to {frames[-1]}{hint}"
