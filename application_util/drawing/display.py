"""Whether a window can be opened here, found out without risk."""

from __future__ import annotations

import functools
import os
import subprocess
import sys

from application_util.errors import UserError
from application_util.progress import say

PROBE = "import cv2; cv2.namedWindow('probe'); cv2.waitKey(1); cv2.destroyAllWindows()"
PROBE_SECONDS = 30


@functools.cache
def window_problem() -> str | None:
    """Say why no window can be opened, or None if one can.

    OpenCV's window library ends the whole process if the display does not answer, hence the attempt is
    made in a child process, once.
    """
    display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not display:
        return "there is no display (DISPLAY is not set)"
    try:
        probe = subprocess.run(
            [sys.executable, "-c", PROBE], capture_output=True, text=True, timeout=PROBE_SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        return f"the display did not answer within {PROBE_SECONDS} seconds"
    if probe.returncode == 0:
        return None
    if "not implemented" in probe.stderr:
        return "this build of OpenCV has no windows (opencv-python-headless is installed)"
    return f"the display {display} does not answer" if display else "the display does not answer"


def use_window(asked: bool | None, instead: str = "use --display False") -> bool:
    """Decide whether to open a window.

    Parameters
    ----------
    asked : bool or None
        What the user said; None if nothing, which means a window where one is possible.
    instead : str
        What the user can do without a window.

    Returns
    -------
    bool
        True if a window is to be opened. If none was asked for and none is possible, one line on
        stderr says so.

    Raises
    ------
    UserError
        If a window was asked for and cannot be opened.
    """
    if asked is False:
        return False
    problem = window_problem()
    if problem is None:
        return True
    if asked:
        raise UserError(f"cannot open a window: {problem}; {instead}")
    say(f"running without a window: {problem}")
    return False
