from __future__ import annotations

import os
import shutil

import numpy as np
import pytest

from application_util.errors import UserError
from tests.support.encoding import any_encoder, color_encoder, expected_rows, make_boxed_sequence
from tools.generate_detections import generate_detections


def test_a_sequence_without_det_txt_fails_alone_and_is_named_first(mot_dir, out, capsys):
    (mot_dir / "SEQ-02" / "img1").mkdir(parents=True)
    with pytest.raises(UserError, match=r"SEQ-02/det/det.txt: no such file, sequence SEQ-02 needs one"):
        generate_detections(any_encoder, mot_dir, out)
    assert os.listdir(out) == ["SEQ-01.npy"]
    assert capsys.readouterr().err.startswith("warning: SEQ-02 is left out: ")
    with pytest.raises(UserError, match=r"SEQ-02/det/det.txt: no such file"):
        generate_detections(any_encoder, mot_dir, out / "none", sequences=["SEQ-02"])
    assert not (out / "none").exists()


def test_a_broken_row_is_named_before_anything_runs(mot_dir, out):
    make_boxed_sequence(mot_dir, "SEQ-02")
    for name in ("SEQ-01", "SEQ-02"):
        with open(mot_dir / name / "det" / "det.txt", "a") as file:
            file.write("4,-1,10,20,x,40,1,-1,-1,-1\n")
    words = r"SEQ-01/det/det.txt: line 14: column 5: 'x' is not a number \(failed as well: SEQ-02\)"
    with pytest.raises(UserError, match=words):
        generate_detections(any_encoder, mot_dir, out)
    assert not out.exists()


def test_an_image_that_cannot_be_read_ends_its_sequence_only(mot_dir, out):
    make_boxed_sequence(mot_dir, "SEQ-02")
    (mot_dir / "SEQ-01" / "img1" / "000003.png").write_bytes(b"no image")
    with pytest.raises(UserError, match=r"000003.png: not a readable image"):
        generate_detections(any_encoder, mot_dir, out)
    assert (out / "SEQ-02.npy").exists() and not (out / "SEQ-01.npy").exists()


def test_a_file_that_is_read_is_not_replaced(mot_dir, out):
    out.mkdir()
    (out / "SEQ-01.npy").symlink_to(mot_dir / "SEQ-01" / "det" / "det.txt")
    with pytest.raises(UserError, match="would replace"):
        generate_detections(any_encoder, mot_dir, out)
    assert (mot_dir / "SEQ-01" / "det" / "det.txt").read_text().startswith("5, -1")


@pytest.mark.parametrize("encoder", [any_encoder, color_encoder()])
def test_missing_images_leave_rows_out_with_one_warning(mot_dir, out, capsys, encoder):
    for frame in (2, 5):
        (mot_dir / "SEQ-01" / "img1" / f"{frame:06d}.png").unlink()
    generate_detections(encoder, mot_dir, out)
    assert np.array_equal(np.load(out / "SEQ-01.npy")[:, :10], expected_rows((1, 3)))
    warnings = [line for line in capsys.readouterr().err.splitlines() if "warning" in line]
    assert warnings == ["warning: SEQ-01: no image for 2 frames with detections (first: 2): 6 rows left out"]


def test_no_image_at_all_is_an_error(mot_dir, out):
    shutil.rmtree(mot_dir / "SEQ-01" / "img1")
    with pytest.raises(UserError, match="img1: no images, no such folder"):
        generate_detections(any_encoder, mot_dir, out)
    assert not out.exists()


@pytest.mark.parametrize("encoder", [any_encoder, color_encoder()])
@pytest.mark.parametrize(("suffix", "fraction"), [("jpg", 0.6), ("jpg", 0.0), ("png", 0.6)])
def test_a_truncated_image_is_named_or_skipped(tmp_path, out, capfd, encoder, suffix, fraction):
    image = make_boxed_sequence(tmp_path / "mot", suffix=suffix) / "img1" / f"000003.{suffix}"
    image.write_bytes(image.read_bytes()[: int(fraction * image.stat().st_size)])
    with pytest.raises(UserError, match=rf"000003.{suffix}: .* \(--skip_invalid leaves its rows out\)"):
        generate_detections(encoder, tmp_path / "mot", out)
    assert os.listdir(out) == ["SEQ-01.npy.partial"]
    generate_detections(encoder, tmp_path / "mot", out, skip_invalid=True)
    assert np.array_equal(np.load(out / "SEQ-01.npy")[:, :10], expected_rows((1, 2, 5)))
    assert f"1 image cannot be read (first: {image}): 3 rows left out" in capfd.readouterr().err


def test_a_jpeg_without_its_last_bytes_is_truncated(tmp_path, out):
    image = make_boxed_sequence(tmp_path / "mot", suffix="jpg") / "img1" / "000003.jpg"
    whole = image.read_bytes()
    image.write_bytes(whole[:-2])
    with pytest.raises(UserError, match=r"000003.jpg: truncated image"):
        generate_detections(any_encoder, tmp_path / "mot", out)
    image.write_bytes(whole + bytes(100))  # padding does no harm
    generate_detections(any_encoder, tmp_path / "mot", out)


def test_boxes_outside_are_noise_that_comes_again(mot_dir, out, capsys):
    with open(mot_dir / "SEQ-01" / "det" / "det.txt", "a") as file:
        file.write("2,-1,900,4,10,20,1,-1,-1,-1\n3,-1,-900,4,10,20,1,-1,-1,-1\n3,-1,-900,4,10,20,1,-1,-1,-1\n")
    generate_detections(color_encoder(), mot_dir, out)
    error = capsys.readouterr().err
    assert error.count("warning") == 1
    assert "SEQ-01: 3 boxes outside the image (first: frame 2)" in error
    generate_detections(color_encoder(5), mot_dir, out / "again")
    made, again = np.load(out / "SEQ-01.npy"), np.load(out / "again" / "SEQ-01.npy")
    assert np.allclose(made, again, rtol=0, atol=1e-6)
    noise = made[np.abs(made[:, 2]) == 900, 10:]
    assert len(np.unique(noise, axis=0)) == 3


def test_an_error_keeps_the_file_of_an_earlier_run(mot_dir, out):
    generate_detections(any_encoder, mot_dir, out)
    before = (out / "SEQ-01.npy").read_bytes()
    (mot_dir / "SEQ-01" / "img1" / "000005.png").write_bytes(b"")
    with pytest.raises(UserError, match="not a readable image"):
        generate_detections(any_encoder, mot_dir, out)
    assert (out / "SEQ-01.npy").read_bytes() == before


def test_a_folder_that_cannot_be_written(mot_dir, tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match=r"cannot be written .*: choose another place"):
        generate_detections(any_encoder, mot_dir, tmp_path / "file")


def test_a_folder_without_anything_of_a_sequence(mot_dir, out):
    shutil.rmtree(mot_dir / "SEQ-01")
    (mot_dir / "detections").mkdir()
    with pytest.raises(UserError, match=r"no sequence here has img1 or det or seqinfo.ini"):
        generate_detections(any_encoder, mot_dir, out)
    with pytest.raises(UserError, match=r"detections/det/det.txt: no such file"):
        generate_detections(any_encoder, mot_dir, out, sequences=["detections"])
