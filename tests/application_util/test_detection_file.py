"""Any file that the reader accepts can be tracked; memory stays bounded."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from application_util.association.create import create_tracker
from application_util.errors import UserError
from application_util.files import npy_file as module
from application_util.files.detection_file import DetectionFile, detections_from_rows
from application_util.files.result_file import ResultFile
from application_util.sequences.sequence import read_sequence
from application_util.sequences.sequence_info import detection_warnings
from application_util.settings import TrackerSettings
from application_util.tracking.sequence_tracker import select_detections
from tests.support.paths import ROOT
from tests.support.sequences import make_sequence

wild = st.one_of(
    st.floats(0, 40).map(round),
    st.floats(),
    st.sampled_from([0, -1, 1, np.nan, np.inf, 1e-30, 1e49, 1e-49, 1e160, 1e-170]),
)


@pytest.mark.slow
@given(
    arrays(np.float64, st.tuples(st.integers(0, 12), st.integers(10, 14)), elements=wild),
    st.sampled_from([np.float32, np.float64]),
    st.booleans(),
)
def test_any_file_that_is_accepted_tracks(tmp_path_factory, array, kind, tame):
    with np.errstate(over="ignore", invalid="ignore"):
        array = array.astype(kind)
    if tame:
        array = np.abs(np.nan_to_num(array, posinf=3, neginf=3)) + 1
        array[:, 0] = array[:, 0] % 20 // 1
    folder = tmp_path_factory.mktemp("any")
    np.save(folder / "d.npy", array)
    detections = DetectionFile(folder / "d.npy", skip_invalid=True)
    assert len(detections) + detections.skipped == len(array)
    with ResultFile(folder / "out.txt") as results:
        settings = TrackerSettings(min_confidence=0)
        tracker = create_tracker(settings)
        for frame in detections.frames.tolist():
            tracker.predict()
            tracker.update(select_detections(detections.rows(frame), settings))
            results.write(frame, tracker.tracks)
    if detections.skipped:
        with pytest.raises(UserError, match="row"):
            DetectionFile(folder / "d.npy")


def test_rows_of_a_frame_keep_their_order(tmp_path):
    rng = np.random.default_rng(0)
    array = np.abs(rng.normal(size=(500, 12))) + 0.1
    array[:, 0] = rng.integers(0, 30, 500)
    np.save(tmp_path / "d.npy", array)
    detections = DetectionFile(tmp_path / "d.npy")
    assert detections.frames.tolist() == sorted(set(array[:, 0]))
    for frame in range(31):
        np.testing.assert_array_equal(detections.rows(frame), array[array[:, 0] == frame])


def test_rows_of_a_frame_may_be_apart(tmp_path):
    array = np.arange(60.0).reshape(5, 12) + 1
    array[:, 0] = 1, 2, 1, 4, 4
    np.save(tmp_path / "d.npy", array)
    detections = DetectionFile(tmp_path / "d.npy")
    assert np.array_equal(detections.rows(1), array[[0, 2]]) and np.array_equal(detections.rows(4), array[3:])
    assert detections.rows(3).shape == (0, 12) and len(detections) == 5
    assert [detections.count(range(*ends)) for ends in ((1, 5), (2, 5), (1, 4), (2, 4))] == [5, 3, 3, 1]


def test_repeated_rows_have_frame_and_box_of_another(tmp_path):
    array = np.ones((12, 12))
    for row, column in enumerate((0, 2, 3, 4, 5), start=1):
        array[row, column] = 2  # another frame or box: not the same
    for row, column in enumerate((1, 6, 11), start=6):
        array[row, column] = 2
    np.save(tmp_path / "d.npy", array)
    assert DetectionFile(tmp_path / "d.npy").repeated == 6


def test_bad_row_in_a_later_chunk_is_counted_from_the_start(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_BYTES", 1000)
    array = np.ones((300, 12))
    array[250, 5] = -1
    np.save(tmp_path / "d.npy", array)
    with pytest.raises(UserError, match=r"row 251 \(index 250, frame 1\)"):
        DetectionFile(tmp_path / "d.npy")
    detections = DetectionFile(tmp_path / "d.npy", skip_invalid=True)
    assert (len(detections), detections.skipped) == (299, 1)


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("kind", ["<f8", ">f4", "<i4", "<f2"])
def test_every_layout_is_read_and_hashed_as_it_is(tmp_path, monkeypatch, order, kind):
    monkeypatch.setattr(module, "CHUNK_BYTES", 500)
    array = np.arange(1, 301).reshape(25, 12)[::-1].astype(kind, order=order)
    array[:, 0] = np.arange(25) // 3
    np.save(tmp_path / "d.npy", array)
    with open(tmp_path / "d.npy", "ab") as file:
        file.write(b"what comes after the array")
    detections = DetectionFile(tmp_path / "d.npy")
    assert detections.sha256 == hashlib.sha256((tmp_path / "d.npy").read_bytes()).hexdigest()
    assert np.array_equal(detections.rows(2), array[6:9]) and np.array_equal(detections.array, array)


def test_a_file_that_is_replaced_meanwhile_is_read_as_it_was(tmp_path):
    array = np.ones((40, 12))
    array[:, 0] = np.arange(40) // 4
    np.save(tmp_path / "d.npy", array)
    detections = DetectionFile(tmp_path / "d.npy")
    hashed = hashlib.sha256((tmp_path / "d.npy").read_bytes()).hexdigest()
    np.save(tmp_path / "new.npy", array * 2)
    (tmp_path / "new.npy").replace(tmp_path / "d.npy")
    assert np.array_equal(detections.rows(9), array[36:]) and detections.sha256 == hashed


def test_the_hash_of_a_det_txt_is_that_of_what_was_read(tmp_path, monkeypatch):
    path, rows = tmp_path / "det.txt", b"1,-1,10,20,30,40,0.9\n"
    path.write_bytes(rows)
    real = np.loadtxt

    def replace_meanwhile(*args, **kwargs):
        path.write_bytes(rows.replace(b"10", b"99"))
        return real(*args, **kwargs)

    monkeypatch.setattr(np, "loadtxt", replace_meanwhile)
    detections = DetectionFile(path)
    assert detections.rows(1)[0, 2] == 10 and detections.sha256 == hashlib.sha256(rows).hexdigest()


@pytest.mark.parametrize("when", [1, 2**32])
@pytest.mark.parametrize("change", ["cut", "changed", "touched"])
def test_a_file_that_is_changed_meanwhile_is_refused(tmp_path, change, when):
    np.save(tmp_path / "d.npy", np.ones((40, 12)))
    detections = DetectionFile(tmp_path / "d.npy")
    if change == "touched":
        os.utime(tmp_path / "d.npy", (when, when))
        assert len(detections.rows(1)) == 40
        return
    with open(tmp_path / "d.npy", "r+b") as file:
        file.truncate(1000) if change == "cut" else file.seek(1000)
        file.write(b"" if change == "cut" else b"other")
    os.utime(tmp_path / "d.npy", (when, when))
    with pytest.raises(UserError, match="was changed or cut while it was in use"):
        detections.rows(1)


def test_a_gap_that_would_take_hours_is_refused(tmp_path):
    array = np.ones((3, 12))
    array[:, 0] = 1, 10**9, 2
    np.save(tmp_path / "d.npy", array)
    with pytest.raises(UserError, match=r"row 2: frame 1000000000 comes 999999998 frames after frame 2"):
        DetectionFile(tmp_path / "d.npy")
    assert DetectionFile(tmp_path / "d.npy", max_gap=10**9).frames.tolist() == [1, 2, 10**9]


def npy(description, shape):
    head = f"{{'descr': {description!r}, 'fortran_order': False, 'shape': {shape}".encode()
    return b"\x93NUMPY\x01\x00" + len(head).to_bytes(2, "little") + head + bytes(1104)


NO_NUMBERS = r"not a \.npy array of numbers \("


@pytest.mark.parametrize(("content", "words"), [
    (b"PK\x03\x04 no zip", r"an archive \(\.npz\) and not"), (b"", r"empty file, .*makes detection files"),
    (b"some words", r"not a \.npy array; .*makes detection files"), (b"\x93NUMPY", NO_NUMBERS),
    (b"\x93NUMPY\x03\x00", NO_NUMBERS), (b"\x93NUMPY\x01\x00\xff\xff{", NO_NUMBERS),
    (npy("<f8", "(4, 138"), NO_NUMBERS), (npy("<f8", "(-1, 138)}"), "shape"),
    (npy("<f8", "(-1, -138)}"), "cut off"), (npy("<f8", "(2, 138)}"), r"cut off: 1173 bytes, shape \(2, 138\)"),
    (npy("<f8", "(1, 138)}")[:-1], "cut off"), (npy("<f8", "(10**9, 10**9)}"), NO_NUMBERS),
    (npy("<f8", f"(1{'0' * 30}, 138)}}"), "cut off"), (npy("|V8", "(1, 138)}"), "an array of "),
    (npy("O", "(1, 138)}"), "objects, expected numbers"), (npy("<f8", "(" * 5000), NO_NUMBERS),
    (npy("<f8", "(138,)}"), r"an array of shape \(138,\), expected N x"),
    (npy("<f8", "(15, 9)}"), "9 columns, expected"),
])  # fmt: skip
def test_broken_files_are_named_with_the_reason(tmp_path, content, words):
    (tmp_path / "d.npy").write_bytes(content)
    with pytest.raises(UserError, match=rf"d\.npy: .*{words}"):
        DetectionFile(tmp_path / "d.npy")


def test_what_is_no_file_is_said(tmp_path):
    (tmp_path / "det.txt").mkdir()
    for name in ("", "det.txt"):
        with pytest.raises(UserError, match="a folder, expected a detection file"):
            DetectionFile(tmp_path / name)
    with pytest.raises(UserError, match=r"no such file; .* makes detection files"):
        DetectionFile(tmp_path / "d.npy")


@pytest.mark.filterwarnings("error")
def test_files_of_other_versions_are_read_in_silence(tmp_path):
    array = np.ones((1, 138))
    with open(tmp_path / "d.npy", "wb") as file:
        np.lib.format.write_array(file, array, version=(2, 0))
    assert np.array_equal(DetectionFile(tmp_path / "d.npy").array, array)
    (tmp_path / "old.npy").write_bytes(npy("<f8", "(1L, 138L)}")[:-1104] + array.tobytes())
    assert np.array_equal(DetectionFile(tmp_path / "old.npy").array, array)


@pytest.mark.slow
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="pages are given back on Linux only")
def test_memory_is_bounded(tmp_path):
    rows = 400_000  # 442 MB
    array = np.lib.format.open_memmap(tmp_path / "d.npy", "w+", np.float64, (rows, 138))
    array[:] = 1
    array[:, 0] = np.arange(rows) // 100
    array.flush()
    script = (
        "import resource, sys; from application_util.files.detection_file import DetectionFile\n"
        "base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "detections = DetectionFile(sys.argv[1])\n"
        "assert sum(len(detections.rows(frame)) for frame in detections.frames.tolist()) == len(detections)\n"
        "print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - base) // 1024)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "d.npy")]
    grown = int(subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout)
    assert grown < 150


def test_a_det_txt_is_a_detection_file_without_features(tmp_path):
    rows = np.array([[2, -1, 1.5, 2, 3, 4, 0.5], [1, -1, 5, 6, 7, 8, 0.25]])
    np.savetxt(tmp_path / "DET.TXT", rows, fmt="%g", delimiter=",")
    detections = DetectionFile(tmp_path / "DET.TXT")
    assert detections.feature_dim == 0 and detections.frames.tolist() == [1, 2]
    assert np.array_equal(detections.rows(2)[:, :7], rows[:1])
    assert any("no features: tracks follow motion and overlap alone" in line for line in detections.warnings)


def test_classes_are_labels_where_they_are_asked_for():
    rows = np.arange(26.0).reshape(2, 13)
    assert [detection.label for detection in detections_from_rows(rows)] == [None, None]
    first, second = detections_from_rows(rows, labelled=True)
    assert (first.label, second.label) == (7, 20) and first.tlwh.tolist() == [2, 3, 4, 5]
    assert first.confidence == 6 and first.feature.tolist() == [10, 11, 12]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("number", [np.nan, np.inf, 1e300, 2.0**31, -(2.0**31)])
def test_classes_are_numbers_where_they_are_asked_for(tmp_path, number):
    array = np.ones((6, 12))
    array[:, 7] = 0, -1, 1, 2**31 - 1, 1, 1
    np.save(tmp_path / "d.npy", array)
    DetectionFile(tmp_path / "d.npy").check_classes()
    array[3:, 7] = number, 1e100, 1e200
    np.save(tmp_path / "d.npy", array)
    detections = DetectionFile(tmp_path / "d.npy")
    with pytest.raises(UserError, match=rf"d\.npy: row 4: column 8 \(class\): {number:.15g} is".replace("+", r"\+")):
        detections.check_classes()
    array[3, 4] = -1  # what is left out does not matter
    array[4:, 7] = 1
    np.save(tmp_path / "d.npy", array)
    DetectionFile(tmp_path / "d.npy", skip_invalid=True).check_classes()


def test_what_is_suspicious_is_mentioned(tmp_path, walkers):
    def warnings(rows):
        np.save(tmp_path / "a.npy", rows)
        return "; ".join(DetectionFile(tmp_path / "a.npy").warnings)

    assert "equal" not in warnings(walkers) and "above 1" not in warnings(walkers)
    alike = walkers.copy()
    alike[:, 10:] = alike[0, 10:]
    assert "all features are equal, and tell nobody apart" in warnings(alike)
    assert "equal" not in warnings(alike[:1]) and "equal" not in warnings(alike[:, :10])
    percent = walkers.copy()
    percent[:, 6] = 60 + 30 * percent[:, 6]
    assert "all confidences are above 1, the lowest " in warnings(percent)
    assert "above 1" not in warnings(walkers[:0])


def test_features_in_a_det_txt_are_not_lost_silently(tmp_path, walkers):
    np.savetxt(tmp_path / "det.txt", walkers, delimiter=",")
    (line, _) = DetectionFile(tmp_path / "det.txt").warnings
    assert line.endswith("det.txt: 16 columns after the 10th are not used: features are read from .npy")


def test_boxes_that_do_not_fit_the_images_are_mentioned(tmp_path, walkers):
    sequence = read_sequence(make_sequence(tmp_path / "S", 40, size=(1080, 1920)))
    far = walkers.copy()
    far[:, 2] += 5000
    for rows, words in ((walkers, False), (far, True)):
        np.save(tmp_path / "a.npy", rows)
        lines = detection_warnings(sequence, DetectionFile(tmp_path / "a.npy"))
        assert any("boxes lie outside images of 1920 x 1080 pixels" in line for line in lines) == words


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_called_one(tmp_path, walkers):
    np.save(tmp_path / "a.npy", walkers)
    os.mkfifo(tmp_path / "pipe")
    writer = threading.Thread(target=lambda: (tmp_path / "pipe").write_bytes((tmp_path / "a.npy").read_bytes()[:1000]))
    writer.start()
    with pytest.raises(UserError, match="pipe: a pipe, and a detection file is read twice: write it to a file"):
        DetectionFile(tmp_path / "pipe")
    writer.join()


def test_a_table_is_not_taken_for_an_array(tmp_path):
    (tmp_path / "a.csv").write_text("1,-1,1,2,3,4,.5\n")
    with pytest.raises(UserError, match=r"a.csv: not a .npy array; .*import_detections.* reads tables"):
        DetectionFile(tmp_path / "a.csv")
