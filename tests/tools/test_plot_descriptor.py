from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.support.cli import error_line
from tests.support.sequences import make_sequence, walk, write_results
from tools.plot_descriptor import main
from tools.reid.data import ReidImages
from tools.reid.distances import BINS, DistanceCounts, count_distances, fraction_within, recommended_distance
from tools.reid.plots import plot_distances

pytest.importorskip("matplotlib")

pytestmark = pytest.mark.slow


def test_distances_are_counted_by_kind_of_pair():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(700, 3))  # more than one block
    features /= np.linalg.norm(features, axis=1, keepdims=True)
    people, cameras = rng.integers(-1, 8, 700), rng.integers(1, 3, 700)
    counts = count_distances(features, ReidImages(features, people, cameras, np.arange(700)))
    expected = {"same_camera": [], "other_camera": [], "different": []}
    for i in range(700):
        for j in range(i):
            if min(people[i], people[j]) <= 0 or (people[i] != people[j] and cameras[i] != cameras[j]):
                continue
            kind = "different" if people[i] != people[j] else "same_camera"
            kind = "other_camera" if cameras[i] != cameras[j] else kind
            expected[kind].append(1.0 - features[i] @ features[j])
    for kind, distances in expected.items():
        found = getattr(counts, kind)
        assert found.sum() == len(distances)
        np.testing.assert_allclose(found, np.histogram(distances, counts.edges)[0], atol=1)


def test_recommended_distance_confuses_few():
    different = np.zeros(BINS, int)
    different[40:240] = 10
    counts = DistanceCounts(different, different, different)
    distance = recommended_distance(counts, confused=0.05)
    assert distance == pytest.approx(0.25)  # ten of the two hundred bins, from 0.2 on
    assert fraction_within(different, distance) == pytest.approx(0.05)


def test_pictures(tmp_path, capsys):
    run = tmp_path / "run"
    run.mkdir()
    (run / "history.csv").write_text(
        "step,epoch,height,learning_rate,loss,images_per_second,rank1,mAP\n"
        "10,1.0,64,0.001,5.0,100,,\n20,2.0,64,0.001,4.0,100,0.5,0.3\n"
    )
    assert main(["curves", str(run), "--output_file", str(tmp_path / "curves.png")]) == 0
    ones = np.ones(BINS, int)
    plot_distances(DistanceCounts(ones, ones, ones), 0.3, str(tmp_path / "distances.png"))
    for name in ("curves.png", "distances.png"):
        assert cv2.imread(str(tmp_path / name)).std() > 10
        assert (tmp_path / name).stat().st_size < 300_000
    assert main(["curves", str(tmp_path / "none"), "--output_file", str(tmp_path / "x.png")]) == 2
    assert "history.csv: not found" in capsys.readouterr().err
    (run / "history.csv").write_text("step,epoch\n10,many\n")
    assert main(["curves", str(run), "--output_file", str(tmp_path / "x.png")]) == 2
    assert "not the table of a training run" in capsys.readouterr().err
    assert not (tmp_path / "x.png").exists()


def test_curves_replace_no_history(tmp_path, capsys):
    history = tmp_path / "history.csv"
    history.write_text("step,epoch,loss,rank1,mAP\n10,1.0,5.0,,\n")
    for file in (history, tmp_path / "settings.json", tmp_path / "state-10.index"):
        assert main(["curves", str(tmp_path), "--output_file", str(file)]) == 2
        assert "the picture's name ends in .png" in error_line(capsys.readouterr().err)
    assert history.read_text().startswith("step")


def test_numbers_beyond_any_scale_are_refused(tmp_path, capsys):
    (tmp_path / "history.csv").write_text("step,epoch,loss,rank1,mAP\n10,1e300,5.0,,\n")
    assert main(["curves", str(tmp_path), "--output_file", str(tmp_path / "curves.png")]) == 2
    assert "history.csv: not the table of a training run" in error_line(capsys.readouterr().err)


def test_no_sheet_replaces_an_image(tmp_path, capsys):
    sequence = make_sequence(tmp_path / "SEQ", 4)
    results = write_results(tmp_path / "tracks.txt", walk(4) + walk(4, 2, (60.0, 40.0)))
    flags = ["--sequence_dir", sequence, "--result_file", results, "--rows", 1, "--output_file"]
    assert main(["tracks", *map(str, flags), str(tmp_path / "sheet.png")]) == 0
    assert (tmp_path / "sheet-2.png").exists()
    before = (tmp_path / "SEQ" / "img1" / "000001.png").read_bytes()
    assert main(["tracks", *map(str, flags), str(sequence / "img1" / "000001.png")]) == 2
    assert "would replace files of" in capsys.readouterr().err
    assert (tmp_path / "SEQ" / "img1" / "000001.png").read_bytes() == before
