from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.encoding import make_boxed_sequence


@pytest.fixture
def mot_dir(tmp_path: Path) -> Path:
    make_boxed_sequence(tmp_path / "mot")
    return tmp_path / "mot"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"
