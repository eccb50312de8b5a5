"""The camera's motion: how well it is found, and the file that keeps it."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest

from application_util.association.camera_motion import CameraMotion
from application_util.sequences.sequence import read_sequence
from application_util.sequences.sequence_set import find_sequences
from application_util.tracking.camera_motions import camera_motions, motion_file
from tests.support.sequences import make_sequence

SIZE = (240, 480)


def scenery(seed: int = 0) -> np.ndarray:
    """Return an image with structure at all scales, larger than what a camera sees of it."""
    rng = np.random.default_rng(seed)
    image = np.zeros((SIZE[0] + 100, SIZE[1] + 100), np.float32)
    for cell in (4, 16, 64):
        noise = rng.random((image.shape[0] // cell + 2, image.shape[1] // cell + 2), np.float32)
        image += cv2.resize(noise, image.shape[::-1], interpolation=cv2.INTER_CUBIC)
    grey = 255 * (image - image.min()) / np.ptp(image)
    return cv2.cvtColor(grey.astype(np.uint8), cv2.COLOR_GRAY2BGR)


def seen(motion: np.ndarray) -> np.ndarray:
    """Return what the camera sees after its image has moved."""
    whole = motion.copy()
    whole[:, 2] -= motion[:, :2] @ (50, 50)
    return cv2.warpAffine(scenery(), whole, SIZE[::-1], flags=cv2.INTER_LINEAR)


def moved(turn: float, x: float, y: float) -> np.ndarray:
    c, s = np.cos(turn), np.sin(turn)
    return np.array([[c, -s, x], [s, c, y]])


@pytest.mark.parametrize("method", ["ecc", "orb"])
@pytest.mark.parametrize("motion", [moved(0, 0, 0), moved(0, 6.5, -3.2), moved(0.02, -4, 5)])
def test_a_known_motion_is_found(method, motion):
    camera = CameraMotion(method)
    assert camera.step(seen(moved(0, 0, 0))) is None
    found = camera.step(seen(motion))
    corners = np.array([[0, 0], [SIZE[1], 0], [0, SIZE[0]], SIZE[::-1]], float).T
    there, expected = (each[:, :2] @ corners + each[:, 2:] for each in (found, motion))
    assert np.abs(there - expected).max() < 0.6


@pytest.mark.parametrize("method", ["ecc", "orb"])
def test_nothing_is_found_where_there_is_nothing_to_see(method):
    camera, plain = CameraMotion(method), np.full((*SIZE, 3), 90, np.uint8)
    assert camera.step(plain) is None and camera.step(plain) is None
    assert camera.step(None) is None  # a frame without an image
    assert camera.step(seen(moved(0, 0, 0))) is None or method == "ecc"
    assert camera.step(np.zeros((50, 60, 3), np.uint8)) is None  # another size


def pan(tmp_path, frames: int = 4):
    """Return a sequence whose camera pans by 3 pixels a frame."""
    folder = tmp_path / "MOT" / "PAN-01"
    make_sequence(folder, frames, SIZE, image=lambda frame, _: seen(moved(0, -3.0 * frame, 0)))
    return read_sequence(folder)


def test_kept_beside_the_sequence(tmp_path, capsys, monkeypatch):
    sequence = pan(tmp_path)
    motions = camera_motions(sequence, "ecc", sequence.frames)
    path = motion_file(sequence, "ecc")
    assert path == tmp_path / "MOT" / "PAN-01.camera_ecc.json" and str(path) in capsys.readouterr().err
    assert sorted(motions) == [2, 3, 4]
    for motion in motions.values():
        np.testing.assert_allclose(motion, moved(0, -3, 0), atol=0.1)

    before = path.read_bytes()
    monkeypatch.setattr("application_util.tracking.camera_motions.CameraMotion", None)  # nothing is estimated
    again = camera_motions(sequence, "ecc", sequence.frames)
    assert {frame: motion.tolist() for frame, motion in again.items()} == {
        frame: motion.tolist() for frame, motion in motions.items()
    }
    assert path.read_bytes() == before and not capsys.readouterr().err
    assert find_sequences(tmp_path / "MOT").skipped == []


def test_estimated_again_for_other_images(tmp_path, capsys):
    sequence = pan(tmp_path)
    camera_motions(sequence, "ecc", sequence.frames)
    path = motion_file(sequence, "ecc")
    before = path.read_bytes()
    cv2.imwrite(str(sequence.images[3]), seen(moved(0, -5, 0)))
    motions = camera_motions(read_sequence(sequence.directory), "ecc", sequence.frames)
    np.testing.assert_allclose(motions[3], moved(0, 1, 0), atol=0.1)
    assert path.read_bytes() != before


@pytest.mark.parametrize(
    "content",
    [
        "{}",
        "[1]",
        "no json",
        '{"kind": "camera motion", "motions": {"x": [1]}}',
        '{"kind": "camera motion", "motions": {"2": [1, 0, 1e300, 0, 1, 0]}}',
    ],
)
def test_a_file_of_another_program_stays(tmp_path, capsys, content):
    sequence = pan(tmp_path)
    path = motion_file(sequence, "orb")
    path.write_text(content)
    assert len(camera_motions(sequence, "orb", sequence.frames)) == 3
    assert path.read_text() == content and f"warning: {path}" in capsys.readouterr().err


def test_tracking_goes_on_where_it_cannot_be_kept(tmp_path, capsys, monkeypatch):
    sequence = pan(tmp_path)
    path = motion_file(sequence, "orb")
    path.with_name(f"{path.name}.partial").mkdir()
    monkeypatch.setattr("os.open", lambda *args, **kwargs: (_ for _ in ()).throw(PermissionError(13, "no")))
    assert len(camera_motions(sequence, "orb", sequence.frames)) == 3
    assert "not kept" in capsys.readouterr().err and not path.exists()


def test_without_images_it_is_said(tmp_path, capsys):
    (tmp_path / "MOT" / "NONE-01").mkdir(parents=True)
    sequence = read_sequence(tmp_path / "MOT" / "NONE-01")
    assert camera_motions(sequence, "ecc", range(1, 5)) == {}
    assert "no images" in capsys.readouterr().err
    assert camera_motions(sequence, "none", range(1, 5)) == {} and not capsys.readouterr().err
    assert list((tmp_path / "MOT").iterdir()) == [tmp_path / "MOT" / "NONE-01"]


def test_a_record_keeps_the_numbers(tmp_path):
    sequence = pan(tmp_path)
    motions = camera_motions(sequence, "orb", sequence.frames)
    content = json.loads(motion_file(sequence, "orb").read_text())
    assert content["method"] == "orb" and len(content["images_sha256"]) == 64
    assert {int(frame): motion for frame, motion in content["motions"].items()} == {
        frame: motion.ravel().tolist() for frame, motion in motions.items()
    }
