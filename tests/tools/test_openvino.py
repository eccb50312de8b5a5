"""Networks that OpenVINO runs give what TensorFlow gives."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

pytest.importorskip("openvino")


from application_util.errors import UserError
from application_util.files.network_card import NetworkCard, write_card
from tests.support.networks import FEATURE_DIM, IMAGE_SHAPE, expected_features, write_tiny_ir, write_tiny_network
from tests.support.paths import ROOT
from tools.features.encoder import ImageEncoder, create_box_encoder
from tools.network.image_format import ImageFormat, image_format_of

pytestmark = pytest.mark.slow

PATCHES = np.random.default_rng(2).integers(0, 256, (9, *IMAGE_SHAPE), np.uint8)
UNIT_RANGE = ImageFormat(scale=255.0)


@pytest.fixture(scope="module")
def frozen(tmp_path_factory):
    pytest.importorskip("tensorflow")
    return write_tiny_network(tmp_path_factory.mktemp("frozen") / "tiny.pb")


def test_frozen_graph_without_tensorflow(frozen, tmp_path):
    script = (
        "import sys, numpy\n"
        "sys.modules['tensorflow'] = None\n"
        "from tools.features.encoder import ImageEncoder\n"
        f"encoder = ImageEncoder({str(frozen)!r}, runtime='openvino')\n"
        f"numpy.save({str(tmp_path / 'found.npy')!r}, encoder(numpy.load({str(tmp_path / 'patches.npy')!r})))\n"
    )
    np.save(tmp_path / "patches.npy", PATCHES)
    subprocess.run([sys.executable, "-c", script], cwd=ROOT, check=True)
    np.testing.assert_allclose(np.load(tmp_path / "found.npy"), expected_features(PATCHES), atol=1e-5)


@pytest.mark.parametrize("color_order", ["BGR", "RGB"])
def test_own_format(tmp_path, color_order):
    path = write_tiny_ir(tmp_path / "tiny.xml", color_order)
    encoder = ImageEncoder(path, image_format=ImageFormat(color_order=color_order, scale=255.0))
    assert encoder.image_shape == IMAGE_SHAPE
    assert encoder.feature_dim == FEATURE_DIM
    assert encoder.fixed_batch is None  # written for one image, which does not matter
    np.testing.assert_allclose(encoder(PATCHES, batch_size=4), expected_features(PATCHES), atol=1e-5)


def test_a_fixed_batch_stays(tmp_path):
    encoder = ImageEncoder(write_tiny_ir(tmp_path / "tiny.xml", batch=4), image_format=UNIT_RANGE)
    assert encoder.fixed_batch == 4
    np.testing.assert_allclose(encoder(PATCHES), expected_features(PATCHES), atol=1e-5)


def test_bfloat16_is_near(frozen):
    encoder = ImageEncoder(frozen, runtime="openvino", precision="bfloat16")
    np.testing.assert_allclose(encoder(PATCHES), expected_features(PATCHES), atol=0.05)


def test_the_card_says_what_images_a_network_takes(tmp_path):
    path = write_tiny_ir(tmp_path / "tiny.xml", "RGB")
    card = NetworkCard(path.name, "0" * 64, FEATURE_DIM, image_format={"color_order": "RGB", "scale": 255.0})
    write_card(path, card)
    np.testing.assert_allclose(ImageEncoder(path)(PATCHES), expected_features(PATCHES), atol=1e-5)
    assert image_format_of(path, color_order="BGR", mean=None) == ImageFormat(color_order="BGR", scale=255.0)
    write_card(path, NetworkCard(path.name, "0" * 64, FEATURE_DIM, image_format={"colour": "RGB"}))
    with pytest.raises(UserError, match=r"tiny.xml: its card's image_format: .*colour"):
        image_format_of(path)


def test_boxes(tmp_path):
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), np.uint8)
    encoder = create_box_encoder(write_tiny_ir(tmp_path / "tiny.xml"), image_format=UNIT_RANGE)
    assert encoder(image, [[3, 4, 8, 16]]).shape == (1, FEATURE_DIM)
    np.testing.assert_allclose(encoder(image, [[3, 4, 8, 16]]), expected_features(image[None, 4:20, 3:11]), atol=1e-5)
    assert encoder.card.name == "tiny.xml"


def test_what_cannot_be_run(frozen, tmp_path):
    text = tmp_path / "text.xml"
    text.write_text("not a network")
    for path, options, said in (
        (text, {}, "text.xml: not a network that OpenVINO reads"),
        (
            frozen,
            {"runtime": "openvino", "input_name": "crops"},
            r"no crops .*\(likely: images:0\): .* --input_name takes",
        ),
        (frozen, {"runtime": "openvino", "output_name": "x"}, r"no x .*\(likely: features:0\): .* --output_name takes"),
        (frozen, {"precision": "bfloat16"}, "TensorFlow runs networks in float32"),
        (write_tiny_ir(tmp_path / "tiny.xml"), {"runtime": "tensorflow"}, "TensorFlow reads frozen graphs"),
    ):
        with pytest.raises(UserError, match=said):
            ImageEncoder(path, **options)


def test_without_openvino(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)
    (tmp_path / "network.xml").touch()
    with pytest.raises(UserError, match="openvino is not installed"):
        ImageEncoder(tmp_path / "network.xml")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_a_feature_does_not_depend_on_what_is_computed_beside_it(frozen, precision):
    encoder = ImageEncoder(frozen, runtime="openvino", precision=precision)
    together = encoder(PATCHES)
    assert np.array_equal(encoder(PATCHES, batch_size=4), together)
    with ThreadPoolExecutor(3) as threads:
        assert np.array_equal(np.concatenate(list(threads.map(encoder, PATCHES[:, None]))), together)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"color_order": "GBR"}, "color_order 'GBR': expected auto, NHWC, NCHW and BGR or RGB"),
        ({"layout": "NHCW"}, "layout 'NHCW'"),
        ({"scale": 0}, "scale 0: expected numbers, and no scale of 0"),
        ({"scale": float("nan")}, "expected numbers"),
        ({"mean": "x"}, "could not convert"),
    ],
)
def test_image_formats_that_no_network_takes(tmp_path, wrong, words):
    path = write_tiny_ir(tmp_path / "tiny.xml")
    write_card(path, NetworkCard(path.name, "0" * 64, FEATURE_DIM, image_format=wrong))
    with pytest.raises(UserError, match=f"tiny.xml: its card's image_format: .*{words}"):
        image_format_of(path)
    write_card(path, None)
    if "scale" in wrong:
        with pytest.raises(UserError, match=f"tiny.xml: .*{words}"):
            image_format_of(path, **wrong)


def test_a_network_of_whole_numbers_takes_no_others(tmp_path):
    openvino = pytest.importorskip("openvino")
    opset = __import__("openvino.opset13", fromlist=["opset13"])
    images = opset.parameter([-1, *IMAGE_SHAPE], np.uint8, name="images")
    means = opset.reduce_mean(opset.convert(images, "f32"), np.array([1, 2]), False)
    openvino.save_model(openvino.Model([means], [images], "whole"), tmp_path / "whole.xml")
    assert ImageEncoder(tmp_path / "whole.xml").feature_dim == 3
    with pytest.raises(UserError, match=r"whole.xml: takes whole numbers \(uint8\), to which mean and scale"):
        ImageEncoder(tmp_path / "whole.xml", image_format=UNIT_RANGE)


def test_features_that_are_no_numbers_are_refused(tmp_path):
    openvino = pytest.importorskip("openvino")
    opset = __import__("openvino.opset13", fromlist=["opset13"])
    images = opset.parameter([-1, *IMAGE_SHAPE], np.float32, name="images")
    roots = opset.sqrt(opset.subtract(opset.reduce_mean(images, np.array([1, 2]), False), np.float32(1)))
    openvino.save_model(openvino.Model([roots], [images], "roots"), tmp_path / "roots.xml")
    with pytest.raises(UserError, match=r"roots.xml: gives features that are not finite numbers"):
        ImageEncoder(tmp_path / "roots.xml")


def test_a_network_for_one_image_alone_that_gives_no_features(tmp_path):
    openvino = pytest.importorskip("openvino")
    opset = __import__("openvino.opset13", fromlist=["opset13"])
    images = opset.parameter([1, 3, 64, 32], np.float32, name="images")
    table = opset.reshape(images, np.array([1, 3 * 64, 32]), False)  # its batch cannot be opened
    openvino.save_model(openvino.Model([table], [images], "table"), tmp_path / "table.xml")
    with pytest.raises(UserError, match=r"table.xml: 1 images give an array of shape \(1, 192, 32\)"):
        ImageEncoder(tmp_path / "table.xml")
