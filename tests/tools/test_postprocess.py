"""The post-processing command: files in, files out; what is perfect already stays as it is."""

from __future__ import annotations

import json

import numpy as np
import pytest

import evaluate_motchallenge
from application_util.files.mot_table import read_tracks
from application_util.postprocessing import result_files
from application_util.settings import PostprocessingSettings
from tests.support.cli import error_line
from tests.support.paths import GOLDEN, shared_path
from tests.support.sequences import Benchmark
from tools import postprocess


@pytest.fixture
def run(capsys):
    """Run the command in this process; returns its exit code, and what it printed on stderr."""

    def run(*words):
        try:
            code = postprocess.main([*map(str, words)])
        except SystemExit as stop:
            code = stop.code
        return code, capsys.readouterr().err

    return run


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


GAP = "1,7,10.0,20,30,40,1,-1,-1,-1\n1,8,90,20,30,40,1,-1,-1,-1\n5,7,14.00,20,30.4,40,1,-1,-1,-1\n"


def test_a_gap_is_filled_and_all_else_keeps_its_characters(run, tmp_path):
    result = write(tmp_path / "SEQ.txt", GAP)
    code, err = run("--result_file", result, "--output_file", tmp_path / "new" / "SEQ.txt", "--fill", 3, "--jobs", 1)
    assert code == 0
    assert (tmp_path / "new" / "SEQ.txt").read_text() == (
        "1,7,10.0,20,30,40,1,-1,-1,-1\n"
        "1,8,90,20,30,40,1,-1,-1,-1\n"
        "2,7,11.00,20.00,30.10,40.00,0,-1,-1,-1\n"
        "3,7,12.00,20.00,30.20,40.00,0,-1,-1,-1\n"
        "4,7,13.00,20.00,30.30,40.00,0,-1,-1,-1\n"
        "5,7,14.00,20,30.4,40,1,-1,-1,-1\n"
    )
    assert "SEQ: 2 tracks, 6 rows (0 tracks joined to others, 0 dropped, 3 boxes filled in)" in err
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == ["SEQ.txt"]
    assert result.read_text() == GAP


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("1;3;5;5;9;9\n3;3;7;5;9;9\n", "1;3;5;5;9;9;1\n2;3;6.00;5.00;9.00;9.00;0\n3;3;7;5;9;9;1\n"),
        ("1 3 5 5 9 9 .5 2\n\n3 3 7 5 9 9 .7 2", "1 3 5 5 9 9 .5 2\n2 3 6.00 5.00 9.00 9.00 0 2\n3 3 7 5 9 9 .7 2\n"),
    ],
)
def test_other_formats_stay_what_they_are(run, tmp_path, text, filled):
    result = write(tmp_path / "SEQ.txt", text)
    assert run("--result_file", result, "--in_place", "--fill", "--jobs", 1)[0] == 0
    assert result.read_text() == filled


def test_smoothing_changes_only_boxes(run, tmp_path):
    code, _ = run(
        "--result_file", GOLDEN / "walkers-A.txt", "--output_file", tmp_path / "new.txt", "--smooth", "--jobs", 1
    )
    assert code == 0
    before, after = (read_tracks(path) for path in (GOLDEN / "walkers-A.txt", tmp_path / "new.txt"))
    assert np.array_equal(np.delete(before, [2, 3, 4, 5], axis=1), np.delete(after, [2, 3, 4, 5], axis=1))
    assert 0.05 < np.abs(before - after)[:, 2:6].max() < 0.3 * before[:, 5].max()


PERFECT = ("--fill", 50, "--min_length", 2, "--link", 100)


def perfect_result(folder, people=5, frames=80):
    """Write a result with each person in one track without a gap, and its detections."""
    rng = np.random.default_rng(0)
    rows, detections = [], []
    for person in range(people):
        first, last = rng.integers(1, 30), rng.integers(40, frames)
        feature = np.eye(people)[person] + 0.05
        for frame in range(first, last):
            box = [50 + 3 * frame, 40 * person, 30 + 0.1 * frame, 70]
            rows.append([frame, person + 1, *box])
            detections.append([frame, -1, *box, 1, -1, -1, -1, *feature])
    np.save(folder / "SEQ.npy", np.array(detections))
    lines = ["%d,%d,%.2f,%.2f,%.2f,%.2f,1,-1,-1,-1\n" % tuple(row) for row in rows]  # noqa: UP031
    return write(folder / "SEQ.txt", "".join(lines))


def test_a_perfect_result_stays(run, tmp_path):
    result = perfect_result(tmp_path)
    files = ("--result_file", result, "--output_file", tmp_path / "new.txt", "--detection_file", tmp_path / "SEQ.npy")
    assert run(*files, *PERFECT, "--jobs", 1)[0] == 0
    assert (tmp_path / "new.txt").read_bytes() == result.read_bytes()
    assert run(*files, *PERFECT, "--smooth", "--jobs", 1)[0] == 0  # straight ways, but for the rounding
    assert np.abs(read_tracks(tmp_path / "new.txt") - read_tracks(result)).max() < 0.011


@pytest.mark.shared
@pytest.mark.parametrize("name", ["MOT16-02", "MOT16-05", "MOT16-09"])
def test_ground_truth_as_a_result_stays(run, tmp_path, name):
    lines = shared_path(f"data/MOT16/train/{name}/gt/gt.txt").read_text().splitlines(keepends=True)
    people = [line for line in lines if line.split(",")[6:8] == ["1", "1"]]
    result, new = write(tmp_path / f"{name}.txt", "".join(people)), tmp_path / "new.txt"
    detections = shared_path(f"data/detections/MOT16_train/{name}.npy")
    files = ("--result_file", result, "--output_file", new, "--detection_file", detections, "--jobs", 1)
    run(*files, "--fill", 20)
    assert new.read_bytes() == result.read_bytes()
    _, err = run(*files, "--link")  # people who look alike, one a moment after and where the other was
    assert f"({3 if name == 'MOT16-05' else 0} tracks joined" in err
    assert (new.read_bytes() == result.read_bytes()) == (name != "MOT16-05")
    run(*files, "--smooth")
    before, after = read_tracks(result), read_tracks(new)
    moved = np.abs(after - before)[:, 2:6].max(axis=1) / before[:, 5]
    assert np.median(moved) < 0.02 and np.quantile(moved, 0.99) < 0.15


@pytest.fixture
def folders(tmp_path):
    world = Benchmark(tmp_path)
    world.add("SEQ-A", "crowded")
    world.add("SEQ-B", "walkers")
    return world


ALL = ("--link", "40", "--min_length", "4", "--fill", "8", "--smooth", "6")


def test_evaluation_gives_what_the_command_makes_of_its_results(run, folders, tmp_path, capsys):
    pytest.importorskip("trackeval")
    assert evaluate_motchallenge.main([*folders.flags(), "--jobs", "1"]) == 0
    dirs = ("--result_dir", folders.output_dir, "--output_dir", tmp_path / "new")
    code, err = run(*dirs, "--detection_dir", folders.detection_dir, *ALL, "--jobs", 1)
    assert code == 0
    assert "SEQ-A: " in err and "SEQ-B: " in err
    record = json.loads((tmp_path / "new" / "postprocess.json").read_text())["sequences"]
    assert list(record) == ["SEQ-A", "SEQ-B"]
    flags = PostprocessingSettings(link=40, min_length=4, fill=8, smooth=6.0).as_dict()
    assert record["SEQ-A"]["flags"] == flags

    other = Benchmark.at(tmp_path / "both", folders)
    plain = json.loads((folders.output_dir / "run.json").read_text())["sequences"]["SEQ-A"]
    assert evaluate_motchallenge.main([*other.flags(), "--jobs", "1", *ALL]) == 0
    made = json.loads((other.output_dir / "run.json").read_text())["sequences"]["SEQ-A"]
    assert made["flags"] == plain["flags"] | flags and not set(plain["flags"]) & set(flags)
    assert (made["tracks"], made["rows"]) == (record["SEQ-A"]["tracks"], record["SEQ-A"]["rows"])
    for name in ("SEQ-A", "SEQ-B"):
        new = (tmp_path / "new" / f"{name}.txt").read_bytes()
        assert new == other.result(name).read_bytes() != folders.result(name).read_bytes()

    capsys.readouterr()
    assert evaluate_motchallenge.main([*other.flags(), "--jobs", "1", *ALL, "--resume"]) == 0
    assert "2 of 2 sequences are complete" in capsys.readouterr().err
    assert evaluate_motchallenge.main([*other.flags(), "--jobs", "1", "--resume"]) == 0
    assert "replacing results" in capsys.readouterr().err
    assert other.result("SEQ-A").read_bytes() == folders.result("SEQ-A").read_bytes()


def test_results_are_not_postprocessed_twice(run, tmp_path, monkeypatch):
    """Killed between two files, or within one, a run in place goes on and gives what an undisturbed one gives."""
    names, flags = ["SEQ-A.txt", "SEQ-B.txt"], ("--in_place", "--smooth", 5, "--jobs", 1)
    for folder in ("once", "twice"):
        for name in names:
            write(tmp_path / folder / name, (GOLDEN / "walkers-A.txt").read_text())
    assert run("--result_dir", tmp_path / "once", *flags)[0] == 0
    for name in names:
        expected = (tmp_path / "once" / name).read_bytes()
        whole = result_files.write_whole

        def killed(path, *others, name=name, whole=whole):
            if path.name == name:
                raise KeyboardInterrupt
            whole(path, *others)

        monkeypatch.setattr(result_files, "write_whole", killed)
        assert run("--result_dir", tmp_path / "twice", *flags)[0] == 130
        monkeypatch.undo()
        assert (tmp_path / "twice" / name).read_bytes() == (GOLDEN / "walkers-A.txt").read_bytes() != expected
    code, err = run("--result_dir", tmp_path / "twice", *flags)
    assert code == 0 and "1 of 2 results are so already: SEQ-A" in err
    for _ in range(2):
        assert [(tmp_path / "twice" / name).read_bytes() for name in names] == 2 * [expected]
        assert "2 of 2 results are so already" in run("--result_dir", tmp_path / "twice", *flags)[1]
    assert run("--result_dir", tmp_path / "twice", "--in_place", "--fill", 3, "--jobs", 1)[1].count("so already") == 0


def test_filled_boxes_are_scored(folders, tmp_path):
    pytest.importorskip("trackeval")
    write(folders.mot_dir / "SEQ-B" / "gt" / "gt.txt", "".join(f"{f},1,{f},5,9,9,1,1,1\n" for f in range(1, 11)))
    text = "1,1,1,5,9,9,1,-1,-1,-1\n10,1,10,5,9,9,1,-1,-1,-1\n"
    missed = []
    for each in ((), ("--fill", "20")):
        results = write(tmp_path / "r" / "SEQ-B.txt", text).parent
        if each:
            postprocess.main(["--result_dir", str(results), "--in_place", *each, "--jobs", "1"])
        evaluate_motchallenge.run(folders.mot_dir, None, results, skip_missing=True, jobs=1)
        scores = json.loads((results / "scores.json").read_text())["scores"]["SEQ-B"]
        missed.append(scores["CLEAR"]["CLR_FN"])
    assert missed == [8, 0]


def test_usual_values_and_those_given(capsys):
    usual = PostprocessingSettings(link=60, fill=20, smooth=10.0)
    parse = postprocess.parse_args
    assert parse(["--postprocess"]).settings == usual
    assert parse(["--link", "--fill", "--smooth"]).settings == usual
    assert parse(["--fill", "7", "--postprocess", "--link", "0"]).settings == PostprocessingSettings(
        fill=7, smooth=10.0
    )
    assert parse([]).settings == PostprocessingSettings()
    assert evaluate_motchallenge.parse_args(["--mot_dir", "x", "--postprocess"]).postprocessing == usual


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--result_file", "r.txt", "--output_file", "o.txt"], "nothing to do: give --link"),
        (["--fill", 3], "give either --result_file or --result_dir"),
        (["--fill", 3, "--result_file", "r.txt"], "give either --output_file, or --in_place"),
        (["--fill", 3, "--result_dir", "d", "--output_dir", "e", "--in_place"], "give either --output_dir, or"),
        (["--fill", 3, "--result_dir", "d", "--output_file", "e"], "--output_file, --detection_file go together"),
        (["--fill", 3, "--result_file", "none.txt", "--output_file", "o.txt"], "none.txt: no such result file"),
        (["--fill", 3, "--result_dir", "none", "--in_place"], "none: no folder with result files"),
        (["--link", "--result_file", "r.txt", "--in_place"], "give --detection_file"),
        (["--link", "--result_dir", "d", "--in_place", "--detection_dir", "none"], "r.npy: no such detection file"),
        (["--fill", 3, "--result_file", "r.txt", "--output_file", "r.txt"], "r.txt: would replace r.txt"),
        (["--fill", 3, "--result_dir", "d", "--output_dir", "d"], "would replace d/r.txt"),
        (["--fill", 3, "--result_file", "twice.txt", "--in_place"], "row 2: id 1 has another box in frame 1"),
        (["--fill", 3, "--result_file", "bad.txt", "--in_place"], "bad.txt: line 2: column 3: 'x' is not a number"),
    ],
)
def test_refusals_say_what_to_do_and_change_nothing(run, tmp_path, monkeypatch, words, message):
    monkeypatch.chdir(tmp_path)
    files = {"r.txt": GAP, "d/r.txt": GAP, "twice.txt": "1,1,2,2,3,3\n1,1,2,2,3,3\n", "bad.txt": GAP.replace("90", "x")}
    for name, text in files.items():
        write(tmp_path / name, text)
    code, err = run(*words, "--jobs", 1)
    assert code == 2 and message in error_line(err)
    there = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert there - {"twice.txt.partial", "bad.txt.partial"} == set(files)
    assert all((tmp_path / name).read_text() == text for name, text in files.items())


def test_one_bad_file_of_a_folder_does_not_lose_the_others(run, tmp_path):
    write(tmp_path / "d" / "A.txt", GAP)
    write(tmp_path / "d" / "B.txt", "1,1,x\n")
    code, err = run("--result_dir", tmp_path / "d", "--output_dir", tmp_path / "e", "--fill", 5, "--jobs", 1)
    assert code == 1 and "error: B: " in err
    assert sorted(path.name for path in (tmp_path / "e").iterdir()) == ["A.txt", "postprocess.json"]


def test_detections_without_features_are_not_joined(run, tmp_path):
    result = write(tmp_path / "SEQ.txt", GAP)
    detections = write(tmp_path / "det.txt", "1,-1,10,20,30,40,1\n5,-1,14,20,30,40,1\n")
    files = ("--result_file", result, "--in_place", "--detection_file", detections)
    code, err = run(*files, "--link", "--jobs", 1)
    assert code == 0 and "warning: " in err and "no features: no tracks are joined" in err
    assert result.read_text() == GAP


def test_what_is_scored_only_is_not_changed(folders, capsys):
    write(folders.result("SEQ-A"), GAP)
    words = ["--mot_dir", str(folders.mot_dir), "--output_dir", str(folders.output_dir), "--fill", "5"]
    assert evaluate_motchallenge.main(words) == 2
    assert "scored as they are" in error_line(capsys.readouterr().err)
    assert folders.result("SEQ-A").read_text() == GAP
