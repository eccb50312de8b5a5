"""Presets and the flags of better association, from the command line to the result file."""

from __future__ import annotations

import json

import numpy as np
import pytest

import deep_sort_app
import evaluate_motchallenge
from application_util.settings import BENCHMARK_SETTINGS, PRESETS, TrackerSettings
from deep_sort import DeepSort
from tests.support.paths import GOLDEN
from tests.support.sequences import Benchmark
from tools import track_video

STRONG = PRESETS["strong"]
ORIGINAL = TrackerSettings().as_dict()


def typed(values: dict) -> list[str]:
    return [word for name, value in values.items() for word in (f"--{name}", str(value).lower())]


def app_settings(*flags: str) -> dict:
    args = deep_sort_app.parse_args(["--sequence_dir", "x", "--detection_file", "y", *flags])
    assert not hasattr(args, "preset")
    return {name: getattr(args, name) for name in ORIGINAL}


def test_the_original_is_the_default(capsys):
    assert app_settings() == app_settings("--preset", "original") == ORIGINAL
    assert PRESETS["original"] == {} and not capsys.readouterr().err


def test_strong_says_what_it_switches_on(capsys):
    assert app_settings("--preset", "strong") == ORIGINAL | STRONG
    (line,) = capsys.readouterr().err.splitlines()
    assert line == "preset strong: " + " ".join(typed(STRONG))
    assert app_settings(*typed(STRONG)) == ORIGINAL | STRONG


@pytest.mark.parametrize(
    "flags",
    [["--preset", "strong", "--ema_alpha", "none", "--no_cascade", "false"],
     ["--no_cascade", "false", "--ema_alpha", "none", "--preset", "strong"]],
)  # fmt: skip
def test_flags_of_their_own_win_wherever_they_stand(flags):
    expected = ORIGINAL | STRONG | {"ema_alpha": None, "no_cascade": False}
    assert app_settings(*flags) == expected


def test_all_commands_that_track():
    args = evaluate_motchallenge.parse_args(["--mot_dir", "x", "--preset", "strong"])
    assert args.settings.as_dict() == BENCHMARK_SETTINGS.as_dict() | STRONG
    args = track_video.parse_args(["x.mp4", "--detector", "y.onnx", "--preset", "strong", "--camera_motion", "orb"])
    expected = BENCHMARK_SETTINGS.as_dict() | STRONG | {"camera_motion": "orb"}
    assert args.settings.as_dict() == expected | {"max_cosine_distance": args.settings.max_cosine_distance}


def test_unknown_presets_are_refused(capsys):
    with pytest.raises(SystemExit):
        app_settings("--preset", "best")
    assert "'best'" in capsys.readouterr().err


def run_app(tmp_path, name: str, *flags: str) -> str:
    (tmp_path / "SEQ-01").mkdir(exist_ok=True)
    output = tmp_path / name
    paths = ["--sequence_dir", str(tmp_path / "SEQ-01"), "--detection_file", str(GOLDEN / "crowded.npy")]
    assert deep_sort_app.main([*paths, "--output_file", str(output), "--display", "false", *flags]) == 0
    return output.read_text()


def test_the_preset_tracks_as_its_flags_do(tmp_path):
    original = run_app(tmp_path, "a.txt", "--min_confidence", "0.3")
    strong = run_app(tmp_path, "b.txt", "--min_confidence", "0.3", "--preset", "strong")
    assert strong == run_app(tmp_path, "c.txt", "--min_confidence", "0.3", *typed(STRONG)) != original


@pytest.mark.slow
def test_the_record_knows_the_parts(tmp_path, capsys):
    world = Benchmark(tmp_path)
    world.add("SEQ-A", "crowded", truth=False)

    def run(*flags):
        assert evaluate_motchallenge.main([*world.flags(), "--jobs", "1", *flags]) == 0
        return capsys.readouterr().err

    run("--preset", "strong")
    record = json.loads((world.output_dir / "run.json").read_text())
    assert record["sequences"]["SEQ-A"]["flags"].items() >= STRONG.items()
    assert "complete" in run("--preset", "strong", "--resume")
    assert "other settings" in run("--resume")


def test_classes_are_kept_apart_when_asked(tmp_path):
    """A detection that changes its class each frame continues nobody's track."""
    (tmp_path / "SEQ-01").mkdir()
    rows = np.array([[f, -1, 10, 10, 30, 60, 0.9, f % 2, -1, -1, 1, 0] for f in range(1, 21)], float)
    np.save(tmp_path / "d.npy", rows)
    paths = ["--sequence_dir", tmp_path / "SEQ-01", "--detection_file", tmp_path / "d.npy", "--display", "false"]
    texts = []
    for flags in ([], ["--class_aware"]):
        output = tmp_path / f"{len(flags)}.txt"
        assert deep_sort_app.main([*map(str, paths), "--output_file", str(output), *flags]) == 0
        texts.append(output.read_text())
    assert texts[0].count("\n") == 18 and texts[1] == ""


def test_from_python():
    from application_util.association.camera_motion import CameraMotion
    from application_util.association.create import create_tracker

    tracker = create_tracker(TrackerSettings(**{**ORIGINAL, **STRONG}), by_class=True)
    deep_sort = DeepSort(tracker=tracker, camera=CameraMotion("ecc").step)
    for _ in range(4):
        tracks = deep_sort.update(np.zeros((80, 120, 3), np.uint8), [[10, 10, 30, 60]], [0.9], [2])
    assert deep_sort.tracker is tracker and tracks.ids.tolist() == [1] and tracks.classes.tolist() == [2]
