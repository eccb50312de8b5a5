"""The bundled network gives the same features in TensorFlow and in OpenVINO, from images to detection file."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("openvino")
pytest.importorskip("tensorflow")

from tests.support.encoding import make_boxed_sequence
from tests.support.paths import shared_path
from tools.generate_detections import main

pytestmark = pytest.mark.slow

FRAMES = range(1, 1194, 60)


@pytest.fixture(params=["generated", pytest.param("real", marks=pytest.mark.shared)])
def mot_dir(request, tmp_path):
    """A folder with one sequence: noise, or some frames of a real one."""
    if request.param == "generated":
        return make_boxed_sequence(tmp_path / "mot").parent
    source = shared_path("data/MOT16/test/MOT16-06")
    folder = tmp_path / "mot" / source.name
    for name in ("img1", "det"):
        (folder / name).mkdir(parents=True)
    lines = (source / "det" / "det.txt").read_text().splitlines()
    chosen = [line for line in lines if int(line.split(",")[0]) in FRAMES]
    (folder / "det" / "det.txt").write_text("\n".join(chosen))
    for frame in FRAMES:
        name = f"{frame:06d}.jpg"
        (folder / "img1" / name).symlink_to(source / "img1" / name)
    return folder.parent


def test_detection_files_are_equal(mot_dir, tmp_path):
    made = []
    for runtime in ("tensorflow", "openvino"):
        out = tmp_path / runtime
        assert main(["--mot_dir", str(mot_dir), "--output_dir", str(out), "--runtime", runtime]) == 0
        (path,) = out.glob("*.npy")
        made.append(np.load(path))
    assert len(made[0]) >= 12 and np.linalg.norm(made[0][:, 10:], axis=1) == pytest.approx(1)
    assert np.array_equal(made[0][:, :10], made[1][:, :10])
    np.testing.assert_allclose(made[1], made[0], rtol=0, atol=1e-5)
