from __future__ import annotations

import pytest

from tests.windows import Screen


@pytest.fixture(scope="session")
def screen(tmp_path_factory):
    """A virtual screen; tests with windows are skipped where its programs are missing."""
    if Screen.missing():
        pytest.skip(f"not installed: {', '.join(Screen.missing())} (Debian: apt-get install xvfb xdotool)")
    screen = Screen(tmp_path_factory.mktemp("screen"))
    yield screen
    screen.close()
