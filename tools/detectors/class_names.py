"""Names of classes of the data set that nearly all detectors are trained on, and those that are asked for."""

from __future__ import annotations

from collections.abc import Iterable

from application_util.errors import UserError
from tools.detection_formats.class_names import Names

_COCO = (
    "person,bicycle,car,motorcycle,airplane,bus,train,truck,boat,traffic light,fire hydrant,stop sign,parking meter,"
    "bench,bird,cat,dog,horse,sheep,cow,elephant,bear,zebra,giraffe,backpack,umbrella,handbag,tie,suitcase,frisbee,"
    "skis,snowboard,sports ball,kite,baseball bat,baseball glove,skateboard,surfboard,tennis racket,bottle,wine glass,"
    "cup,fork,knife,spoon,bowl,banana,apple,sandwich,orange,broccoli,carrot,hot dog,pizza,donut,cake,chair,couch,"
    "potted plant,bed,dining table,toilet,tv,laptop,mouse,remote,keyboard,cell phone,microwave,oven,toaster,sink,"
    "refrigerator,book,clock,vase,scissors,teddy bear,hair drier,toothbrush"
)
COCO = _COCO.split(",")
COCO_IDS_WITHOUT_CLASS = {0, 12, 26, 29, 30, 45, 66, 68, 69, 71, 83}


def coco_names(classes: int | None) -> Names:
    """Return COCO's names for detectors with as many classes: 80, or 90 and 91, which count as the data set does."""
    if classes == len(COCO):
        return dict(enumerate(COCO))
    if classes in (90, 91):
        return dict(zip((i for i in range(91) if i not in COCO_IDS_WITHOUT_CLASS), COCO, strict=True))
    return {}


def find_classes(wanted: Iterable[str], names: Names, detector: str, count: int | None = None) -> list[int] | None:
    """Return the numbers of classes, given by name or number; None for all.

    Raises
    ------
    UserError
        If a name is not among the detector's, or a number not below `count`, where that is known.
    """
    numbers = {name.lower(): number for number, name in names.items()}
    found = []
    for word in wanted:
        if word.lower() in numbers:
            found.append(numbers[word.lower()])
        elif word.isdecimal() and (count is None or int(word) < count):
            found.append(int(word))
        else:
            known = ", ".join(names.values())
            there = (
                f"there are {known:.300} (0 to {max(names)})"
                if known
                else "its classes have no names: use numbers or --class_names"
            )
            raise UserError(f"{detector}: no class {word}; {there}")
    return found or None
