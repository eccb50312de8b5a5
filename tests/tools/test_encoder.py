from __future__ import annotations

import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from application_util.errors import UserError
from tests.support.networks import FEATURE_DIM, IMAGE_SHAPE, expected_features, operations, write_tiny_network
from tests.support.paths import shared_path
from tools.generate_detections import ImageEncoder, create_box_encoder, extract_image_patch
from tools.network import model_file

pytestmark = pytest.mark.slow

TF1_LOOP = {"Enter", "Exit", "NextIteration", "TensorArrayV3"}


@pytest.fixture(scope="module")
def patches() -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (70, *IMAGE_SHAPE), np.uint8)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("tensorflow")
    return write_tiny_network(tmp_path_factory.mktemp("network") / "tiny.pb")


def test_attributes_and_features(network, patches):
    encoder = ImageEncoder(network)
    assert encoder.image_shape == IMAGE_SHAPE
    assert encoder.feature_dim == FEATURE_DIM
    features = encoder(patches)
    assert features.dtype == np.float32
    assert np.allclose(features, expected_features(patches), atol=1e-5)


@pytest.mark.parametrize(
    ("form", "has"),
    [
        ({"flip": "loop of TensorFlow 1"}, TF1_LOOP),
        ({"flip": "loop of TensorFlow 2"}, {"StatelessWhile"}),
        ({"flip": "loop of TensorFlow 1", "batch": 4}, TF1_LOOP),
        ({"dtype": "float32"}, {"Placeholder"}),
        ({"batch": 4}, {"Placeholder"}),
        ({"batch": 1}, {"Placeholder"}),
    ],
)
def test_any_frozen_graph(tmp_path, patches, form, has):
    pytest.importorskip("tensorflow")
    path = write_tiny_network(tmp_path / "network.pb", **form)
    assert has <= operations(path)
    assert np.allclose(ImageEncoder(path)(patches), expected_features(patches), atol=1e-5)


def test_other_node_names(tmp_path, patches):
    pytest.importorskip("tensorflow")
    path = write_tiny_network(tmp_path / "network.pb", names=("net/crop", "net/embedding"))
    encoder = ImageEncoder(path, "net/crop", "net/embedding:0")
    assert np.allclose(encoder(patches), expected_features(patches), atol=1e-5)
    with pytest.raises(UserError, match=r"no node images .*likely: net/crop.* --input_name takes another"):
        ImageEncoder(path)
    with pytest.raises(UserError, match=r"no node features .*net/embedding.* --output_name takes another"):
        ImageEncoder(path, "net/crop")


@pytest.mark.parametrize("batch_size", [1, 3, 32, 64, 1000])
def test_batches_do_not_change_features(network, patches, batch_size):
    encoder = ImageEncoder(network)
    assert np.abs(encoder(patches, batch_size) - encoder(patches)).max() <= 1e-6


def test_no_patches(network):
    assert ImageEncoder(network)(np.empty((0, *IMAGE_SHAPE))).shape == (0, FEATURE_DIM)


def test_patches_of_another_shape(network):
    with pytest.raises(ValueError, match=r"shape \(2, 8, 16, 3\), expected \(N, 16, 8, 3\)"):
        ImageEncoder(network)(np.zeros((2, 8, 16, 3), np.uint8))


@pytest.mark.parametrize("wrong", [np.nan, 256, -1, 0.5])
def test_patches_with_values_of_no_image(network, patches, wrong):
    encoder = ImageEncoder(network)
    floats = patches[:2].astype(np.float32)
    assert np.array_equal(encoder(floats), encoder(patches[:2]))
    floats[1, 2, 3, 0] = wrong
    with pytest.raises(ValueError, match="patches of float32 with other values than whole numbers from 0 to 255"):
        encoder(floats)


def test_what_is_no_patches(network, patches):
    encoder = ImageEncoder(network)
    with pytest.raises(ValueError, match=r"patches of shape \(\)"):
        encoder(None)
    with pytest.raises(ValueError, match="batch_size is 0"):
        encoder(patches, 0)


def test_several_threads(network, patches):
    encoder = ImageEncoder(network)
    expected = encoder(patches)
    results: list[np.ndarray] = []
    threads = [threading.Thread(target=lambda: results.append(encoder(patches, 7))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(results) == 4
    assert all(np.abs(result - expected).max() <= 1e-6 for result in results)


def test_boxes(network, capsys):
    image = np.random.default_rng(5).integers(0, 256, (120, 160, 3), np.uint8)
    boxes = np.array([[10, 10, 20, 50], [60, 40, 30, 60], [-5, -5, 40, 70]], float)
    encoder = create_box_encoder(network, batch_size=2)
    crops = np.array([extract_image_patch(image, box, IMAGE_SHAPE[:2]) for box in boxes])
    assert np.allclose(encoder(image, boxes), expected_features(crops), atol=1e-5)
    assert np.array_equal(encoder(image, boxes.tolist()), encoder(image, boxes))
    assert encoder(image, []).shape == (0, FEATURE_DIM)
    assert capsys.readouterr().err == ""


def test_a_box_outside_gets_the_same_noise_again_and_one_warning(network, capsys):
    image = np.zeros((60, 60, 3), np.uint8)
    encoder = create_box_encoder(network)
    outside = np.array([[100.0, 0, 10, 20], [-99, 0, 10, 20]])
    first = encoder(image, outside)
    assert np.array_equal(encoder(image, outside), first)
    assert np.isfinite(first).all()
    assert capsys.readouterr().err.count("outside the image") == 1


def test_what_is_no_network(tmp_path, network):
    text = tmp_path / "text.pb"
    text.write_text("not a graph")
    (tmp_path / "empty.pb").touch()
    cut = tmp_path / "cut.pb"
    cut.write_bytes(network.read_bytes()[:-100])
    for path in (text, tmp_path / "empty.pb", cut):
        with pytest.raises(UserError, match=f"{path.name}: not a frozen TensorFlow graph"):
            ImageEncoder(path)
    with pytest.raises(UserError, match="a folder, expected a network"):
        ImageEncoder(tmp_path)


def test_ranks_are_checked(network):
    with pytest.raises(UserError, match=r"has shape .*, expected \(batch, height, width, channels\)"):
        ImageEncoder(network, "features", "features")
    with pytest.raises(UserError, match=r"has shape .*, expected \(batch, features\)"):
        ImageEncoder(network, "images", "images")


def test_a_graph_that_is_not_frozen_is_an_error(tmp_path):
    tf = pytest.importorskip("tensorflow")
    v1 = tf.compat.v1
    with tf.Graph().as_default() as graph:
        images = v1.placeholder(tf.float32, (None, *IMAGE_SHAPE), name="images")
        weights = v1.get_variable("weights", (int(np.prod(IMAGE_SHAPE)), 4), use_resource=False)
        tf.identity(tf.reshape(images, (-1, int(np.prod(IMAGE_SHAPE)))) @ weights, name="features")
    path = tmp_path / "unfrozen.pb"
    path.write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(UserError, match=r"unfrozen.pb: running the network failed: .*uninitialized"):
        ImageEncoder(path)


def test_a_missing_network_names_those_there_are(tmp_path, monkeypatch):
    monkeypatch.setattr(model_file, "NETWORKS", tmp_path)
    with pytest.raises(UserError, match=r"gone.pb: no such network; in .* there is none; .*README.md says how"):
        ImageEncoder(tmp_path / "gone.pb")
    with pytest.raises(UserError, match=r"mars-small128.pb: no such network"):
        model_file.default_model()
    (tmp_path / "person-instance128.pb").touch()
    assert model_file.default_model().name == "person-instance128.pb"
    with pytest.raises(UserError, match=r"there is .*person-instance128.pb;"):
        ImageEncoder(tmp_path / "gone.pb")
    (tmp_path / "mars-small128.pb").touch()
    assert model_file.default_model().name == "mars-small128.pb"


def test_without_tensorflow(tmp_path, monkeypatch):
    (tmp_path / "network.pb").write_bytes(b"whatever")
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(UserError, match=r"tensorflow is not installed.*pip install .*\[features\]"):
        ImageEncoder(tmp_path / "network.pb")


@pytest.mark.shared
def test_recorded_features(tmp_path):
    pytest.importorskip("tensorflow")
    from tools.network.freezing import freeze_model

    folder = shared_path("golden/network")
    freeze_model(folder / "random-small128.ckpt-1", tmp_path / "golden.pb")
    patches, recorded = np.load(folder / "patches.npy"), np.load(folder / "features.npy")
    encoder = ImageEncoder(tmp_path / "golden.pb")
    assert encoder.image_shape == (128, 64, 3)
    assert encoder.feature_dim == 128
    for batch_size in (1, 5, 32):
        assert np.abs(encoder(patches, batch_size) - recorded).max() <= 1e-5
    assert np.abs(encoder(patches, 1) - encoder(patches, 32)).max() <= 1e-6
    again = ImageEncoder(tmp_path / "golden.pb")
    assert np.abs(again(patches) - recorded).max() <= 1e-5


def test_a_graph_that_reaches_files_is_refused_unless_it_is_trusted(tmp_path):
    tf = pytest.importorskip("tensorflow")
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder(tf.uint8, (None, 16, 8, 3), name="images")
        with tf.control_dependencies([tf.io.write_file(str(tmp_path / "written"), "x")]):
            tf.identity(tf.reduce_mean(tf.cast(images, tf.float32), (1, 2)), name="features")
    (tmp_path / "net.pb").write_bytes(graph.as_graph_def().SerializeToString())
    with pytest.raises(UserError, match=r"net\.pb: .*WriteFile.*--trust_model"):
        create_box_encoder(tmp_path / "net.pb")
    assert not (tmp_path / "written").exists()
    create_box_encoder(tmp_path / "net.pb", trust_model=True)
    assert (tmp_path / "written").exists()


@pytest.mark.parametrize("operation", [
    "ReadFile", "SaveV2", "TextLineDataset", "EagerPyFunc", "RecordInput", "LoadAndRemapMatrix",
    "GenerateVocabRemapping", "FixedUnigramCandidateSampler", "Skipgram", "ImmutableConst", "DecodeProtoV2",
    "CollectiveReduceV2",
])  # fmt: skip
def test_operations_that_reach_out_are_known(tmp_path, operation):
    """They read what files their attributes or inputs name, or talk to other processes."""
    tf = pytest.importorskip("tensorflow")
    graph = tf.compat.v1.GraphDef()
    graph.node.add(name="inside", op=operation)
    (tmp_path / "net.pb").write_bytes(graph.SerializeToString())
    with pytest.raises(UserError, match=rf"net\.pb: .*\({operation}\)"):
        ImageEncoder(tmp_path / "net.pb")
