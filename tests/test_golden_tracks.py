"""Result files are byte-identical to the original's."""

from __future__ import annotations

import hashlib
import json
import os
import runpy
from pathlib import Path

import numpy as np
import pytest

import deep_sort_app
from application_util.settings import TrackerSettings
from tests.support.paths import GOLDEN, shared_path

EMBEDDED = json.loads((GOLDEN / "manifest.json").read_text())


def shared_manifest() -> list[dict]:
    path = Path(os.environ.get("DEEP_SORT_SHARED", ""), "golden", "manifest.json").resolve()
    return json.loads(path.read_text()) if os.environ.get("DEEP_SORT_SHARED") and path.exists() else []


SHARED = shared_manifest()


def track(detection_file: Path, flags: dict, sequence_dir: Path, output_file: Path) -> str:
    settings = TrackerSettings(**flags)
    deep_sort_app.run(sequence_dir, detection_file, output_file, **settings.as_dict(), display=False)
    return hashlib.sha256(output_file.read_bytes()).hexdigest()


@pytest.mark.parametrize("case", EMBEDDED, ids=[case["name"] for case in EMBEDDED])
def test_embedded(case, sequence_dir, tmp_path):
    output = tmp_path / "out.txt"
    assert track(GOLDEN / case["detection_file"], case["flags"], sequence_dir, output) == case["sha256"]
    assert output.read_bytes() == (GOLDEN / case["tracks"]).read_bytes()


@pytest.mark.parametrize("case", EMBEDDED[:1], ids=["walkers-A"])
@pytest.mark.parametrize("form", ["shuffled frames", "fortran order", "big endian"])
def test_embedded_in_other_forms(case, form, sequence_dir, tmp_path):
    rows = np.load(GOLDEN / case["detection_file"])
    if form == "shuffled frames":  # the order inside a frame stays
        order = np.argsort(np.random.default_rng(0).permutation(10_000)[rows[:, 0].astype(int)], kind="stable")
        rows = rows[order]
    elif form == "fortran order":
        rows = np.asfortranarray(rows)
    else:
        rows = rows.astype(rows.dtype.newbyteorder(">"))
    np.save(tmp_path / "other.npy", rows)
    assert track(tmp_path / "other.npy", case["flags"], sequence_dir, tmp_path / "out.txt") == case["sha256"]


@pytest.mark.shared
def test_shared_data_is_there():
    """Shows in the report when the recorded results on real sequences could not be checked."""
    assert len(json.loads(shared_path("golden/manifest.json").read_text())) >= 17


@pytest.mark.shared
@pytest.mark.parametrize("case", SHARED, ids=[case["name"] for case in SHARED])
def test_shared(case, sequence_dir, tmp_path):
    if "crowd" in case:
        crowd = runpy.run_path(str(shared_path("golden/crowd.py")))["make_crowd"](**case["crowd"])
        if hashlib.sha256(crowd.tobytes()).hexdigest() != case["array_sha256"]:
            pytest.skip("this NumPy makes another crowd of the same seed")
        # The crowds have equal scores, whose order is that of the processor's sort.
        detection_file = tmp_path / "crowd.npy"
        np.save(detection_file, crowd)
    else:
        detection_file = shared_path(case["detection_file"])
    assert track(detection_file, case["flags"], sequence_dir, tmp_path / "out.txt") == case["sha256"]
