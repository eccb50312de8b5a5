from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from application_util.errors import UserError

tf = pytest.importorskip("tensorflow")

from tools.freeze_model import main  # noqa: E402
from tools.network.architecture import trunk_shape, variable_shapes  # noqa: E402
from tools.network.checkpoint import checkpoint_prefix, read_checkpoint  # noqa: E402
from tools.network.freezing import freeze_model  # noqa: E402
from tools.network.model_file import check_model  # noqa: E402

pytestmark = pytest.mark.slow

GOLDEN = Path(os.environ.get("DEEP_SORT_SHARED", "")) / "golden" / "network"
needs_golden = pytest.mark.skipif(
    "DEEP_SORT_SHARED" not in os.environ, reason="DEEP_SORT_SHARED does not name the reference's records"
)


def random_variables(
    seed: int = 0, image_shape: tuple[int, int] = (128, 64), instance_norm: bool = False
) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)

    def draw(name: str, shape: tuple[int, ...]) -> np.ndarray:
        if name.endswith("moving_variance"):
            return rng.uniform(0.5, 2.0, shape).astype(np.float32)
        spread = np.sqrt(2.0 / np.prod(shape[:-1])) if name.endswith("weights") else 0.1
        return rng.normal(0.0, spread, shape).astype(np.float32)

    return {name: draw(name, shape) for name, shape in variable_shapes(image_shape, instance_norm).items()}


def save_checkpoint(prefix: Path, variables: dict[str, np.ndarray]) -> Path:
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        kept = {
            name: tf.compat.v1.get_variable(name, initializer=value, use_resource=False)
            for name, value in variables.items()
        }
        session.run(tf.compat.v1.global_variables_initializer())
        tf.compat.v1.train.Saver(kept).save(session, str(prefix), write_meta_graph=False)
    return prefix


def run_frozen(path: Path, images: np.ndarray) -> np.ndarray:
    graph_def = tf.compat.v1.GraphDef.FromString(path.read_bytes())
    with tf.Graph().as_default(), tf.compat.v1.Session() as session:
        tf.import_graph_def(graph_def, name="")
        return session.run("features:0", {"images:0": images})


def plain_network(images: np.ndarray, variables: dict[str, np.ndarray]) -> np.ndarray:
    """The table of layers, written out without any folding, convolutions in float32."""

    def conv(x, scope, stride=1):
        weights = variables[f"{scope}/weights"]
        return np.asarray(tf.nn.conv2d(x.astype(np.float32), weights, stride, "SAME"), np.float64)

    def norm(x, scope):
        mean, variance, beta = (
            variables[f"{scope}/{name}"].astype(float) for name in ("moving_mean", "moving_variance", "beta")
        )
        return (x - mean) / np.sqrt(variance + 0.001) + beta

    def elu(x):
        return np.where(x > 0, x, np.expm1(np.minimum(x, 0)))

    def instance(x, scope):
        if f"{scope}/instance/gamma" not in variables:
            return x
        gamma, beta = (variables[f"{scope}/instance/{name}"].astype(float) for name in ("gamma", "beta"))
        mean, variance = x.mean(axis=(1, 2), keepdims=True), x.var(axis=(1, 2), keepdims=True)
        return gamma * (x - mean) / np.sqrt(variance + 0.001) + beta

    x = images[..., ::-1].astype(np.float64)
    x = elu(norm(conv(x, "conv1_1"), "conv1_1/conv1_1/bn"))
    x = elu(norm(conv(x, "conv1_2"), "conv1_2/conv1_2/bn"))
    x = instance(np.asarray(tf.nn.max_pool2d(x, 3, 2, "VALID")), "pool1")
    for scope in ("conv2_1", "conv2_3", "conv3_1", "conv3_3", "conv4_1", "conv4_3"):
        stride = 2 if scope in ("conv3_1", "conv4_1") else 1
        p = x if scope == "conv2_1" else elu(norm(x, f"{scope}/bn"))
        branch = elu(norm(conv(p, f"{scope}/1", stride), f"{scope}/1/{scope}/1/bn"))
        branch = conv(branch, f"{scope}/2") + variables[f"{scope}/2/biases"]
        x = instance((conv(x, f"{scope}/projection", 2) if stride == 2 else x) + branch, scope)
    x = x.reshape(len(images), -1) @ variables["fc1/weights"].astype(np.float64)
    x = norm(elu(norm(x, "fc1/fc1/bn")), "ball")
    return x / np.sqrt(1e-8 + np.sum(x**2, axis=1, keepdims=True))


@pytest.mark.parametrize("instance_norm", [False, True])
def test_frozen_graph_computes_the_table_of_layers(tmp_path, instance_norm):
    variables = random_variables(instance_norm=instance_norm)
    images = np.random.default_rng(1).integers(0, 256, (3, 128, 64, 3), dtype=np.uint8)
    checkpoint = save_checkpoint(tmp_path / "random.ckpt-7", variables)
    freeze_model(checkpoint, tmp_path / "random.pb")
    features = run_frozen(tmp_path / "random.pb", images)
    assert features.dtype == np.float32
    np.testing.assert_allclose(features, plain_network(images, variables), atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1.0, atol=1e-6)


@needs_golden
def test_recorded_features_of_the_golden_patches(tmp_path):
    freeze_model(GOLDEN / "random-small128.ckpt-1", tmp_path / "golden.pb")
    features = run_frozen(tmp_path / "golden.pb", np.load(GOLDEN / "patches.npy"))
    np.testing.assert_allclose(features, np.load(GOLDEN / "features.npy"), atol=1e-5)


def test_frozen_graph_is_plain(tmp_path):
    freeze_model(save_checkpoint(tmp_path / "random.ckpt", random_variables()), tmp_path / "random.pb")
    graph_def = tf.compat.v1.GraphDef.FromString((tmp_path / "random.pb").read_bytes())
    images = next(node for node in graph_def.node if node.name == "images")
    assert images.attr["dtype"].type == tf.uint8.as_datatype_enum
    assert [side.size for side in images.attr["shape"].shape.dim] == [-1, 128, 64, 3]
    operations = {node.op for node in graph_def.node}
    assert not operations & {"While", "StatelessWhile", "Enter", "Exit", "TensorArrayV3", "VariableV2"}


def test_a_checkpoint_is_not_overwritten_by_its_graph(tmp_path):
    checkpoint = save_checkpoint(tmp_path / "random.ckpt", random_variables())
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    for end in (".index", ".data-00000-of-00001"):
        with pytest.raises(UserError, match="would replace"):
            freeze_model(checkpoint, f"{checkpoint}{end}")
    assert {path: path.read_bytes() for path in tmp_path.iterdir() if path.is_file()} == before


def test_other_image_shape(tmp_path):
    shape = (64, 96)
    checkpoint = save_checkpoint(tmp_path / "wide.ckpt", random_variables(image_shape=shape))
    arguments = ["--checkpoint_in", str(checkpoint), "--graphdef_out", str(tmp_path / "wide.pb")]
    assert main([*arguments, "--image_shape", "64", "96"]) == 0
    assert run_frozen(tmp_path / "wide.pb", np.zeros((2, *shape, 3), np.uint8)).shape == (2, 128)


@pytest.mark.parametrize("image_shape", [(128, 64), (64, 32), (64, 96), (65, 63)])
def test_trunk_shape_is_what_the_layers_give(image_shape):
    from tools.network.architecture import InferenceLayers, stem, trunk

    with tf.Graph().as_default():
        images = tf.zeros((1, *image_shape, 3))
        layers = InferenceLayers(random_variables(image_shape=image_shape))
        found = trunk(stem(images, layers), layers).shape[1:]
    assert tuple(found) == trunk_shape(image_shape)


def test_other_variables_in_a_checkpoint_are_left_alone(tmp_path):
    variables = random_variables()
    extra = {"global_step": np.int64(3), "conv1_1/weights/Adam": np.zeros((3, 3, 3, 32), np.float32)}
    read = read_checkpoint(save_checkpoint(tmp_path / "real.ckpt-3", {**variables, **extra}))
    assert read.keys() == variables.keys()
    np.testing.assert_array_equal(read["fc1/weights"], variables["fc1/weights"])


def test_missing_variables_are_named(tmp_path):
    variables = random_variables()
    del variables["ball/beta"], variables["conv3_1/projection/weights"]
    checkpoint = save_checkpoint(tmp_path / "lacking.ckpt", variables)
    with pytest.raises(UserError, match=r"lacking\.ckpt.*missing.*conv3_1/projection/weights, ball/beta"):
        read_checkpoint(checkpoint)


def test_wrong_shape_is_named(tmp_path):
    variables = random_variables()
    variables["fc1/weights"] = variables["fc1/weights"][:100]
    with pytest.raises(UserError, match=r"fc1/weights: shape \(100, 128\) found, \(16384, 128\) expected"):
        read_checkpoint(save_checkpoint(tmp_path / "odd.ckpt", variables))


def test_no_checkpoint(tmp_path, capsys):
    target = tmp_path / "out.pb"
    assert main(["--checkpoint_in", str(tmp_path / "none.ckpt"), "--graphdef_out", str(target)]) == 2
    assert "error:" in capsys.readouterr().err
    assert not target.exists()


def test_damaged_checkpoint(tmp_path):
    checkpoint = save_checkpoint(tmp_path / "cut.ckpt", random_variables())
    data = tmp_path / "cut.ckpt.data-00000-of-00001"
    data.write_bytes(data.read_bytes()[:1000])
    with pytest.raises(UserError, match=r"cut\.ckpt"):
        read_checkpoint(checkpoint)


def test_a_checkpoint_is_known_by_any_of_its_files_and_is_no_network(tmp_path):
    assert {checkpoint_prefix(f"a/x.ckpt-1{end}") for end in ("", ".index", ".meta", ".data-00000-of-00001")} == {
        "a/x.ckpt-1"
    }
    (tmp_path / "x.ckpt.index").touch()
    with pytest.raises(UserError, match=r"a checkpoint, expected a frozen graph: .*freeze_model"):
        check_model(tmp_path / "x.ckpt")


def test_instance_norm_forgets_brightness_and_contrast():
    from tools.network.architecture import standardise

    maps = np.random.default_rng(4).normal(size=(2, 9, 7, 3)).astype(np.float32)
    gamma, beta = np.array([1.0, 2.0, 0.5], np.float32), np.array([0.0, 1.0, -1.0], np.float32)
    found, changed = (np.asarray(standardise(x, gamma, beta, tf)) for x in (maps, 40.0 * maps + 7.0))
    np.testing.assert_allclose(found.mean(axis=(1, 2)), np.tile(beta, (2, 1)), atol=1e-6)
    np.testing.assert_allclose(changed, found, atol=3e-3)


def test_a_checkpoint_says_whether_it_has_instance_norm(tmp_path):
    for instance_norm in (False, True):
        variables = random_variables(image_shape=(16, 8), instance_norm=instance_norm)
        checkpoint = save_checkpoint(tmp_path / f"{instance_norm}.ckpt", variables)
        assert read_checkpoint(checkpoint, (16, 8)).keys() == variables.keys()
