from __future__ import annotations

import os
import signal
import subprocess
import sys

import numpy as np
import pytest

from application_util.errors import UserError
from application_util.files.network_card import NetworkCard
from tests.support.encoding import BOXES, FRAMES, any_encoder, color_encoder, expected_rows, make_boxed_sequence
from tests.support.networks import write_tiny_ir
from tests.support.paths import ROOT
from tools.generate_detections import generate_detections, main


def test_resume_does_what_is_missing(mot_dir, out, capsys):
    for name in ("SEQ-02", "SEQ-03", "SEQ-04"):
        make_boxed_sequence(mot_dir, name)
    generate_detections(any_encoder, mot_dir, out)
    kept = (out / "SEQ-01.npy").stat().st_mtime_ns
    (out / "SEQ-02.npy").rename(out / "SEQ-02.npy.partial")
    with open(mot_dir / "SEQ-03" / "det" / "det.txt", "a") as file:
        file.write("1,-1,1,2,10,20,1,-1,-1,-1\n")
    moved = np.load(out / "SEQ-04.npy")
    moved[3, 2] += 1
    np.save(out / "SEQ-04.npy", moved)
    capsys.readouterr()

    generate_detections(any_encoder, mot_dir, out, resume=True)
    error = capsys.readouterr().err
    assert "SEQ-01: finished already" in error
    assert error.count("finished already") == 1
    assert (out / "SEQ-01.npy").stat().st_mtime_ns == kept
    assert sorted(os.listdir(out)) == [f"SEQ-0{number}.npy" for number in (1, 2, 3, 4)]
    assert len(np.load(out / "SEQ-03.npy")) == 13
    assert np.array_equal(np.load(out / "SEQ-04.npy")[:, :10], expected_rows())


def test_resume_knows_features_of_another_width(mot_dir, out, capsys):
    generate_detections(lambda image, boxes: np.ones((len(boxes), 7)), mot_dir, out)
    generate_detections(color_encoder(), mot_dir, out, resume=True)
    assert "finished already" not in capsys.readouterr().err
    assert np.load(out / "SEQ-01.npy").shape == (12, 13)


@pytest.mark.parametrize("how", ["zip", "npz", "short", "text", "header", "folder"])
def test_resume_makes_a_broken_file_again(mot_dir, out, how, capsys):
    generate_detections(any_encoder, mot_dir, out)
    path, whole = out / "SEQ-01.npy", (out / "SEQ-01.npy").read_bytes()
    if how == "npz":
        np.savez(out / "a.npz", a=np.zeros((2, 138)))
        (out / "a.npz").rename(path)
    elif how != "folder":
        contents = {"zip": b"PK\3\4 x", "short": whole[:200], "text": b"1,2", "header": whole[:10] + b"9" * 5000}
        path.write_bytes(contents[how])
    else:
        path.unlink()
        path.mkdir()
        with pytest.raises(UserError, match="cannot be written"):
            generate_detections(any_encoder, mot_dir, out, resume=True)
        return
    generate_detections(any_encoder, mot_dir, out, resume=True)
    assert path.read_bytes() == whole
    assert "finished already" not in capsys.readouterr().err


def test_resume_knows_the_network(mot_dir, out, capsys):
    encoder = color_encoder()
    for sha256, made in (("a", True), ("a", False), ("b", True), (None, False), ("a", True)):
        encoder.card = None if sha256 is None else NetworkCard("some.pb", sha256, encoder.feature_dim)
        generate_detections(encoder, mot_dir, out, resume=True)
        assert ("finished already" in capsys.readouterr().err) is not made
    (out / "SEQ-01.json").unlink()
    generate_detections(encoder, mot_dir, out, resume=True)
    assert "finished already" not in capsys.readouterr().err


def test_resume_means_nothing_else(mot_dir, out, capsys):
    """The same network and det.txt, but images, options, version, or the file itself are others."""
    encoder = color_encoder()

    def done(**made):
        encoder.card = NetworkCard("some.pb", "a", encoder.feature_dim, made=made)
        generate_detections(encoder, mot_dir, out, resume=True)
        return "finished already" in capsys.readouterr().err

    assert [done(color_order=order) for order in ("BGR", "BGR", "RGB", "RGB")] == [False, True] * 2
    image = mot_dir / "SEQ-01" / "img1" / "000002.png"
    image.write_bytes(image.with_name("000003.png").read_bytes())
    assert [done(color_order="RGB") for _ in range(2)] == [False, True]
    features = np.load(out / "SEQ-01.npy")
    features[0, -1] += 1
    np.save(out / "SEQ-01.npy", features)
    assert [done(color_order="RGB") for _ in range(2)] == [False, True]


@pytest.mark.slow
def test_resume_minds_the_options_of_the_network(mot_dir, tmp_path, capsys):
    pytest.importorskip("openvino")
    network = write_tiny_ir(tmp_path / "tiny.xml")

    def run(*flags):
        assert (
            main(["--mot_dir", f"{mot_dir}", "--model", f"{network}", "--output_dir", f"{tmp_path / 'out'}", *flags])
            == 0
        )
        return "finished already" in capsys.readouterr().err

    assert not run("--pixel_scale", "255") and run("--pixel_scale", "255", "--resume")
    for flags in (["--pixel_scale", "128"], ["--color_order", "RGB"], ["--pixel_mean", "3"]):
        assert not run(*flags, "--resume") and run(*flags, "--resume")


def test_a_file_in_the_place_of_the_card_is_kept(mot_dir, out):
    out.mkdir()
    (out / "SEQ-01.json").write_text("[]")
    with pytest.raises(UserError, match=r"SEQ-01.json: the network's card would replace this file"):
        generate_detections(color_encoder(), mot_dir, out)
    assert os.listdir(out) == ["SEQ-01.json"] and (out / "SEQ-01.json").read_text() == "[]"


def test_resume_with_images_missing_or_broken(tmp_path, out, capsys):
    images = make_boxed_sequence(tmp_path / "mot", suffix="jpg") / "img1"
    (images / "000001.jpg").unlink()
    whole = (images / "000003.jpg").read_bytes()
    (images / "000003.jpg").write_bytes(whole[:300])
    generate_detections(any_encoder, tmp_path / "mot", out, skip_invalid=True)
    generate_detections(any_encoder, tmp_path / "mot", out, skip_invalid=True, resume=True)
    assert capsys.readouterr().err.count("finished already") == 1
    (images / "000003.jpg").write_bytes(whole)  # repaired meanwhile
    generate_detections(any_encoder, tmp_path / "mot", out, skip_invalid=True, resume=True)
    assert np.array_equal(np.load(out / "SEQ-01.npy")[:, :10], expected_rows((2, 3, 5)))


@pytest.mark.slow
@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_dies_leaves_no_file_that_looks_finished(mot_dir, out, how):
    make_boxed_sequence(mot_dir, "SEQ-02", frames=tuple(range(1, 200)))
    script = f"""
import sys, time
sys.path.insert(0, {str(ROOT)!r})
from tests.support.encoding import any_encoder
from tools.generate_detections import generate_detections, main
def slow(image, boxes):
    print("frame", flush=True)
    time.sleep(0.02)
    return any_encoder(image, boxes)
generate_detections(slow, {str(mot_dir)!r}, {str(out)!r})
"""
    process = subprocess.Popen(
        [sys.executable, "-c", script], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout is not None
    for _ in range(len(FRAMES) + 20):
        assert process.stdout.readline() == "frame\n"
    process.send_signal(how)
    assert process.wait(60) != 0
    process.stdout.close()
    assert sorted(os.listdir(out)) == ["SEQ-01.npy", "SEQ-02.npy.partial"]
    with pytest.raises((ValueError, EOFError)):  # empty as long as what was written is in a buffer
        np.load(out / "SEQ-02.npy.partial", allow_pickle=False)

    generate_detections(any_encoder, mot_dir, out, resume=True)
    assert sorted(os.listdir(out)) == ["SEQ-01.npy", "SEQ-02.npy"]
    assert len(np.load(out / "SEQ-02.npy")) == 199 * len(BOXES)
