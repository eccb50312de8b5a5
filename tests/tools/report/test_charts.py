from __future__ import annotations

import cv2
import numpy as np
import pytest

from application_util.files.mot_table import is_filled
from tests.tools.report.conftest import FRAMES, HEIGHT, LIFESPANS, STRETCHES, WIDTH, result_row
from tools.report.charts import count_per_frame, histogram, timeline
from tools.report.first_image import first_image
from tools.report.point_labels import PLACES, place_labels
from tools.report.trajectories import _filled, trajectories


def test_lifespans_are_bars_over_the_frames_with_boxes(folder):
    figure, _ = timeline(folder.tracked())
    whole, stretches = (trace for trace in figure.data if trace.type == "bar")
    bars = zip(stretches.y, stretches.base, stretches.x, strict=True)
    assert [(int(track), start + 0.5, start + length - 0.5) for track, start, length in bars] == STRETCHES
    assert list(whole.y) == ["1", "4", "5"]
    assert (whole.x == [7, 3, 5]).all()
    assert whole.width < stretches.width
    assert figure.layout.yaxis2.categoryarray == ("1", "4", "5")


def test_filled_gaps_are_bars_of_their_own(folder):
    rows = [result_row(frame, 1) for frame in range(1, 8)]
    rows[3:5] = [row.replace(",40.00,1,", ",40.00,0,") for row in rows[3:5]]
    folder.write_results(rows)
    _, filled, stretches = (trace for trace in timeline(folder.tracked())[0].data if trace.type == "bar")
    assert [(start + 0.5, length) for start, length in zip(filled.base, filled.x, strict=True)] == [(1, 7)]
    assert [(start + 0.5, length) for start, length in zip(stretches.base, stretches.x, strict=True)] == [
        (1, 3),
        (6, 2),
    ]
    assert filled.width < stretches.width


def test_tracks_of_every_frame_are_counted(folder):
    folder.add_truth()
    truth, tracks = timeline(folder.tracked())[0].data[:2]
    assert tracks.x.tolist() == list(range(1, FRAMES + 1))
    assert tracks.y.tolist() == [1, 2, 2, 1, 0, 1, 1, 1, 1, 1, 1, 1]
    assert truth.y.tolist() == [1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 1]


def test_a_switch_is_marked_on_the_new_track(folder):
    folder.add_truth()
    marks = timeline(folder.tracked())[0].data[-1]
    assert (marks.name, list(marks.x), list(marks.y)) == ("identity switch", [8], ["5"])
    assert marks.customdata.tolist() == [[8, 3, 1, 5]]


def test_likely_switches_are_marked_without_ground_truth(folder):
    walk = [f"{frame},{1 if frame < 6 else 2},{5 * frame},10,16,40,1,-1,-1,-1" for frame in range(1, 10)]
    folder.write_results(walk)
    marks = timeline(folder.tracked())[0].data[-1]
    assert (marks.name, marks.customdata.tolist()) == ("likely switch", [[6, 0, 1, 2]])
    folder.write_results([result_row(frame, 1) for frame in LIFESPANS[1]])
    assert {trace.name for trace in timeline(folder.tracked())[0].data} == {"tracks", None}


def test_trajectories_lead_along_the_feet_and_are_thin_over_gaps(folder):
    folder.add_images()
    tracked = folder.tracked()
    figure, aspect = trajectories(tracked, first_image(tracked.sequence))
    assert aspect == pytest.approx(WIDTH / HEIGHT)
    thin, *thick, ends = figure.data
    feet = {(int(row[1]), int(row[0])): (row[2] + 8, row[3] + 40) for row in tracked.results}
    assert thin.customdata[:2].tolist() == [[1, 3], [1, 6]]
    assert [(thin.x[i], thin.y[i]) for i in (0, 1)] == [pytest.approx(feet[1, frame]) for frame in (3, 6)]
    assert np.isnan(thin.x[2])
    assert len(thin.x) == 3
    drawn = [
        (tuple(map(int, mark)), (x, y))
        for line in thick
        for mark, x, y in zip(line.customdata, line.x, line.y, strict=True)
        if not np.isnan(x)
    ]
    assert {mark for mark, _ in drawn} >= {(track, end) for track, *both in STRETCHES for end in both}
    assert all(point == pytest.approx(feet[mark], abs=0.06) for mark, point in drawn)
    assert sum(int(np.isnan(line.x).sum()) for line in thick) == len(STRETCHES)
    assert sorted(ends.text) == ["1", "4", "5"]


def test_trajectories_are_dashed_over_filled_gaps():
    table = np.array([[frame, 1, 10 * frame, 0, 10, 20, frame not in (3, 4)] for frame in range(1, 7)], float)
    rows = np.column_stack([table[:, 2] + 5, table[:, 3] + 20, table[:, 1], table[:, 0]])
    (line,) = _filled(rows, is_filled(table))
    assert line[:, 3].tolist() == [2, 3, 4, 5]
    assert _filled(rows, is_filled(table[:2])[[0] * 6]) == []


def test_trajectories_need_no_images(folder):
    figure, aspect = trajectories(folder.tracked(), None)
    assert not figure.layout.images
    assert aspect > 0


def test_trajectories_are_drawn_with_few_traces_and_no_more_points_than_needed(folder):
    walk = [f"{frame},{track},{frame},{track},10,20,1,-1,-1,-1" for track in range(1, 301) for frame in range(1, 13)]
    folder.write_results(walk)
    thick = trajectories(folder.tracked(), None)[0].data[:-1]
    assert len(thick) <= 20
    assert sum(len(line.x) for line in thick) == 3 * 300  # both ends and a break


def test_lengths_are_distributed_over_whole_frames():
    figure = histogram(np.array([3, 5, 7]), "tracks", "frames")
    (bars,) = figure.data
    assert sorted(bars.x.tolist()) == [3, 5, 7]
    assert (bars.xbins.start, bars.xbins.size) == (0.5, 1)
    assert figure.layout.xaxis.title.text == "frames"
    assert [note.text for note in histogram(np.array([], int), "gaps", "frames").layout.annotations] == ["no gaps"]


def test_labels_of_ends_do_not_collide():
    rng = np.random.default_rng(0)
    points, texts = rng.uniform(0, (340, 190), (60, 2)), [str(number) for number in range(1, 61)]
    places = place_labels(points, texts, (340, 190))
    boxes = []
    for point, text, place in zip(points, texts, places, strict=True):
        if place is not None:
            half = np.array([7 * len(text), 12]) / 2
            centre = point + np.array(PLACES[place]) * (half + 5)
            boxes.append((centre - half, centre + half))
    assert 30 < len(boxes) <= 60
    for index, (low, high) in enumerate(boxes):
        assert (low >= 0).all() and (high <= (340, 190)).all()
        for other_low, other_high in boxes[:index]:
            assert (low >= other_high).any() or (high <= other_low).any()


def test_a_label_that_has_no_room_is_left_out():
    assert place_labels(np.array([[5.0, 5.0]]), ["12345"], (30, 10)) == [None]
    alone = place_labels(np.array([[50.0, 50.0], [50.0, 40.0]]), ["1", "2"], (100, 100))
    assert alone == ["bottom center", "top center"]


def test_first_image_is_small_and_says_its_size_in_the_sequence(folder):
    (folder.sequence / "img1").mkdir()
    cv2.imwrite(str(folder.sequence / "img1" / "000001.png"), np.zeros((1080, 1920, 3), np.uint8))
    folder.write_results([result_row(1, 1)])
    image = first_image(folder.tracked().sequence)
    assert image.extent == (0, 0, 1920, 1080)
    assert image.data_uri.startswith("data:image/jpeg;base64,/9j/")
    assert len(image.data_uri) < 30_000


@pytest.mark.parametrize("last", [1, 2, 9, 10**12])
def test_counts_need_no_more_memory_than_rows(last):
    table = np.array([[2, 1], [1, 1], [1, 2], [last, 1]], dtype=float)
    frames, counts = count_per_frame(table, range(0, last + 1))
    assert len(frames) <= 9 and frames[0] == 0 and frames[-1] == last
    everything = dict(zip(frames.tolist(), counts.tolist(), strict=True))
    for frame in (*range(10), last - 1, last):
        if frame <= last:
            assert everything.get(frame, 0) == np.sum(table[:, 0] == frame), frame
    for frame in (1, 2, last):  # a line through the points is right halfway between frames
        assert frame + 1 in everything or frame >= last
