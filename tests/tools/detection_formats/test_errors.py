"""What is wrong with detections of other tools is said in one line."""

from __future__ import annotations

import pytest

from tests.tools.detection_formats.conftest import COCO, MOT, YOLO, coco_entry

HEADER = "frame,x,y,w,h,score\n"
ABOUT: dict[str, list] = {"annotations": []}


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.txt", "1,-1,1,2,3,4\n", "a.txt: line 1: 6 columns, expected at least 7"),
        ("a.txt", MOT + "3,-1,1,2,3,-4,0.5\n", "a.txt: row 3: height -4 is not positive (--skip_invalid leaves"),
        ("a.txt", "5,-1,1,2,3,4,0.5\n", "a.txt: row 1: frame 5, but the sequence has frames 1 to 4"),
        ("a.txt", "", "a.txt: no detections in it"),
        ("a.csv", HEADER + "1,1,2,3,4\n", "a.csv: line 2: 5 columns, but 6 in the header"),
        ("a.csv", HEADER + "1,1,2,x,4,.5\n", "a.csv: line 2: width 'x' is not a number"),
        ("a.csv", HEADER + "1.5,1,2,3,4,.5\n", "a.csv: line 2: frame '1.5' is not a whole number"),
        ("a.csv", HEADER + "1,1,2,nan,4,.5\n", "a.csv: line 2: width nan is not finite"),
        ("a.csv", HEADER + "1,1,2,3,4,87\n", "line 2: confidence 87 is not between 0 and 1; for scores in percent"),
        ("a.csv", HEADER, "a.csv: no detections in it"),
        ("a.csv", "frame,x1,y1,x2,y2,score\n1,9,2,3,4,.5\n", "a.csv: line 2: width -6 is not positive"),
        ("a.csv", "frame,x,y,w\n", "no column top and height (or bottom); there are: frame, x, y, w"),
        ("a.csv", "frame,xmin,x1,y,w,h,score\n", "line 1: both 'xmin' and 'x1' are left"),
        ("a.csv", "frame,x,X,y,w,h,score\n", "line 1: both 'x' and 'X' are left"),
        ("a.csv", HEADER + "1,1,2,4e-7,4,.5\n", "line 2: width 4e-07 is 0 with the 6 decimals of det.txt"),
        ("a.csv", HEADER + "1,-1e300,2,3,4,.5\n", "line 2: left -1e+300 is beyond 1000000000 pixels"),
        ("a.csv", HEADER + "1e300,1,2,3,4,.5\n", "line 2: frame '1e300' is beyond 1000000000"),
        ("a.txt", "1e300,-1,1,2,3,4,0.5\n", "line 1: frame 1e300 is not a whole number"),
        ("a.json", "[{", "a.json: line 1: not JSON"),
        ("a.json", "[" * 100000, "a.json: lists within lists too deep"),
        ("a.json", f'[{"9" * 5000}]', "a.json: "),
        ("a.json", ABOUT | {"categories": [1, 2]}, "a.json: category 1: not an object with id and name"),
        ("a.json", ABOUT | {"categories": [{"id": [], "name": "a"}]}, "category_id [] is neither a number nor text"),
        ("a.json", ABOUT | {"images": [{"id": [1], "file_name": "1.jpg"}]}, "image 1: id [1] is neither a number nor"),
        ("a.json", ABOUT | {"images": [{"id": 1, "file_name": f"{n}.jpg"} for n in (1, 2)]}, "image 2: id 1 has anoth"),
        ("a.json", [coco_entry([1])], "a.json: entry 1: frame [1] is not a number"),
        ("a.json", [coco_entry(1, {})], "a.json: entry 1: category_id {} is neither a number nor text"),
        ("a.json", {"a": 1}, "neither a list of detections nor a COCO annotation file"),
        ("a.json", [1], "a.json: entry 1: not an object with image_id, bbox and score"),
        ("a.json", [*COCO, {"image_id": 1}], "a.json: entry 3: no bbox"),
        ("a.json", [coco_entry(file_name="clip_2.jpg")], "entry 1: frame 1, but the image clip_2.jpg says 2: remove"),
        ("a.json", [coco_entry(bbox=(1, 2, 3))], "a.json: entry 1: bbox [1, 2, 3] is not a list of left, top"),
        ("a.json", [coco_entry(bbox=(1, 2, None, 4))], "a.json: entry 1: bbox None is not a number"),
        ("a.json", [coco_entry("frame")], "entry 1: the name 'frame' does not end in a frame number"),
        ("a.json", [coco_entry(score=-0.5)], "a.json: entry 1: confidence -0.5 is not between 0 and 1"),
        ("labels/1.txt", "0 .2 .5 .2 .5 1\n0 .2 .5 .2 .5 3\n", "labels: the 6th numbers look like track ids"),
        ("labels/1.txt", "0 .2 .5 .2 .5 .5\n0 .2 .5 .2 .5 3\n", "1.txt: line 2: confidence 3 is not between 0 and 1"),
        ("labels/1.txt", "0 0.2 0.5 0.2\n", "1.txt: line 1: 4 numbers, expected class, centre x"),
        ("labels/1.txt", "0 64 48 0.2 0.2 0.5\n", "centre x 64 is not a fraction of the image's size, between 0 and 1"),
        ("labels/1.txt", YOLO["1"] + "0 0.2 0.5 0 0.2 1\n", "1.txt: line 2: width 0 is not positive"),
        ("labels/1.txt", "0 .1 .1 .5 .1 .5 .5\n", "1.txt: line 1: track id .5 is not a whole number; a polygon of thr"),
        ("labels/1.txt", "0 .1 .1 .5 .1 .5 .5 .1 .5\n", "1.txt: line 1: 9 numbers, expected class, centre x"),
        ("a.csv", "frame,file,x,y,w,h\n3,clip_1.jpg,1,2,3,4\n", "line 2: frame 3, but the image clip_1.jpg says 1"),
        ("a.csv", "frame,x1,x2,w,y,h\n1,10,40,90,5,9\n", "line 2: right 40 contradicts left 10 and width 90"),
        ("a.csv", "frame,x1,x2,cx,y,h\n1,10,40,60,5,9\n", "line 2: centre x 60 contradicts left 10 and right 40"),
        ("a.csv", "frame,x,w,y1,y2,h\n1,10,40,60,90,9\n", "line 2: bottom 90 contradicts top 60 and height 9"),
        ("labels/a.txt", YOLO["1"], "a.txt: the name 'a' does not end in a frame number"),
        ("labels/clip_0.txt", YOLO["1"], "clip_0.txt: frame 0, but the sequence has frames 1 to 4; does the detector"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(imports, name, content, words):
    path = imports.write(name, content)
    imports.refuses(path.parent if name.startswith("labels") else path, words)


def test_two_files_of_a_frame(imports):
    imports.write("a_1.txt", YOLO["1"])
    imports.write("b_1.txt", YOLO["1"])
    imports.refuses(imports.source, "b_1.txt: frame 1 has another file, a_1.txt")


@pytest.mark.parametrize("name", ["img1/000001.jpg", "seqinfo.ini", "gt/gt.txt"])
def test_what_belongs_to_the_sequence_is_not_overwritten(imports, name):
    there = sorted(path.relative_to(imports.sequence) for path in imports.sequence.rglob("*.*"))
    (imports.sequence / "gt").mkdir(exist_ok=True)
    for text in ("seqinfo.ini", "gt/gt.txt"):
        (imports.sequence / text).touch()
    output = imports.sequence / (there[0] if name.startswith("img1") else name)
    before = output.read_bytes()
    imports.refuses(imports.write("a.txt", MOT), "would replace", "--output_file", output, "--overwrite")
    assert output.read_bytes() == before


@pytest.mark.parametrize(
    ("image", "entry", "words"),
    [
        ({}, {"file_name": "3.jpg"}, "entry 1: frame 1, but the image 3.jpg says 3"),
        ({"width": 256, "height": 192}, {}, "image 1: an image of 256 x 192 pixels, but those of SEQ-01 have 128 x 96"),
        ({"width": 96, "height": 128}, {}, "image 1: an image of 96 x 128 pixels"),
        ({}, {"area": 3000}, "entry 1: area 3000 is more than the bbox of 25.6 x 48 holds"),
        ({}, {"bbox": [10, 20, 40, 80], "area": 1800}, "area 1800 contradicts the bbox of 40 x 80: are these"),
        ({}, {"segmentation": [[12, 24, 90, 24, 90, 72]]}, "entry 1: right 38.4 of bbox contradicts 90 of segm"),
        ({}, {"bbox_mode": 4}, "entry 1: bbox_mode 4: only 0 and 1 are known"),
    ],
)  # fmt: skip
def test_what_coco_says_twice_must_agree(imports, image, entry, words):
    images = [{"id": 1, "file_name": "1.jpg"} | image]
    imports.refuses(imports.write("a.json", {"images": images, "annotations": [coco_entry(**entry)]}), words)


def test_the_size_of_the_images_that_a_table_is_about_must_agree(imports):
    table = "frame,x,y,w,h,image_width,image_height\n1,10,10,20,40,{}\n"
    imports.refuses(imports.write("a.csv", table.format("256,192")), "line 2: an image of 256 x 192 pixels")
    assert imports(imports.write("a.csv", table.format("128,96"))) == 0


def test_what_a_json_file_has_instead_is_listed(imports):
    other = imports.write("a.json", {"predictions": [], "model": "x"})
    imports.refuses(other, 'nor a COCO annotation file, with "annotations"; there are: predictions, model')


def test_the_size_of_every_image_is_compared(imports):
    images = [
        {"id": frame, "file_name": f"{frame}.jpg", "width": 128 * frame, "height": 96 * frame} for frame in (1, 2)
    ]
    path = imports.write("a.json", {"images": images, "annotations": COCO})
    imports.refuses(path, "a.json: image 2: an image of 256 x 192 pixels, but those of SEQ-01 have 128 x 96")


def test_fractions_are_not_taken_for_pixels(imports):
    words = "entry 1: the boxes lie between 0 and 1, as fractions of the image's size do: --normalised takes those of a"
    imports.refuses(imports.write("a.json", [coco_entry(bbox=(0.1, 0.2, 0.3, 0.4))]), words)


def test_boxes_that_do_not_fit_the_images_are_mentioned(imports):
    assert imports(imports.write("a.json", [coco_entry(bbox=(900, 20, 30, 40)), coco_entry(2)])) == 0
    assert "warning: " in imports.err and "1 of 2 boxes lie outside images of 128 x 96 pixels" in imports.err


def test_detections_that_are_there_twice_are_mentioned(imports):
    assert imports(imports.write("a.json", COCO * 2)) == 0
    assert "2 detections are there twice" in imports.err


def test_xml_is_called_by_its_name(imports):
    imports.refuses(imports.write("a.xml", "<?xml version='1.0'?>\n<annotations/>"), "a.xml: XML, which is not read")


def test_many_places_are_not_all_listed(imports):
    for frame in range(12):
        imports.write(f"{frame:02}.json", [])
    imports.refuses(imports.source, "07.json and 4 more: give one of them")


@pytest.mark.parametrize("number", ["0.7", "-1"])
def test_numbers_that_are_no_class(imports, number):
    imports.write("labels/1.txt", YOLO["1"].replace("0 ", f"{number} ", 1))
    imports.refuses(imports.source / "labels", f"1.txt: line 1: class {number} is not a whole number")
