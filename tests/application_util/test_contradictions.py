"""What a sequence says twice is compared."""

from __future__ import annotations

import pytest

from application_util.errors import UserError
from application_util.sequences.contradictions import contradictions
from application_util.sequences.images import ImageFolder
from application_util.sequences.sequence import read_sequence
from application_util.sequences.sequence_set import find_sequences
from tests.support.sequences import make_sequence
from tests.support.videos import write_film

GOOD = "name=S\nimDir=img1\nframeRate=10\nseqLength=4\nimWidth=128\nimHeight=96\nimExt=.png\n"


def lines_of(folder, text, encoding="utf-8", counted=True):
    (folder / "seqinfo.ini").write_bytes(f"[Sequence]\n{text}".encode(encoding))
    return contradictions(read_sequence(folder), counted)


def test_what_agrees_is_not_mentioned(tmp_path):
    folder = make_sequence(tmp_path / "S", 4)
    assert lines_of(folder, GOOD) == lines_of(folder, GOOD + "frameRate=10\n") == lines_of(folder, "") == []
    (folder / "seqinfo.ini").unlink()
    assert contradictions(read_sequence(folder)) == []


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("imWidth=256", "imWidth=256 imHeight=96, but the images have 128 x 96 pixels"),
        ("imHeight=128", "imHeight=128, but the images have 128 x 96 pixels"),
        ("imWidth=1e9x", "imWidth=1e9x is no whole number above 0, and not used"),
        ("seqLength=5", "seqLength=5, but the images are of frames 1 to 4"),
        ("seqLength=4O", "seqLength=4O is no whole number above 0"),
        ("name=MOT16-02", "name=MOT16-02, but the sequence is called S: is it of another one?"),
        ("imDir=img2", "imDir=img2, no such folder: the images are taken from"),
        ("imExt=.jpg", "imExt=.jpg, but the images are called like 000001.png"),
    ],
)
def test_contradictions_name_both(tmp_path, line, words):
    folder = make_sequence(tmp_path / "S", 4)
    key = line.partition("=")[0]
    text = "\n".join(line if each.startswith(key) else each for each in GOOD.splitlines())
    (found,) = lines_of(folder, text)
    assert found.startswith(f"{folder}/seqinfo.ini: ") and words in found


def test_a_key_that_is_there_twice(tmp_path):
    folder = make_sequence(tmp_path / "S", 4)
    (found,) = lines_of(folder, GOOD + "frameRate=30\n")
    assert found.endswith("framerate=30 and 10: the last is taken")
    assert read_sequence(folder).frame_rate == 30


def test_videos(tmp_path):
    folder = tmp_path / "S"
    folder.mkdir()
    write_film(tmp_path / "S.avi", 4, 10)
    assert lines_of(folder, GOOD) == lines_of(folder, GOOD.replace("frameRate=10", "frameRate=10.01")) == []
    (found,) = lines_of(folder, GOOD.replace("frameRate=10", "frameRate=25"))
    assert "frameRate=25, but S.avi has 10: the former is taken" in found
    (found,) = lines_of(folder, GOOD.replace("imWidth=128", "imWidth=96"))
    assert "imWidth=96 imHeight=96, but the images have 128 x 96 pixels" in found
    longer = GOOD.replace("seqLength=4", "seqLength=7")
    assert "seqLength=7" in lines_of(folder, longer)[0] and lines_of(folder, longer, counted=False) == []


def test_images_that_are_not_used_are_counted(tmp_path):
    folder = make_sequence(tmp_path / "S", 4)
    for name in ("frame_5.png", "000006 (1).png"):
        (folder / "img1" / name).write_bytes((folder / "img1" / "000001.png").read_bytes())
    (found,) = lines_of(folder, GOOD)
    assert found == (
        f"{folder}/img1: 2 images are not used, such as 000006 (1).png: "
        "those of the sequence are called like 000001.png"
    )


def test_a_folder_of_images_without_one_that_can_be_used_is_mentioned(tmp_path):
    folder = make_sequence(tmp_path / "S", 0)
    (folder / "img1").mkdir()
    (folder / "img1" / "000001-left.png").touch()
    (found,) = lines_of(folder, "name=S\n")
    assert "img1: no images named by frame number, such as 000001.jpg; it has 000001-left.png" in found


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8-sig", "latin-1"])
def test_encodings(tmp_path, encoding):
    folder = make_sequence(tmp_path / "S", 4)
    lines_of(folder, "comment=Größe\nframeRate=50\n", encoding)
    assert read_sequence(folder).frame_rate == 50


@pytest.mark.parametrize("name", ["images/left", r"images\left", "./images/left/"])
def test_images_in_a_folder_below(tmp_path, name):
    folder = make_sequence(tmp_path / "S", 4)
    (folder / "images").mkdir()
    (folder / "img1").rename(folder / "images" / "left")
    assert lines_of(folder, f"imDir={name}\n") == []
    assert len(read_sequence(folder).images) == 4


@pytest.mark.parametrize("name", ["..", "../S2/img1", "/", ""])
def test_images_elsewhere_are_not_taken(tmp_path, name):
    make_sequence(tmp_path / "S2", 7)
    folder = make_sequence(tmp_path / "S", 4)
    lines_of(folder, f"imDir={name}\n")
    assert len(read_sequence(folder).images) == 4


@pytest.mark.parametrize("suffix", ["ppm", "PPM", "jpe", "jp2"])
def test_kinds_of_images(tmp_path, suffix):
    assert len(ImageFolder(make_sequence(tmp_path / "S", 2, suffix=suffix) / "img1")) == 2


def test_the_folder_above_is_told_from_that_of_the_sequences(tmp_path):
    for split in ("test", "train"):
        make_sequence(tmp_path / "MOT" / split / "S", 2)
    with pytest.raises(UserError, match=r"no sequences, but in .*/MOT/test and .*/MOT/train there are some"):
        find_sequences(tmp_path / "MOT")
    assert find_sequences(tmp_path / "MOT" / "train").names == ["S"]
