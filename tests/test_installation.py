"""Every command that is installed is there, and its help is quick to load."""

from __future__ import annotations

import importlib
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, entry_points

import pytest

from tests.support.paths import ROOT

SLOW = {"cv2", "scipy", "tensorflow", "trackeval", "distributed", "matplotlib", "plotly"}


def commands():
    found = {
        point.name: point.value
        for point in entry_points(group="console_scripts")
        if point.dist.name == "deep-sort"
    }
    return sorted(found.items())


def test_installed():
    try:
        assert len(commands()) >= 9
    except (PackageNotFoundError, AttributeError):
        pytest.skip("deep-sort is not installed: pip install -e .")


@pytest.mark.parametrize(("name", "value"), commands())
def test_help(name, value):
    module = value.split(":")[0]
    assert callable(importlib.import_module(module).main)
    script = ROOT / (module.replace(".", "/") + ".py")
    done = subprocess.run(
        [sys.executable, "-X", "importtime", script, "--help"],
        capture_output=True,
        text=True,
        cwd=ROOT.parent,
    )
    assert done.returncode == 0 and done.stdout.startswith("usage: ")
    assert not SLOW & {line.split("|")[-1].strip() for line in done.stderr.splitlines()}
