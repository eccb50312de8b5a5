from __future__ import annotations

import csv
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from scipy.io import loadmat

tf = pytest.importorskip("tensorflow")

from application_util.files.lock import lock_folder  # noqa: E402
from application_util.files.network_card import read_card  # noqa: E402
from tests.support.cli import error_line  # noqa: E402
from tests.support.crops import make_folders, make_mars, write_picture  # noqa: E402
from tools.reid.weights import save_variables  # noqa: E402
from tools.train_descriptor import main  # noqa: E402

pytestmark = pytest.mark.slow

ROOT = Path(__file__).resolve().parents[2]
SHAPE = ["--image_shape", "16", "32"]
SMALL = [*SHAPE, "--batch_size", "8", "--small_epochs", "0", "--epochs", "4", "--dropout", "0"]


def command(*arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "tools" / "train_descriptor.py"), *arguments]


@pytest.fixture(scope="module")
def vehicles(tmp_path_factory) -> Path:
    return make_folders(tmp_path_factory.mktemp("vehicles"))


@pytest.fixture(scope="module")
def trained(tmp_path_factory, vehicles) -> Path:
    """The run's folder after training on folders of one's own."""
    logs = tmp_path_factory.mktemp("logs")
    arguments = ["--dataset", "folder", "--dataset_dir", str(vehicles), "--log_dir", str(logs), "--run_id", "tiny"]
    assert main(["train", *arguments, *SMALL]) == 0
    return logs / "tiny"


def test_trained_network_tells_vehicles_apart(trained, vehicles, capsys):
    arguments = ["--dataset", "folder", "--dataset_dir", str(vehicles)]
    assert main(["eval", *arguments, "--model", str(trained / "model.pb")]) == 0
    scores = capsys.readouterr().out
    assert "rank-1 100.00 %" in scores
    assert "mAP" in scores
    assert "(2 queries)" in scores
    assert main(["eval", *arguments, "--model", str(trained / "model.ckpt"), *SHAPE]) == 0
    assert capsys.readouterr().out.splitlines()[0].split(": ")[1] == scores.splitlines()[0].split(": ")[1]


def test_held_out_identities_without_cameras_are_measured(vehicles, tmp_path):
    arguments = ["--dataset", "folder", "--dataset_dir", str(vehicles), "--log_dir", str(tmp_path), *SMALL]
    assert main(["train", *arguments, "--hold_out", "0.1", "--epochs", "1"]) == 0
    with (tmp_path / "descriptor" / "history.csv").open() as file:
        (row,) = csv.DictReader(file)
    assert float(row["rank1"]) == float(row["mAP"]) == 1.0  # one vehicle among images of itself


def test_checkpoint_freezes_to_the_same_network(trained, tmp_path):
    checkpoint = str(trained / "model.ckpt")
    assert main(["freeze", "--restore_path", checkpoint, "--graphdef_out", str(tmp_path / "own.pb"), *SHAPE]) == 0
    assert (tmp_path / "own.pb").read_bytes() == (trained / "model.pb").read_bytes()
    card = ["--max_cosine_distance", "0.3", "--terms", "free", "--trained_on", "my street"]
    assert (
        main(["freeze", "--restore_path", checkpoint, "--graphdef_out", str(tmp_path / "own.pb"), *SHAPE, *card]) == 0
    )
    found = read_card(tmp_path / "own.pb")
    assert (found.max_cosine_distance, found.terms, found.trained_on) == (0.3, "free", "my street")


def test_exported_features(trained, vehicles, tmp_path):
    arguments = ["--dataset", "folder", "--dataset_dir", str(vehicles), "--model", str(trained / "model.pb")]
    with lock_folder(tmp_path / "out"):  # another run's
        assert main(["export", *arguments, "--output_dir", str(tmp_path / "out")]) == 2
    assert main(["export", *arguments, "--output_dir", str(tmp_path / "out")]) == 0
    features = np.load(tmp_path / "out" / "gallery_features.npy")
    assert features.shape == (7, 128)
    np.testing.assert_allclose(np.linalg.norm(features, axis=1), 1.0, rtol=1e-5)
    matlab = loadmat(tmp_path / "out" / "gallery.mat")
    np.testing.assert_array_equal(matlab["features"], features)
    np.testing.assert_array_equal(matlab["ids"].ravel(), np.load(tmp_path / "out" / "gallery_ids.npy"))
    np.testing.assert_array_equal(matlab["cameras"].ravel(), np.load(tmp_path / "out" / "gallery_cameras.npy"))
    assert len(list((tmp_path / "out").iterdir())) == 8


def test_mars_ranks_tracklets(trained, tmp_path, capsys):
    arguments = ["--dataset", "mars", "--dataset_dir", str(make_mars(tmp_path)), "--model", str(trained / "model.pb")]
    assert main(["eval", *arguments]) == 0
    assert "(2 queries)" in capsys.readouterr().out


def test_first_weights_from_a_checkpoint(trained, vehicles, tmp_path):
    arguments = ["--dataset", "folder", "--dataset_dir", str(vehicles), "--log_dir", str(tmp_path), *SMALL]
    start = ["--restore_path", str(trained / "model.ckpt"), "--learning_rate", "0", "--number_of_steps", "1"]
    assert main(["train", *arguments, *start]) == 0
    before, after = (
        tf.train.load_checkpoint(str(folder / "model.ckpt")).get_tensor("conv4_1/1/weights")
        for folder in (trained, tmp_path / "descriptor")
    )
    np.testing.assert_allclose(after, before, atol=1e-7)


def test_training_starts_from_the_mean_of_checkpoints(trained, vehicles, tmp_path, capsys):
    reader = tf.train.load_checkpoint(str(trained / "model.ckpt"))
    variables = {name: reader.get_tensor(name) for name in reader.get_variable_to_shape_map()}
    name = "conv4_1/1/weights"
    save_variables(tmp_path / "other", variables | {name: variables[name] + 1})
    save_variables(tmp_path / "wider", variables | {"classifier/weights": np.zeros((128, 9), np.float32)})
    arguments = ["--dataset", "folder", "--dataset_dir", str(vehicles), "--log_dir", str(tmp_path), *SMALL]
    start = [*arguments, "--learning_rate", "0", "--number_of_steps", "1", "--restore_path"]
    start.append(str(trained / "model.ckpt"))
    assert main(["train", *start, str(tmp_path / "other")]) == 0
    found = tf.train.load_checkpoint(str(tmp_path / "descriptor" / "model.ckpt")).get_tensor(name)
    np.testing.assert_allclose(found, variables[name] + 0.5, atol=1e-6)
    assert main(["train", *start, str(tmp_path / "wider"), "--run_id", "none"]) == 2
    assert "wider: not the network of" in capsys.readouterr().err


def test_kill_9_and_resume(vehicles, tmp_path):
    arguments = ["--dataset", "folder", "--dataset_dir", str(vehicles), "--log_dir", str(tmp_path), *SMALL]
    training = [*arguments, "--epochs", "100000", "--save_minutes", "0"]
    latest = tmp_path / "descriptor" / "latest"
    with subprocess.Popen(command("train", *training), stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as process:
        deadline = time.monotonic() + 120
        while not latest.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.05)
        process.send_signal(signal.SIGKILL)
    reached = int(latest.read_text().removeprefix("state-"))
    assert main(["train", *training, "--number_of_steps", str(reached + 2)]) == 0
    assert latest.read_text() == f"state-{reached + 2}"
    steps = [int(line.split(",")[0]) for line in (tmp_path / "descriptor" / "history.csv").read_text().splitlines()[1:]]
    assert steps == sorted(set(steps))
    assert steps[-1] == reached + 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train", "--dataset_dir", "{}/none"], "none: no such folder or zip archive"),
        (["train", "--dataset_dir", "{}"], "no train images of market1501 here"),
        (["train", "--dataset_dir", "{}", "--dataset", "folder", "--batch_size", "7"], "--batch_size"),
        (["eval", "--dataset_dir", "{}", "--model", "{}/none.pb"], "none.pb: neither a network"),
        (["eval", "--dataset_dir", "{}", "--model", "{}/text.pb"], "text.pb: not a frozen TensorFlow graph"),
        (["freeze", "--restore_path", "{}/none", "--graphdef_out", "{}/x.pb"], "none: no checkpoint here"),
    ],
)
def test_mistakes_are_said_in_one_line(tmp_path, monkeypatch, capsys, arguments, said):
    monkeypatch.chdir(tmp_path)  # where a run would go if a mistake were not seen
    for number in range(2):
        write_picture(tmp_path / "train" / f"van {number}" / "0.png", number, 0)
    (tmp_path / "text.pb").write_text("no graph")
    assert main([argument.format(tmp_path) for argument in arguments]) == 2
    error = capsys.readouterr().err.strip().splitlines()[-1]
    assert error.startswith("error: ")
    assert said in error
    assert not (tmp_path / "x.pb").exists()
    assert not (tmp_path / "training").exists()


def test_held_out_identities_of_one_camera_are_refused_before_training(tmp_path, capsys):
    for number in range(40):
        write_picture(tmp_path / "train" / f"van {number % 10}" / f"{number}_c1.png", number, 0)
    arguments = ["--dataset", "folder", "--dataset_dir", str(tmp_path), "--log_dir", str(tmp_path / "logs")]
    assert main(["train", *arguments, "--hold_out", "0.2", *SMALL]) == 2
    assert "error: held-out identities: nothing to rank: of 2 queries none" in capsys.readouterr().err
    assert not (tmp_path / "logs").exists()


@pytest.mark.parametrize(
    ("flag", "said"),
    [
        ("--hold_out 1", "'1' is not a finite number from 0 to 0.9"),
        ("--grid 0 1", "'0' is not an integer of at least 1"),
        ("--batch_size 0", "'0' is not an integer of at least 1"),
        ("--epochs -1", "'-1' is not an integer of at least 0"),
        ("--image_shape 7 64", "'7' is not an integer of at least 8"),
        ("--learning_rate inf", "'inf' is not a finite number of at least 0"),
        ("--learning_rate fast", "'fast' is not a finite number of at least 0"),
        ("--dropout 1", "'1' is not a finite number from 0 to 0.99"),
    ],
)
def test_numbers_out_of_range_are_refused(capsys, flag, said):
    with pytest.raises(SystemExit) as exit_code:
        main(["train", "--dataset_dir", "none", *flag.split()])
    assert exit_code.value.code == 2
    assert f"argument {flag.split()[0]}: {said}" in capsys.readouterr().err


def test_largest_seed(vehicles, tmp_path):
    arguments = ["--dataset", "folder", "--dataset_dir", str(vehicles), "--log_dir", str(tmp_path), *SMALL]
    arguments += ["--dropout", "0.5", "--number_of_steps", "1"]
    assert main(["train", *arguments, "--seed", str(2**32 - 1)]) == 0


def test_a_run_does_not_replace_what_it_starts_from(trained, vehicles, capsys):
    start = ["--dataset_dir", str(vehicles), "--restore_path", str(trained / "model.ckpt")]
    assert main(["train", *start, "--log_dir", str(trained.parent), "--run_id", trained.name]) == 2
    assert "model.ckpt.index: would replace" in error_line(capsys.readouterr().err)
