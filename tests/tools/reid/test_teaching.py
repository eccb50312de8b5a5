"""Learning from a teacher, from frozen networks, and bringing distances to scale."""

from __future__ import annotations

import numpy as np
import pytest

tf = pytest.importorskip("tensorflow")


from application_util.errors import UserError  # noqa: E402
from application_util.files.network_card import (  # noqa: E402
    NetworkCard,
    network_sha256,
    read_card,
    write_card,
)
from tests.support.crops import make_market, picture, write_picture  # noqa: E402
from tests.support.networks import expected_features, write_tiny_ir, write_tiny_network  # noqa: E402
from tools.network.freezing import write_graph  # noqa: E402
from tools.reid.distillation import (  # noqa: E402
    hadamard,
    scaled_embeddings,
    student_targets,
    target_offset,
    unit_rows,
)
from tools.reid.features import encode_images, encoder_of  # noqa: E402
from tools.reid.settings import Recipe  # noqa: E402
from tools.reid.teacher import Teacher  # noqa: E402
from tools.reid.trainer import Trainer  # noqa: E402
from tools.reid.warm_start import first_variables, frozen_variables  # noqa: E402
from tools.reid.weights import initial_variables  # noqa: E402
from tools.train_descriptor import main  # noqa: E402

pytestmark = pytest.mark.slow

SHAPE = (32, 16)
IMAGES = np.stack([picture(person, number, SHAPE) for person in range(12) for number in range(4)])


@pytest.fixture(scope="module", params=[False, True], ids=["plain", "instance_norm"])
def network(request) -> dict[str, np.ndarray]:
    """Random weights with the statistics of `IMAGES`."""
    first = initial_variables(SHAPE, 3, seed=4, instance_norm=request.param)
    return Trainer(first, Recipe()).averaged(IMAGES, batch_size=48)


def test_targets_keep_similarities_and_have_even_variances():
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(500, 16)) * np.linspace(3.0, 0.01, 16) + 0.5
    targets = student_targets(embeddings, 8)
    np.testing.assert_allclose(np.linalg.norm(targets, axis=1), 1.0, rtol=1e-5)
    np.testing.assert_allclose(targets.var(axis=0), targets.var(axis=0).mean(), rtol=1e-3)
    cosines, wanted = (rows @ rows.T for rows in (targets, unit_rows(embeddings)))
    assert np.corrcoef(cosines.ravel(), wanted.ravel())[0, 1] > 0.95


def test_hadamard_is_orthogonal_and_even():
    np.testing.assert_allclose(hadamard(16) @ hadamard(16).T, np.eye(16), atol=1e-12)
    np.testing.assert_allclose(np.abs(hadamard(16)), 0.25)


@pytest.mark.parametrize("shape, dimension, said", [((9, 4), 8, "have 4 numbers"), ((9, 9), 6, "power of 2")])
def test_targets_that_cannot_be(shape, dimension, said):
    with pytest.raises(UserError, match=said):
        student_targets(np.ones(shape), dimension)


def test_embeddings_are_computed_once(tmp_path, monkeypatch):
    model = write_tiny_network(tmp_path / "teacher.pb")
    images = np.stack([picture(person, 0, (16, 8)) for person in range(5)])
    teacher = Teacher(model, tmp_path)
    np.testing.assert_allclose(teacher.embed(images[:3]), expected_features(images[:3]), atol=1e-5)
    asked = []
    compute = teacher._compute
    monkeypatch.setattr(teacher, "_compute", lambda some: asked.append(len(some)) or compute(some))
    order = [4, 0, 2, 3]
    np.testing.assert_allclose(teacher.embed(images[order]), expected_features(images[order]), atol=1e-5)
    assert asked == [2]
    teacher.cache.write_bytes(b"cut")
    with pytest.raises(UserError, match="damaged cache"):
        teacher.embed(images)


def test_embeddings_are_kept_apart_by_what_made_them(tmp_path):
    pytest.importorskip("openvino")
    model = write_tiny_ir(tmp_path / "teacher.xml")
    places = {Teacher(model, tmp_path, precision).cache for precision in ("float32", "bfloat16")}
    write_card(model, NetworkCard("teacher.xml", network_sha256(model), 6, image_format={"scale": 255.0}))
    places.add(Teacher(model, tmp_path).cache)
    assert len(places) == 3


def test_a_frozen_network_is_a_start(network, tmp_path):
    write_graph(network, tmp_path / "network.pb", SHAPE)
    recovered = frozen_variables(tmp_path / "network.pb", IMAGES, SHAPE)
    start = recovered | {name: network[name] for name in ("classifier/weights", "classifier/kappa")}
    again = Trainer(start, Recipe()).averaged(IMAGES, batch_size=48)
    found, expected = (encode_images(encoder_of(weights, SHAPE), IMAGES) for weights in (again, network))
    assert (found * expected).sum(axis=1).min() > 0.995
    kernel = recovered["conv1_2/weights"].reshape(-1, 32)
    np.testing.assert_allclose(np.linalg.norm(kernel, axis=0), np.sqrt(2.0), rtol=1e-4)
    first = first_variables([tmp_path / "network.pb"], IMAGES, SHAPE)
    assert first.keys() == recovered.keys()


def test_other_graphs_are_no_start(tmp_path):
    path = write_tiny_network(tmp_path / "tiny.pb")
    for image_shape in (SHAPE, (16, 8)):
        with pytest.raises(UserError, match="not a frozen network of this project's architecture"):
            frozen_variables(path, IMAGES, image_shape)


def test_scaled_targets_are_nearer_in_the_same_order():
    rng = np.random.default_rng(0)
    embeddings = rng.normal(size=(400, 16)) * np.linspace(3.0, 0.01, 16)
    plain, scaled = (student_targets(embeddings, 8, scale) for scale in (1.0, 0.5))
    own, half = (1.0 - unit_rows(rows) @ unit_rows(rows).T for rows in (plain, scaled))
    assert half.mean() == pytest.approx(0.5 * own.mean(), rel=0.05)
    assert np.corrcoef(own.ravel(), half.ravel())[0, 1] > 0.85
    rows = scaled_embeddings(embeddings, 0.25)
    wanted = 0.25 * (1.0 - unit_rows(embeddings) @ unit_rows(embeddings).T)
    np.testing.assert_allclose(1.0 - rows @ rows.T, wanted, atol=1e-5)


def test_offset_of_targets():
    rng = np.random.default_rng(0)
    mean, deviation = rng.normal(size=8), rng.uniform(0.5, 2.0, 8)
    targets = mean + deviation * rng.normal(size=(20000, 8))
    np.testing.assert_allclose(target_offset(targets), mean / deviation, atol=0.05)


def test_learning_from_a_teacher(tmp_path):
    """The command, with two data sets, images of nobody and variants: the student comes near its teacher."""
    teacher = write_teacher(tmp_path / "teacher.pb")
    market = make_market(tmp_path / "market", people=6)
    for number in range(8):
        write_picture(tmp_path / "crops" / f"{number}.png", 100 + number, 0)
        write_picture(tmp_path / "cuhk03" / f"p{number % 2}" / f"0_{number:02d}.png", 200 + number % 2, number)
    flags = ["--dataset", "market1501", "--dataset_dir", str(market)]
    flags += ["--dataset", "cuhk03", "--dataset_dir", str(tmp_path / "cuhk03")]
    flags += ["--unlabelled", str(tmp_path / "crops"), "--variants", "8", "--teacher", str(teacher)]
    flags += ["--log_dir", str(tmp_path), "--image_shape", "32", "16", "--batch_size", "16"]
    flags += ["--small_epochs", "0", "--epochs", "12", "--dropout", "0", "--warmup_steps", "3"]
    assert main(["train", *flags]) == 0
    rows = (tmp_path / "descriptor" / "history.csv").read_text().splitlines()
    column = rows[0].split(",").index("regression")
    first, last = (float(row.split(",")[column]) for row in (rows[1], rows[-1]))
    assert last < 0.7 * first
    assert len(list(tmp_path.glob("teacher-*.npz"))) == 1
    card = read_card(tmp_path / "descriptor" / "model.pb")
    assert card.trained_on == "market1501 (market), cuhk03 (cuhk03)"


def write_teacher(path):
    """A frozen network with 128 numbers: random sums of the mean colors of 16 rows."""
    weights = np.random.default_rng(0).normal(size=(48, 128)).astype(np.float32)
    with tf.Graph().as_default() as graph:
        images = tf.compat.v1.placeholder("uint8", (None, *SHAPE, 3), name="images")
        rows = tf.reduce_mean(tf.reshape(tf.cast(images, tf.float32), (-1, 16, 2, 16, 3)), axis=(2, 3))
        tf.identity((tf.reshape(rows, (-1, 48)) / 128.0 - 1.0) @ weights, name="features")
    path.write_bytes(graph.as_graph_def().SerializeToString())
    return path
