"""The search that learns: what it tries, what it keeps, resumption, and cross-validation over sequences."""

from __future__ import annotations

import sys

import pytest

from application_util.errors import UserError
from application_util.parallel.jobs import Outcome
from tests.support.sequences import Benchmark
from tools.parameter_search import folds, study
from tools.parameter_search.record import open_record
from tools.parameter_search.search import Setting, all_values, draw, is_range
from tools.parameter_search.trial import Trials, plan_trials

VALUES = {"max_age": [5, 40], "no_cascade": [False, True], "fill": [0, 10], "nn_budget": [None, 100], "n_init": [3]}


class InThisProcess:
    """Runs jobs one after the other, and counts them."""

    processes = 2

    def __init__(self):
        self.jobs = []

    def run(self, function, jobs, label, longest_first=True):
        for job in jobs:
            self.jobs.append(job)
            yield Outcome(job, function(*job.arguments))


@pytest.fixture
def trials(tmp_path):
    pytest.importorskip("trackeval")
    pytest.importorskip("optuna")
    world = Benchmark(tmp_path)
    world.add("SEQ-A", "walkers", frames=30)
    world.add("SEQ-B", "walkers", frames=20)
    world.add("SEQ-C", "crowded", frames=15)
    _, plan, rules = plan_trials(world.mot_dir, world.detection_dir, None, False, False)
    record = open_record(tmp_path / "sweep", plan, rules, False)
    return Trials(plan, rules, record, InThisProcess())


def test_settings_are_learnt_kept_and_resumed(trials, tmp_path):
    database = tmp_path / "sweep" / "sweep.db"
    found = study.learn(VALUES, 6, 0, "HOTA", trials, database)
    scores = trials.record.scores
    assert set(found) == set(scores) and found[0] == max(scores, key=lambda one: scores[one]["COMBINED"]["HOTA"])
    assert Setting.of({}) in found  # what is usual is tried first
    assert all(5 <= one.tracker.max_age <= 40 and 0 <= one.postprocessing.fill <= 10 for one in found)
    assert {one.tracker.nn_budget for one in found} <= {None, 100}
    assert [job.name for job in trials.runner.jobs[:2]] == ["SEQ-C", "SEQ-C"]  # the shortest first
    done = len(trials.runner.jobs)
    assert study.learn(VALUES, 6, 0, "HOTA", trials, database) == found
    assert len(trials.runner.jobs) == done
    with pytest.raises(UserError, match=r"sweep\.db: of a search among other values"):
        study.learn({**VALUES, "max_age": [5, 50]}, 8, 0, "HOTA", trials, database)


def test_what_falls_behind_is_not_tried_on_the_rest(trials, tmp_path, monkeypatch):
    monkeypatch.setattr(study, "EARLY_TRIALS", 1)
    values = {"min_confidence": [0.3, 50.0, 60.0, 70.0]}
    found = study.learn(values, 8, 0, "HOTA", trials, tmp_path / "sweep" / "sweep.db")
    tried = {one: [job.name for job in trials.runner.jobs if job.setting == one] for one in found}
    assert all(set(names) == set(trials.plan) for names in tried.values())
    assert len(trials.runner.jobs) < 8 * 3


def test_folds_are_scored_by_settings_that_never_saw_them(trials, tmp_path):
    settings = [Setting.of({"min_confidence": low}) for low in (0.3, 0.9)]
    table = {"SEQ-A": (0.8, 0.5), "SEQ-B": (0.4, 0.5), "SEQ-C": (0.1, 0.6)}
    for index, setting in enumerate(settings):
        trials.record.scores[setting] = {name: {"HOTA": scores[index]} for name, scores in table.items()}
    choose = folds.choose_by_record(trials.record, settings, "HOTA")
    # Without A the second is best (0.55), without B the second (0.55), without C the first (0.6).
    scores = folds.cross_validate(3, choose, "HOTA", trials)
    assert scores == {"SEQ-A": 0.5, "SEQ-B": 0.5, "SEQ-C": 0.1}
    line = folds.describe(scores, 3, "HOTA", settings[1], trials.record)
    assert "mean HOTA 36.67" in line and "(53.33 on those that had)" in line


def test_each_fold_learns_by_itself(trials, tmp_path):
    choose = folds.choose_by_learning({"max_age": [5, 40]}, 2, 0, "HOTA", trials, tmp_path / "sweep" / "sweep.db")
    scores = folds.cross_validate(2, choose, "HOTA", trials)
    assert sorted(scores) == ["SEQ-A", "SEQ-B", "SEQ-C"] and all(0 < score < 1 for score in scores.values())
    seen = [job.name for job in trials.runner.jobs]
    assert seen[: seen.index("SEQ-A")].count("SEQ-B") == 2 and not trials.record.scores


def test_sequences_are_split():
    assert folds.split(["A", "B", "C", "D", "E"], 2) == [["A", "C", "E"], ["B", "D"]]
    for wrong in (1, 6):
        with pytest.raises(UserError, match=f"--folds {wrong}: there are 5 sequences"):
            folds.split(["A", "B", "C", "D", "E"], wrong)


def test_yes_and_no_are_no_range():
    assert is_range([1, 5]) and is_range([0.5, 0.1])
    assert not any(map(is_range, ([False, True], [None, 5], ["none", "ecc"], [1, 2, 3], [1])))
    drawn = draw({"no_cascade": [False, True], "camera_motion": ["none", "ecc"]}, 4, 0)
    assert {(one.tracker.no_cascade, one.tracker.camera_motion) for one in drawn} == {
        (False, "none"), (False, "ecc"), (True, "none"), (True, "ecc")
    }  # fmt: skip


def test_a_search_that_learns_takes_in_all_of_it_by_default():
    wide = {name for name, each in all_values(None, "wide").items() if len(each) > 1}
    assert {"motion_weight", "ema_alpha", "low_confidence", "fill", "smooth", "link", "max_age"} <= wide
    grid = {name for name, each in all_values(None).items() if len(each) > 1}
    assert grid == {"min_confidence", "nms_max_overlap", "max_cosine_distance"}


def test_without_optuna_it_says_what_to_install(trials, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(UserError, match=r"optuna is not installed.*\[search\]"):
        study.learn(VALUES, 2, 0, "HOTA", trials, tmp_path / "sweep.db")
