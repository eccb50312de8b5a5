"""Networks in 8-bit integers, calibrated on the sequences that they encode."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("openvino")

from application_util.errors import UserError
from application_util.files.network_card import network_sha256, read_card, write_card
from tests.support.cli import error_line
from tests.support.encoding import make_boxed_sequence
from tests.support.networks import FEATURE_DIM, IMAGE_SHAPE, expected_features, write_tiny_ir
from tools.features.calibration import sample_crops
from tools.features.encoder import ImageEncoder
from tools.features.encoding_job import EncodingJob
from tools.generate_detections import main
from tools.network.quantization import quantize

pytestmark = pytest.mark.slow

FORMAT = ["--pixel_scale", "255"]
PATCHES = np.random.default_rng(2).integers(0, 256, (40, *IMAGE_SHAPE), np.uint8)


@pytest.fixture
def here(tmp_path, monkeypatch):
    """Two sequences and a network, in the current folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("SEQ-01", "SEQ-02"):
        make_boxed_sequence(tmp_path / "mot", name)
    write_tiny_ir(tmp_path / "tiny.xml")
    return tmp_path


def generate(*flags, precision="int8"):
    argv = ["--mot_dir", "mot", "--model", "tiny.xml", "--output_dir", "out", "--precision", precision, *FORMAT]
    return main([*argv, *map(str, flags)])


def test_quantised_features_are_near_and_the_same_each_time(tmp_path):
    pytest.importorskip("nncf")
    source = write_tiny_ir(tmp_path / "tiny.xml")
    images = (PATCHES.transpose(0, 3, 1, 2) / 255).astype(np.float32)
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        path = tmp_path / name / "tiny-int8.xml"
        quantize(source, images, path)
        made.append(path.with_suffix(".bin").read_bytes())  # names in .xml count on
        assert {file.name for file in path.parent.iterdir()} == {"tiny-int8.xml", "tiny-int8.bin"}
    assert made[0] == made[1]
    assert b"FakeQuantize" in path.read_bytes() and b"FakeQuantize" not in source.read_bytes()
    encoder = ImageEncoder(path)
    found = np.concatenate([encoder._network.run(images[i : i + 8]) for i in range(0, 40, 8)])
    cosines = (found * expected_features(PATCHES)).sum(axis=1)
    assert 0.98 < cosines.min() < 0.999999


def test_a_network_is_calibrated_once_for_a_folder(here, capsys):
    pytest.importorskip("nncf")
    assert generate("--sequences", "SEQ-01") == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "int8: calibrated on 12 crops: out/tiny-int8.xml"
    network = here / "out" / "tiny-int8.xml"
    first = network_sha256(network)
    card, features = read_card(network), np.load(here / "out" / "SEQ-01.npy")
    assert (card.name, card.sha256, card.precision) == ("tiny-int8.xml", first, "int8")
    assert card.origin == network_sha256("tiny.xml") and card.image_format["scale"] == 255
    assert replace(read_card("out/SEQ-01.npy"), made={}) == card and features.shape == (12, 10 + FEATURE_DIM)

    assert generate("--resume") == 0
    lines = capsys.readouterr().err.splitlines()
    assert lines[:2] == ["int8: out/tiny-int8.xml, calibrated before", "SEQ-01: finished already, out/SEQ-01.npy"]
    assert network_sha256(network) == first and replace(read_card("out/SEQ-02.npy"), made={}) == card

    # What it made is a network like any other.
    assert main(["--mot_dir", "mot", "--model", str(network), "--output_dir", "again"]) == 0
    assert np.array_equal(np.load("again/SEQ-01.npy"), features)

    # That of another network is not taken.
    write_card(network, card.__class__(**{**card.__dict__, "origin": "0" * 64}))
    assert generate("--sequences", "SEQ-01") == 0
    assert "calibrated on" in capsys.readouterr().err
    assert np.array_equal(np.load("out/SEQ-01.npy"), features)


def test_resume_tells_precisions_apart(here, capsys):
    assert generate("--sequences", "SEQ-01", precision="float32") == 0
    assert read_card("out/SEQ-01.npy").precision == "float32"
    for again in (False, True):
        capsys.readouterr()
        assert generate("--sequences", "SEQ-01", "--resume", precision="bfloat16") == 0
        assert ("finished already" in capsys.readouterr().err) is again
        assert read_card("out/SEQ-01.npy").precision == "bfloat16"


def test_crops_are_spread_over_the_sequences(here):
    jobs = [
        EncodingJob(here / "mot" / name, here / "mot" / name / "det" / "det.txt", here / f"{name}.npy")
        for name in ("SEQ-01", "SEQ-02")
    ]
    everything = sample_crops(jobs, IMAGE_SHAPE[:2])
    assert everything.shape == (24, *IMAGE_SHAPE)
    few = sample_crops(jobs, IMAGE_SHAPE[:2], 4)
    assert len(few) == 4 and np.array_equal(few[[0, -1]], everything[[0, -1]])
    (here / "mot" / "SEQ-01" / "img1" / "000002.png").write_bytes(b"no image")
    assert len(sample_crops(jobs, IMAGE_SHAPE[:2])) == 21
    (here / "mot" / "SEQ-02" / "det" / "det.txt").write_text("")
    with pytest.raises(UserError, match="there are no detections"):
        sample_crops(jobs[1:], IMAGE_SHAPE[:2])


def test_without_nncf(here, capsys, monkeypatch):
    monkeypatch.setitem(sys.modules, "nncf", None)
    assert generate() == 2
    assert "nncf is not installed, and this needs it" in error_line(capsys.readouterr().err)
    assert not list(here.glob("out/*"))


def test_only_what_encodes_sequences_calibrates(here):
    with pytest.raises(UserError, match="int8 needs crops to be calibrated on"):
        ImageEncoder("tiny.xml", precision="int8")
