"""What commands say of detections that came to nothing."""

from __future__ import annotations

import numpy as np
import pytest

from application_util.association.create import create_tracker
from application_util.files.detection_file import DetectionFile
from application_util.settings import TrackerSettings
from application_util.tracking.outcome import Outcome, report_outcome
from application_util.tracking.sequence_tracker import complete, select_detections


def track(path, rows, frames=range(1, 31), **settings):
    np.save(path / "d.npy", rows)
    detections, chosen = DetectionFile(path / "d.npy"), TrackerSettings(**settings)
    tracker, outcome = create_tracker(chosen), Outcome(chosen)
    confirmed = set()
    for frame in frames:
        tracker.predict()
        tracker.update(select_detections(detections.rows(frame), chosen, outcome))
        confirmed |= {track.track_id for track in tracker.tracks if track.is_confirmed()}
    return complete(outcome, detections, tracker, len(confirmed))


@pytest.fixture
def rows():
    """One person in 30 frames, and a detection of low confidence in each."""
    rows = np.full((60, 12), -1.0)
    rows[:, 0] = np.repeat(np.arange(1, 31), 2)
    rows[:, 2:7] = 30, 20, 20, 40, 0.9
    rows[1::2, 2:7] = 200, 20, 20, 25, 0.1
    rows[:, 10:] = 0.5
    return rows


def test_each_detection_is_counted_once(tmp_path, rows):
    outcome = track(tmp_path, np.vstack([rows, rows[:1]]), frames=range(1, 29))
    assert (outcome.used, outcome.uncertain, outcome.outside, outcome.repeated) == (29, 28, 4, 1)
    assert outcome.tracks == 1 and outcome.never_confirmed == 1
    line = outcome.describe()
    assert line.startswith("61 detections: 29 used, 28 below --min_confidence 0.8, 4 outside the frames, 1 repeated")
    assert line.endswith("; 1 tracks never confirmed") and outcome.problem() is None


@pytest.mark.parametrize(("settings", "frames", "words"), [
    ({"min_confidence": 0.95}, range(1, 31), "confidence of 0.95"),
    ({"min_confidence": 0, "min_detection_height": 90}, range(1, 31), "90 pixels high"),
    ({}, range(1, 31, 5), "3 detections in a row (--n_init)"),
    ({}, range(100, 130), "no detections in its frames"),
])  # fmt: skip
def test_why_there_is_no_track(tmp_path, rows, settings, frames, words, capsys):
    if len(frames) < 30:
        rows = rows[np.isin(rows[:, 0], frames)]
        frames = range(1, 31)
    outcome = track(tmp_path, rows, frames, **settings)
    assert outcome.tracks == 0 and words in outcome.problem()
    report_outcome("SEQ-01", outcome, 0, "o.txt")
    error = capsys.readouterr().err
    assert "SEQ-01: 0 tracks, 0 rows in o.txt" in error and f"warning: SEQ-01: {outcome.problem()}" in error


def test_suppressed_boxes_are_counted(tmp_path, rows):
    outcome = track(tmp_path, np.vstack([rows, rows[:10:2]]), nms_max_overlap=0.5)
    assert outcome.suppressed == 5 and "5 suppressed" in outcome.describe()


def test_unsure_detections_are_used(tmp_path, rows):
    outcome = track(tmp_path, rows, low_confidence=0.5, min_confidence=0.95)
    assert (outcome.used, outcome.uncertain, outcome.tracks) == (30, 30, 0)
    assert "30 below --low_confidence 0.5" in outcome.describe()
