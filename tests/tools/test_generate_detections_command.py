from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from application_util.installation import install_command
from tests.support.encoding import expected_rows, picture
from tools.generate_detections import main

Run = Callable[..., "subprocess.CompletedProcess[str]"]


def test_the_command(mot_dir, out, tmp_path, command: Run):
    pytest.importorskip("tensorflow")
    from tests.support.networks import expected_features, write_tiny_network
    from tools.features.patches import extract_image_patch

    network = write_tiny_network(tmp_path / "tiny.pb", names=("in", "out"))
    flags = ("--mot_dir", mot_dir, "--output_dir", out, "--model", network)
    done = command(
        "tools/generate_detections.py", *flags, "--input_name", "in", "--output_name", "out", "--batch_size", 5
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("SEQ-01: 12 detections in ")
    assert len(done.stderr.splitlines()) == 1  # nothing of TensorFlow's
    made = np.load(out / "SEQ-01.npy")
    assert np.array_equal(made[:, :10], expected_rows())
    crops = [extract_image_patch(picture(int(row[0])), row[2:6], (16, 8)) for row in made]
    assert np.allclose(made[:, 10:], expected_features(np.array(crops)), atol=1e-5)

    wrong = command("tools/generate_detections.py", *flags)
    assert wrong.returncode == 2
    assert wrong.stderr.startswith(f"error: {network}: no node images in this graph")
    assert len(wrong.stderr.splitlines()) == 1


def test_errors_of_the_command(mot_dir, out, tmp_path, monkeypatch, capsys):
    flags = ["--mot_dir", str(mot_dir), "--output_dir", str(out)]
    assert main([*flags, "--model", str(tmp_path / "gone.pb")]) == 2
    assert "gone.pb: no such network; in " in capsys.readouterr().err
    (tmp_path / "there.pb").touch()
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    assert main([*flags, "--model", str(tmp_path / "there.pb")]) == 2
    assert capsys.readouterr().err == (
        f"error: tensorflow is not installed, and this needs it: {install_command('features')}\n"
    )
    assert main([*flags, "--sequences", "SEQ-07"]) == 2
    assert "no sequence SEQ-07; there are SEQ-01" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        main([*flags, "--sequences", ","])
    assert not out.exists()
