"""Run a program and log what every ``cv2.waitKey`` returns, so that a test knows when a key has arrived.

Usage: ``python tests/support/watched_keys.py LOG PROGRAM ARGUMENTS``
"""

from __future__ import annotations

import os
import runpy
import sys

import cv2


def main() -> None:
    """Run the program named by the arguments."""
    log_name, program = sys.argv[1:3]
    log = open(log_name, "w", buffering=1)  # noqa: SIM115 (open as long as the program runs)
    wait_key = cv2.waitKey

    def watched(delay: int = 0) -> int:
        key = wait_key(delay)
        log.write(f"{key}\n")
        return key

    cv2.waitKey = watched
    sys.argv = sys.argv[2:]
    sys.path[0] = os.path.dirname(os.path.abspath(program))
    runpy.run_path(program, run_name="__main__")


if __name__ == "__main__":
    main()
