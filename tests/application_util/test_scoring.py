"""Scores are TrackEval's own, to the last digit."""

from __future__ import annotations

import csv
import re
import shutil

import numpy as np
import pytest

from application_util.errors import UserError
from application_util.files.checksum import sha256
from application_util.scoring import scores
from application_util.scoring.score_table import COUNTS, FIELDS, format_table, score_rows
from application_util.scoring.scores import ScoreJob, guess_benchmark, score_and_hash, score_sequence
from tests.support.paths import GOLDEN, shared_path
from tests.support.sequences import Benchmark

trackeval = pytest.importorskip("trackeval")

pytestmark = pytest.mark.slow


def official_scores(mot_dir, result_dir, names, benchmark, folder):
    """Run what TrackEval's commands run, and read the tables that they write."""
    config = {"PLOT_CURVES": False, "PRINT_CONFIG": False, "PRINT_RESULTS": False, "LOG_ON_ERROR": None}
    evaluator = trackeval.Evaluator(config | {"TIME_PROGRESS": False})
    data = {"BENCHMARK": benchmark, "GT_FOLDER": str(mot_dir), "TRACKERS_FOLDER": str(result_dir.parent)}
    data |= {"TRACKERS_TO_EVAL": [result_dir.name], "TRACKER_SUB_FOLDER": "", "OUTPUT_FOLDER": str(folder)}
    data |= {"SKIP_SPLIT_FOL": True, "SEQ_INFO": dict.fromkeys(names), "PRINT_CONFIG": False}
    metrics = [trackeval.metrics.HOTA(), trackeval.metrics.CLEAR(), trackeval.metrics.Identity()]
    evaluator.evaluate([trackeval.datasets.MotChallenge2DBox(data)], metrics)
    output = folder / result_dir.name
    detailed = {row["seq"]: row for row in csv.DictReader((output / "pedestrian_detailed.csv").open())}
    fields, values = (line.split() for line in (output / "pedestrian_summary.txt").read_text().splitlines())
    return detailed, dict(zip(fields, values, strict=True))


def assert_official(mot_dir, result_dir, names, benchmark, folder):
    scores = {name: score_sequence(ScoreJob(benchmark, mot_dir, result_dir, name)) for name in names}
    rows = score_rows(scores)
    detailed, summary = official_scores(mot_dir, result_dir, names, benchmark, folder)
    assert list(rows) == [*sorted(names), "COMBINED"]
    for name, row in rows.items():
        for field, value in row.items():
            official = detailed[name].get(field, detailed[name].get(f"{field}___AUC"))
            assert float(official) == value, (name, field)
    printed = {}
    lines = format_table(rows).splitlines()
    for line in lines:
        cells = line.split()
        if cells and cells[0] in FIELDS:
            header = cells[1:]
        elif cells and cells[0] == "COMBINED":
            printed |= dict(zip(header, cells[1:], strict=True))
    assert printed.keys() == summary.keys()
    for field, text in printed.items():  # TrackEval prints five digits
        assert float(text) == pytest.approx(float(summary[field]), abs=0.0051), field
        assert re.fullmatch(r"\d+" if field in COUNTS else r"-?\d+\.\d\d", text), field
    return rows


@pytest.fixture
def world(tmp_path):
    world = Benchmark(tmp_path)
    world.add("SEQ-B", "crowded")
    world.add("SEQ-A", "walkers")
    world.output_dir.mkdir()
    for name, source in (("SEQ-A", "walkers"), ("SEQ-B", "crowded")):
        shutil.copy(GOLDEN / f"{source}-A.txt", world.result(name))
    return world


def rewrite(world, name, columns=10, change=None):
    table = np.loadtxt(world.result(name), delimiter=",")
    if change:
        table = change(table)
    np.savetxt(world.result(name), table[:, :columns], fmt="%.3f", delimiter=",")


def refusal(world):
    with pytest.raises(UserError) as refused:
        score_sequence(ScoreJob("MOT16", world.mot_dir, world.output_dir, "SEQ-A"))
    return str(refused.value)


@pytest.mark.parametrize("benchmark", ["MOT15", "MOT16", "MOT17", "MOT20"])
def test_own_results(world, tmp_path, benchmark):
    rows = assert_official(world.mot_dir, world.output_dir, ["SEQ-B", "SEQ-A"], benchmark, tmp_path / "official")
    assert 0.3 < rows["COMBINED"]["HOTA"] < 1
    assert rows["COMBINED"]["IDSW"] > 0


@pytest.mark.parametrize("columns", [7, 9, 10])
def test_other_trackers_write_floats_in_any_order_and_other_columns(world, tmp_path, columns):
    shuffled = np.random.default_rng(0).permutation
    rewrite(world, "SEQ-A", columns, lambda table: table[shuffled(len(table))])
    rewrite(world, "SEQ-B", columns)
    assert_official(world.mot_dir, world.output_dir, ["SEQ-A", "SEQ-B"], "MOT16", tmp_path / "official")


def test_empty_results_score_zero(world, tmp_path):
    world.result("SEQ-A").write_text("")
    rows = assert_official(world.mot_dir, world.output_dir, ["SEQ-A", "SEQ-B"], "MOT17", tmp_path / "official")
    assert rows["SEQ-A"]["HOTA"] == 0 and rows["SEQ-B"]["HOTA"] > 0


@pytest.mark.parametrize(("line", "complaint"), [
    ("99999,1,2,3,4,5,1,-1,-1,-1", "99999"), ("1,1,2,3,4", "line 1: 5 columns"),
    ("1,x,2,3,4,5,1,-1,-1,-1", "line 1: column 2: 'x' is not a number"),
    ("1,1,2,3,4,nan,1", "line 1: column 6: nan is not finite"), ("1.5,1,2,3,4,5,1", "line 1: frame 1.5"),
    ("1,-1,2,3,4,5,1", "row 1: id -1"), ("1,1,2,3,4,5,1\n2,1.5,2,3,4,5,1", "row 2: id 1.5"),
    ("1,1e30,2,3,4,5,1", "row 1: id 1e+30"), ("1,1,2,3,4,5,1,2,3,4", "Non pedestrian"),
    ("1,1,1e308,3,1e308,0,1", "row 1: the box is beyond"),
    ("1,7,1,1,4,5,1,-1,-1,-1\n1,7,1,1,4,5,1,-1,-1,-1", "same ID"),
])  # fmt: skip
def test_what_cannot_be_scored_is_one_line(world, line, complaint, capsys):
    world.result("SEQ-A").write_text(f"{line}\n")
    error = refusal(world)
    assert error.startswith(f"{world.result('SEQ-A')}: ") and complaint in error and "\n" not in error
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize(("line", "complaint"), [
    ("1,1,2,3,nan,5,1,1,1", "column 5: nan is not finite"), ("1.5,1,2,3,4,5,1,1,1", "frame 1.5"),
    ("1,1.5,2,3,4,5,1,1,1", "id 1.5"), ("99999,1,2,3,4,5,1,1,1", "99999"),
    ("1,70,2,3,4,5,1,1,1\n1,70,2,3,4,5,1,1,1", "same ID"), ("20,70,2,3,4,5,1,99,1", "class 99 is not one of MOT16"),
])  # fmt: skip
def test_the_ground_truth_is_named_when_it_is_at_fault(world, line, complaint):
    truth = world.mot_dir / "SEQ-A" / "gt" / "gt.txt"
    with truth.open("a") as file:
        file.write(f"{line}\n")
    error = refusal(world)
    assert error.startswith(f"{truth}: ") and complaint in error and "\n" not in error


def test_ids_that_are_not_scored_do_not_matter(world):
    with (world.mot_dir / "SEQ-A" / "gt" / "gt.txt").open("a") as file:
        file.write("1,-1,2,3,4,5,0,1,1\n")
    assert score_sequence(ScoreJob("MOT16", world.mot_dir, world.output_dir, "SEQ-A"))["HOTA"]["HOTA"].any()


def test_large_ids_take_no_memory(world):
    job = ScoreJob("MOT16", world.mot_dir, world.output_dir, "SEQ-A")
    expected = score_rows({"SEQ-A": score_sequence(job)})

    def enlarge(table):
        table[:, 1] = 2**31 - 10_000 + table[:, 1]
        return table

    rewrite(world, "SEQ-A", change=enlarge)
    assert score_rows({"SEQ-A": score_sequence(job)}) == expected


def test_a_length_far_beyond_the_last_row_is_refused(world):
    info = world.mot_dir / "SEQ-A" / "seqinfo.ini"
    info.write_text("[Sequence]\nname=SEQ-A\nseqLength=9000000\n")
    assert "9000000 frames, but the last row is of frame" in refusal(world)


def change_classes(world, benchmark_class):
    truth = world.mot_dir / "SEQ-A" / "gt" / "gt.txt"
    table = np.loadtxt(truth, delimiter=",")
    table[:, 7] = np.where(table[:, 7] == 1, benchmark_class, table[:, 7])
    np.savetxt(truth, table, fmt="%d,%d,%.1f,%.1f,%.1f,%.1f,%d,%d,%.3f")


@pytest.mark.parametrize("benchmark_class", [3, -1])
def test_ground_truth_of_which_nothing_counts_is_refused(world, benchmark_class):
    change_classes(world, benchmark_class)
    error = refusal(world)
    assert "no row counts by the rules of MOT16" in error and f"of class {benchmark_class}" in error
    assert "--benchmark MOT15" in error and "--eval_classes" in error


def test_other_classes_are_scored_as_pedestrians_are(world):
    job = ScoreJob("MOT16", world.mot_dir, world.output_dir, "SEQ-A")
    expected = score_rows({"SEQ-A": score_sequence(job)})
    change_classes(world, 3)
    of_cars = ScoreJob("MOT16", world.mot_dir, world.output_dir, "SEQ-A", classes=(3,))
    assert score_rows({"SEQ-A": score_sequence(of_cars)}) == expected


def test_a_long_complaint_is_shortened(world):
    world.result("SEQ-A").write_text("".join(f"1,{number % 900},2,3,4,5,1\n" for number in range(1800)))
    error = refusal(world)
    assert "same ID" in error and " ... " in error
    assert len(error) < len(str(world.result("SEQ-A"))) + 300


def test_length_without_seqinfo_is_that_of_the_ground_truth(world):
    expected = score_sequence(ScoreJob("MOT16", world.mot_dir, world.output_dir, "SEQ-A"))
    (world.mot_dir / "SEQ-A" / "seqinfo.ini").unlink()
    found = score_sequence(ScoreJob("MOT16", world.mot_dir, world.output_dir, "SEQ-A"))
    assert found["Count"]["GT_Dets"] == expected["Count"]["GT_Dets"]
    assert found["CLEAR"]["MOTA"] == expected["CLEAR"]["MOTA"]


@pytest.mark.parametrize(("names", "benchmark"), [
    (["MOT16-02", "MOT16-05"], "MOT16"), (["MOT20-01"], "MOT20"), (["MOT17-02-DPM"], "MOT17"),
    (["ADL-Rundle-6"], "MOT17"), (["MOT16-02", "MOT20-01"], "MOT17"), ([], "MOT17"), (["mot20-01"], "MOT20"),
    (["MOT17-02", "Street"], "MOT17"), (["MOT20-01", "Street"], "MOT20"),
])  # fmt: skip
def test_benchmark_by_names(names, benchmark, capsys):
    assert guess_benchmark(names) == benchmark
    mixed = len(names) > 1 and "MOT20-01" in names
    assert ("--benchmark" in capsys.readouterr().err) == mixed


def test_counts_are_counts(world):
    rows = score_rows({"SEQ-A": score_sequence(ScoreJob("MOT16", world.mot_dir, world.output_dir, "SEQ-A"))})
    for field, value in rows["SEQ-A"].items():
        assert isinstance(value, int) == (field in COUNTS), field


@pytest.mark.shared
def test_recorded_tracks_of_real_sequences(tmp_path):
    mot_dir = shared_path("data/MOT16/train")
    names = ["MOT16-02", "MOT16-05", "MOT16-09"]
    results = tmp_path / "results"
    results.mkdir()
    for name in names:
        shutil.copy(shared_path(f"golden/tracks/{name}-A.txt"), results / f"{name}.txt")
    assert_official(mot_dir, results, names, "MOT16", tmp_path / "official")


def test_scores_know_the_files_that_were_read(world):
    job = ScoreJob("MOT16", world.mot_dir, world.output_dir, "SEQ-A")
    hashes = score_and_hash(job).sha256
    assert hashes == {"groundtruth": sha256(job.truth_file), "result": sha256(job.result_file)}


@pytest.mark.parametrize("file", ["truth_file", "result_file"])
def test_a_file_that_is_changed_while_it_is_scored_is_refused(world, monkeypatch, file):
    job = ScoreJob("MOT16", world.mot_dir, world.output_dir, "SEQ-A")
    real = scores.needs_copies

    def change_meanwhile(*args):
        with getattr(job, file).open("a") as rows:
            rows.write("1,77,1,1,5,5,1,1,1\n" if file == "truth_file" else "1,77,1,1,5,5,1,-1,-1,-1\n")
        return real(*args)

    monkeypatch.setattr(scores, "needs_copies", change_meanwhile)
    with pytest.raises(UserError, match=rf"{getattr(job, file).name}: was changed while it was scored"):
        score_sequence(job)


def test_comments_and_empty_lines_do_not_matter(world):
    job = ScoreJob("MOT16", world.mot_dir, world.output_dir, "SEQ-A")
    expected = score_rows({"SEQ-A": score_sequence(job)})
    for path in (job.truth_file, job.result_file):
        lines = path.read_text().splitlines()
        path.write_text("\n".join(["# a comment", lines[0], "", *lines[1:], "", ""]))
    assert score_rows({"SEQ-A": score_sequence(job)}) == expected


def doubts_of(world, benchmark="MOT16", classes=()):
    job = ScoreJob(benchmark, world.mot_dir, world.output_dir, "SEQ-A", classes)
    return "; ".join(score_and_hash(job).doubts)


def test_suspicious_scores_are_told(world):
    assert doubts_of(world) == ""
    rewrite(world, "SEQ-A", change=lambda table: table * [1, 1, 9, 9, 9, 9, 1, 1, 1, 1])
    assert doubts_of(world).startswith(
        "SEQ-A: no box of the result is one of the ground truth: are they of one sequenc"
    )
    rewrite(world, "SEQ-A", change=lambda table: table * [1, 1, 1, 1, -1, 1, 1, 1, 1, 1])
    assert "boxes of the result have no width or height above 0" in doubts_of(world)
    world.result("SEQ-A").write_text("")
    assert doubts_of(world) == "SEQ-A: the result has no rows"


def test_classes_that_mot15_does_not_know_are_told(world):
    truth = world.mot_dir / "SEQ-A" / "gt" / "gt.txt"
    table = np.loadtxt(truth, delimiter=",")
    table[::2, 6:8] = 1, 3
    np.savetxt(truth, table, fmt="%d,%d,%.1f,%.1f,%.1f,%.1f,%d,%d,%.3f")
    assert "the rules of MOT15 know no classes: all of 1, 3 count alike" in doubts_of(world, "MOT15")
    assert "--eval_classes is not used" in doubts_of(world, "MOT15", (1,))
    table[:, 7] = np.linspace(-3, 9, len(table))  # positions, as MOT15 has them
    np.savetxt(truth, table, fmt="%d,%d,%.1f,%.1f,%.1f,%.1f,%d,%.3f,%.3f")
    assert doubts_of(world, "MOT15") == ""


@pytest.mark.parametrize("number", [0, 20])
def test_classes_of_any_number_can_be_scored(world, number):
    job = ScoreJob("MOT16", world.mot_dir, world.output_dir, "SEQ-A")
    expected = score_rows({"SEQ-A": score_sequence(job)})
    change_classes(world, number)
    assert f"class {number} is not one of MOT16" in refusal(world) or "no row counts" in refusal(world)
    job = ScoreJob("MOT16", world.mot_dir, world.output_dir, "SEQ-A", classes=(number,))
    assert score_rows({"SEQ-A": score_sequence(job)}) == expected


def test_flags_are_cut_as_trackeval_cuts_them(world):
    truth = world.mot_dir / "SEQ-A" / "gt" / "gt.txt"
    table = np.loadtxt(truth, delimiter=",")
    table[:, 6] = 0.5
    np.savetxt(truth, table, fmt="%.1f", delimiter=",")
    assert "no row counts" in refusal(world)


@pytest.mark.parametrize(
    ("shift", "hint"),
    [(-3, "frame 0, but the sequence has frames 1 to "), (300, "is it of another sequence, or seqLength")],
)
def test_frames_outside_are_named_by_row(world, shift, hint):
    rewrite(world, "SEQ-A", change=lambda table: table + np.eye(10)[0] * shift)
    assert f"{world.result('SEQ-A')}: row " in refusal(world) and hint in refusal(world)


def test_tables_in_other_forms_give_the_same_scores(world):
    job = ScoreJob("MOT16", world.mot_dir, world.output_dir, "SEQ-A")
    expected = score_rows({"SEQ-A": score_sequence(job)})
    for path in (job.truth_file, job.result_file):
        text = path.read_text().replace(",", ";").replace(".", ",")
        path.write_bytes(text.encode("utf-16"))
    assert score_rows({"SEQ-A": score_sequence(job)}) == expected
