"""The tracking command as a user runs it: results, errors, interrupts."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import deep_sort_app
from tests.support.cli import error_line, headless_environment
from tests.support.paths import GOLDEN, ROOT


@pytest.fixture(autouse=True)
def no_display(monkeypatch):
    monkeypatch.delenv("DISPLAY", raising=False)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)


class App:
    """The command with a sequence, a detection file and an output file that has held a good result before."""

    def __init__(self, tmp_path, capsys, rows):
        self.sequence_dir = tmp_path / "SEQ-01"
        self.sequence_dir.mkdir()
        self.detection_file = tmp_path / "SEQ-01.npy"
        self.output_file = tmp_path / "good.txt"
        self.output_file.write_text("a good result\n")
        self.rows = rows.copy()
        self.capsys = capsys
        self.save(self.rows)

    def save(self, array, **options):
        np.save(self.detection_file, array, **options)

    def run(self, *flags, **replaced):
        paths = {
            name: replaced.get(name, getattr(self, name)) for name in ("sequence_dir", "detection_file", "output_file")
        }
        argv = [part for name, path in paths.items() for part in (f"--{name}", str(path))]
        try:
            code = deep_sort_app.main([*argv, *map(str, flags)])
        except SystemExit as stop:
            code = stop.code
        self.stderr = self.capsys.readouterr().err
        return code

    def assert_refused(self, *words, flags=(), **replaced):
        assert self.run(*flags, **replaced) == 2
        line = error_line(self.stderr)
        for word in words:
            assert word in line
        assert self.output_file.read_text() == "a good result\n"
        assert not self.output_file.with_name("good.txt.partial").exists()


@pytest.fixture
def app(tmp_path, capsys, walkers):
    return App(tmp_path, capsys, walkers)


def test_result_replaces_the_old_one(app):
    assert app.run() == 0
    assert app.output_file.read_bytes() == (GOLDEN / "walkers-B.txt").read_bytes()
    assert "SEQ-01" in app.stderr and "635 rows" in app.stderr
    assert not list(app.output_file.parent.glob("*.partial"))


def test_folders_are_created_and_a_trailing_slash_does_not_matter(app, tmp_path):
    assert app.run(sequence_dir=f"{app.sequence_dir}/", output_file=tmp_path / "new" / "folder" / "out.txt") == 0
    assert "SEQ-01: " in app.stderr
    assert (tmp_path / "new" / "folder" / "out.txt").stat().st_size > 1000


def test_float32_and_unsorted_rows(app):
    app.save(app.rows.astype(np.float32))
    assert app.run("--min_confidence", 0.3) == 0
    app.save(app.rows[np.argsort(-app.rows[:, 0], kind="stable")])
    assert app.run("--nn_budget", "none") == 0
    assert app.output_file.read_bytes() == (GOLDEN / "walkers-B.txt").read_bytes()


def test_zero_rows_are_an_empty_result(app):
    app.save(np.empty((0, 138)))
    assert app.run() == 0
    assert app.output_file.read_bytes() == b""


def test_width_of_features_is_warned_about(app):
    app.run()
    assert "warning" in app.stderr and "16 dimensions" in app.stderr and "128" in app.stderr
    app.save(np.hstack([app.rows, np.zeros((len(app.rows), 109))]))
    assert app.run() == 0
    assert "7-column det.txt" in app.stderr
    app.save(np.hstack([app.rows, np.zeros((len(app.rows), 112))]))
    assert app.run() == 0
    assert "warning" not in app.stderr


COLUMN = {"frame": 0, "left": 2, "top": 3, "width": 4, "height": 5, "confidence": 6}


@pytest.mark.parametrize(("column", "value", "complaint"), [
    ("left", np.nan, "not finite"), ("top", np.inf, "not finite"), ("confidence", np.nan, "not finite"),
    ("width", 0, "not positive"), ("width", -3, "not positive"), ("height", 0, "not positive"),
    ("height", -5, "not positive"), ("frame", -1, "whole number"), ("frame", 2.5, "whole number"),
    ("frame", np.nan, "not finite"),
])  # fmt: skip
def test_invalid_boxes(app, column, value, complaint):
    app.rows[41, COLUMN[column]] = value
    app.save(app.rows)
    app.assert_refused(
        "SEQ-01.npy", "row 42 (index 41", f"column {COLUMN[column] + 1} ({column})", complaint, "--skip_invalid"
    )


def test_invalid_features(app):
    app.rows[7, 12] = np.nan
    app.save(app.rows)
    app.assert_refused("row 8", f"frame {app.rows[7, 0]:.0f}", "column 13 (feature component 3)", "not finite")
    app.rows[7, 10:] = 0
    app.save(app.rows)
    app.assert_refused("row 8", "all zero")
    app.rows = app.rows.astype(np.float64)
    app.rows[7, 10:] = 1e300
    app.save(app.rows)
    app.assert_refused("row 8", "32-bit")


def test_boxes_beyond_all_numbers(app):
    for column, value in (("height", 1e160), ("width", 1e-170), ("left", -1e200)):
        rows = app.rows.astype(np.float64)
        rows[41, COLUMN[column]] = value
        app.save(rows)
        app.assert_refused("row 42", f"column {COLUMN[column] + 1} ({column})", "is no number of pixels")


def test_without_features_tracks_follow_motion_and_overlap(app):
    app.save(app.rows[:, :10])
    assert app.run() == 0
    assert "warning" in app.stderr and "no features" in app.stderr
    alone = app.output_file.read_bytes()
    app.save(app.rows)
    assert app.run("--max_cosine_distance", "-1") == 0
    assert app.output_file.read_bytes() == alone != b""
    app.save(app.rows[:, :10])
    assert app.run("--nn_budget", "5") == 0
    assert app.output_file.read_bytes() == alone


def test_skip_invalid(app):
    bad = app.rows[[3, 50, 90]]
    bad[0, 4], bad[1, 10:], bad[2, 0] = -1, 0, np.nan
    app.save(np.insert(app.rows, [0, 200, len(app.rows)], bad, axis=0))
    assert app.run("--skip_invalid") == 0
    assert "3 invalid rows skipped" in app.stderr
    assert app.output_file.read_bytes() == (GOLDEN / "walkers-B.txt").read_bytes()


def test_long_gaps(app):
    app.save(app.rows[np.isin(app.rows[:, 0], [1, 2, 3, 30])])
    app.assert_refused("frame 30 comes 27 frames after frame 3, more than 9", flags=("--max_gap", "9"))
    assert app.run("--max_gap", "27") == 0


@pytest.mark.parametrize(("array", "complaint"), [
    (np.array([["1", "2"] * 6]), "expected numbers"),
    (np.array([1.0, 2.0]), "shape (2,)"), (np.array([]), "shape (0,)"), (np.array(3.0), "shape ()"),
    (np.ones((2, 3, 20)), "shape (2, 3, 20)"), (np.ones((4, 9)), "9 columns"), (np.ones((0, 7)), "7 columns"),
    (np.array([[1.0], [2.0, 3.0]], dtype=object), "objects"), (np.ones((3, 138), dtype=complex), "expected numbers"),
], ids=str)  # fmt: skip
def test_other_arrays(app, array, complaint):
    app.save(array, allow_pickle=True)
    app.assert_refused("SEQ-01.npy", complaint)


@pytest.mark.slow
def test_other_files(app, tmp_path):
    app.assert_refused("no such file", "generate_detections", detection_file=tmp_path / "none.npy")
    app.assert_refused("folder", detection_file=tmp_path)
    app.assert_refused("no such folder", sequence_dir=tmp_path / "none")
    app.assert_refused("not a folder", sequence_dir=app.detection_file)
    app.detection_file.write_text("1,-1,10,20,30,40,1,-1,-1,-1\n")
    app.assert_refused("not a .npy array")
    assert "objects" not in app.stderr
    app.detection_file.write_bytes(b"")
    app.assert_refused("empty file")
    app.save(app.rows)
    app.detection_file.write_bytes(app.detection_file.read_bytes()[:5000])
    app.assert_refused("not a .npy array")
    np.savez(tmp_path / "archive.npz", app.rows)
    app.assert_refused("archive", detection_file=tmp_path / "archive.npz")
    app.detection_file.write_bytes((tmp_path / "archive.npz").read_bytes()[:3000])
    app.assert_refused("not a .npy array")
    app.save(app.rows)
    whole = bytearray(app.detection_file.read_bytes())
    rng = np.random.default_rng(0)
    for _ in range(200):  # a damaged header, of which NumPy says almost anything
        damaged = whole.copy()
        for place in rng.integers(6, 90, 3):
            damaged[place] = rng.integers(0, 256)
        app.detection_file.write_bytes(damaged)
        if app.run() != 0:
            assert error_line(app.stderr).startswith(f"{app.detection_file}: ")
        app.output_file.write_text("a good result\n")


def test_input_is_not_overwritten(app, tmp_path):
    before = app.detection_file.read_bytes()
    (tmp_path / "link").symlink_to(app.detection_file)
    for output in (app.detection_file, tmp_path / "link"):
        app.assert_refused("would replace", "choose another name", output_file=output)
    mapped = tmp_path / "a.txt.partial"
    mapped.write_bytes(before)
    app.assert_refused("would replace", detection_file=mapped, output_file=tmp_path / "a.txt")
    for name in ("gt", "det"):
        text = app.sequence_dir / name / f"{name}.txt"
        text.parent.mkdir()
        text.write_text("1,1,10,20,30,40,1,1,1\n")
        app.assert_refused("would replace", output_file=text)
        assert text.read_text() == "1,1,10,20,30,40,1,1,1\n"
    assert app.detection_file.read_bytes() == mapped.read_bytes() == before


def test_where_the_output_goes(app, tmp_path):
    for name in ("", f"{tmp_path}/new/", "."):
        assert app.run(output_file=name) == 2 and app.stderr.count("\n") == 1, app.stderr
    app.output_file.chmod(0o600)
    (tmp_path / "link.txt").symlink_to("good.txt")
    assert app.run(output_file=tmp_path / "link.txt") == 0
    assert (tmp_path / "link.txt").is_symlink() and not list(tmp_path.glob("*.partial"))
    assert app.output_file.read_bytes() == (GOLDEN / "walkers-B.txt").read_bytes()
    assert app.output_file.stat().st_mode & 0o777 == 0o600


def test_a_linked_sequence_has_the_name_of_the_link(app, tmp_path):
    (tmp_path / "LINK").symlink_to(app.sequence_dir)
    assert app.run(sequence_dir=tmp_path / "LINK") == 0
    assert "LINK: " in app.stderr


def test_detections_of_the_sequence_info_may_be_changed(app):
    info = deep_sort_app.gather_sequence_info(app.sequence_dir, app.detection_file)
    info["detections"][:, 6] = 1
    assert np.load(app.detection_file)[0, 6] != 1


def test_output_that_cannot_be_written_is_found_out_before_tracking(app, tmp_path, monkeypatch):
    monkeypatch.setattr(
        "application_util.tracking.sequence_tracker.select_detections", lambda *_: pytest.fail("tracked already")
    )
    app.assert_refused("folder", output_file=tmp_path)
    app.assert_refused(
        "cannot be written", "choose another place", output_file=app.detection_file / "below" / "a_file.txt"
    )


def test_output_to_a_pipe(app, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    reader = os.open(tmp_path / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert app.run(output_file=tmp_path / "pipe") == 0
    assert os.read(reader, 1000) == (GOLDEN / "walkers-B.txt").read_bytes()[:1000]
    assert (tmp_path / "pipe").is_fifo() and not (tmp_path / "pipe.partial").exists()
    os.close(reader)


def test_seqinfo(app):
    info = app.sequence_dir / "seqinfo.ini"
    for text, complaint in [
        ("[Sequence]\nframeRate=fast\n", "frameRate=fast"),
        ("[Sequence]\nframeRate=0\n", "frameRate=0"),
    ]:
        info.write_text(text)
        app.assert_refused("seqinfo.ini", complaint)
    for text, update_ms in [
        ("[Sequence]\nframeRate=29.97\n", 1000 / 29.97),
        ("[sequence]\r\n; a remark\r\nstray\r\nframeRate = 25\r\n", 40),
        ("[Sequence]\nseqLength=600\n", None),
        ("", None),
    ]:
        info.write_text(text)
        assert app.run() == 0
        info_dict = deep_sort_app.gather_sequence_info(app.sequence_dir, app.detection_file)
        assert info_dict["update_ms"] == update_ms


def write_images(sequence_dir, frames, size=(60, 80)):
    import cv2

    (sequence_dir / "img1").mkdir(exist_ok=True)
    for frame in frames:
        cv2.imwrite(str(sequence_dir / "img1" / f"{frame:06d}.jpg"), np.full((*size, 3), frame, dtype=np.uint8))


def test_frames_are_those_of_the_images(app):
    write_images(app.sequence_dir, range(1, 31))
    (app.sequence_dir / "img1" / ".hidden.jpg").touch()
    (app.sequence_dir / "img1" / "Thumbs.db").touch()
    assert app.run() == 0
    whole = (GOLDEN / "walkers-B.txt").read_text().splitlines()
    assert app.output_file.read_text().splitlines() == [row for row in whole if int(row.split(",")[0]) <= 30]


def test_unreadable_image(app):
    write_images(app.sequence_dir, [1, 2])
    (app.sequence_dir / "img1" / "000001.jpg").write_bytes(b"no image")
    app.assert_refused("000001.jpg", "not a readable image")


def test_display_without_a_display(app):
    write_images(app.sequence_dir, [1, 2, 3])
    app.assert_refused("display", flags=("--display", "True"))
    assert app.run("--display", "no") == 0
    assert app.run() == 0
    assert "without a window" in app.stderr


def test_display_without_images(app):
    app.assert_refused("no images", flags=("--display", "1"))


@pytest.mark.parametrize(
    "flags", [("--display", "perhaps"), ("--nn_budget", "0"), ("--min_confidence", "nan"), ("--what",)]
)
def test_wrong_flags(app, flags):
    assert app.run(*flags) == 2
    assert flags[0] in app.stderr and "Traceback" not in app.stderr


def test_gather_sequence_info(app):
    write_images(app.sequence_dir, range(3, 7))
    (app.sequence_dir / "gt").mkdir()
    (app.sequence_dir / "gt" / "gt.txt").write_text("3,1,10,20,30,40,1,1,0.5\n4,1,11,20,30,40,1,1,1\n\n")
    info = deep_sort_app.gather_sequence_info(str(app.sequence_dir) + "/", app.detection_file)
    assert info["sequence_name"] == "SEQ-01"
    assert sorted(info["image_filenames"]) == [3, 4, 5, 6] and info["image_filenames"][3].endswith("000003.jpg")
    np.testing.assert_array_equal(info["detections"], app.rows)
    assert info["groundtruth"].shape == (2, 9)
    assert (info["image_size"], info["min_frame_idx"], info["max_frame_idx"]) == ((60, 80), 3, 6)
    assert (info["feature_dim"], info["update_ms"]) == (16, None)


def test_create_detections(walkers):
    frame = int(walkers[100, 0])
    rows = walkers[walkers[:, 0] == frame]
    detections = deep_sort_app.create_detections(walkers, frame)
    np.testing.assert_array_equal([d.tlwh for d in detections], rows[:, 2:6])
    np.testing.assert_array_equal([d.feature for d in detections], rows[:, 10:].astype(np.float32))
    height = np.median(rows[:, 5])
    assert len(deep_sort_app.create_detections(walkers, frame, height)) == (rows[:, 5] >= height).sum()
    rows = np.ones((4, 12))
    rows[:, 5] = -0.5, 0, 0.5, 1
    assert len(deep_sort_app.create_detections(rows, 1)) == 3


@pytest.mark.slow
def test_interrupt_keeps_the_partial_file(app, walkers):
    long = np.concatenate([walkers + np.eye(1, 26) * 1000 * k for k in range(300)])
    app.save(long)
    process = subprocess.Popen(
        [sys.executable, ROOT / "deep_sort_app.py", "--sequence_dir", app.sequence_dir, "--detection_file",
         app.detection_file, "--output_file", app.output_file, "--min_confidence", "0.3"],
        stderr=subprocess.PIPE, text=True, env=headless_environment(),
    )  # fmt: skip
    partial = app.output_file.with_name("good.txt.partial")
    deadline = time.monotonic() + 60
    while not (partial.exists() and partial.stat().st_size > 1000) and time.monotonic() < deadline:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    stderr = process.communicate(timeout=60)[1]
    assert process.returncode == 130
    assert "interrupted" in stderr and str(partial) in stderr and "Traceback" not in stderr
    assert app.output_file.read_text() == "a good result\n"
    written = partial.read_text()
    assert (GOLDEN / "walkers-A.txt").read_text().startswith(written[:1000]) and written.endswith("\n")


def test_a_det_txt_gives_the_tracks_of_the_same_numbers_as_an_array(tmp_path, walkers, sequence_dir):
    boxes = np.column_stack([walkers[:, :10]])
    np.save(tmp_path / "boxes.npy", boxes)
    np.savetxt(tmp_path / "det.txt", boxes, fmt="%.17g", delimiter=",")
    results = []
    for name in ("boxes.npy", "det.txt"):
        flags = ["--sequence_dir", sequence_dir, "--detection_file", tmp_path / name, "--min_confidence", 0.3]
        assert deep_sort_app.main([*map(str, flags), "--output_file", str(tmp_path / "out")]) == 0
        results.append((tmp_path / "out").read_bytes())
    assert results[0] == results[1] and results[0]


def test_classes_are_kept_apart_and_written_where_asked(tmp_path, sequence_dir):
    """Two boxes that lie on each other and swap places, one of class 1, one of class 5."""
    rows = np.full((20, 10), -1.0)
    rows[:, 0], rows[:, 3:7], rows[:, 7] = (np.repeat(np.arange(1, 11), 2), (20, 30, 60, 0.9), np.tile([1, 5], 10))
    rows[:, 2] = np.where(rows[:, 7] == 1, 50 + rows[:, 0], 61 - rows[:, 0])
    np.save(tmp_path / "d.npy", rows)
    flags = ["--sequence_dir", sequence_dir, "--detection_file", tmp_path / "d.npy", "--output_file", tmp_path / "out"]
    assert deep_sort_app.main([*map(str, flags), "--write_class", "--nms_max_overlap", "0.5"]) == 0
    found = np.loadtxt(tmp_path / "out", delimiter=",")
    assert {(row[1], row[7]) for row in found} == {(1, 1), (2, 5)} or {(row[1], row[7]) for row in found} == {
        (1, 5),
        (2, 1),
    }
    assert len(found) == 16 and (found[:, 8:] == -1).all()
    assert deep_sort_app.main([*map(str, flags)]) == 0
    assert (np.loadtxt(tmp_path / "out", delimiter=",")[:, 7:] == -1).all()
