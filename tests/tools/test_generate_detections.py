from __future__ import annotations

import math
import os
import shutil
import time
from pathlib import Path

import numpy as np
import pytest

from application_util.errors import UserError
from application_util.sequences import images
from deep_sort_app import run as track
from tests.support.encoding import (
    BOXES,
    FRAMES,
    IMAGE_SIZE,
    MeanColor,
    any_encoder,
    color_encoder,
    expected_rows,
    make_boxed_sequence,
    picture,
)
from tools.features import encode_sequence
from tools.features.encoder import BoxEncoder
from tools.generate_detections import generate_detections


def test_rows_are_those_of_det_txt_by_frame(mot_dir, out):
    generate_detections(color_encoder(), mot_dir, out)
    made = np.load(out / "SEQ-01.npy", allow_pickle=False)
    assert made.dtype == np.float64
    assert np.array_equal(made[:, :10], expected_rows())
    for row in made:
        alone = color_encoder()(picture(int(row[0])), row[None, 2:6])
        assert np.abs(row[10:] - alone[0]).max() <= 1e-5
    assert os.listdir(out) == ["SEQ-01.npy"]


@pytest.mark.parametrize("batch_size", [1, 5, 32])
def test_batches_go_across_frames(mot_dir, out, batch_size):
    encoder = color_encoder(batch_size)
    generate_detections(encoder, mot_dir, out)
    batches = encoder.image_encoder.batches
    assert sum(batches) == 12
    assert len(batches) == math.ceil(12 / batch_size)
    assert max(batches) == min(batch_size, 12)
    generate_detections(color_encoder(2), mot_dir, out / "other")
    assert np.allclose(np.load(out / "SEQ-01.npy"), np.load(out / "other" / "SEQ-01.npy"), rtol=0, atol=1e-6)


def test_many_boxes_in_a_frame_are_cut_in_pieces(mot_dir, out, monkeypatch):
    generate_detections(color_encoder(), mot_dir, out)
    monkeypatch.setattr(encode_sequence, "BOXES_AT_ONCE", 2)
    generate_detections(color_encoder(), mot_dir, out / "pieces")
    assert (out / "SEQ-01.npy").read_bytes() == (out / "pieces" / "SEQ-01.npy").read_bytes()


def test_an_encoder_of_ones_own_is_called_once_a_frame(mot_dir, out):
    calls = []

    def encoder(image, boxes):
        calls.append((image.shape, len(boxes)))
        return any_encoder(image, boxes).tolist()

    generate_detections(encoder, mot_dir, out)
    assert calls == [((*IMAGE_SIZE, 3), len(BOXES))] * len(FRAMES)
    made = np.load(out / "SEQ-01.npy")
    assert np.array_equal(made[:, :10], expected_rows())
    assert np.array_equal(made[:, 10:12], made[:, 2:4])
    assert np.array_equal(made[:3, 12], [picture(1).mean()] * 3)


def test_a_changed_box_encoder_is_called_like_any_other(mot_dir, out):
    class Doubled(BoxEncoder):
        def __call__(self, image, boxes):
            return 2 * super().__call__(image, boxes)

    generate_detections(color_encoder(), mot_dir, out)
    generate_detections(Doubled(MeanColor()), mot_dir, out / "doubled")
    once, twice = np.load(out / "SEQ-01.npy"), np.load(out / "doubled" / "SEQ-01.npy")
    assert np.allclose(twice[:, 10:], 2 * once[:, 10:], atol=1e-4)


def test_a_name_that_is_no_text(mot_dir, out):
    name = os.fsdecode(b"S\xff1")
    (mot_dir / "SEQ-01").rename(mot_dir / name)
    generate_detections(color_encoder(), mot_dir, out)
    assert np.array_equal(np.load(out / f"{name}.npy")[:, :10], expected_rows())


def test_an_encoder_that_loses_boxes_is_an_error(mot_dir, out):
    with pytest.raises(ValueError, match=r"shape \(2, 3\) for 3 boxes"):
        generate_detections(lambda image, boxes: np.zeros((2, 3)), mot_dir, out)
    assert not (out / "SEQ-01.npy").exists()


def test_seven_columns_give_the_same_file_as_ten(mot_dir, out, tmp_path):
    make_boxed_sequence(tmp_path / "seven", tail="")
    generate_detections(color_encoder(), mot_dir, out)
    generate_detections(color_encoder(), tmp_path / "seven", out / "seven")
    assert (out / "SEQ-01.npy").read_bytes() == (out / "seven" / "SEQ-01.npy").read_bytes()


def test_an_empty_det_txt_gives_a_file_without_rows(mot_dir, out):
    (mot_dir / "SEQ-01" / "det" / "det.txt").write_text("\n")
    generate_detections(any_encoder, mot_dir, out)
    assert np.load(out / "SEQ-01.npy").shape == (0, 138)
    generate_detections(color_encoder(), mot_dir, out)
    assert np.load(out / "SEQ-01.npy").shape == (0, 13)


def test_detections_from_another_folder(mot_dir, out, tmp_path):
    shutil.move(mot_dir / "SEQ-01" / "det", tmp_path / "own" / "SEQ-01" / "det")
    with pytest.raises(UserError, match=r"SEQ-01.*det.txt: no such file, sequence SEQ-01 needs one"):
        generate_detections(any_encoder, mot_dir, out)
    generate_detections(any_encoder, mot_dir, out, tmp_path / "own")
    assert np.array_equal(np.load(out / "SEQ-01.npy")[:, :10], expected_rows())


def test_stray_files_and_folders_are_no_sequences(mot_dir, out):
    (mot_dir / "notes.txt").write_text("hello")
    (mot_dir / ".hidden").mkdir()
    (mot_dir / ".DS_Store").touch()
    (mot_dir / "detections").mkdir()
    (mot_dir / "SEQ-01" / "img1" / "Thumbs.db").touch()
    (mot_dir / "SEQ-01" / "img1" / "._000001.png").touch()
    generate_detections(any_encoder, f"{mot_dir}/", out)
    assert os.listdir(out) == ["SEQ-01.npy"]


def test_selection_of_sequences(mot_dir, out):
    make_boxed_sequence(mot_dir, "SEQ-02")
    make_boxed_sequence(mot_dir, "SEQ-03")
    generate_detections(any_encoder, mot_dir, out, sequences=["SEQ-03", "SEQ-01"])
    assert sorted(os.listdir(out)) == ["SEQ-01.npy", "SEQ-03.npy"]
    with pytest.raises(UserError, match=r"no sequence SEQ-04; there are SEQ-01, SEQ-02, SEQ-03"):
        generate_detections(any_encoder, mot_dir, out, sequences=["SEQ-04"])
    with pytest.raises(UserError, match=r"SEQ-01: a sequence, expected the folder that holds sequences"):
        generate_detections(any_encoder, mot_dir / "SEQ-01", out)
    with pytest.raises(UserError, match="no such folder"):
        generate_detections(any_encoder, mot_dir / "SEQ-09", out)


def test_images_are_read_only_as_far_ahead_as_needed(mot_dir, out, monkeypatch):
    make_boxed_sequence(mot_dir, "SEQ-02", frames=tuple(range(1, 120)))
    read: list[Path] = []
    original = images.read_image

    def noted(path, whole):
        read.append(path)
        return original(path, whole)

    monkeypatch.setattr(images, "read_image", noted)
    most = 0

    def encoder(image, boxes):
        nonlocal most, done
        time.sleep(0.001)
        most = max(most, len(read) - done)
        done += 1
        return any_encoder(image, boxes)

    done = 0
    generate_detections(encoder, mot_dir, out, sequences=["SEQ-02"])
    assert done == 119
    assert most <= encode_sequence.IMAGES_AHEAD + encode_sequence.IMAGE_THREADS + 1


def test_the_tracker_runs_on_the_file(mot_dir, out, tmp_path):
    generate_detections(color_encoder(), mot_dir, out)
    track(mot_dir / "SEQ-01", out / "SEQ-01.npy", tmp_path / "tracks.txt", -1, 1.0, 0, 0.2, None, False)
    assert (tmp_path / "tracks.txt").exists()
