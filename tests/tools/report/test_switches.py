from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from application_util.files.mot_table import read_table
from application_util.scoring.identity_switches import identity_jumps
from application_util.scoring.likely_jumps import likely_jumps
from application_util.scoring.scores import ScoreJob, score_sequence
from application_util.scoring.tables import counting_rows
from tests.support.paths import GOLDEN, shared_path
from tests.support.sequences import write_truth

HERE, THERE = (0, 0, 40, 100), (500, 0, 40, 100)


def person(frame, number, box, flag=1, kind=1):
    return [frame, number, *box, flag, kind, 1.0]


def track(frame, number, box):
    return [frame, number, *box, 1]


def moved(box, right):
    return (box[0] + right, *box[1:])


def switches(truth, tracks, benchmark="MOT17"):
    return [tuple(jump)[:4] for jump in jumps(truth, tracks, benchmark) if jump.is_switch]


def jumps(truth, tracks, benchmark="MOT17"):
    return identity_jumps(np.array(truth, dtype=float), np.array(tracks, dtype=float), benchmark)


def test_a_track_that_leaves_its_person_for_a_while_is_a_break():
    truth = [person(frame, 3, HERE) for frame in (1, 2, 3, 4)]
    assert jumps(truth, [track(1, 1, HERE), track(4, 1, HERE)]) == [(4, 3, 1, 1, 1)]
    assert jumps(truth, [track(1, 1, HERE), track(3, 2, HERE)]) == [(3, 3, 1, 2, 1)]


def test_a_person_who_is_away_is_no_break():
    truth = [person(frame, 3, HERE) for frame in (1, 2, 8)] + [person(5, 4, THERE)]
    assert jumps(truth, [track(frame, 1, HERE) for frame in (1, 2, 8)]) == []


def test_a_new_track_is_a_switch_also_after_a_while_without_any():
    truth = [person(frame, 3, HERE) for frame in (1, 2, 3, 4)]
    assert switches(truth, [track(1, 1, HERE), track(4, 2, HERE)]) == [(4, 3, 1, 2)]
    assert switches(truth, [track(1, 1, HERE), track(4, 1, HERE)]) == []


def test_a_person_stays_with_its_track_although_another_box_fits_better():
    truth = [person(frame, 3, HERE) for frame in (1, 2)]
    near, nearer = moved(HERE, 10), moved(HERE, 2)
    assert switches(truth, [track(1, 1, HERE), track(2, 1, near), track(2, 2, nearer)]) == []


def test_boxes_that_overlap_too_little_are_no_match():
    truth = [person(frame, 3, HERE) for frame in (1, 2)]
    assert switches(truth, [track(1, 1, HERE), track(2, 2, moved(HERE, 14))]) == []
    assert switches(truth, [track(1, 1, HERE), track(2, 2, moved(HERE, 13))]) == [(2, 3, 1, 2)]


def test_two_people_who_exchange_their_tracks_are_two_switches():
    truth = [person(frame, number, box) for frame in (1, 2) for number, box in ((3, HERE), (4, THERE))]
    tracks = [track(1, 1, HERE), track(1, 2, THERE), track(2, 2, HERE), track(2, 1, THERE)]
    assert switches(truth, tracks) == [(2, 3, 1, 2), (2, 4, 2, 1)]


@pytest.mark.parametrize("ignored", [{"flag": 0}, {"kind": 3}, {"kind": 8}])
def test_who_does_not_count_has_no_switches(ignored):
    truth = [person(frame, 3, HERE, **ignored) for frame in (1, 2)]
    tracks = [track(1, 1, HERE), track(2, 2, HERE)]
    assert switches(truth, tracks) == []
    assert not counting_rows(np.array(truth, dtype=float), "MOT17").any()


def test_a_box_on_a_distractor_is_not_given_to_a_person_beside_it():
    beside, statue = HERE, moved(HERE, 12)
    truth = [person(frame, 3, beside) for frame in (1, 2)] + [person(2, 9, statue, flag=0, kind=7)]
    tracks = [track(1, 1, beside), track(2, 2, statue)]
    assert switches(truth, tracks) == []
    assert switches(truth[:2], tracks) == [(2, 3, 1, 2)]


@pytest.mark.parametrize("source", ["walkers", "crowded"])
@pytest.mark.parametrize("seed", [0, 1])
def test_as_many_as_trackeval_counts(source, seed, tmp_path):
    pytest.importorskip("trackeval")
    folder = tmp_path / "mot" / "SEQ-01"
    (folder / "gt").mkdir(parents=True)
    write_truth(folder / "gt" / "gt.txt", source, 10**9, seed)
    truth = read_table(folder / "gt" / "gt.txt")
    (folder / "seqinfo.ini").write_text(f"[Sequence]\nframeRate=25\nseqLength={int(truth[:, 0].max())}\n")
    results = (GOLDEN / f"{source}-C.txt").read_text()
    kept = [line for line in results.splitlines() if int(line.split(",")[0]) <= truth[:, 0].max()]
    (tmp_path / "SEQ-01.txt").write_text("\n".join(kept))
    assert_as_trackeval(truth, tmp_path / "SEQ-01.txt", ScoreJob("MOT17", tmp_path / "mot", tmp_path, "SEQ-01"))


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("name", ["MOT16-02", "MOT16-05", "MOT16-09"])
def test_as_many_as_trackeval_counts_in_real_sequences(name, tmp_path):
    pytest.importorskip("trackeval")
    mot_dir = shared_path("data/MOT16/train")
    (tmp_path / f"{name}.txt").write_bytes(shared_path(f"golden/tracks/{name}-C.txt").read_bytes())
    truth = read_table(mot_dir / name / "gt" / "gt.txt")
    assert_as_trackeval(truth, tmp_path / f"{name}.txt", ScoreJob("MOT16", mot_dir, tmp_path, name))


def assert_as_trackeval(truth: np.ndarray, result_file: Path, job: ScoreJob) -> None:
    count = int(score_sequence(job)["CLEAR"]["IDSW"])
    assert count > 0
    jumps = identity_jumps(truth, read_table(result_file), job.benchmark)
    assert sum(jump.is_switch for jump in jumps) == count


def follow(number, frames, start, speed):
    return [track(frame, number, moved(HERE, start + speed * frame)) for frame in frames]


def test_a_track_that_begins_where_another_was_expected_is_a_likely_switch():
    tracks = follow(1, range(1, 11), 0, 10) + follow(2, range(15, 20), 0, 10) + follow(3, range(12, 30), 900, 0)
    assert likely_jumps(np.array(tracks, dtype=float)) == [(15, None, 1, 2, 10)]


@pytest.mark.parametrize(
    "other",
    [
        follow(2, range(15, 20), 90, 10),  # elsewhere
        follow(2, range(15, 20), 0, -10),  # where it would be if it had turned back
        follow(2, range(90, 99), 0, 10),  # much later
        follow(2, range(5, 20), 0, 10),  # at the same time
        [track(frame, 2, (10 * frame, 0, 20, 50)) for frame in range(15, 20)],  # half as high
    ],
)
def test_other_tracks_are_no_likely_switches(other):
    assert likely_jumps(np.array(follow(1, range(1, 11), 0, 10) + other, dtype=float)) == []


def test_a_track_is_followed_by_one_only():
    tracks = follow(1, range(1, 11), 0, 10) + follow(2, range(12, 20), 4, 10) + follow(3, range(12, 20), 0, 10)
    assert likely_jumps(np.array(tracks, dtype=float)) == [(12, None, 1, 3, 10)]
