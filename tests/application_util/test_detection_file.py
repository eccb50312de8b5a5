"""Any file that the reader accepts can be tracked; memory stays bounded."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from application_util.errors import UserError
from application_util.files import detection_file as module
from application_util.files.detection_file import DetectionFile
from application_util.files.result_file import ResultFile
from application_util.settings import TrackerSettings
from application_util.tracking.sequence_tracker import create_tracker, select_detections
from tests.support.paths import ROOT

wild = st.one_of(
    st.floats(0, 40).map(round),
    st.floats(),
    st.sampled_from([0, -1, 1, np.nan, np.inf, 1e-30, 1e49, 1e-49, 1e160, 1e-170]),
)


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


def test_bad_row_in_a_later_chunk_is_counted_from_the_start(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "CHUNK_BYTES", 1000)
    array = np.ones((300, 12))
    array[250, 5] = -1
    np.save(tmp_path / "d.npy", array)
    with pytest.raises(UserError, match=r"row 251 \(index 250, frame 1\)"):
        DetectionFile(tmp_path / "d.npy")


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
    np.savetxt(tmp_path / "det.txt", rows, fmt="%g", delimiter=",")
    detections = DetectionFile(tmp_path / "det.txt")
    assert detections.feature_dim == 0 and detections.frames.tolist() == [1, 2]
    assert np.array_equal(detections.rows(2)[:, :7], rows[:1])
    assert any("no features: tracks follow motion and overlap alone" in line for line in detections.warnings)
