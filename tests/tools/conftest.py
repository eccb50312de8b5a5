from __future__ import annotations

from pathlib import Path

import pytest

from tests.tools.small_sequences import write_sequence


@pytest.fixture
def mot_dir(tmp_path: Path) -> Path:
    write_sequence(tmp_path / "mot")
    return tmp_path / "mot"


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"
