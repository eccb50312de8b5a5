"""Sequences in which each cause is the true one: what the tracker's questions answer."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from application_util.errors import UserError
from application_util.files.mot_table import read_table
from application_util.settings import TrackerSettings
from application_util.tracking.causes import why_not
from application_util.tracking.questions import Question, ask
from application_util.tracking.replay import lives_of, replay
from application_util.tracking.sequence_job import SequenceJob, track_into_file
from deep_sort.kalman_filter import chi2inv95
from tests.support.paths import GOLDEN
from tests.support.sequences import make_sequence, noise_image

WIDTH, HEIGHT, STEP = 40.0, 100.0, 4.0
RED, BLUE = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)
USUAL = TrackerSettings(min_confidence=0.3)


def at(frame: int, right: float = 0.0, down: float = 0.0) -> list[float]:
    """Return the box of a person who walks to the right."""
    return [100 + STEP * frame + right, 50 + down, WIDTH, HEIGHT]


def seen(frame, box, look=RED, confidence=0.9):
    return [frame, -1, *box, confidence, -1, -1, -1, *look]


def blend(weight):
    """Return an appearance at a cosine distance from RED of 1 - weight."""
    return (weight, np.sqrt(1 - weight**2), 0.0)


class Case:
    """A sequence without images and its detections, tracked."""

    def __init__(self, folder: Path, rows: list[list[float]], settings: TrackerSettings = USUAL) -> None:
        make_sequence(folder / "S", frames=[], length=int(max(row[0] for row in rows)))
        np.save(folder / "S.npy", np.array(rows, dtype=np.float32))
        self.job = SequenceJob(folder / "S", folder / "S.npy", settings, skip_invalid=False)
        track_into_file(self.job, folder / "S.txt")
        self.results = read_table(folder / "S.txt", 6)
        self.lives = lives_of(self.job, self.results)

    def ask(self, track: int, places: dict[int, list[float]]):
        boxes = {frame: np.array(box) for frame, box in places.items()}
        return ask(self.job, [Question(track, boxes)], self.lives)[0]

    def causes(self, track: int, places: dict[int, list[float]]) -> list[str]:
        return [reason.cause for reason in self.ask(track, places).reasons]


@pytest.fixture
def case(tmp_path):
    return lambda rows, settings=USUAL: Case(tmp_path, rows, settings)  # a second one replaces the first


def walk(first, last, **what):
    return [seen(frame, at(frame), **what) for frame in range(first, last + 1)]


def test_a_sudden_step_is_outside_the_gate_and_the_overlap(case):
    there = {frame: at(frame, right=60) for frame in range(11, 16)}
    tracked = case(walk(1, 10) + [seen(frame, box) for frame, box in there.items()])
    answer = tracked.ask(1, there)
    assert [reason.cause for reason in answer.reasons] == ["gate", "overlap"]
    assert [reason.flag for reason in answer.reasons] == [None, "--max_iou_distance"]
    assert (answer.frame, answer.without) == (11, 0)
    assert answer.reasons[0].text.endswith("> 9.49")
    assert answer.reasons[1].text == "1 - IoU 1.00 > 0.7"
    assert np.allclose(answer.predicted, at(11), atol=2)
    assert np.allclose(answer.detection, at(11, right=60))


def test_the_gate_alone_rules_out_what_was_missed_before(case):
    there = {frame: at(frame, down=45) for frame in range(13, 18)}
    tracked = case(walk(1, 10) + [seen(frame, box) for frame, box in there.items()])
    # In frame 14 the gate has grown, the track takes the person back, and the one started in frame 13 ends.
    assert tracked.causes(1, {11: at(11), 12: at(12), **there}) == ["gate", "unconfirmed"]


def test_a_changed_appearance_is_told_with_its_distance(case):
    tracked = case(walk(1, 10) + walk(13, 18, look=blend(0.7)))
    answer = tracked.ask(1, {frame: at(frame) for frame in range(11, 16)})
    assert answer.reasons == [("appearance", "appearance distance 0.300 > 0.2")]
    assert answer.reasons[0].flag == "--max_cosine_distance"
    assert (answer.frame, answer.without) == (13, 2)


def test_appearance_and_overlap_both_rule_out_what_was_just_seen(case):
    there = {11: at(11, down=35), 12: at(12, down=35), 13: at(13, down=35)}
    settings = dataclasses.replace(USUAL, max_iou_distance=0.3)
    tracked = case(walk(1, 10) + [seen(frame, box, BLUE) for frame, box in there.items()], settings)
    assert tracked.causes(1, there)[-2:] == ["appearance", "overlap"]
    assert tracked.ask(1, there).reasons[-1].text.endswith("> 0.3")


def test_without_features_there_is_nothing_to_compare(case):
    tracked = case([row[:10] for row in walk(1, 10) + walk(13, 18)])
    assert tracked.causes(1, {13: at(13)}) == ["features"]


def test_a_track_is_too_old_after_max_age(case):
    settings = dataclasses.replace(USUAL, max_age=5)
    tracked = case(walk(1, 10) + walk(17, 22), settings)
    answer = tracked.ask(1, {frame: at(frame) for frame in range(11, 20)})
    assert answer.reasons == [("age", "last seen 7 frames before, tracks are kept for 5")]
    assert (answer.reasons[0].flag, answer.frame, answer.without) == ("--max_age", 17, 6)
    assert answer.predicted is None


@pytest.mark.parametrize(("back", "causes"), [(15, ["box"]), (16, ["age"])])
def test_a_track_is_asked_for_the_last_time_after_max_age(case, back, causes):
    tracked = case(walk(1, 10) + walk(back, 22), dataclasses.replace(USUAL, max_age=5))
    assert tracked.causes(1, {back: at(back)}) == causes


def test_why_an_old_track_was_not_seen_is_told_as_well(case):
    settings = dataclasses.replace(USUAL, max_age=5)
    tracked = case(walk(1, 10) + walk(11, 16, confidence=0.2) + walk(17, 22), settings)
    answer = tracked.ask(1, {frame: at(frame) for frame in range(11, 18)})
    assert [reason.flag for reason in answer.reasons] == ["--max_age", "--min_confidence"]


def test_a_track_that_was_never_confirmed(case):
    tracked = case(walk(1, 2) + walk(4, 9))
    answer = tracked.ask(1, {4: at(4)})
    assert answer.reasons[0] == ("unconfirmed", "ended after 2 detections, before 3 in a row")
    assert answer.reasons[0].flag == "--n_init"


def test_tracks_that_started_meanwhile_and_were_not_confirmed(case):
    rows = walk(1, 10) + [seen(frame, at(frame), BLUE) for frame in (13, 14, 16, 17, 19, 20, 21)]
    answer = case(rows).ask(1, {frame: at(frame) for frame in range(11, 22)})
    assert [reason.cause for reason in answer.reasons] == ["appearance", "unconfirmed"]
    assert answer.reasons[1].text == "2 tracks started there and ended before 3 detections in a row"


def test_a_detection_below_the_confidence(case):
    tracked = case(walk(1, 10) + walk(11, 15, confidence=0.25) + walk(16, 20))
    answer = tracked.ask(1, {frame: at(frame) for frame in range(11, 16)})
    assert answer.reasons == [("confidence", "confidence 0.25 < 0.3")]
    assert (answer.reasons[0].flag, answer.frame, answer.without) == ("--min_confidence", 11, 5)


def test_a_detection_too_low(case):
    settings = dataclasses.replace(USUAL, min_detection_height=90)
    low = [seen(frame, [*at(frame)[:3], 80.0]) for frame in range(11, 16)]
    tracked = case(walk(1, 10) + low, settings)
    answer = tracked.ask(1, {11: at(11)})
    assert answer.reasons == [("height", "height 80 < 90 pixels")]
    assert answer.reasons[0].flag == "--min_detection_height"


def test_a_detection_suppressed(case):
    settings = dataclasses.replace(USUAL, nms_max_overlap=0.6)
    beside = [seen(frame, at(frame, right=12), BLUE, 0.95) for frame in range(11, 16)]
    tracked = case(walk(1, 10) + walk(11, 15, confidence=0.5) + beside, settings)
    place = {11: at(11, right=-5)}  # nearer to the one that was dropped
    answer = tracked.ask(1, place)
    assert answer.reasons[0].cause == "suppressed"
    assert answer.reasons[0].flag == "--nms_max_overlap"


def test_no_detection_at_all(case):
    tracked = case(walk(1, 10) + walk(16, 20))
    answer = tracked.ask(1, {frame: at(frame) for frame in range(11, 16)})
    assert [reason.cause for reason in answer.reasons] == ["absent"]
    assert (answer.frame, answer.detection) == (11, None)


def test_a_track_with_a_smaller_distance_gets_the_detection(case):
    other = [seen(frame, at(frame, right=15), blend(0.95), 0.8) for frame in range(1, 11)]
    rows = walk(1, 10) + other + [seen(frame, at(frame, right=8), blend(0.96)) for frame in range(11, 16)]
    answer = case(rows).ask(1, {11: at(11, right=8)})
    assert [reason.cause for reason in answer.reasons] == ["rival"]
    assert answer.reasons[0].text == "track 2 got it, appearance distance 0.001, here 0.040"


def test_a_track_seen_more_recently_chooses_first(case):
    other = [seen(frame, at(frame, right=15), blend(0.95), 0.8) for frame in range(1, 13)]
    rows = walk(1, 10) + other + [seen(frame, at(frame, right=8)) for frame in range(13, 18)]
    answer = case(rows).ask(1, {13: at(13, right=8)})
    assert answer.reasons[0] == ("cascade", "track 2 chose first: missed for 0 frames, this one for 2")
    assert answer.reasons[0].flag == "--no_cascade"


def test_without_the_cascade_nobody_chooses_first(case):
    other = [seen(frame, at(frame, right=15), blend(0.95), 0.8) for frame in range(1, 13)]
    rows = walk(1, 10) + other + [seen(frame, at(frame, right=8), blend(0.96)) for frame in range(13, 18)]
    answer = case(rows, dataclasses.replace(USUAL, no_cascade=True)).ask(1, {13: at(13, right=8)})
    assert answer.reasons[0] == ("rival", "track 2 got it, appearance distance 0.001, here 0.040")


def test_an_unsure_detection_continues_tracks_just_seen_alone(case):
    settings = dataclasses.replace(USUAL, low_confidence=0.1)
    tracked = case(walk(1, 10) + walk(13, 15, confidence=0.2) + walk(16, 20), settings)
    answer = tracked.ask(1, {frame: at(frame) for frame in range(11, 16)})
    assert [reason.cause for reason in answer.reasons] == ["unsure"]
    assert answer.reasons[0].text.startswith("confidence 0.20 < 0.3: ")
    there = {frame: at(frame, right=24) for frame in range(11, 14)}
    tracked = case(walk(1, 10) + [seen(frame, box, RED, 0.2) for frame, box in there.items()], settings)
    assert tracked.ask(1, there).reasons[0].text.endswith("> 0.5")
    assert case(walk(1, 10) + walk(11, 15, confidence=0.05), settings).causes(1, {11: at(11)}) == ["confidence"]


def test_detections_of_another_class(case):
    rows = walk(1, 10) + walk(11, 15)
    for row in rows:
        row[7] = 1.0 if row[0] <= 10 else 2.0
    tracked = case(rows, dataclasses.replace(USUAL, class_aware=True))
    assert tracked.causes(1, {11: at(11)}) == ["class"]


def test_without_features_motion_alone_can_match(case):
    rows = [row[:10] for row in (*walk(1, 10), seen(13, at(13, down=60)))]
    answer = case(rows, dataclasses.replace(USUAL, motion_weight=0.02)).ask(1, {13: at(13, down=60)})
    assert answer.reasons[0].cause == "gate"
    assert "appearance" not in [reason.cause for reason in answer.reasons]


def test_a_track_that_takes_another_detection(case):
    rows = walk(1, 10)
    rows += [seen(frame, at(frame), blend(0.9)) for frame in range(11, 16)]
    rows += [seen(frame, at(frame, right=20)) for frame in range(11, 16)]
    answer = case(rows).ask(1, {11: at(11)})
    assert answer.reasons == [("rival", "another detection was better, appearance distance 0.000, here 0.100")]


def test_an_unconfirmed_track_that_overlaps_more(case):
    rows = walk(1, 10)
    rows += [seen(10, at(10, right=24), BLUE), seen(11, at(11, right=20), blend(0.5))]
    answer = case(rows).ask(1, {11: at(11, right=20)})
    assert [reason.cause for reason in answer.reasons] == ["appearance", "rival"]
    assert answer.reasons[1].text.startswith("the unconfirmed track 2 got it, IoU ")


def test_what_a_rival_took_by_appearance_is_not_there_for_overlap(case):
    other = [seen(frame, at(frame, right=15), BLUE, 0.8) for frame in range(1, 11)]
    rows = walk(1, 10) + other + [seen(frame, at(frame, right=8), BLUE) for frame in range(11, 16)]
    answer = case(rows).ask(1, {11: at(11, right=8)})
    assert [reason.cause for reason in answer.reasons] == ["rival", "appearance"]
    assert answer.reasons[0].text == "track 2 got it, appearance distance 0.000, here 1.000"


def test_a_track_that_has_the_detection_is_no_loss(case):
    tracked = case(walk(1, 12))
    assert tracked.causes(1, {11: at(11)}) == ["box"]
    assert tracked.ask(1, {}) is None


@pytest.mark.parametrize("source", ["walkers", "crowded"])
def test_questions_do_not_disturb_the_tracker(source, tmp_path):
    rows = np.load(GOLDEN / f"{source}.npy")
    make_sequence(tmp_path / "S", frames=[], length=int(rows[:, 0].max()))
    job = SequenceJob(tmp_path / "S", GOLDEN / f"{source}.npy", TrackerSettings(min_confidence=0.3), False)
    track_into_file(job, tmp_path / "S.txt")
    results = read_table(tmp_path / "S.txt", 6)
    lives = lives_of(job, results)
    rows_again = []

    def look(moment):
        for track in moment.tracker.tracks:  # as a question does, of all
            moment.tracker.kf.project(track.mean, track.covariance)
        assert set(moment.taken.values()) <= set(range(len(moment.found)))

    def note(moment):
        rows_again.extend(
            [moment.frame, track.track_id, *np.round(track.to_tlwh(), 2)]
            for track in moment.tracker.tracks
            if track.is_confirmed() and track.time_since_update <= 1
        )

    replay(job, look, note)
    assert np.allclose(np.array(rows_again), results[:, :6], atol=0.0101)
    every = [Question(number, {life.seen[-1] + 1: life.box}) for number, life in lives.items() if life.confirmed]
    assert len(ask(job, every, lives)) == len(every)


STRONG = {"motion_weight": 0.02, "ema_alpha": 0.9, "nsa_noise": True, "no_cascade": True, "low_confidence": 0.1}


@pytest.mark.parametrize("more", [STRONG, {"camera_motion": "orb"}, {"tentative_grace": 2, "class_aware": True}])
def test_every_kind_of_tracking_is_done_once_more_alike(more, tmp_path):
    rows = np.load(GOLDEN / "walkers.npy")
    rows = rows[rows[:, 0] <= 40]
    make_sequence(tmp_path / "S", frames=40, image=noise_image)
    np.save(tmp_path / "S.npy", rows)
    settings = TrackerSettings(min_confidence=0.5, **more)
    job = SequenceJob(tmp_path / "S", tmp_path / "S.npy", settings, False)
    track_into_file(job, tmp_path / "S.txt")
    lives = lives_of(job, read_table(tmp_path / "S.txt", 6))
    assert any(life.confirmed for life in lives.values())


def test_results_of_other_settings_are_told_apart(tmp_path, case):
    tracked = case(walk(1, 10))
    other = dataclasses.replace(tracked.job, settings=dataclasses.replace(USUAL, n_init=5))
    with pytest.raises(UserError, match="gives another result"):
        lives_of(other, tracked.results)


def lost_pairs(moment, settings):
    """Yield the confirmed tracks that were missed before, the detections near them, and why they do not match."""
    for track in moment.tracker.tracks:
        if not track.is_confirmed() or not 1 < track.time_since_update <= settings.max_age:
            continue
        for column, box in enumerate(moment.found.tlwh):
            if abs(box[0] - track.to_tlwh()[0]) < 3 * box[2] and moment.taken.get(track.track_id) is None:
                reasons = {reason.cause for reason in why_not(moment, track, column, settings)}
                if reasons and column not in moment.taken.values():
                    yield track, column, reasons


def test_each_reason_rules_a_match_out_by_itself_and_nothing_else_does(tmp_path, monkeypatch):
    rows = np.load(GOLDEN / "crowded.npy")
    make_sequence(tmp_path / "S", frames=[], length=int(rows[:, 0].max()))
    settings = TrackerSettings(min_confidence=0.3, max_cosine_distance=0.05)
    job = SequenceJob(tmp_path / "S", GOLDEN / "crowded.npy", settings, False)
    seen = {"gate": 0, "appearance": 0}

    def look(moment):
        metric = moment.tracker.metric
        for track, column, reasons in lost_pairs(moment, settings):
            assert reasons <= {"gate", "appearance"}
            for kept in (*reasons, None):  # of the limits that are named all but one are lifted, then all
                lifted = reasons - {kept}
                with monkeypatch.context() as patch:
                    patch.setattr(metric, "matching_threshold", 3.0 if "appearance" in lifted else 0.05)
                    patch.setitem(chi2inv95, 4, 1e9 if "gate" in lifted else 9.4877)
                    columns = moment.found[column : column + 1]
                    alone = [index for index, each in enumerate(moment.tracker.tracks) if each is track]
                    cost = moment.tracker._appearance_cost(moment.tracker._look_at(columns), alone)
                    costs = cost(moment.tracker.tracks, columns, alone, [0])
                    allowed = costs[0, 0] <= metric.matching_threshold
                assert allowed == (kept is None)
                if kept is not None:
                    seen[kept] += 1

    replay(job, look)
    assert min(seen.values()) > 20
