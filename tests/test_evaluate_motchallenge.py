"""The evaluating command as a user runs it: results, scores, resumption, failures."""

from __future__ import annotations

import csv
import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
import zipfile

import numpy as np
import pytest

import deep_sort_app
import evaluate_motchallenge
from application_util.files.checksum import sha256
from application_util.settings import BENCHMARK_SETTINGS
from deep_sort import __version__
from tests.support.cli import error_line
from tests.support.paths import GOLDEN, ROOT, shared_path
from tests.support.sequences import Benchmark, make_sequence, noise_image
from tests.support.videos import write_film

pytestmark = pytest.mark.slow


@pytest.fixture
def world(tmp_path):
    """Three sequences without ground truth."""
    world = Benchmark(tmp_path)
    world.add("SEQ-B", "walkers", truth=False)
    world.add("SEQ-A", "crowded", truth=False)
    world.add("SEQ-C", "walkers", truth=False, frames=30)
    return world


@pytest.fixture
def scored_world(world):
    """The first two have ground truth."""
    pytest.importorskip("trackeval")
    world.add_truth("SEQ-B", "walkers")
    world.add_truth("SEQ-A", "crowded")
    return world


@pytest.fixture
def evaluate(world, capsys):
    """Run the command in this process; returns its exit code, and what it printed."""

    def run(*flags, paths=None):
        try:
            jobs = [] if "--jobs" in flags else ["--jobs", "1"]
            paths = world.flags() if paths is None else paths
            code = evaluate_motchallenge.main([*paths, *jobs, *map(str, flags)])
        except SystemExit as stop:
            code = stop.code
        out, err = capsys.readouterr()
        return code, out, err

    return run


def no_trackeval(monkeypatch):
    monkeypatch.setitem(sys.modules, "trackeval", None)
    find_spec = importlib.util.find_spec
    monkeypatch.setattr(
        "importlib.util.find_spec", lambda name, *rest: None if name == "trackeval" else find_spec(name, *rest)
    )


@pytest.mark.parametrize("jobs", [1, 2, 5])
def test_results_are_those_of_the_app_whatever_the_number_of_processes(world, evaluate, tmp_path, jobs):
    code, _, _ = evaluate("--jobs", jobs)
    assert code == 0
    for name in ("SEQ-A", "SEQ-B", "SEQ-C"):
        expected = tmp_path / "expected.txt"
        deep_sort_app.run(
            world.mot_dir / name,
            world.detection_dir / f"{name}.npy",
            expected,
            **BENCHMARK_SETTINGS.as_dict(),
            display=False,
        )
        assert world.result(name).read_bytes() == expected.read_bytes()
    assert world.result("SEQ-B").read_bytes() == (GOLDEN / "walkers-A.txt").read_bytes()
    assert not list(world.output_dir.glob("*.partial"))


def test_flags_reach_the_tracker(world, evaluate):
    evaluate("--min_confidence", 0.8, "--nn_budget", "none")
    assert world.result("SEQ-B").read_bytes() == (GOLDEN / "walkers-B.txt").read_bytes()


@pytest.mark.shared
def test_recorded_results_of_real_sequences(evaluate, tmp_path):
    paths = [
        "--mot_dir",
        shared_path("data/MOT16/train"),
        "--detection_dir",
        shared_path("data/detections/MOT16_train"),
    ]
    code, _, _ = evaluate(paths=[*map(str, paths), "--output_dir", str(tmp_path / "real")])
    assert code == 0
    for name in ("MOT16-02", "MOT16-05", "MOT16-09"):
        golden = shared_path(f"golden/tracks/{name}-A.txt")
        assert (tmp_path / "real" / f"{name}.txt").read_bytes() == golden.read_bytes()


def test_scores_are_printed_and_written(scored_world, world, evaluate):
    _code, out, _err = evaluate()
    rows = list(csv.DictReader((world.output_dir / "scores.csv").open()))
    assert [row["sequence"] for row in rows] == ["SEQ-A", "SEQ-B", "COMBINED"]
    content = json.loads((world.output_dir / "scores.json").read_text())
    truth = world.mot_dir / "SEQ-A" / "gt" / "gt.txt"
    assert content["sha256"]["SEQ-A"] == {"groundtruth": sha256(truth), "result": sha256(world.result("SEQ-A"))}
    assert content["benchmark"] == "MOT17" and len(content["thresholds_of_HOTA"]) == 19
    for row in rows:
        scores = content["scores"][row["sequence"]]
        assert float(row["MOTA"]) == scores["CLEAR"]["MOTA"] and float(row["IDF1"]) == scores["Identity"]["IDF1"]
        assert float(row["HOTA"]) == scores["HOTA"]["HOTA"] == np.mean(scores["HOTA"]["HOTA_by_threshold"])
        printed = f"{100 * float(row['HOTA']):.2f}"
        assert any(line.startswith(row["sequence"]) and printed in line for line in out.splitlines())
    assert "SEQ-C" not in out


def test_report(scored_world, world, evaluate, tmp_path):
    pytest.importorskip("plotly")
    code, out, _ = evaluate("--report", tmp_path / "report.html")
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert code == 0 and "SEQ-A" in page and "SEQ-C" in page
    combined = next(line.split() for line in out.splitlines() if line.startswith("COMBINED"))
    assert f"{float(combined[1]):.1f}" in page  # HOTA


def test_sequences_without_truth_are_packed(scored_world, world, evaluate):
    code, _, err = evaluate()
    assert code == 0
    assert err.count("no ground truth, results only: SEQ-C; packed") == 1
    with zipfile.ZipFile(world.output_dir / "submission.zip") as archive:
        assert archive.namelist() == ["SEQ-A.txt", "SEQ-B.txt", "SEQ-C.txt"]
        assert archive.read("SEQ-C.txt") == world.result("SEQ-C").read_bytes()
    before = (world.output_dir / "submission.zip").read_bytes()
    evaluate()
    assert (world.output_dir / "submission.zip").read_bytes() == before


def test_results_of_any_tracker_are_scored_without_detections(scored_world, world, evaluate):
    world.output_dir.mkdir()
    table = np.loadtxt(GOLDEN / "walkers-A.txt", delimiter=",")
    np.savetxt(world.result("SEQ-B"), table[::-1, :7], fmt="%.3f", delimiter=", ")
    world.result("SEQ-X").write_text("")
    flags = ["--mot_dir", str(world.mot_dir), "--output_dir", str(world.output_dir)]
    before = world.result("SEQ-B").read_bytes()
    code, out, err = evaluate(paths=flags)
    assert code == 2 and "SEQ-A.txt: no such result file" in err and "--skip_missing" in err
    code, out, err = evaluate("--skip_missing", paths=flags)
    assert code == 0 and "skipped, no result file: SEQ-A" in err and "SEQ-X" in err
    assert "SEQ-B" in out and "SEQ-A" not in out
    assert world.result("SEQ-B").read_bytes() == before
    assert not (world.output_dir / "run.json").exists()


def test_a_result_that_cannot_be_scored_does_not_lose_the_others(scored_world, world, evaluate):
    evaluate()
    world.result("SEQ-A").write_text("1,one,2,3,4,5,1,-1,-1,-1\n")
    code, out, err = evaluate(paths=["--mot_dir", str(world.mot_dir), "--output_dir", str(world.output_dir)])
    assert code == 1
    assert err.count("error: ") == 1 and "error: SEQ-A: " in err and "SEQ-A.txt" in err
    assert "SEQ-B" in out and "SEQ-A" not in out
    assert "Traceback" not in err


def test_without_trackeval_there_are_results(scored_world, world, evaluate, monkeypatch):
    no_trackeval(monkeypatch)
    code, out, err = evaluate()
    assert code == 0 and out == "" and "[scores]'" in err
    assert world.result("SEQ-A").exists()
    code, _, err = evaluate(paths=["--mot_dir", str(world.mot_dir), "--output_dir", str(world.output_dir)])
    assert code == 2 and err.count("error: ") == 1 and "[scores]'" in err


def test_what_is_no_sequence_is_skipped(world, evaluate):
    (world.mot_dir / ".hidden").mkdir()
    (world.mot_dir / "notes.txt").write_text("notes")
    code, _, err = evaluate()
    assert code == 0 and "skipped, no sequences: .hidden, notes.txt" in err


def test_a_missing_detection_file_is_named_before_anything_runs(world, evaluate):
    (world.detection_dir / "SEQ-B.npy").unlink()
    code, _, err = evaluate()
    assert code == 2 and error_line(err)
    assert "SEQ-B.npy" in err and "--skip_missing" in err
    assert not world.output_dir.exists()
    code, _out, err = evaluate("--skip_missing")
    assert code == 0 and "skipped, no detection file: SEQ-B" in err
    assert world.result("SEQ-A").exists() and not world.result("SEQ-B").exists()


def test_a_failed_sequence_does_not_lose_the_others(scored_world, world, evaluate):
    rows = np.load(world.detection_dir / "SEQ-B.npy")
    rows[7, 4] = -1
    np.save(world.detection_dir / "SEQ-B.npy", rows)
    code, out, err = evaluate()
    assert code == 1
    last = err.splitlines()[-1]
    assert last.startswith("error: SEQ-B: ") and "row 8" in last
    assert world.result("SEQ-A").exists() and not world.result("SEQ-B").exists()
    assert "SEQ-A" in out and "SEQ-B" not in out
    assert not (world.output_dir / "submission.zip").exists()
    code, _, err = evaluate("--skip_invalid", "--resume")
    assert code == 0 and "1 invalid rows skipped" in err


SUMMARIES = ("scores.csv", "scores.json", "submission.zip")


def test_no_summary_is_left_of_results_that_are_to_change(scored_world, world, evaluate):
    evaluate()
    before = {name: (world.output_dir / name).read_bytes() for name in SUMMARIES}
    for name in ("SEQ-A", "SEQ-B", "SEQ-C"):
        (world.detection_dir / f"{name}.npy").write_bytes(b"no array")
    for _ in range(2):
        assert evaluate()[0] == 1
        assert not any((world.output_dir / name).exists() for name in SUMMARIES)
        assert all((world.output_dir / f"{name}.old").read_bytes() == before[name] for name in SUMMARIES)


def test_results_that_cannot_be_scored_leave_no_older_scores(scored_world, world, evaluate):
    evaluate()
    for name in ("SEQ-A", "SEQ-B"):
        world.result(name).write_text("1,1,2,3,4,nan,1\n")
    code, _, err = evaluate(paths=["--mot_dir", str(world.mot_dir), "--output_dir", str(world.output_dir)])
    assert code == 1 and "renamed: scores.csv.old" in err and err.count("nan is not finite") == 2
    assert not any((world.output_dir / name).exists() for name in SUMMARIES)


def test_a_refused_run_leaves_summaries_where_they_are(scored_world, world, evaluate, monkeypatch):
    evaluate()
    (world.detection_dir / "SEQ-B.npy").unlink()
    assert evaluate()[0] == 2
    no_trackeval(monkeypatch)
    results_only = ["--mot_dir", str(world.mot_dir), "--output_dir", str(world.output_dir)]
    assert evaluate(paths=results_only)[0] == 2
    assert all((world.output_dir / name).exists() for name in SUMMARIES)


@pytest.mark.parametrize("flags", [[], ["--resume"]])
def test_results_may_lie_among_the_sequences(world, evaluate, monkeypatch, flags):
    monkeypatch.chdir(world.mot_dir)
    paths = ["--mot_dir", ".", "--detection_dir", str(world.detection_dir)]
    assert evaluate(paths=paths)[0] == 0
    code, _, err = evaluate(*flags, paths=paths)
    assert code == 0 and "skipped, no sequences: results" in err


def test_results_do_not_replace_the_detections_of_a_video(tmp_path, evaluate):
    folder = tmp_path / "films"
    write_film(folder / "clip.avi", frames=4)
    rows = np.load(GOLDEN / "walkers.npy")
    np.save(folder / "clip.npy", rows[rows[:, 0] <= 4])
    det_txt = folder / "clip.txt"
    det_txt.write_text("1,-1,1,2,3,4,1\n")
    flags = [flag for name in ("mot", "detection", "output") for flag in (f"--{name}_dir", str(folder))]
    code, _, err = evaluate(paths=flags)
    assert code == 2 and err.splitlines()[-1].startswith(f"error: {det_txt}: would replace ")
    assert det_txt.read_text() == "1,-1,1,2,3,4,1\n" and not (folder / "run.json").exists()
    det_txt.unlink()
    assert evaluate(paths=flags)[0] == 0
    assert evaluate(paths=flags)[0] == 0  # its own result may be replaced
    det_txt.write_text("1,-1,1,2,3,4,1\n")
    assert evaluate(paths=flags)[0] == 2 and det_txt.read_text() == "1,-1,1,2,3,4,1\n"


@pytest.mark.parametrize("taken", ["detections", "gt", "det"])
def test_results_do_not_replace_what_is_read(scored_world, world, evaluate, taken):
    (world.mot_dir / "SEQ-B" / "det").mkdir()
    place = {
        "detections": world.detection_dir / "SEQ-A.npy",
        "gt": world.mot_dir / "SEQ-B" / "gt" / "gt.txt",
        "det": world.mot_dir / "SEQ-B" / "det" / "det.txt",
    }[taken]
    if taken == "det":
        place.write_text("1,-1,1,2,3,4,1\n")
    before = place.read_bytes()
    world.output_dir.mkdir()
    world.result("SEQ-B").symlink_to(place)
    code, _, err = evaluate()
    assert code == 2 and str(place) in error_line(err)
    assert place.read_bytes() == before and not (world.output_dir / "run.json").exists()


def test_resume_skips_what_is_complete(world, evaluate):
    evaluate()
    times = {name: world.result(name).stat().st_mtime_ns for name in ("SEQ-A", "SEQ-B", "SEQ-C")}
    results = {name: world.result(name).read_bytes() for name in times}
    rows = np.load(world.detection_dir / "SEQ-A.npy")
    np.save(world.detection_dir / "SEQ-A.npy", rows[:-1])
    with world.result("SEQ-C").open("a") as file:
        file.write("tail\n")
    code, _, err = evaluate("--resume")
    assert code == 0 and "1 of 3 sequences are complete" in err and "replacing" not in err
    assert world.result("SEQ-B").stat().st_mtime_ns == times["SEQ-B"]
    assert world.result("SEQ-A").stat().st_mtime_ns > times["SEQ-A"]
    assert world.result("SEQ-C").read_bytes() == results["SEQ-C"]
    assert "packed" in err


def test_resume_minds_the_settings(world, evaluate):
    evaluate("--min_confidence", 0.8)
    _code, _, err = evaluate("--resume")
    assert "complete" not in err and "SEQ-A, SEQ-B, SEQ-C" in err
    assert world.result("SEQ-B").read_bytes() == (GOLDEN / "walkers-A.txt").read_bytes()


def test_resume_minds_the_version(world, evaluate):
    evaluate()
    record = world.output_dir / "run.json"
    record.write_text(record.read_text().replace(f'"deep-sort": "{__version__}"', '"deep-sort": "0.1"', 1))
    _code, _, err = evaluate("--resume")
    assert "2 of 3 sequences are complete" in err


def test_resume_minds_the_cameras_motion(world, evaluate):
    """Neither other images nor another file of the camera's motion give the same tracks."""
    sequence = make_sequence(world.mot_dir / "SEQ-A", 3, image=noise_image)
    flags = ["--camera_motion", "orb"]
    evaluate(*flags)
    image, motions = sequence / "img1" / "000002.png", world.mot_dir / "SEQ-A.camera_orb.json"
    for changed in (image, motions):
        assert "3 of 3 sequences are complete" in evaluate(*flags, "--resume")[2]
        if changed is image:
            image.write_bytes(image.with_name("000003.png").read_bytes())
        else:
            content = json.loads(motions.read_text())
            content["motions"] = {"2": [1, 0, 5, 0, 1, 5]}
            motions.write_text(json.dumps(content))
        assert "2 of 3 sequences are complete" in evaluate(*flags, "--resume")[2]


def test_results_of_other_settings_are_replaced_with_a_line(world, evaluate):
    evaluate()
    _, _, err = evaluate()
    assert "replacing" not in err
    _, _, err = evaluate("--nn_budget", 30)
    assert err.count("replacing") == 1 and "SEQ-A, SEQ-B, SEQ-C" in err
    (world.output_dir / "run.json").write_text("not json")
    _, _, err = evaluate("--nn_budget", 30)
    assert err.count("replacing") == 1


def test_the_record_tells_how_results_were_made(world, evaluate):
    evaluate("--nn_budget", "none")
    entry = json.loads((world.output_dir / "run.json").read_text())["sequences"]["SEQ-B"]
    assert entry["flags"]["nn_budget"] is None and entry["flags"]["min_confidence"] == 0.3
    assert len(entry["detection_sha256"]) == len(entry["result_sha256"]) == 64
    assert entry["seconds"] > 0 and entry["versions"]["numpy"] == np.__version__
    assert entry["rows"] == len(world.result("SEQ-B").read_text().splitlines())


@pytest.mark.parametrize("scenario", ["no folder", "a file", "empty", "a sequence", "no detections", "nothing there"])
def test_wrong_folders_are_one_line(world, evaluate, tmp_path, scenario):
    mot_dir, detection_dir = world.mot_dir, world.detection_dir
    if scenario == "no folder":
        mot_dir = tmp_path / "nowhere"
    elif scenario == "a file":
        mot_dir = world.detection_dir / "SEQ-A.npy"
    elif scenario == "empty":
        mot_dir = tmp_path / "empty"
        mot_dir.mkdir()
    elif scenario == "a sequence":
        mot_dir = world.mot_dir / "SEQ-A"
    elif scenario == "no detections":
        detection_dir = tmp_path / "nowhere"
    else:
        detection_dir = tmp_path
    code, _out, err = evaluate(
        paths=["--mot_dir", str(mot_dir), "--detection_dir", str(detection_dir), "--output_dir", str(world.output_dir)]
    )
    assert code == 2 and error_line(err)
    assert not world.output_dir.exists()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupt_leaves_partial_files_only(tmp_path, number):
    world = Benchmark(tmp_path)
    name = world.add("SEQ-A", truth=False)
    rows = np.load(world.detection_dir / f"{name}.npy")
    many = np.tile(rows, (200, 1))
    many[:, 0] += np.repeat(np.arange(200) * rows[:, 0].max(), len(rows))
    np.save(world.detection_dir / f"{name}.npy", many)
    command = [sys.executable, str(ROOT / "evaluate_motchallenge.py"), *world.flags()]
    process = subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)
    partial = world.result(name).with_name(f"{name}.txt.partial")
    end = time.monotonic() + 60
    while not (partial.exists() and partial.stat().st_size > 10_000):
        assert time.monotonic() < end and process.poll() is None
        time.sleep(0.01)
    os.killpg(process.pid, number)
    _, err = process.communicate(timeout=60)
    if number == signal.SIGINT:
        assert process.returncode == 130 and "Traceback" not in err
        assert err.splitlines()[-1].startswith("interrupted: ") and "--resume" in err
    assert os.listdir(world.output_dir) == [partial.name]


def test_detections_may_be_det_txt(world, evaluate):
    """As the same numbers in an array give: motion and overlap alone, and a line says so."""
    for name in ("SEQ-A", "SEQ-B", "SEQ-C"):
        path = world.detection_dir / f"{name}.npy"
        np.save(path, np.load(path)[:, :10])
    assert evaluate()[0] == 0
    expected = {name: world.result(name).read_bytes() for name in ("SEQ-A", "SEQ-B", "SEQ-C")}
    for name, place in (("SEQ-A", "SEQ-A.txt"), ("SEQ-B", "SEQ-B/det/det.txt")):
        path = world.detection_dir / f"{name}.npy"
        (world.detection_dir / place).parent.mkdir(parents=True, exist_ok=True)
        np.savetxt(world.detection_dir / place, np.load(path), fmt="%.17g", delimiter=",")
        path.unlink()
    code, _, err = evaluate()
    assert code == 0 and err.count("no features: tracks follow motion and overlap alone") == 3
    assert {name: world.result(name).read_bytes() for name in expected} == expected
