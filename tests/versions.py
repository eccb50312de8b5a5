"""Recorded results and quick tests with several versions of Python, NumPy, SciPy and OpenCV, each in a fresh venv.

    python -m tests.versions                          (all that there are interpreters for)
    python -m tests.versions --only 3.10 --table docs/versions.md

Interpreters are looked for among pyenv's and on the path. Exit code 1 if tests fail somewhere.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TESTS = ("tests/test_golden_tracks.py", "tests/deep_sort", "tests/application_util")
WITHOUT = (
    "--ignore",
    "tests/application_util/test_scoring.py",
)  # needs TrackEval, which brings an OpenCV of its own
FLAGS = ("-q", "-p", "no:cacheprovider", "-m", "not slow and not window and not shared")
ALSO = ("tqdm", "pytest", "hypothesis", "imageio-ffmpeg", "plotly", "matplotlib", "psutil", "distributed")
SAY_VERSIONS = """
import sys, numpy, scipy, cv2
print(sys.version.split()[0], numpy.__version__, scipy.__version__, cv2.__version__)
"""
ABSENT = "no interpreter here"


class Combination(NamedTuple):
    """Versions to test; an empty one stands for the newest."""

    python: str
    numpy: str = ""
    scipy: str = ""
    opencv: str = ""


COMBINATIONS = (
    Combination("3.10", numpy="1.24.4", scipy="1.10.1", opencv="4.8.1.78"),
    Combination("3.10"),
    Combination("3.11", numpy="1.26.4", opencv="4.8.1.78"),
    Combination("3.11"),
    Combination("3.12", numpy="1.26.4", scipy="1.11.4", opencv="4.10.0.84"),
    Combination("3.12"),
    Combination("3.13"),
    Combination("3.14"),
)
"""The oldest that setup.py allows, NumPy 1.26, and the newest for each Python."""


class Result(NamedTuple):
    """The versions that were there in the end, and what the tests said."""

    python: str
    numpy: str
    scipy: str
    opencv: str
    outcome: str

    @property
    def failed(self) -> bool:
        """Whether tests failed, or could not be run."""
        return (
            not re.search(r"\bpassed\b", self.outcome) or "failed" in self.outcome or "error" in self.outcome
        )


def find_python(version: str) -> str | None:
    """Return an interpreter of a version such as ``3.12``."""
    own = sorted(Path.home().glob(f".pyenv/versions/{version}.*/bin/python"))
    return str(own[-1]) if own else shutil.which(f"python{version}")


def test(combination: Combination, folder: Path) -> Result:
    """Install one combination, and run the tests."""
    interpreter = find_python(combination.python)
    if interpreter is None:
        return Result(*combination, ABSENT)
    python = str(folder / "venv" / "bin" / "python")
    subprocess.run([interpreter, "-m", "venv", folder / "venv"], check=True)
    packages = ["numpy", "scipy", "opencv-python-headless"]
    pinned = [
        f"{name}=={version}" if version else name
        for name, version in zip(packages, combination[1:], strict=True)
    ]
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pinned, *ALSO]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        return Result(
            *combination, f"cannot be installed: {(done.stderr.strip().splitlines() or ['?'])[-1]:.150}"
        )
    run = subprocess.run(
        [python, "-m", "pytest", *FLAGS, *WITHOUT, *TESTS],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    (folder / "log.txt").write_text(run.stdout + run.stderr)
    versions = subprocess.run(
        [python, "-c", SAY_VERSIONS], capture_output=True, text=True, check=True
    ).stdout.split()
    outcome = re.sub(r" in [0-9.]+s.*", "", (run.stdout.strip().splitlines() or ["nothing"])[-1].strip("= "))
    for line in re.findall(r"^(?:FAILED|ERROR) .*", run.stdout, re.MULTILINE)[:10]:
        print(f"    {line:.200}", flush=True)
    found = dict(zip(Combination._fields, versions, strict=True))
    return Result(**found, outcome=outcome)


def table(results: Sequence[Result]) -> str:
    """Return the results as a table in Markdown."""
    lines = ["| Python | NumPy | SciPy | OpenCV | tests |", "|---|---|---|---|---|"]
    lines += ["| " + " | ".join(cell or "-" for cell in result) + " |" for result in results]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", metavar="PYTHON", help="combinations of this version of Python alone")
    parser.add_argument(
        "--table", type=Path, metavar="FILE", help="also write the table, with a heading, to a file"
    )
    args = parser.parse_args()
    results = []
    for combination in COMBINATIONS:
        if args.only in (None, combination.python):
            with tempfile.TemporaryDirectory(prefix="versions-") as folder:
                results.append(test(combination, Path(folder)))
            print(*results[-1], flush=True)
    print(table(results))
    if args.table:
        what = "Recorded results and quick tests (`make versions`), each combination in a fresh environment."
        args.table.write_text(f"# Versions\n\n{what}\n\n{table(results)}")
    return 1 if any(result.failed for result in results if result.outcome != ABSENT) else 0


if __name__ == "__main__":
    sys.exit(main())
