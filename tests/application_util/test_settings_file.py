"""Settings files: what they may hold, and which of flag, file, preset and default counts."""

from __future__ import annotations

import pytest

import deep_sort_app
import evaluate_motchallenge
from application_util.errors import UserError
from application_util.settings import BENCHMARK_SETTINGS, PostprocessingSettings, TrackerSettings
from application_util.settings_file import format_settings, read_settings
from tests.support.cli import run_command
from tools import postprocess, track_video

FILE = """
[tracker]
min_confidence = 0.45
nn_budget = "none"
max_age = 60
no_cascade = true
ema_alpha = 0.8

[postprocessing]
fill = 12
smooth = 4
"""


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "settings.toml"
    path.write_text(FILE)
    return str(path)


def test_flags_win_over_the_file_and_the_file_over_presets_and_defaults(file, capsys):
    words = [
        "--mot_dir",
        "m",
        "--max_age",
        "9",
        "--settings",
        file,
        "--preset",
        "strong",
        "--postprocess",
        "--link",
        "0",
    ]
    args = evaluate_motchallenge.parse_args(words)
    assert "settings_file" not in args
    tracker = args.settings
    assert (tracker.max_age, tracker.min_confidence, tracker.nn_budget) == (9, 0.45, None)
    assert (tracker.ema_alpha, tracker.motion_weight, tracker.no_cascade) == (0.8, 0.02, True)
    assert tracker.n_init == BENCHMARK_SETTINGS.n_init
    assert args.postprocessing == PostprocessingSettings(fill=12, smooth=4.0)


def test_every_command_that_tracks_reads_it(file, capsys):
    app = deep_sort_app.parse_args(["--sequence_dir", "s", "--detection_file", "d", "--settings", file])
    assert (app.max_age, app.nn_budget, app.no_cascade) == (60, None, True)
    assert f"{file}: not used by this command: fill, smooth" in capsys.readouterr().err
    video = track_video.parse_args(["clip.mp4", "--detector", "d.onnx", "--settings", file])
    assert (video.settings.max_age, video.settings.no_cascade) == (60, True)
    assert postprocess.parse_args(["--settings", file]).settings == PostprocessingSettings(fill=12, smooth=4.0)


def test_written_settings_are_read_as_they_were(tmp_path):
    tracker = TrackerSettings(min_confidence=-0.5, nn_budget=None, no_cascade=True, camera_motion="orb", max_age=7)
    after = PostprocessingSettings(fill=3, smooth=2.5)
    path = tmp_path / "best.toml"
    path.write_text(format_settings(tracker, after, comment="Best of all.\nOr nearly."))
    assert path.read_text().startswith("# Best of all.\n# Or nearly.\n\n[tracker]\n")
    assert read_settings(path) == tracker.as_dict() | after.as_dict()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[tracker]\nmax_agee = 3", r"\[tracker\] max_agee: no such parameter, there are min_confidence, "),
        ("[tracker]\nfill = 3", r"\[tracker\] fill: no such parameter"),
        ("[traker]\nmax_age = 3", r"traker: unknown, a settings file has \[tracker\] and \[postprocessing\]"),
        ("max_age = 3", "max_age: unknown, a settings file has"),
        ("[tracker]\nmax_age = 0", r"\[tracker\] max_age: '0' is not an integer of at least 1"),
        ("[tracker]\nmax_age = 3.5", "max_age: '3.5' is not an integer"),
        ("[tracker]\nmax_age = true", "max_age: 'true' is not an integer"),
        ("[tracker]\nmax_age = [3]", r"max_age: '\[3\]' is not an integer"),
        ("[tracker]\nmin_confidence = nan", "'nan' is not a finite number"),
        ("[tracker]\ncamera_motion = 'up'", "camera_motion: 'up' is none of none, ecc, orb"),
        ("[tracker]\nno_cascade = 'often'", "no_cascade: 'often' is neither true nor false"),
        ("[tracker\nmax_age = 3", "not TOML: "),
        ("\x00", "not TOML: "),
    ],
)
def test_mistakes_are_named(tmp_path, text, message):
    path = tmp_path / "settings.toml"
    path.write_text(text)
    with pytest.raises(UserError, match=message) as caught:
        read_settings(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)


def test_files_that_cannot_be_read(tmp_path):
    with pytest.raises(UserError, match="no such file"):
        read_settings(tmp_path / "none.toml")
    with pytest.raises(UserError, match="cannot be read"):
        read_settings(tmp_path)
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe\xff")
    with pytest.raises(UserError, match="cannot be read"):
        read_settings(tmp_path / "bytes.toml")


def test_no_output_replaces_it(file, capsys, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for command, words in (
        (deep_sort_app, ["--sequence_dir", "s", "--detection_file", "d", "--output_file", "./settings.toml"]),
        (deep_sort_app, ["--sequence_dir", "s", "--detection_file", "d", "--output_video", file]),
        (postprocess, ["--result_file", "r", "--output_file", file]),
        (track_video, ["clip.mp4", "--detector", "d.onnx", "--output_file", file]),
    ):
        with pytest.raises(SystemExit):
            command.parse_args([*words, "--settings", file])
        assert f"{file}: named twice, by --settings and by {words[-2]}: would be lost" in capsys.readouterr().err


@pytest.mark.slow
def test_a_mistake_is_one_line_of_error(tmp_path):
    (tmp_path / "s.toml").write_text("[tracker]\nage = 3\n")
    done = run_command("evaluate_motchallenge.py", "--mot_dir", "m", "--settings", tmp_path / "s.toml")
    assert done.returncode == 2
    assert f"error: {tmp_path / 's.toml'}: [tracker] age: no such parameter" in done.stderr.splitlines()[-1]
