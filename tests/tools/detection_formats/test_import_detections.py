"""The command: what it selects, finds, replaces and computes."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pytest

from application_util.files.mot_table import read_table
from tests.support.sequences import make_sequence
from tests.support.videos import write_film
from tests.tools.detection_formats.conftest import COCO, CSV, MOT, ROWS, YOLO, coco_entry


@pytest.mark.parametrize(
    "name", ["train/labels/a_{}_jpg.rf.01ab.txt", "obj_train_data/frame_00000{}.txt", "a/b/c/{}.txt"]
)
def test_the_folder_of_an_export(imports, name):
    for frame, text in YOLO.items():
        imports.write(name.format(frame), text)
    for other in ("train.txt", "README.dataset.txt", "data.yaml", "classes.txt", "a.json", "a/b/NOTES.txt"):
        imports.write(other, "data/obj_train_data/frame_000001.jpg\n")
    imports.takes(imports.source)
    folder = (imports.source / name).parent
    assert f"source: detections are read from {folder}\n" in imports.err
    imports.write("valid/labels/9.txt", YOLO["1"])
    words = f"{folder} (2 text files), {imports.source / 'valid/labels'} (1 text files): give one of them"
    assert imports(imports.source, "--overwrite") == 2 and words in imports.err


@pytest.mark.parametrize(
    ("name", "content"), [("annotations/a.json", COCO), ("a.csv", CSV[0]), ("SEQ-01/det/det.txt", MOT)]
)
def test_a_folder_with_a_single_file(imports, name, content):
    path = imports.write(name, content)
    imports.takes(imports.source)
    assert f"source: detections are read from {path}\n" in imports.err
    imports.write("other/" + name, content)
    assert imports(imports.source, "--overwrite") == 2 and ": give one of them\n" in imports.err


def test_yolo_with_whole_percents(imports):
    imports.write("1.txt", "0 0.2 0.5 0.2 0.5 90\n")
    imports.write("2.txt", "0 0.625 0.3 0.25 0.4 25\n")
    imports.takes(imports.source, "--percent")


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


def test_what_is_not_there(imports, tmp_path):
    imports.refuses(tmp_path / "none", "none: no such file or folder")
    imports.refuses(imports.source, "source: no detections here, expected text files <image>.txt or <video>_<frame>")
    for name in ("train.txt", "README.dataset.txt", "b/c.yaml", *(f"{n}.md" for n in range(9))):
        imports.write(name, "data/clip_1.jpg\n")
    imports.refuses(imports.source, "det.txt; there are: 0.md, 1.md, 2.md, 3.md, 4.md, 5.md, 6.md, 7.md and 4 more")
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
    imports.refuses(path, "no detection left (2 of other classes); classes in it: none", "--classes", "person")


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
    imports.refuses(path, "no image of any frame with detections, --features", "--features", tmp_path / "a.npy")


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
    monkeypatch.setattr(
        "tools.detection_formats.importing.create_box_encoder", lambda network: SimpleNamespace(card=None)
    )
    monkeypatch.setattr("tools.detection_formats.importing.encode_sequence", lambda encoder, job: jobs.append(job))
    monkeypatch.setattr("tools.detection_formats.importing.say_encoded", lambda report, path: None)
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
        (imports.write("b.json", COCO), "--features", imports.source / "b.npy"),
        (path, "--features", imports.det_txt),
        (path, "--features", imports.sequence / "seqinfo.ini"),
        (path, "--features", about, "--coco_images", about),
        (path, "--output_file", path),
        (labels, "--features", labels / "1.txt"),
        (imports.source, "--output_file", labels / "1.txt"),
    ):
        imports.refuses(detections, "would replace", *flags, "--overwrite")
    network = imports.write("net.xml", {})
    weights = imports.write("net.bin", {})
    imports.refuses(path, "would replace", "--features", weights, "--model", network)
    imports.refuses(path, "ends in .npy", "--features", imports.source / "a.bin", "--model", network)
    assert path.read_text() == CSV[0] and weights.read_text() == "{}" and not encodings


def test_an_array_holds_the_numbers_of_the_text(imports, tmp_path):
    boxes = [
        {"image_id": frame, "category_id": 2 + frame, "bbox": [1.5, 2, 30, 40.25], "score": 0.5} for frame in (2, 1)
    ]
    path = imports.write("results.json", boxes)
    for name in ("boxes.txt", "boxes.npy"):
        assert imports(path, "--output_file", tmp_path / name, "--write_class") == 0, imports.err
    array = np.load(tmp_path / "boxes.npy")
    assert array.dtype == np.float64 and np.array_equal(array, read_table(tmp_path / "boxes.txt"))
    assert array.tolist() == [[frame, -1, 1.5, 2, 30, 40.25, 0.5, 2 + frame, -1, -1] for frame in (1, 2)]
    imports.refuses(path, "needs a det.txt", "--output_file", tmp_path / "other.npy", "--features", tmp_path / "f.npy")


def test_classes_of_a_det_txt_are_kept(imports, tmp_path):
    path = imports.write("det.txt", "1,-1,1,2,3,4,0.5,7,-1,-1\n2,-1,1,2,3,4,0.5,7.5,1,2\n")
    assert imports(path, "--write_class") == 0
    assert read_table(imports.det_txt)[:, 7].tolist() == [7, -1]
    imports.takes(path, "--classes", "7", "--overwrite", rows=[[1, -1, 1, 2, 3, 4, 0.5]])
