"""Detections of other tools become a sequence's det.txt."""

from __future__ import annotations

import json

import numpy as np
import pytest

from application_util.files.mot_table import read_table
from tests.tools.detection_formats.conftest import COCO, CSV, MOT, ROWS, YOLO, coco_entry


def test_mot(imports):
    imports.takes(imports.write("det.txt", MOT))
    assert imports.det_txt.read_text().splitlines()[0] == "1,-1,12.8,24,25.6,48,0.9,-1,-1,-1"
    assert imports.err == f"SEQ-01: 2 detections in 2 frames: {imports.det_txt}\n"


@pytest.mark.parametrize("table", CSV)
def test_csv(imports, table):
    imports.takes(imports.write("boxes.csv", table))


def test_csv_in_fractions_of_the_image(imports):
    table = "frame,x1,y1,x2,y2,conf\n1,0.1,0.25,0.3,0.75,0.9\n2,.5,.1,.75,.5,.25\n"
    imports.takes(imports.write("boxes.csv", table), "--normalised")


@pytest.mark.parametrize("stem", ["{:06d}", "SEQ-01_{}", "other_{}"])
@pytest.mark.parametrize("folder", ["", "labels/"])
def test_yolo(imports, stem, folder):
    for frame, text in YOLO.items():
        imports.write(f"{folder}{stem.format(int(frame))}.txt", text)
    imports.write(f"{folder}classes.txt", "person\n")
    imports.takes(imports.source)


SCORELESS: dict[str, object] = {
    "a.json": [{"image_id": 2, "bbox": [12.8, 24, 25.6, 48]}],
    "b.json": {
        "images": [{"id": 7, "file_name": "2.jpg"}],
        "annotations": [{"image_id": 7, "bbox": [12.8, 24, 25.6, 48]}],
    },
    "c.csv": "image,xmin,ymin,xmax,ymax,label\nclip_0002.jpg,12.8,24,38.4,72,person\n",
    "labels/2.txt": "0 0.2 0.5 0.2 0.5\n",
}


@pytest.mark.parametrize(("name", "content"), SCORELESS.items())
def test_annotations_have_no_confidence(imports, name, content):
    path = imports.write(name, content)
    imports.takes(path.parent if name.startswith("labels") else path, rows=[[2, -1, 12.8, 24, 25.6, 48, 1]])
    assert "warning: " in imports.err and ": 1 without a confidence, taken as 1" in imports.err


LISTED = [f"frame_{number:06d}" for number in range(4)]


def write_listed(imports, kind):
    """Images that count from 0, all of them named, with boxes from the second on."""
    if kind == "yolo":
        for number, name in enumerate(LISTED):
            imports.write(f"{name}.txt", YOLO.get(str(number), ""))
        return imports.source
    images = [{"id": number + 70, "file_name": f"{name}.jpg"} for number, name in enumerate(LISTED)]
    entries = [entry | {"image_id": entry["image_id"] + 70} for entry in COCO]
    return imports.write("a.json", {"images": images, "annotations": entries})


@pytest.mark.parametrize("kind", ["yolo", "coco"])
def test_images_without_boxes_show_that_the_count_is_from_0(imports, kind):
    path = write_listed(imports, kind)
    words = "frame 0, but the sequence has frames 1 to 4; does the detector count from 0? --first_frame 0"
    imports.refuses(path, words)
    imports.takes(path, "--first_frame", 0, rows=[[row[0] + 1, *row[1:]] for row in ROWS])
    assert "warning" not in imports.err
    imports.takes(path, "--skip_invalid", "--overwrite")
    assert "warning: " in imports.err and "--first_frame 0; 1 images are outside\n" in imports.err


def test_images_after_the_last_are_a_warning(imports):
    for frame in range(1, 8):
        imports.write(f"SEQ-01_{frame}.txt", YOLO.get(str(frame), ""))
    imports.takes(imports.source)
    assert "SEQ-01_5.txt: frame 5, but the sequence has frames 1 to 4; 3 images are outside\n" in imports.err


def test_a_table_of_several_sequences_with_frames(imports):
    rows = "1,SEQ-01/img1/000001.jpg,12.8,24,25.6,48,0.9\n1,SEQ-02/img1/000001.jpg,1,2,3,4,1\n"
    table = f"frame,image,x,y,w,h,score\n{rows}"
    imports.takes(imports.write("a.csv", table), rows=ROWS[:1])
    assert "a.csv: 1 image is not of SEQ-01\n" in imports.err


def test_yolo_files_of_another_video_are_left_out(imports):
    for frame, text in YOLO.items():
        imports.write(f"SEQ-01_{frame}.txt", text)
        imports.write(f"other_{frame}.txt", text)
    imports.takes(imports.source)
    assert "2 files are not of SEQ-01" in imports.err


def test_yolo_without_confidence_warns(imports):
    imports.write("SEQ-01_3.txt", "0 0.2 0.5 0.2 0.5\n\n")
    imports.takes(imports.source, rows=[[3, -1, 12.8, 24, 25.6, 48, 1]])
    assert ": 1 without a confidence, taken as 1 (Ultralytics: save_conf=True)" in imports.err


@pytest.mark.parametrize("image_id", ["{}", "SEQ-01_{}", "00000{}.jpg", "video.mp4_{}"])
def test_coco(imports, image_id):
    named = [entry | {"image_id": image_id.format(entry["image_id"])} for entry in COCO]
    imports.takes(imports.write("results.json", COCO if image_id == "{}" else named))


def test_coco_images_tell_frames_and_sequences(imports):
    images = [(71, "SEQ-01/img1/000001.jpg"), (72, "SEQ-01\\img1\\000002.jpg"), (73, "SEQ-02/img1/000001.jpg")]
    about = {
        "images": [{"id": image, "file_name": name} for image, name in images],
        "categories": [{"id": 1, "name": "pedestrian"}, {"id": 2, "name": "car"}],
    }
    entries = [coco_entry(71), coco_entry(72, 1, (64, 9.6, 32, 38.4), 0.25), coco_entry(73), coco_entry(71, 2)]
    flags = ("--coco_images", imports.write("about.json", about), "--classes", "Pedestrian")
    imports.takes(imports.write("results.json", entries), *flags)
    assert "left out: 1 of other classes" in imports.err
    imports.det_txt.unlink()
    imports.takes(imports.write("all.json", about | {"annotations": entries}), "--classes", "1")


def test_coco_images_that_name_the_sequence(imports):
    names = {1: "SEQ-01_000001.jpg", 2: "a/SEQ-01_000002.jpg", 3: "SEQ-02_000001.jpg"}
    about = {"images": [{"id": image, "file_name": name} for image, name in names.items()]}
    imports.takes(imports.write("a.json", about | {"annotations": [*COCO, coco_entry(3)]}))
    assert "a.json: 1 image is not of SEQ-01\n" in imports.err
    named = [entry | {"image_id": f"SEQ-01_{entry['image_id']}"} for entry in COCO]
    others = [coco_entry("SEQ-02_1"), coco_entry("SEQ-02_2")]
    imports.takes(imports.write("b.json", [*named, *others]), "--overwrite")
    assert "b.json: 2 images are not of SEQ-01\n" in imports.err


@pytest.mark.parametrize("name", ["{}/img1/000001.jpg", "{}\\img1\\000001.jpg", "{}_000001.jpg", "a/{}_1"])
def test_csv_images_that_name_the_sequence(imports, name):
    rows = [f"{name.format(sequence)},12.8,24,25.6,48,0.9\n" for sequence in ("SEQ-02", "SEQ-01", "SEQ-03")]
    imports.takes(imports.write("a.csv", "image,x,y,w,h,score\n" + "".join(rows)), rows=ROWS[:1])
    assert "a.csv: 2 images are not of SEQ-01\n" in imports.err


def test_images_of_unknown_sequences_are_not_mixed(imports):
    words = "frame 1 has another image, a_1.jpg; of several sequences, name those of SEQ-01 like SEQ-01_1"
    table = "image,x,y,w,h,score\na_1.jpg,1,2,3,4,.5\na_1.jpg,5,6,7,8,.5\nb_1.jpg,1,2,3,4,.5\n"
    imports.refuses(imports.write("a.csv", table), f"a.csv: line 4: {words}")
    about = {"images": [{"id": number, "file_name": f"{'ab'[number]}_1.jpg"} for number in (0, 1)]}
    path = imports.write("a.json", about | {"annotations": COCO})
    imports.refuses(path, f"a.json: image 2: {words}")
    path = imports.write("b.json", [coco_entry("a_1.jpg"), coco_entry("a_1.jpg"), coco_entry("b_1.jpg")])
    imports.refuses(path, f"b.json: entry 3: {words}")


@pytest.mark.parametrize("ending", ["_jpg.rf.9c3fe4", ".rf.4a5", "_PNG.rf.77"])
def test_endings_of_roboflow_tell_no_frame(imports, ending):
    for frame, text in YOLO.items():
        imports.write(f"SEQ-01_00{frame}{ending}.txt", text)
    imports.write(f"other_001{ending}.txt", YOLO["1"])
    imports.takes(imports.source)
    named = [entry | {"image_id": f"frame_{entry['image_id']}{ending}"} for entry in COCO]
    imports.takes(imports.write("a.json", named), "--overwrite")


def test_yolo_with_track_ids(imports):
    for frame, text in YOLO.items():
        imports.write(f"{frame}.txt", text.replace("\n", " 17\n"))
    imports.takes(imports.source)


def test_classes_written_as_decimals(imports):
    table = "frame,x,y,w,h,score,class\n1,12.8,24,25.6,48,0.9,0.0\n2,64,9.6,32,38.4,0.25,1.0\n"
    imports.takes(imports.write("a.csv", table), "--classes", "0", rows=ROWS[:1])
    entries = [coco_entry(1, 1.0), coco_entry(1, 2.0)]
    imports.takes(imports.write("a.json", entries), "--classes", "person", "--overwrite", rows=ROWS[:1])


def test_a_count_from_zero_is_shifted(imports):
    shifted = [entry | {"image_id": entry["image_id"] - 1} for entry in COCO]
    path = imports.write("a.json", shifted)
    words = "entry 1: frame 0, but the sequence has frames 1 to 4; does the detector count from 0? --first_frame 0"
    imports.refuses(path, words)
    imports.takes(path, "--first_frame", 0)


def test_scores_of_a_det_txt_may_be_any(imports):
    rows = [[1, -1, 10, 20, 30, 40, -1.5], [1, -1, 10, 20, 30, 40, 87.25]]
    imports.takes(imports.write("det.txt", "".join(",".join(map(str, row)) + "\n" for row in rows)), rows=rows)


def test_a_sequence_without_images(imports, tmp_path):
    imports.sequence = tmp_path / "SEQ-02"
    imports.sequence.mkdir()
    imports.det_txt = imports.sequence / "det" / "det.txt"
    imports.write("labels/1.txt", YOLO["1"])
    imports.refuses(imports.source / "labels", "img1: no images, and these boxes are fractions of their size")
    imports.takes(imports.write("a.json", COCO))


def test_decimal_commas_between_semicolons(imports):
    rows = "1;a,b;12,8;24;25,6;48;0,9\n2;c;64;9,6;32;38,4;,25\n"
    imports.takes(imports.write("a.csv", "frame;class;x;y;w;h;score\n" + rows))


def test_decimal_commas_between_tabs(imports):
    rows = "1\t12,8\t24\t25,6\t48\t0,9\n2\t64\t9,6\t32\t38,4\t0,25\n"
    imports.takes(imports.write("a.tsv", "frame\tx\ty\tw\th\tscore\n" + rows))


@pytest.mark.parametrize("before", ["sep=;\n", "\n\n", "# made by somebody\n"])
def test_lines_before_a_header(imports, before):
    table = "frame;x;y;w;h;score\n1;12,8;24;25,6;48;0,9\n2;64;9,6;32;38,4;,25\n"
    imports.takes(imports.write("a.csv", before + table))
    assert imports(imports.write("b.csv", before + table + "3;1\n"), "--overwrite") == 2
    assert f"b.csv: line {before.count(chr(10)) + 4}: 2 columns" in imports.err


@pytest.mark.parametrize("suffix", [".csv", ".txt", ".json"])
def test_utf_16(imports, suffix):
    text = {".csv": CSV[4], ".txt": MOT, ".json": json.dumps(COCO)}[suffix]
    path = imports.source / f"a{suffix}"
    path.write_bytes(text.encode("utf-16"))
    imports.takes(path)


@pytest.mark.parametrize("header", ["class,label", "category_id,category_name,class"])
def test_classes_by_number_and_name(imports, header):
    columns = {"class": "2,car", "category_id": "2,car,car"}[header.partition(",")[0]]
    path = imports.write("a.csv", f"frame,x,y,w,h,score,{header}\n1,12.8,24,25.6,48,0.9,{columns}\n")
    for wanted in ("2", "car"):
        imports.takes(path, "--classes", wanted, "--overwrite", rows=ROWS[:1])


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("labels/classes.txt", "car\nperson\n"),
        ("data.yaml", "path: x\nnames: ['car', \"person\"]\nnc: 2\n"),
        ("data.yaml", "names:\n  0: car  # four wheels\n  1: person\nnc: 2\n"),
        ("data.yml", "nc: 2\nnames:\n- car\n- person\n"),
        ("obj.names", "car\nperson\n\n"),
        ("dataset.yaml", "names: {0: car, 1: person}\n"),
    ],
)
def test_names_beside_labels_are_those_of_their_classes(imports, name, content):
    imports.write("labels/1.txt", YOLO["1"] + YOLO["2"].replace("0 ", "1 ", 1))
    imports.write(name, content)
    imports.takes(imports.source / "labels", "--classes", "car", rows=ROWS[:1])


def test_ids_of_images_as_text_in_one_place(imports):
    images = [{"id": frame, "file_name": f"{frame}.jpg"} for frame in (1, 2)]
    entries = [entry | {"image_id": str(entry["image_id"])} for entry in COCO]
    imports.takes(imports.write("a.json", {"images": images, "annotations": entries}))
    images = [image | {"id": str(image["id"])} for image in images]
    imports.takes(imports.write("a.json", {"images": images, "annotations": COCO}), "--overwrite")


def test_corners_by_bbox_mode(imports):
    entry = coco_entry(bbox=(12.8, 24, 38.4, 72), bbox_mode=0)
    imports.takes(imports.write("a.json", [entry]), rows=ROWS[:1])


def test_what_agrees_with_a_box_in_coco(imports):
    more = {"area": 25.6 * 48, "segmentation": [[12.8, 24, 38.4, 24, 38.4, 72, 12.8, 72]]}
    imports.takes(imports.write("a.json", [coco_entry(**more)]), rows=ROWS[:1])


def test_folders_that_systems_add_hold_no_labels(imports):
    for frame, text in YOLO.items():
        imports.write(f"x/labels/{frame}.TXT", text)
    for place in ("__MACOSX/x/labels/._1.txt", "x/labels/@eaDir/1.txt", "x/.cache/2.txt", "x/labels/._1.txt"):
        imports.write(place, YOLO["1"])
    imports.takes(imports.source)


def test_labels_behind_links(imports, tmp_path):
    for frame, text in YOLO.items():
        imports.write(f"{frame}.txt", text)
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "labels").symlink_to(imports.source)
    (imports.source / "round").symlink_to(tmp_path / "export")
    imports.takes(tmp_path / "export")


def test_ground_truth_keeps_its_classes(imports):
    table = "1,1,12.8,24,25.6,48,0.9,1,1.0\n1,2,1,2,3,4,1,2,0.5\n"
    imports.write("export/gt/gt.txt", table)
    imports.write("export/gt/labels.txt", "person\ncar\n")
    imports.takes(imports.source / "export", "--classes", "1", rows=ROWS[:1])


def test_the_order_of_scores_is_kept(imports):
    scores = [0.90000004, 0.9, 0.123456789, 1e-9, np.float32(1) / 3, 1, 0]
    rows = "".join(f"1,{10 * number},2,30,40,{float(score)!r}\n" for number, score in enumerate(scores))
    assert imports(imports.write("a.csv", "frame,x,y,w,h,score\n" + rows)) == 0
    found = read_table(imports.det_txt)[:, 6]
    assert found.astype(np.float32).tolist() == np.array(scores, np.float32).tolist()
    assert imports.det_txt.read_text().splitlines()[1] == "1,-1,10,2,30,40,0.9,-1,-1,-1"
