"""The search over parameters: settings, table, plot, command line, resumption."""

from __future__ import annotations

import csv
import json
import shlex

import numpy as np
import pytest

import evaluate_motchallenge
from application_util.errors import UserError
from application_util.settings import TrackerSettings
from application_util.settings_file import read_settings
from tests.support.cli import error_line
from tests.support.sequences import Benchmark
from tools import sweep
from tools.parameter_search import record as sweep_record
from tools.parameter_search import search as sweep_search

pytestmark = pytest.mark.slow

VALUES = {
    "min_confidence": [0.3],
    "min_detection_height": [0, 50],
    "nms_max_overlap": [1.0],
    "max_cosine_distance": [0.1, 0.4],
    "nn_budget": [10, 100, None],
}


def test_grid_is_every_combination_once():
    settings = sweep_search.grid(VALUES)
    assert len(settings) == len(set(settings)) == 12
    assert TrackerSettings(0.3, 50, 1.0, 0.4, None) in [one.tracker for one in settings]
    assert sweep_search.varied(settings) == ["min_detection_height", "max_cosine_distance", "nn_budget"]


def test_two_values_are_a_range_for_random_search():
    settings = sweep_search.draw(VALUES, 40, seed=1)
    assert len(set(settings)) == 40
    assert all(
        0 <= one.tracker.min_detection_height <= 50 and 0.1 <= one.tracker.max_cosine_distance <= 0.4
        for one in settings
    )
    assert len({one.tracker.max_cosine_distance for one in settings}) > 30
    assert {one.tracker.nn_budget for one in settings} == {10, 100, None}
    assert {one.tracker.min_confidence for one in settings} == {0.3}
    assert settings == sweep_search.draw(VALUES, 40, seed=1) != sweep_search.draw(VALUES, 40, seed=2)


def test_more_settings_than_there_are():
    with pytest.raises(UserError, match="--random 5"):
        sweep_search.draw({**VALUES, "min_detection_height": [0], "max_cosine_distance": [0.1]}, 5, seed=0)


def test_usual_settings_are_fifty():
    flags = ["--mot_dir", "m", "--detection_dir", "d"]
    assert len(sweep_search.grid(sweep.parse_args(flags).values)) == 50
    settings = sweep_search.grid(sweep.parse_args([*flags, "--nn_budget", "none", "5", "--max_age", "9"]).values)
    assert [(one.tracker.nn_budget, one.tracker.max_age) for one in settings] == [(None, 9), (5, 9)]


@pytest.fixture
def world(tmp_path):
    pytest.importorskip("trackeval")
    world = Benchmark(tmp_path)
    world.add("SEQ-A", "walkers")
    world.add("SEQ-B", "crowded", frames=60)
    world.add("SEQ-C", truth=False)
    return world


def run(world, capsys, *flags):
    paths = ["--mot_dir", str(world.mot_dir), "--detection_dir", str(world.detection_dir)]
    code = sweep.main([*paths, "--output_dir", str(world.mot_dir.parent / "sweep"), "--jobs", "1", *flags])
    return code, *capsys.readouterr()


GRID = ["--min_confidence", "0.3", "0.8", "--nn_budget", "none"]


def test_a_sweep_and_its_best_command_line(world, capsys):
    code, out, err = run(world, capsys, *GRID)
    assert code == 0
    folder = world.mot_dir.parent / "sweep"
    rows = list(csv.DictReader((folder / "sweep.csv").open()))
    assert sorted(row["min_confidence"] for row in rows) == ["0.3", "0.8"]
    assert float(rows[0]["HOTA"]) > float(rows[1]["HOTA"]) > 0
    assert (folder / "sweep.png").read_bytes().startswith(b"\x89PNG")
    assert read_settings(folder / "best.toml")["min_confidence"] == float(rows[0]["min_confidence"])
    best = shlex.split(out.splitlines()[-1])
    assert best[:2] == ["python", "evaluate_motchallenge.py"]
    (world.mot_dir / "SEQ-C").rename(world.mot_dir.parent / "SEQ-C")
    assert evaluate_motchallenge.main([*best[2:], "--output_dir", str(world.output_dir), "--jobs", "1"]) == 0
    scores = {row["sequence"]: row for row in csv.DictReader((world.output_dir / "scores.csv").open())}
    for field in ("HOTA", "MOTA", "IDF1", "IDSW"):
        assert scores["COMBINED"][field] == rows[0][field]

    before = (folder / "sweep.json").read_bytes()
    code, out, err = run(world, capsys, *GRID, "--resume")
    assert code == 0 and (folder / "sweep.json").read_bytes() == before
    assert list(csv.DictReader((folder / "sweep.csv").open())) == rows
    (world.mot_dir / "SEQ-B" / "gt" / "gt.txt").write_text("1,1,10,10,20,50,1,1,1\n")
    code, out, err = run(world, capsys, *GRID, "--resume")
    assert code == 0 and "started from the beginning" in err and (folder / "sweep.json.old").read_bytes() == before
    assert list(csv.DictReader((folder / "sweep.csv").open())) != rows


def test_a_resumed_sweep_keeps_the_settings_it_has(world, capsys):
    run(world, capsys, "--min_confidence", "0.3")
    record = world.mot_dir.parent / "sweep" / "sweep.json"
    content = json.loads(record.read_text())
    content["settings"][0]["scores"]["COMBINED"]["HOTA"] = 0.987
    record.write_text(json.dumps(content))
    code, out, _ = run(world, capsys, *GRID[:3], "--nn_budget", "100", "--resume")
    assert code == 0 and "98.70" in out
    assert len(json.loads(record.read_text())["settings"]) == 2


def test_a_sweep_started_anew_keeps_the_earlier_one_apart(world, capsys):
    run(world, capsys, *GRID)
    folder = world.mot_dir.parent / "sweep"
    before = {path.name: path.read_bytes() for path in folder.iterdir()}
    code, _, err = run(world, capsys, "--min_confidence", "0.3")
    assert code == 0 and f"of an earlier run in {folder}, renamed: sweep.json.old" in err
    assert before and all((folder / f"{name}.old").read_bytes() == before[name] for name in before)


def test_another_version_begins_once_more(world, capsys):
    run(world, capsys, *GRID)
    record = world.mot_dir.parent / "sweep" / "sweep.json"
    content = json.loads(record.read_text())
    content["inputs"]["versions"]["deep-sort"] = "0.1"
    record.write_text(json.dumps(content))
    code, _, err = run(world, capsys, *GRID, "--resume")
    assert code == 0 and "started from the beginning" in err


@pytest.mark.parametrize("file", ["detections/SEQ-A.npy", "mot/SEQ-A/gt/gt.txt"])
def test_files_that_change_during_a_sweep_are_not_scored(world, capsys, monkeypatch, file):
    place, real = world.mot_dir.parent / file, sweep_record.open_record

    def change_afterwards(*args):
        opened = real(*args)
        if place.suffix == ".npy":
            np.save(place, np.load(place)[:-1])
        else:
            place.write_text(place.read_text().rstrip().rpartition("\n")[0] + "\n")
        return opened

    monkeypatch.setattr(sweep_record, "open_record", change_afterwards)
    code, _, err = run(world, capsys, *GRID)
    assert code == 1 and "SEQ-A: " in err and "was changed during the search" in err
    assert not (world.mot_dir.parent / "sweep" / "sweep.json").exists()


def test_gaps_are_refused_unless_they_are_allowed(world, capsys):
    rows = np.load(world.detection_dir / "SEQ-A.npy")
    np.save(world.detection_dir / "SEQ-A.npy", rows[(rows[:, 0] < 5) | (rows[:, 0] > 9)])
    flags = ["--min_confidence", "0.3", "--nn_budget", "none", "--skip_missing"]
    code, _, err = run(world, capsys, *flags, "--max_gap", "5")
    assert code == 1 and "SEQ-A" in err and "(--max_gap allows more)" in err
    code, out, _ = run(world, capsys, *flags, "--max_gap", "6")
    assert code == 0 and "--max_gap 6" in out.splitlines()[-1]


@pytest.mark.parametrize("damage", ["not json", "no scores", "a folder"])
def test_an_unreadable_record_is_no_sweep_to_resume(world, capsys, damage):
    record = world.mot_dir.parent / "sweep" / "sweep.json"
    if damage == "a folder":
        record.mkdir(parents=True)
    else:
        run(world, capsys, "--min_confidence", "0.3")
        content = json.loads(record.read_text())
        content["settings"][0]["scores"] = {}
        record.write_text("not json" if damage == "not json" else json.dumps(content))
    before = record.read_bytes() if record.is_file() else None
    code, _, err = run(world, capsys, *GRID, "--resume")
    assert code == 2 and error_line(err).startswith(f"{record}: ") and "--resume" in err
    assert before is None or record.read_bytes() == before


def test_nothing_to_resume_is_a_start(world, capsys):
    code, _, err = run(world, capsys, "--min_confidence", "0.3", "--resume")
    assert code == 0 and "earlier" not in err


def test_the_best_command_line_takes_the_same_files_as_the_sweep(world, capsys):
    rows = np.load(world.detection_dir / "SEQ-A.npy")
    rows[3, 4] = -1
    np.save(world.detection_dir / "SEQ-A.npy", rows)
    (world.detection_dir / "SEQ-B.npy").unlink()
    flags = ["--skip_invalid", "--skip_missing", "--benchmark", "MOT20"]
    _, out, _ = run(world, capsys, "--min_confidence", "0.3", *flags)
    best = shlex.split(out.splitlines()[-1])
    assert best[-4:] == flags
    assert evaluate_motchallenge.main([*best[2:], "--output_dir", str(world.output_dir), "--jobs", "1"]) == 0
    assert "MOT20 by" in capsys.readouterr().out


def test_sequences_without_truth_need_no_detections(world, capsys):
    (world.detection_dir / "SEQ-C.npy").unlink()
    _, out, _ = run(world, capsys, "--min_confidence", "0.3")
    best = shlex.split(out.splitlines()[-1])
    assert best[-1] == "--skip_missing"
    assert evaluate_motchallenge.main([*best[2:], "--output_dir", str(world.output_dir), "--jobs", "1"]) == 0


def test_the_benchmark_is_that_of_the_sequences_that_are_tracked(world, capsys):
    world.add("MOT15-A", "walkers", frames=20)
    world.add("MOT20-B", "walkers", frames=20)
    (world.detection_dir / "MOT20-B.npy").unlink()
    run(world, capsys, "--min_confidence", "0.3", "--skip_missing")
    record = world.mot_dir.parent / "sweep" / "sweep.json"
    assert json.loads(record.read_text())["inputs"]["benchmark"] == "MOT15"


def test_learning_and_cross_validation(world, capsys):
    pytest.importorskip("optuna")
    code, out, _ = run(world, capsys, "--max_age", "5", "40", "--fill", "0", "9", "--trials", "2", "--folds", "2")
    assert code == 0 and "2-fold cross-validation: mean HOTA " in out
    best = read_settings(world.mot_dir.parent / "sweep" / "best.toml")
    assert 5 <= best["max_age"] <= 40 and 0 <= best["fill"] <= 9
    code, _, err = run(world, capsys, "--trials", "2", "--random", "2")
    assert code == 2 and "give one of them" in error_line(err)
    code, _, err = run(world, capsys, *GRID, "--folds", "3")
    assert code == 2 and "--folds 3: there are 2 sequences" in error_line(err)


def test_failures_are_told_once(world, capsys):
    (world.detection_dir / "SEQ-A.npy").write_bytes(b"no array")
    code, _out, err = run(world, capsys, *GRID)
    assert code == 1 and err.count("error: ") == 1 and "SEQ-A.npy: not a .npy array" in err
    assert not (world.mot_dir.parent / "sweep" / "sweep.csv").exists()


def test_without_truth_there_is_nothing_to_search_by(world, capsys):
    for name in ("SEQ-A", "SEQ-B"):
        (world.mot_dir / name / "gt" / "gt.txt").unlink()
    code, _, err = run(world, capsys)
    assert code == 2 and err.startswith("error: ") and "no sequence has ground truth" in err


def test_dots_of_one_value_lie_side_by_side():
    from tools.parameter_search.plot import WIDEST, _side_by_side

    rng = np.random.default_rng(0)
    places, scores = rng.integers(0, 4, 80).astype(float), rng.uniform(30, 50, 80)
    x = places + _side_by_side(places, scores, 4)
    assert np.abs(x - places).max() <= WIDEST
    width, height = 4 * 4 / (72 * 3.0 * 0.7), np.ptp(scores) * 4 / (72 * 2.2 * 0.7)
    for one in range(80):
        for other in range(one):
            apart = abs(x[one] - x[other]) >= 0.98 * width or abs(scores[one] - scores[other]) >= height
            assert apart or places[one] != places[other]
