"""Sequences whose images are a video."""

from __future__ import annotations

import numpy as np
import pytest

from application_util.errors import UserError
from application_util.files.mot_table import read_table
from application_util.sequences.sequence import find_det_txt, is_sequence, read_sequence
from application_util.sequences.sequence_set import find_sequences, sequence_length
from application_util.sequences.video_source import VIDEO_SUFFIXES
from tests.support.sequences import make_sequence
from tests.support.videos import SIZE, number, write_film


def test_a_video_takes_the_place_of_img1(tmp_path):
    write_film(tmp_path / "SEQ-01" / "SEQ-01.mp4", 5)
    sequence = read_sequence(tmp_path / "SEQ-01")
    assert (sequence.name, sequence.image_size, sequence.update_ms) == ("SEQ-01", SIZE, 100)
    assert [number(sequence.read_image(frame)) for frame in sequence.images] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("kind", VIDEO_SUFFIXES)
def test_kinds_of_video(tmp_path, kind):
    write_film(tmp_path / "clip.avi", 3)
    (tmp_path / "clip.avi").rename(tmp_path / f"clip{kind}")  # what is inside decides
    assert len(read_sequence(tmp_path / f"clip{kind}").images) == 3
    assert find_sequences(tmp_path).names == ["clip"]


@pytest.mark.parametrize("given", ["clip.avi", "clip", "clip/"])
def test_a_video_alone_is_a_sequence(tmp_path, monkeypatch, given):
    write_film(tmp_path / "clip.avi", 3)
    monkeypatch.chdir(tmp_path)
    sequence = read_sequence(given)
    assert (sequence.name, list(sequence.images), sequence.groundtruth) == ("clip", [1, 2, 3], None)
    assert is_sequence(tmp_path / "clip") and not is_sequence(tmp_path / "other")


def test_the_folder_of_a_videos_name_holds_what_else_belongs_to_it(tmp_path):
    write_film(tmp_path / "clip.avi", 3)
    for name, text in (
        ("det/det.txt", "1,-1,1,2,3,4,0.5\n"),
        ("gt/gt.txt", "1,1,1,2,3,4,1\n"),
        ("seqinfo.ini", "[Sequence]\nframeRate=25\n"),
    ):
        path = tmp_path / "clip" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    for given in (tmp_path / "clip", tmp_path / "clip.avi"):
        sequence = read_sequence(given)
        assert sequence.frame_rate == 25 and len(sequence.images) == 3
        assert read_table(find_det_txt(sequence.directory)).tolist() == [[1, -1, 1, 2, 3, 4, 0.5]]
        assert sequence.groundtruth is not None and len(sequence.groundtruth) == 1


def test_the_sequence_in_which_one_stands(tmp_path, monkeypatch):
    write_film(tmp_path / "SEQ" / "SEQ.avi", 2)
    monkeypatch.chdir(tmp_path / "SEQ")
    assert (read_sequence(".").name, len(read_sequence(".").images)) == ("SEQ", 2)


def test_images_go_before_a_video_unless_it_is_named(tmp_path):
    make_sequence(tmp_path / "SEQ-01", 4)
    write_film(tmp_path / "SEQ-01" / "SEQ-01.avi", 2)
    write_film(tmp_path / "SEQ-01.avi", 3)
    assert len(read_sequence(tmp_path / "SEQ-01").images) == 4
    assert len(read_sequence(tmp_path / "SEQ-01.avi").images) == 3
    inside = read_sequence(tmp_path / "SEQ-01" / "SEQ-01.avi")
    assert len(inside.images) == 2 and inside.directory == tmp_path / "SEQ-01"


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("none", "none: no such folder, expected a MOTChallenge sequence or a video"),
        ("none.mp4", "none.mp4: no such file, expected a video"),
        ("notes.txt", "notes.txt: is not a folder and not a video"),
        ("broken.mp4", "broken.mp4: not a readable video"),
        ("SEQ", "SEQ.mkv: not a readable video"),
    ],
)
def test_what_cannot_be_read_is_named(tmp_path, given, words):
    for name in ("notes.txt", "broken.mp4", "SEQ/SEQ.mkv"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("no video")
    with pytest.raises(UserError, match=words):
        read_sequence(tmp_path / given)


def test_detections_of_a_video_alone_may_lie_beside_it(tmp_path):
    usual = tmp_path / "clip" / "det" / "det.txt"
    assert find_det_txt(tmp_path / "clip") == usual
    (tmp_path / "clip.txt").write_text("1,-1,1,2,3,4,0.5\n")
    write_film(tmp_path / "clip.avi", 2)
    assert find_det_txt(tmp_path / "clip") == tmp_path / "clip.txt"
    assert np.array_equal(read_table(find_det_txt(read_sequence(tmp_path / "clip.avi").directory))[:, :2], [[1, -1]])
    usual.parent.mkdir(parents=True)  # where clip.txt may be a result
    assert find_det_txt(tmp_path / "clip") == usual


def test_videos_are_listed_with_folders(tmp_path):
    make_sequence(tmp_path / "SEQ-02", 2)
    write_film(tmp_path / "SEQ-01" / "SEQ-01.avi", 2)
    write_film(tmp_path / "SEQ-03.avi", 3)
    write_film(tmp_path / "SEQ-02.avi", 2)
    write_film(tmp_path / ".hidden.avi", 2)
    (tmp_path / "notes.txt").touch()
    (tmp_path / "SEQ-04.partial.mp4").touch()
    names = ["SEQ-01", "SEQ-02", "SEQ-03"]
    sequences = find_sequences(tmp_path)
    assert sequences.names == names
    assert sequences.skipped == [".hidden.avi", "SEQ-04.partial.mp4", "notes.txt"]
    assert sequence_length(sequences.path("SEQ-03")) == 3
