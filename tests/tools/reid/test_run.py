from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from application_util.errors import UserError

tf = pytest.importorskip("tensorflow")

from tests.support.crops import make_market  # noqa: E402
from tools.network.architecture import trunk_shape, variable_shapes  # noqa: E402
from tools.network.checkpoint import read_checkpoint  # noqa: E402
from tools.reid.data import ReidImages, hold_out  # noqa: E402
from tools.reid.features import encode_images, encoder_of  # noqa: E402
from tools.reid.layers import TrainingLayers  # noqa: E402
from tools.reid.readers import read_dataset  # noqa: E402
from tools.reid.run import Run  # noqa: E402
from tools.reid.schedule import stages  # noqa: E402
from tools.reid.settings import Plan, Recipe, RunSettings  # noqa: E402
from tools.reid.trainer import Trainer  # noqa: E402
from tools.reid.weights import initial_variables, load_variables, save_variables, spread  # noqa: E402

pytestmark = pytest.mark.slow

SHAPE = (32, 16)
PLAN = Plan(
    2, 3, batch_size=8, images_per_identity=4, warmup_steps=3, image_shape=SHAPE, small_grid=(1, 1), grid=(2, 2)
)
RECIPE = Recipe(triplet_weight=0.5, dropout=0.3, average=0.9, seed=3)


@pytest.fixture(scope="module")
def data(tmp_path_factory) -> ReidImages:
    return read_dataset("market1501", make_market(tmp_path_factory.mktemp("world"), people=6), "train", SHAPE)


class Killed(Exception):
    pass


def losses(run: Run) -> list[float]:
    return [float(row["loss"]) for row in run.history.rows()]


def make_run(folder, data, number_of_steps=None, **arguments) -> Run:
    settings = RunSettings(save_minutes=0.0, number_of_steps=number_of_steps)
    return Run(folder, data, None, PLAN, RECIPE, settings=settings, **arguments)


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory, data):
    run = make_run(tmp_path_factory.mktemp("whole"), data)
    variables, shape = run()
    return run, variables, shape


# 3 steps an epoch, 6 of them on small images: kills at the change, at an epoch's end and inside one.
@pytest.mark.parametrize("fatal_step", [6, 9, 10])
def test_killed_training_goes_on_where_it_was(tmp_path, data, uninterrupted, monkeypatch, fatal_step):
    whole, variables, shape = uninterrupted
    train, taken = Trainer.step, iter(range(1000))

    def die(self, *arguments):
        if next(taken) == fatal_step:
            raise Killed
        return train(self, *arguments)

    monkeypatch.setattr(Trainer, "step", die)
    with pytest.raises(Killed):
        make_run(tmp_path, data)()
    resumed = make_run(tmp_path, data)
    found, found_shape = resumed()
    assert found_shape == shape == SHAPE
    assert next(taken) == 15 + 1  # every step but the fatal one was taken once
    # An epoch cut in two is averaged over its second part only.
    whole_epochs = [epoch for epoch in range(5) if not 3 * epoch < fatal_step < 3 * epoch + 3]
    np.testing.assert_allclose(
        np.array(losses(resumed))[whole_epochs], np.array(losses(whole))[whole_epochs], rtol=1e-4
    )
    for name in variables:
        np.testing.assert_allclose(found[name], variables[name], rtol=1e-3, atol=1e-4, err_msg=name)


def test_training_learns(uninterrupted):
    run, variables, _ = uninterrupted
    assert len(losses(run)) == 5
    assert losses(run)[-1] < losses(run)[0]
    assert set(variable_shapes(SHAPE)) <= set(variables)
    assert list(run.folder.glob("summaries/events.*"))


@pytest.mark.parametrize(
    ("file", "content", "complaint"),
    [
        ("settings.json", "{", "settings.json: line 1: not JSON"),
        ("settings.json", "[1]", "settings.json: not the settings of a training run"),
        ("latest", "../elsewhere", "latest: names no saved state"),
        ("latest", "state-9", "state-9: not a readable checkpoint"),
        ("history.csv", "a,b\n1,2\n", "history.csv: not the table of a training run"),
        ("history.csv", "step,loss\nx,2\n", "history.csv: not the table of a training run"),
    ],
)
def test_a_damaged_folder_is_one_line(tmp_path, data, file, content, complaint):
    make_run(tmp_path, data, number_of_steps=1)()
    (tmp_path / file).write_text(content)
    with pytest.raises(UserError, match=complaint):
        make_run(tmp_path, data, number_of_steps=2)()


def test_only_the_latest_state_is_kept(uninterrupted):
    run, _, _ = uninterrupted
    states = {path.name.split(".")[0] for path in run.folder.glob("state-*")}
    assert states == {(run.folder / "latest").read_text()} == {"state-15"}


def test_other_settings_are_another_run(uninterrupted, data):
    run, _, _ = uninterrupted
    with pytest.raises(UserError, match="began with another recipe"):
        Run(run.folder, data, None, PLAN, Recipe(seed=4))()


def test_other_images_are_another_run(uninterrupted, data):
    run, _, _ = uninterrupted
    images, identities = data.images.copy(), data.identities[::-1].copy()
    images[0, 0, 0, 0] ^= 1
    for changed, name in (({"images": images}, "images"), ({"identities": identities}, "identities")):
        with pytest.raises(UserError, match=f"began with another {name};"):
            make_run(run.folder, replace(data, **changed))()
    with pytest.raises(UserError, match="began with another teacher"):
        make_run(run.folder, data, teacher="another")()


def test_finished_weights_are_a_start(tmp_path, data, uninterrupted, capsys):
    _, finished, _ = uninterrupted
    run = make_run(tmp_path, data, start=finished)
    _, variables = run._restore()
    assert "random: none" in capsys.readouterr().err
    np.testing.assert_array_equal(variables["conv4_3/2/weights"], finished["conv4_3/2/weights"])
    whole = spread(variables["fc1/weights"], (1, 1), trunk_shape(SHAPE)[:2])
    places = trunk_shape(SHAPE)[0] * trunk_shape(SHAPE)[1]
    for weights in (whole, finished["fc1/weights"]):  # the same in even maps
        np.testing.assert_allclose(
            weights.reshape(places, -1, 128).sum(axis=0), variables["fc1/weights"], rtol=1e-4, atol=1e-4
        )


def test_number_of_steps(tmp_path, data):
    run = make_run(tmp_path, data, number_of_steps=4)
    _, shape = run()
    assert shape == (16, 8)
    assert (tmp_path / "latest").read_text() == "state-4"


def test_held_out_identities_are_measured(tmp_path, data):
    kept, held_out = hold_out(data, 0.34, seed=0)
    run = Run(tmp_path, kept, held_out, PLAN, RECIPE, settings=RunSettings(measure_epochs=2))
    run()
    measured = [row["epoch"] for row in run.history.rows() if row["rank1"]]
    assert [float(epoch) for epoch in measured] == [2.0, 4.0, 5.0]
    assert all(0.0 <= float(row["mAP"]) <= 1.0 for row in run.history.rows() if row["mAP"])


def test_batches_follow_from_the_step_alone(tmp_path, data):
    run = make_run(tmp_path, data)
    first = run.batches.batch(data.images, 7)
    run.batches.batch(data.images, 2)
    again = make_run(tmp_path, data).batches.batch(data.images, 7)
    for one, other in zip(first[:2], again[:2], strict=True):
        np.testing.assert_array_equal(one, other)


def test_learning_rate_warms_up_and_cools_down():
    plan = Plan(small_epochs=10, epochs=10, warmup_steps=20, learning_rate=1.0)
    small, full = stages(plan, epoch_steps=100)
    assert (small.first, small.end, full.first, full.end) == (0, 1000, 1000, 2000)
    assert small.rate(0, plan) == pytest.approx(0.05)
    assert small.rate(500, plan) == 1.0
    assert small.rate(999, plan) == pytest.approx(0.1)
    assert full.rate(1000, plan) == pytest.approx(0.05)
    assert full.rate(1399, plan) == 1.0
    assert full.rate(1999, plan) == pytest.approx(0.01)
    rates = [full.rate(step, plan) for step in range(1400, 2000)]
    assert rates == sorted(rates, reverse=True)


@pytest.mark.parametrize("instance_norm", [False, True])
def test_averaged_network_is_the_frozen_one(data, instance_norm):
    """Calibrated statistics: on the images they were measured on, inference gives what training gives."""
    trainer = Trainer(initial_variables(SHAPE, 3, seed=0, instance_norm=instance_norm), Recipe())
    images = data.images[:20]
    variables = trainer.averaged(images, batch_size=20)
    frozen = encode_images(encoder_of(variables, SHAPE), images)
    features = trainer._features(tf.constant(images), TrainingLayers(trainer.weights, Recipe())).numpy()
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    np.testing.assert_allclose(frozen, features, atol=5e-3)  # the layer reports the unbiased variance


def test_bfloat16_is_near_float32(data):
    labels = np.unique(data.identities, return_inverse=True)[1]
    first = initial_variables(SHAPE, 6, seed=0)
    found = [
        Trainer(first, Recipe(precision=precision, dropout=0.0)).step(data.images, labels, None, 0, 1e-3)["loss"]
        for precision in ("float32", "bfloat16")
    ]
    assert found[1] == pytest.approx(found[0], rel=0.05)


def test_grid_averages_what_lies_in_a_cell(data):
    """Training with the weights of a coarse grid is training on averages: the frozen network gives the same."""
    variables = initial_variables(SHAPE, 3, seed=0, grid=(2, 1))
    trainer = Trainer(variables, Recipe(), grid=(2, 1))
    frozen = trainer.averaged(data.images[:20], batch_size=20)
    rng = np.random.default_rng(0)
    map_ = rng.normal(size=trunk_shape(SHAPE)).astype(np.float32)
    averages = map_.reshape(2, 2, 2, -1).mean(axis=(1, 2))
    np.testing.assert_allclose(
        map_.ravel() @ frozen["fc1/weights"], averages.ravel() @ variables["fc1/weights"], rtol=1e-3, atol=1e-4
    )


def test_grid_weights_are_trained(data):
    labels = np.unique(data.identities, return_inverse=True)[1]
    trainer = Trainer(initial_variables(SHAPE, 6, seed=0, grid=(1, 1)), Recipe(dropout=0.0), grid=(1, 1))
    before = trainer.weights["fc1/weights"].numpy()
    found = [trainer.step(data.images, labels, None, step, 1e-3)["loss"] for step in range(8)]
    assert found[-1] < found[0]
    assert trainer.weights["fc1/weights"].shape == (128, 128)
    assert np.abs(trainer.weights["fc1/weights"].numpy() - before).min(axis=1).max() > 0


@pytest.mark.parametrize("loss_mode", ["triplet", "magnet"])
def test_other_losses_train(data, loss_mode):
    labels = np.random.default_rng(0).permutation(np.unique(data.identities, return_inverse=True)[1])
    trainer = Trainer(initial_variables(SHAPE, 6, seed=0), Recipe(loss_mode=loss_mode, dropout=0.0))
    found = [trainer.step(data.images, labels, None, step, 1e-3)["loss"] for step in range(8)]
    assert found[-1] < found[0]


@pytest.mark.parametrize(
    "before, after", [((1, 1), (4, 3)), ((2, 2), (4, 4)), ((2, 3), (5, 7)), ((4, 3), (2, 1)), ((3, 2), (3, 2))]
)
def test_spread_weights_see_the_same_in_even_maps(before, after):
    rng = np.random.default_rng(0)
    weights = rng.normal(size=(before[0] * before[1] * 6, 4)).astype(np.float32)
    place = rng.normal(size=6)
    seen = np.broadcast_to(place, (*before, 6)).ravel() @ weights
    for library in (np, tf):
        found = np.asarray(spread(library.reshape(weights, weights.shape), before, after, library))
        assert found.shape == (after[0] * after[1] * 6, 4)
        np.testing.assert_allclose(np.broadcast_to(place, (*after, 6)).ravel() @ found, seen, rtol=1e-4, atol=1e-4)


def test_grid_has_at_most_the_places_of_the_map():
    small, full = stages(Plan(small_grid=(99, 2), grid=(3, 99)), epoch_steps=10)
    assert (small.grid, full.grid) == ((8, 2), (3, 8))


@pytest.mark.parametrize("plan, said", [(Plan(grid=(0, 1)), "grid of 0 x 1 cells"), (Plan(0, 0), "0 epochs")])
def test_plan_without_cells_or_epochs_is_refused(plan, said):
    with pytest.raises(UserError, match=said):
        stages(plan, epoch_steps=10)


def test_checkpoint_has_the_names_that_freezing_reads(tmp_path, uninterrupted):
    _, variables, _ = uninterrupted
    save_variables(tmp_path / "model.ckpt", variables)
    read = read_checkpoint(tmp_path / "model.ckpt", SHAPE)
    np.testing.assert_array_equal(read["conv1_1/weights"], variables["conv1_1/weights"])
    assert "classifier/weights" in load_variables(tmp_path / "model.ckpt")
    assert not list(tmp_path.glob("*partial*"))
    with pytest.raises(UserError, match="not a readable checkpoint"):
        load_variables(tmp_path / "other.ckpt")
