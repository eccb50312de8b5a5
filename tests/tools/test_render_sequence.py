from __future__ import annotations

import configparser
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from tests.support.cli import error_line
from tools.render_sequence import main
from tools.synthetic.generated_sequence import generated_sequence
from tools.synthetic.street.render import KIND

cv2 = pytest.importorskip("cv2")

pytestmark = pytest.mark.slow

PEOPLE, FRAMES, WIDTH, HEIGHT = 5, 24, 320, 240
ROOT = Path(__file__).resolve().parents[2]


def _render(folder: Path, *more: str) -> Path:
    size = ["--people", PEOPLE, "--frames", FRAMES, "--width", WIDTH, "--height", HEIGHT, *more]
    assert main([str(folder), *map(str, size)]) == 0
    return folder


def _contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file()}


@pytest.fixture(scope="module")
def sequence(tmp_path_factory) -> Path:
    return _render(tmp_path_factory.mktemp("rendered") / "STREET")


@pytest.fixture(scope="module")
def truth(sequence: Path) -> np.ndarray:
    return np.loadtxt(sequence / "gt" / "gt.txt", delimiter=",", ndmin=2)


@pytest.fixture(scope="module")
def detections(sequence: Path) -> np.ndarray:
    return np.loadtxt(sequence / "det" / "det.txt", delimiter=",", ndmin=2)


def test_same_arguments_give_the_same_bytes(sequence, tmp_path):
    assert _contents(_render(tmp_path / "STREET")) == _contents(sequence)


def test_another_seed_gives_another_scene(sequence, tmp_path):
    other = _contents(_render(tmp_path / "STREET", "--seed", "2"))
    same = _contents(sequence)
    assert all(other[name] != same[name] for name in ("img1/000001.jpg", "gt/gt.txt", "det/det.txt"))


def test_folder_has_the_files_of_a_mot16_sequence(sequence):
    images = [f"img1/{frame:06d}.jpg" for frame in range(1, FRAMES + 1)]
    assert set(_contents(sequence)) == {*images, "det/det.txt", "gt/gt.txt", "seqinfo.ini"}
    assert not sequence.with_name("STREET.partial").exists()
    info = configparser.ConfigParser()
    info.read(sequence / "seqinfo.ini")
    expected = {"name": "STREET", "imDir": "img1", "frameRate": "15", "seqLength": str(FRAMES), "imExt": ".jpg"}
    expected |= {"imWidth": str(WIDTH), "imHeight": str(HEIGHT)}
    assert dict(info["Sequence"]) == {key.lower(): value for key, value in expected.items()}


def test_images_have_the_size_and_change(sequence):
    frames = [cv2.imread(str(sequence / "img1" / f"{frame:06d}.jpg")) for frame in (1, FRAMES)]
    assert [frame.shape for frame in frames] == [(HEIGHT, WIDTH, 3)] * 2
    assert np.abs(frames[0].astype(int) - frames[1]).mean() > 3


def test_ground_truth_columns(truth):
    assert truth.shape[1] == 9
    assert set(truth[:, 1]) <= set(range(1, PEOPLE + 1))
    assert len(set(truth[:, 1])) >= PEOPLE - 1  # somebody may be out of the picture all the time
    assert (truth[:, 6] == 1).all() and (truth[:, 7] == 1).all()
    assert (truth[:, 8] >= 0).all() and (truth[:, 8] <= 1).all()
    assert truth[:, 8].max() > 0.95 and truth[:, 8].min() < 0.5
    assert len(np.unique(truth[:, :2], axis=0)) == len(truth)


def test_detection_columns(detections):
    assert detections.shape[1] == 10
    assert (detections[:, [1, 7, 8, 9]] == -1).all()
    assert (np.diff(detections[:, 0]) >= 0).all()
    assert (detections[:, 6] > 0).all() and (detections[:, 6] < 1).all()
    assert len(np.unique(detections[:, 6])) == len(detections)


@pytest.mark.parametrize("file", ["truth", "detections"])
def test_boxes_lie_in_the_frame(file, request):
    rows = request.getfixturevalue(file)
    frame, (left, top, width, height) = rows[:, 0], rows[:, 2:6].T
    assert frame.min() >= 1 and frame.max() <= FRAMES
    assert (width > 0).all() and (height > 0).all()
    assert left.min() >= 0 and top.min() >= 0
    # Two decimals each for the corner and the size may add up to a hundredth too much.
    assert (left + width).max() <= WIDTH + 0.011 and (top + height).max() <= HEIGHT + 0.011


def _best_overlap(box: np.ndarray, others: np.ndarray) -> float:
    low = np.maximum(box[:2], others[:, :2])
    high = np.minimum(box[:2] + box[2:], others[:, :2] + others[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    return float((shared / (box[2:].prod() + others[:, 2:].prod(axis=1) - shared)).max(initial=0))


def _recall(truth: np.ndarray, detections: np.ndarray) -> tuple[float, float]:
    """Fraction found of people who are in plain view, and of those who are nearly hidden."""
    found = [_best_overlap(row[2:6], detections[detections[:, 0] == row[0]][:, 2:6]) > 0.5 for row in truth]
    return float(np.mean(np.array(found)[truth[:, 8] > 0.8])), float(np.mean(np.array(found)[truth[:, 8] < 0.2]))


def test_hidden_people_are_missed(truth, detections):
    plain, hidden = _recall(truth, detections)
    assert plain > 0.85
    assert hidden < 0.5


def test_a_perfect_detector_finds_all_who_show_and_nothing_else(tmp_path):
    folder = _render(tmp_path / "STREET", "--detector_quality", "1")
    truth = np.loadtxt(folder / "gt" / "gt.txt", delimiter=",")
    perfect = np.loadtxt(folder / "det" / "det.txt", delimiter=",")
    assert len(perfect) == ((truth[:, 8] > 0.305) & (truth[:, 5] >= 0.1 * HEIGHT)).sum()
    assert _recall(truth, perfect)[0] == 1
    for row in perfect:
        assert _best_overlap(row[2:6], truth[truth[:, 0] == row[0]][:, 2:6]) > 0.4


def test_a_worse_detector_misses_more(truth, tmp_path):
    folder = _render(tmp_path / "STREET", "--detector_quality", "0")
    assert _recall(truth, np.loadtxt(folder / "det" / "det.txt", delimiter=","))[0] < 0.95


def test_people_look_different_from_the_street_and_from_each_other(sequence, truth):
    """Colors of the upper bodies of people in plain view: alike for one person, different between people."""
    means: dict[int, list[np.ndarray]] = {}
    for frame, person, left, top, width, height, _, _, visibility in truth:
        if visibility > 0.9:
            image = cv2.imread(str(sequence / "img1" / f"{int(frame):06d}.jpg"))
            rows = slice(int(top + 0.22 * height), int(top + 0.45 * height))
            columns = slice(int(left + 0.35 * width), int(left + 0.65 * width) + 1)
            means.setdefault(int(person), []).append(image[rows, columns].reshape(-1, 3).mean(axis=0))
    seen = {person: np.array(colors) for person, colors in means.items() if len(colors) >= 5}
    assert len(seen) >= 3
    within = np.median([np.linalg.norm(colors - colors.mean(axis=0), axis=1).mean() for colors in seen.values()])
    centres = np.array([colors.mean(axis=0) for colors in seen.values()])
    apart = np.linalg.norm(centres[:, None] - centres[None], axis=-1)[np.triu_indices(len(centres), 1)]
    assert np.median(apart) > 2 * within


def test_people_who_leave_come_back_with_the_same_id(tmp_path):
    """The walk alone, for a minute: gaps in somebody's time in the picture are short enough to track over."""
    from tools.synthetic.street.camera import Camera
    from tools.synthetic.street.errands import Obstacle
    from tools.synthetic.street.walking import walk

    camera, people = Camera(640, 480), 12
    hides = [Obstacle(-1.0, 8.6, 0.5), Obstacle(1.6, 8.0, 0.66)]
    crowd = walk(np.random.default_rng(3), camera, people, 900, np.full(people, 1.4), hides, hides)
    x, z = crowd.position[..., 0], crowd.position[..., 1]
    left, right = (np.vectorize(lambda depth, side=side: camera.edges(depth)[side])(z) for side in (0, 1))
    inside = (x > left) & (x < right)
    returns = (inside[1:] & ~inside[:-1]).sum()
    assert returns >= people
    assert 0.6 < inside.mean() < 1
    assert np.abs(np.diff(crowd.position, axis=0)).max() < 0.35  # nobody jumps
    for hide in hides:
        assert np.hypot(x - hide.x, z - hide.z).min() > hide.radius  # nobody walks through walls


def test_a_rendered_sequence_is_replaced(tmp_path):
    folder = _render(tmp_path / "STREET", "--frames", "3")
    assert len(list((_render(folder, "--frames", "2") / "img1").iterdir())) == 2


@pytest.mark.parametrize("stranger", ["notes.txt", "seqinfo.ini"])
def test_other_folders_are_left_alone(stranger, tmp_path, capsys):
    (tmp_path / stranger).write_text("[Sequence]\nname=MOT16-02\n")
    assert main([str(tmp_path), "--frames", "2"]) == 2
    error = capsys.readouterr().err
    assert "another folder" in error_line(error)
    assert [entry.name for entry in tmp_path.iterdir()] == [stranger]


def test_a_file_added_to_a_rendered_sequence_is_not_lost(tmp_path, capsys):
    folder = _render(tmp_path / "STREET", "--frames", "1")
    (folder / "my_notes.txt").write_text("keep")
    assert main([str(folder), "--frames", "2"]) == 2
    assert (folder / "my_notes.txt").read_text() == "keep"
    assert "error: " in capsys.readouterr().err


@pytest.mark.parametrize(
    "leftover", ["img1/", "STREET/img1/", "STREET/seqinfo.ini.partial", "seqinfo.ini", "STREET/", "replaced/img1/", ""]
)
def test_what_a_killed_run_left_is_removed(leftover, tmp_path):
    path = tmp_path / "STREET.partial" / leftover
    (path if leftover.endswith("/") or not leftover else path.parent).mkdir(parents=True)
    if not path.exists():
        path.touch()
    _render(tmp_path / "STREET", "--frames", "1")
    assert [path.name for path in tmp_path.iterdir()] == ["STREET"]


def test_a_run_killed_at_any_moment_is_followed_by_a_whole_one(tmp_path):
    wanted = _contents(_render(tmp_path / "whole" / "STREET", "--frames", "8"))
    flags = ["--people", str(PEOPLE), "--frames", "8", "--width", str(WIDTH), "--height", str(HEIGHT)]
    command = [sys.executable, str(ROOT / "tools" / "render_sequence.py"), "STREET", *flags]
    partial = tmp_path / "STREET.partial"
    for images in (0, 1, 4):
        process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.DEVNULL)
        while not partial.exists() or len(list(partial.rglob("*.jpg"))) < images:
            assert process.poll() is None
            time.sleep(0.01)
        process.kill()
        process.wait()
        assert partial.exists() and not (tmp_path / "STREET").exists()
    assert _contents(_render(tmp_path / "STREET", "--frames", "8")) == wanted
    assert not partial.exists()


@pytest.mark.parametrize("stranger", ["notes.txt", "STREET/notes.txt", "img1/000001.jpg"])
def test_a_folder_in_the_way_is_left_alone(stranger, tmp_path, capsys):
    path = tmp_path / "STREET.partial" / stranger
    path.parent.mkdir(parents=True)
    path.write_text("keep")
    assert main([str(tmp_path / "STREET"), "--frames", "1"]) == 2
    assert "STREET.partial: holds something other than a rendered sequence" in capsys.readouterr().err
    assert path.read_text() == "keep"


def test_two_runs_of_one_sequence_at_once(tmp_path, capsys):
    folder = tmp_path / "STREET"
    with generated_sequence(folder, KIND) as unfinished:
        (unfinished / "img1").mkdir()
        assert main([str(folder), "--frames", "1"]) == 2
        assert "STREET.partial: in use by another run" in capsys.readouterr().err
    assert [path.name for path in tmp_path.rglob("*")] == ["STREET", "img1"]


def test_the_root_is_no_name_of_a_sequence(capsys):
    assert main(["/", "--frames", "1"]) == 2
    assert "error: /: not the name of a folder" in capsys.readouterr().err


def test_output_that_is_a_file(tmp_path, capsys):
    (tmp_path / "taken").write_text("x")
    assert main([str(tmp_path / "taken")]) == 2
    assert "is a file" in capsys.readouterr().err


def test_output_below_a_file_cannot_be_written(tmp_path, capsys):
    (tmp_path / "taken").write_text("x")
    assert main([str(tmp_path / "taken" / "STREET"), "--frames", "1"]) == 2
    assert "cannot be written" in capsys.readouterr().err


@pytest.mark.parametrize(
    "arguments",
    [["--people", "0"], ["--frames", "0"], ["--frames", "2.5"], ["--width", "8"], ["--seed", "-1"]]
    + [["--detector_quality", value] for value in ("1.1", "nan", "good")],
)
def test_bad_arguments_are_refused(arguments, tmp_path, capsys):
    with pytest.raises(SystemExit) as stop:
        main([str(tmp_path / "STREET"), *arguments])
    assert stop.value.code == 2
    assert " is not a" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_command_runs_from_any_folder(tmp_path):
    script = ROOT / "tools" / "render_sequence.py"
    command = [sys.executable, str(script), "S", "--frames", "2", "--people", "1", "--width", "160", "--height", "120"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""  # no progress bar where there is no terminal
    assert len(list((tmp_path / "S" / "img1").iterdir())) == 2
