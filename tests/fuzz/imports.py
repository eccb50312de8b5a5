"""Readers of other tools' detections: COCO, YOLO, CSV."""

from __future__ import annotations

import json
from pathlib import Path

from tests.fuzz import mutations
from tests.fuzz.reader import FRAMES, NAME, SIZE, Reader
from tests.support.sequences import make_sequence


def import_boxes(folder: Path, detections: Path, kind: str | None = None, **options: object) -> None:
    from tools.detection_formats.importing import import_detections

    import_detections(folder / NAME, detections, folder / "imported.txt", kind, overwrite=True, **options)  # type: ignore[arg-type]


def _prepare_images(folder: Path) -> None:
    make_sequence(folder / NAME, FRAMES, SIZE, length=FRAMES)


def _prepare_coco(folder: Path) -> list[bytes]:
    _prepare_images(folder)
    box = {"category_id": 1, "bbox": [5.0, 6.5, 20, 30], "score": 0.75}
    found = [{"image_id": frame, **box} for frame in range(1, FRAMES + 1)]
    images = [{"id": frame, "file_name": f"{NAME}/{frame:06d}.png"} for frame in range(1, FRAMES + 1)]
    annotations = {"images": images, "annotations": found, "categories": [{"id": 1, "name": "person"}]}
    named = [{"image_id": f"{NAME}_{frame}.jpg", **box} for frame in range(1, FRAMES + 1)]
    return [json.dumps(content).encode() for content in (found, annotations, named)]


def _prepare_coco_images(folder: Path) -> list[bytes]:
    found, annotations, _ = _prepare_coco(folder)
    (folder / "found.json").write_bytes(found)
    return [annotations]


def _prepare_yolo(folder: Path) -> list[bytes]:
    _prepare_images(folder)
    labels = folder / "labels"
    labels.mkdir()
    (labels / f"{NAME}_2.txt").write_text("0 0.5 0.5 0.25 0.5 0.875\n")
    (labels / "classes.txt").write_text("person\n")
    line = "0 0.25 0.5 0.2 0.6 0.9{}\n2 0.75 0.5 0.2 0.6 0.4{}\n"
    return [line.format("", "").encode(), line.format(" 1", " 2").encode(), b"0 0.25 0.5 0.2 0.6\n"]


def _prepare_csv(folder: Path) -> list[bytes]:
    _prepare_images(folder)
    head = "frame,xmin,ymin,xmax,ymax,score,class\n"
    rows = "".join(f"{frame},5,6.5,25,36,0.75,person\n" for frame in range(1, FRAMES + 1))
    other = "image;x;y;w;h;confidence\n" + "".join(f"{frame:06d}.png;5;6;20;30;0.5\n" for frame in range(1, 4))
    return [(head + rows).encode(), other.encode(), (head + rows).replace(",", "\t").encode("utf-8-sig")]


def _read_json(folder: Path) -> None:
    import_boxes(folder, folder / "found.json")


def _read_listed_images(folder: Path) -> None:
    import_boxes(folder, folder / "found.json", coco_images=folder / "images.json")


def _read_labels(folder: Path) -> None:
    import_boxes(folder, folder / "labels")


def _read_csv(folder: Path) -> None:
    import_boxes(folder, folder / "found.csv")


IMPORTS = (
    Reader("COCO", "found.json", _prepare_coco, _read_json, mutations.JSON),
    Reader("COCO images", "images.json", _prepare_coco_images, _read_listed_images, mutations.JSON, ("found.json",)),
    Reader("YOLO", f"labels/{NAME}_1.txt", _prepare_yolo, _read_labels, mutations.TEXT, ("labels",)),
    Reader("CSV", "found.csv", _prepare_csv, _read_csv, mutations.TEXT),
)
