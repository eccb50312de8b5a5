"""Detections of other tools become a sequence's det.txt."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from application_util.files.mot_table import read_table
from tests.support.paths import ROOT
from tests.support.sequences import make_sequence
from tests.support.videos import write_film
from tools.import_detections import main

ROWS = [[1, -1, 12.8, 24, 25.6, 48, 0.9], [2, -1, 64, 9.6, 32, 38.4, 0.25]]
"""What all formats tell here, of images of 128 x 96 pixels."""


class Import:
    """The command with a sequence of four frames, and a place for the detections."""

    def __init__(self, tmp_path, capsys):
        self.sequence = tmp_path / "SEQ-01"
        self.det_txt = self.sequence / "det" / "det.txt"
        self.source = tmp_path / "source"
        self.source.mkdir()
        self.capsys = capsys

    def write(self, name, content):
        path = self.source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return path

    def __call__(self, detections, *flags, sequence=None):
        argv = ["--sequence_dir", sequence or self.sequence, "--detections", detections, *flags]
        code = main(list(map(str, argv)))
        self.err = self.capsys.readouterr().err
        return code

    def takes(self, detections, *flags, rows=ROWS):
        assert self(detections, *flags) == 0, self.err
        table = read_table(self.det_txt)
        assert table.shape == (len(rows), 10) and (table[:, 7:] == -1).all()
        assert table[:, :7] == pytest.approx(np.array(rows), abs=1e-6)

    def refuses(self, detections, words, *flags):
        assert self(detections, *flags) == 2
        assert self.err.startswith("error: ") and self.err.count("\n") == 1
        assert words in self.err, self.err
        assert not self.det_txt.parent.exists()


@pytest.fixture
def imports(tmp_path, capsys):
    make_sequence(tmp_path / "SEQ-01", 4)
    return Import(tmp_path, capsys)


def coco_entry(image_id=1, category_id=1, bbox=(12.8, 24, 25.6, 48), score=0.9, **more):
    return {"image_id": image_id, "category_id": category_id, "bbox": list(bbox), "score": score, **more}


COCO = [coco_entry(), coco_entry(2, 1, (64, 9.6, 32, 38.4), 0.25)]
YOLO = {"1": "0 0.2 0.5 0.2 0.5 0.9\n", "2": "0 0.625 0.3 0.25 0.4 0.25\n"}
MOT = "2,-1,64,9.6,32,38.4,0.25\n1,-1,12.8,24,25.6,48,0.9\n"
CSV = [
    "frame,x,y,w,h,score\n1,12.8,24,25.6,48,0.9\n2,64,9.6,32,38.4,0.25\n",
    "xmin,ymin,xmax,ymax,confidence,class,name,frame\n12.8,24,38.4,72,0.9,0,person,1\n64,9.6,96,48,.25,0,person,2\n",
    "Frame ID;BB Left;BB Top;BB Width;BB Height;Conf\n1;12.8;24;25.6;48;0.9\n\n2;64;9.6;32;38.4;0.25\n",
    "frame,id,bb_left,bb_top,bb_width,bb_height,conf,x,y,z\n1,-1,12.8,24,25.6,48,0.9,-1,-1,-1\n2,-1,64,9.6,32,38.4,0.25,-1,-1,-1\n",
    "x,y,frame,xmin,ymin,xmax,ymax,conf\n7,7,1,12.8,24,38.4,72,0.9\n7,7,2,64,9.6,96,48,.25\n",
    "frame,left,cx,top,cy,conf\n1,12.8,25.6,24,48,0.9\n2,64,80,9.6,28.8,.25\n",
    "frame,right,cx,bottom,cy,conf\n1,38.4,25.6,72,48,0.9\n2,96,80,48,28.8,.25\n",
    "frame,right,w,bottom,h,conf\n1,38.4,25.6,72,48,0.9\n2,96,32,48,38.4,.25\n",
    "image\tcx\tcy\twidth\theight\tprob\nimg1/000001.jpg\t25.6\t48\t25.6\t48\t0.9\n000002.jpg\t80\t28.8\t32\t38.4\t.25\n",
]


def test_mot(imports):
    imports.takes(imports.write("det.txt", MOT))
    assert imports.det_txt.read_text().splitlines()[0] == "1,-1,12.8,24,25.6,48,0.9,-1,-1,-1"
    assert imports.err == f"SEQ-01: 2 detections in 2 frames: {imports.det_txt}\n"


@pytest.mark.parametrize("table", CSV)
def test_csv(imports, table):
    imports.takes(imports.write("boxes.csv", table))


def test_csv_in_shares_of_the_image(imports):
    table = "frame,x1,y1,x2,y2,conf\n1,0.1,0.25,0.3,0.75,0.9\n2,.5,.1,.75,.5,.25\n"
    imports.takes(imports.write("boxes.csv", table), "--normalised")


@pytest.mark.parametrize("stem", ["{:06d}", "SEQ-01_{}", "other_{}"])
@pytest.mark.parametrize("folder", ["", "labels/"])
def test_yolo(imports, stem, folder):
    for frame, text in YOLO.items():
        imports.write(f"{folder}{stem.format(int(frame))}.txt", text)
    imports.write(f"{folder}classes.txt", "person\n")
    imports.takes(imports.source)


def test_yolo_files_of_another_video_are_left_out(imports):
    for frame, text in YOLO.items():
        imports.write(f"SEQ-01_{frame}.txt", text)
        imports.write(f"other_{frame}.txt", text)
    imports.takes(imports.source)
    assert "2 files are not of SEQ-01" in imports.err


def test_yolo_without_confidence_warns(imports):
    imports.write("SEQ-01_3.txt", "0 0.2 0.5 0.2 0.5\n\n")
    imports.takes(imports.source, rows=[[3, -1, 12.8, 24, 25.6, 48, 1]])
    assert ": 1 without a confidence, taken for 1; Ultralytics writes it with save_conf=True" in imports.err


@pytest.mark.parametrize("image_id", ["{}", "SEQ-01_{}", "00000{}.jpg", "video.mp4_{}"])
def test_coco(imports, image_id):
    named = [entry | {"image_id": image_id.format(entry["image_id"])} for entry in COCO]
    imports.takes(imports.write("results.json", COCO if image_id == "{}" else named))


def test_coco_images_tell_frames_and_sequences(imports):
    images = [
        (71, "SEQ-01/img1/000001.jpg"),
        (72, "SEQ-01\\img1\\000002.jpg"),
        (73, "SEQ-02/img1/000001.jpg"),
    ]
    about = {
        "images": [{"id": image, "file_name": name} for image, name in images],
        "categories": [{"id": 1, "name": "pedestrian"}, {"id": 2, "name": "car"}],
    }
    entries = [
        coco_entry(71),
        coco_entry(72, 1, (64, 9.6, 32, 38.4), 0.25),
        coco_entry(73),
        coco_entry(71, 2),
    ]
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


def test_yolo_with_whole_percents(imports):
    imports.write("1.txt", "0 0.2 0.5 0.2 0.5 90\n")
    imports.write("2.txt", "0 0.625 0.3 0.25 0.4 25\n")
    imports.takes(imports.source, "--percent")


def test_classes_written_as_decimals(imports):
    table = "frame,x,y,w,h,score,class\n1,12.8,24,25.6,48,0.9,0.0\n2,64,9.6,32,38.4,0.25,1.0\n"
    imports.takes(imports.write("a.csv", table), "--classes", "0", rows=ROWS[:1])
    entries = [coco_entry(1, 1.0), coco_entry(1, 2.0)]
    imports.takes(imports.write("a.json", entries), "--classes", "person", "--overwrite", rows=ROWS[:1])


@pytest.mark.parametrize("classes", ["person", "0", "car, Person"])
def test_classes_are_selected_by_name_or_id(imports, classes):
    imports.write("1.txt", YOLO["1"] + "2 0.5 0.5 0.1 0.1 0.9\n")
    imports.write("2.txt", YOLO["2"])
    imports.takes(imports.source, "--classes", classes)
    assert "left out: 1 of other classes" in imports.err


def test_several_classes_are_told(imports):
    imports.write("1.txt", YOLO["1"] + YOLO["1"] + "2 0.5 0.5 0.1 0.1 0.9\n")
    assert imports(imports.source) == 0
    assert "warning: several classes were taken: 0 (person) 2, 2 1; --classes selects" in imports.err


def test_confidences_are_selected_and_scaled(imports):
    imports.takes(imports.write("a.json", COCO), "--min_confidence", 0.3, rows=ROWS[:1])
    assert "left out: 1 below --min_confidence" in imports.err
    percent = [entry | {"score": 100 * entry["score"]} for entry in COCO]
    imports.takes(imports.write("b.json", percent), "--percent", "--overwrite")


def test_a_count_from_zero_is_shifted(imports):
    shifted = [entry | {"image_id": entry["image_id"] - 1} for entry in COCO]
    path = imports.write("a.json", shifted)
    words = "entry 1: frame 0, but the sequence has frames 1 to 4; does the detector count from 0? --first_frame 0"
    imports.refuses(path, words)
    imports.takes(path, "--first_frame", 0)


def test_scores_of_a_det_txt_may_be_any(imports):
    rows = [[1, -1, 10, 20, 30, 40, -1.5], [1, -1, 10, 20, 30, 40, 87.25]]
    imports.takes(
        imports.write("det.txt", "".join(",".join(map(str, row)) + "\n" for row in rows)), rows=rows
    )


def test_an_existing_file_is_kept(imports):
    path = imports.write("det.txt", MOT)
    assert imports(path) == 0
    before = imports.det_txt.read_bytes()
    other = imports.write("other.txt", "1,-1,1,2,3,4,0.5\n")
    assert imports(other) == 2 and "det.txt: exists already; --overwrite replaces it" in imports.err
    broken = imports.write("broken.txt", "1,-1,1,2,-3,4,0.5\n")
    assert imports(broken, "--overwrite") == 2
    assert imports.det_txt.read_bytes() == before and len(list(imports.det_txt.parent.iterdir())) == 1
    imports.takes(other, "--overwrite", rows=[[1, -1, 1, 2, 3, 4, 0.5]])


def test_another_place(imports, tmp_path):
    assert imports(imports.write("det.txt", MOT), "--output_file", tmp_path / "new" / "det.txt") == 0
    assert (tmp_path / "new" / "det.txt").exists() and not imports.det_txt.exists()


@pytest.mark.parametrize("name", ["clip.mp4", "clip/clip.mp4"])
def test_a_video_tells_size_and_frames(imports, tmp_path, name):
    write_film(tmp_path / name, 2)
    for frame, text in YOLO.items():
        imports.write(f"clip_{frame}.txt", text)
    assert imports(imports.source, sequence=tmp_path / name) == 0
    det_txt = tmp_path / "clip" / "det" / "det.txt"
    assert read_table(det_txt)[:, :7] == pytest.approx(np.array(ROWS))
    imports.write("clip_3.txt", YOLO["1"])
    assert imports(imports.source, "--overwrite", sequence=tmp_path / name) == 2
    assert "clip_3.txt: line 1: frame 3, but the sequence has frames 1 to 2" in imports.err


def test_invalid_detections_may_be_left_out(imports):
    entries = [*COCO, coco_entry(bbox=(1, 2, 0, 4)), coco_entry(9), coco_entry(score=7)]
    imports.takes(imports.write("a.json", entries), "--skip_invalid")
    assert "left out: 3 invalid" in imports.err


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
        ("a.csv", "frame,x,y,w\n", "no column top and height (or bottom), no column confidence; there are: frame"),
        ("a.csv", "frame,xmin,x1,y,w,h,score\n", "line 1: both 'xmin' and 'x1' tell left"),
        ("a.csv", "frame,x,X,y,w,h,score\n", "line 1: both 'x' and 'X' tell left"),
        ("a.csv", HEADER + "1,1,2,4e-7,4,.5\n", "line 2: width 4e-07 is 0 with the 6 decimals of det.txt"),
        ("a.csv", HEADER + "1,-1e300,2,3,4,.5\n", "line 2: left -1e+300 is beyond 1000000000 pixels"),
        ("a.csv", HEADER + "1e300,1,2,3,4,.5\n", "line 2: frame '1e300' is beyond 1000000000"),
        ("a.txt", "1e300,-1,1,2,3,4,0.5\n", "line 1: frame 1e300 is not a whole number"),
        ("a.json", "[{", "a.json: line 1: not JSON"),
        ("a.json", "[" * 100000, "a.json: lists within lists too deep, expected COCO results"),
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
        ("a.json", [{"image_id": 1, "bbox": [1, 2, 3, 4]}], "a.json: entry 1: no score"),
        ("a.json", [coco_entry(bbox=(1, 2, 3))], "a.json: entry 1: bbox [1, 2, 3] is not a list of left, top"),
        ("a.json", [coco_entry(bbox=(1, 2, None, 4))], "a.json: entry 1: bbox None is not a number"),
        ("a.json", [coco_entry("frame")], "entry 1: the name 'frame' does not end in a frame number"),
        ("a.json", [coco_entry(score=-0.5)], "a.json: entry 1: confidence -0.5 is not between 0 and 1"),
        ("labels/1.txt", "0 .2 .5 .2 .5 1\n0 .2 .5 .2 .5 3\n", "labels: the 6th numbers look like track ids"),
        ("labels/1.txt", "0 .2 .5 .2 .5 .5\n0 .2 .5 .2 .5 3\n", "1.txt: line 2: confidence 3 is not between 0 and 1"),
        ("labels/1.txt", "0 0.2 0.5 0.2\n", "1.txt: line 1: 4 numbers, expected class, centre x"),
        ("labels/1.txt", "0 64 48 0.2 0.2 0.5\n", "centre x 64 is not a share of the image's size, between 0 and 1"),
        ("labels/1.txt", YOLO["1"] + "0 0.2 0.5 0 0.2 1\n", "1.txt: line 2: width 0 is not positive"),
        ("labels/a.txt", YOLO["1"], "a.txt: the name 'a' does not end in a frame number"),
        ("labels/clip_0.txt", YOLO["1"], "clip_0.txt: line 1: frame 0, but the sequence has frames 1 to 4; does the"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_in_one_line(imports, name, content, words):
    path = imports.write(name, content)
    imports.refuses(path.parent if name.startswith("labels") else path, words)


def test_two_files_of_a_frame(imports):
    imports.write("a_1.txt", YOLO["1"])
    imports.write("b_1.txt", YOLO["1"])
    imports.refuses(imports.source, "b_1.txt: frame 1 has another file, a_1.txt")


def test_what_is_not_there(imports, tmp_path):
    imports.refuses(tmp_path / "none", "none: no such file or folder")
    imports.refuses(
        imports.source, "no text files in this folder, expected <image>.txt or <video>_<frame>.txt"
    )
    path = imports.write("a.json", COCO)
    imports.refuses(path, "a.json: not a folder", "--format", "yolo")
    imports.refuses(path, 'a.json: no "images" in it', "--coco_images", path)
    imports.refuses(path, "none.pb: no such network", "--features", "a.npy", "--model", tmp_path / "none.pb")
    about = imports.write("about.json", {"images": [{"id": 1, "file_name": "1.jpg"}]})
    imports.refuses(path, "a.json: entry 2: image_id 2 is not among the images", "--coco_images", about)


def test_a_class_that_does_not_occur(imports):
    path = imports.write("a.json", COCO)
    words = "no detection left (2 of other classes); classes in it: 1 (person)"
    imports.refuses(path, words, "--classes", "car")
    path = imports.write("det.txt", MOT)
    imports.refuses(path, "det.txt tells no classes", "--classes", "person")


def test_a_sequence_without_images(imports, tmp_path):
    imports.sequence = tmp_path / "SEQ-02"
    imports.sequence.mkdir()
    imports.det_txt = imports.sequence / "det" / "det.txt"
    imports.write("labels/1.txt", YOLO["1"])
    imports.refuses(imports.source / "labels", "img1: no images, and these boxes are given in shares")
    imports.takes(imports.write("a.json", COCO))


def test_features_are_computed_at_once(imports, tmp_path):
    pytest.importorskip("tensorflow")
    from tests.support.networks import write_tiny_network

    network = write_tiny_network(tmp_path / "tiny.pb")
    path = imports.write("a.json", COCO)
    assert imports(path, "--features", tmp_path / "SEQ-01.npy", "--model", network) == 0, imports.err
    made = np.load(tmp_path / "SEQ-01.npy")
    assert made[:, :7] == pytest.approx(np.array(ROWS)) and made.shape[1] > 10
    assert np.isfinite(made).all()


def test_no_det_txt_where_features_cannot_be_computed(imports, tmp_path, monkeypatch):
    path = imports.write("a.json", COCO)
    (tmp_path / "file").write_text("")
    imports.refuses(path, "choose another --features", "--features", tmp_path / "file" / "a.npy")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    imports.refuses(path, "tensorflow is not installed", "--features", tmp_path / "a.npy")
    assert not list(tmp_path.glob("a.npy*"))


def test_features_need_images(imports, tmp_path):
    path = imports.write("a.json", [coco_entry(2)])
    imports.sequence = make_sequence(tmp_path / "SEQ-02", [1, 3])
    imports.det_txt = imports.sequence / "det" / "det.txt"
    imports.refuses(
        path, "no image of any frame with detections, --features", "--features", tmp_path / "a.npy"
    )


def test_features_are_those_of_the_video_that_was_named(imports, tmp_path):
    write_film(tmp_path / "clip.mp4", 2)
    make_sequence(tmp_path / "clip", 1)
    imports.sequence = tmp_path / "clip.mp4"
    imports.det_txt = tmp_path / "clip" / "det" / "det.txt"
    words = f"clip.mp4: features would be of {tmp_path / 'clip' / 'img1'}, which comes first"
    imports.refuses(imports.write("a.json", COCO), words, "--features", tmp_path / "a.npy")


@pytest.fixture
def encodings(monkeypatch):
    """What would be encoded."""
    jobs = []
    monkeypatch.setattr("tools.features.encoder.create_box_encoder", lambda network: None)
    monkeypatch.setattr(
        "tools.features.encode_sequence.encode_sequence", lambda encoder, job: jobs.append(job)
    )
    monkeypatch.setattr("tools.features.encode_sequences.say_encoded", lambda report, path: None)
    return jobs


def test_features_follow_the_flags(imports, tmp_path, encodings, monkeypatch):
    path = imports.write("a.json", COCO)
    flags = ("--features", tmp_path / "a.npy", "--overwrite")
    assert imports(path, *flags) == 0 and imports(path, *flags, "--skip_invalid") == 0
    monkeypatch.chdir(imports.sequence)
    assert imports(path, *flags, sequence=".") == 0
    assert [job.skip_invalid for job in encodings] == [False, True, False]
    assert [job.name for job in encodings] == ["SEQ-01"] * 3


def test_what_is_read_is_not_replaced(imports, encodings):
    path = imports.write("a.csv", CSV[0])
    about = imports.write("about.json", {"images": []})
    imports.write("labels/1.txt", YOLO["1"])
    labels = imports.source / "labels"
    for detections, *flags in (
        (path, "--features", path),
        (path, "--features", imports.det_txt),
        (path, "--features", imports.sequence / "seqinfo.ini"),
        (path, "--features", about, "--coco_images", about),
        (path, "--output_file", path),
        (labels, "--features", labels / "1.txt"),
        (imports.source, "--output_file", labels / "1.txt"),
    ):
        imports.refuses(detections, "would replace", *flags, "--overwrite")
    assert path.read_text() == CSV[0] and not encodings


def test_help_is_quick(command):
    done = command("tools/import_detections.py", "--help")
    assert done.returncode == 0 and "--coco_images" in done.stdout
    code = "import sys, tools.import_detections; print({'cv2', 'numpy', 'tensorflow'} & set(sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert loaded.stdout == "set()\n"


def test_an_array_holds_the_numbers_of_the_text(imports, tmp_path):
    boxes = [
        {"image_id": frame, "category_id": 2 + frame, "bbox": [1.5, 2, 30, 40.25], "score": 0.5}
        for frame in (2, 1)
    ]
    path = imports.write("results.json", boxes)
    for name in ("boxes.txt", "boxes.npy"):
        assert imports(path, "--output_file", tmp_path / name, "--write_class") == 0, imports.err
    array = np.load(tmp_path / "boxes.npy")
    assert array.dtype == np.float64 and np.array_equal(array, read_table(tmp_path / "boxes.txt"))
    assert array.tolist() == [[frame, -1, 1.5, 2, 30, 40.25, 0.5, 2 + frame, -1, -1] for frame in (1, 2)]
    imports.refuses(
        path, "needs a det.txt", "--output_file", tmp_path / "other.npy", "--features", tmp_path / "f.npy"
    )


def test_classes_of_a_det_txt_are_kept(imports, tmp_path):
    path = imports.write("det.txt", "1,-1,1,2,3,4,0.5,7,-1,-1\n2,-1,1,2,3,4,0.5,7.5,1,2\n")
    assert imports(path, "--write_class") == 0
    assert read_table(imports.det_txt)[:, 7].tolist() == [7, -1]
