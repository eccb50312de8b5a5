"""Recorded results and quick tests with several versions of Python, NumPy, SciPy and OpenCV, each in a fresh venv.

Also the newest wheels of the extras' packages for each Python.

    python -m tests.versions --table docs/versions.md      (all that there are interpreters for)
    python -m tests.versions --only 3.14 --python "chroot /srv/debian python3.14"

Interpreters are looked for among those given, pyenv's and on the path. Exit code 1 if tests fail somewhere.
"""

from __future__ import annotations

import argparse
import json
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
TESTS = ("tests/test_golden_tracks.py", "tests/deep_sort", "tests/application_util")
WITHOUT = ("--ignore", "tests/application_util/test_scoring.py")  # needs TrackEval, which brings an OpenCV of its own
FLAGS = ("-q", "-p", "no:cacheprovider", "-m", "not slow and not window and not shared")
ALSO = ("tqdm", "pytest", "hypothesis", "imageio-ffmpeg", "plotly", "matplotlib", "psutil", "distributed")
SAY_VERSIONS = """
import sys, numpy, scipy, cv2
print(sys.version.split()[0], numpy.__version__, scipy.__version__, cv2.__version__)
"""
ABSENT = "no interpreter here"
OF_EXTRAS = (
    *("tensorflow", "openvino", "nncf", "trackeval", "matplotlib", "distributed"),
    *("imageio-ffmpeg", "optuna", "plotly", "shtab"),
)
LEAST = dict(re.findall(r'"([\w-]+)>=([\d.]+)"', (ROOT / "setup.py").read_text(encoding="utf-8")))


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
        return not re.search(r"\bpassed\b", self.outcome) or "failed" in self.outcome or "error" in self.outcome


def find_python(version: str, given: Sequence[list[str]]) -> list[str] | None:
    """Return the command of an interpreter of a version such as ``3.12``; those given come first."""
    for command in given:
        said = subprocess.run([*command, "--version"], capture_output=True, text=True, check=True).stdout
        if said.startswith(f"Python {version}."):
            return command
    own = sorted(map(str, Path.home().glob(f".pyenv/versions/{version}.*/bin/python")))
    found = own[-1] if own else shutil.which(f"python{version}")
    return [found] if found else None


def test(combination: Combination, folder: Path, given: Sequence[list[str]]) -> Result:
    """Install one combination, and run the tests."""
    interpreter = find_python(combination.python, given)
    if interpreter is None:
        return Result(*combination, ABSENT)
    subprocess.run([*interpreter, "-m", "venv", folder / "venv"], check=True)
    python = [*interpreter[:-1], str(folder / "venv" / "bin" / "python")]
    packages = ["numpy", "scipy", "opencv-python-headless"]
    pinned = [
        f"{name}=={version}" if version else name for name, version in zip(packages, combination[1:], strict=True)
    ]
    install = [*python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *pinned, *ALSO]
    done = subprocess.run(install, capture_output=True, text=True, check=False)
    if done.returncode:
        return Result(*combination, f"cannot be installed: {(done.stderr.strip().splitlines() or ['?'])[-1]:.150}")
    run = subprocess.run(
        [*python, "-m", "pytest", *FLAGS, *WITHOUT, *TESTS], cwd=ROOT, capture_output=True, text=True, check=False
    )
    (folder / "log.txt").write_text(run.stdout + run.stderr)
    versions = subprocess.run([*python, "-c", SAY_VERSIONS], capture_output=True, text=True, check=True).stdout.split()
    outcome = re.sub(r" in [0-9.]+s.*", "", (run.stdout.strip().splitlines() or ["nothing"])[-1].strip("= "))
    for line in re.findall(r"^(?:FAILED|ERROR) .*", run.stdout, re.MULTILINE)[:10]:
        print(f"    {line:.200}", flush=True)
    found = dict(zip(Combination._fields, versions, strict=True))
    return Result(**found, outcome=outcome)


def newest_wheel(package: str, version: str) -> str:
    """Return the newest version of a package of which there is a wheel for a Python, a release if there is one."""
    look = ["--dry-run", "--ignore-installed", "--no-deps", "--only-binary", ":all:", "--quiet", "--report", "-"]
    look += ["--python-version", version, "--target", "."]  # pip asks for a place; nothing is written there
    for which in ([], ["--pre"]):
        command = [sys.executable, "-m", "pip", "install", *look, *which, f"{package}>={LEAST[package]}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if not done.returncode:
            return str(json.loads(done.stdout)["install"][0]["metadata"]["version"])
    return ""


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table in Markdown."""
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(cell or "-" for cell in line) + " |\n" for line in lines)


def write_tables(path: Path, tables: Sequence[str]) -> None:
    """Put tables in the place of those that a page has; its text stays."""
    left = iter(tables)
    page = re.sub(r"(?:^\|.*\n)+", lambda _: next(left), path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    path.write_text(page, encoding="utf-8")


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add = parser.add_argument
    add("--only", metavar="PYTHON", help="combinations of this version of Python alone")
    add("--python", metavar="COMMAND", action="append", type=shlex.split, default=[],
        help="an interpreter: its path, or a command that ends with it; may be given several times")  # fmt: skip
    add("--table", type=Path, metavar="FILE", help="renew the tables of this page")
    args = parser.parse_args()
    combinations = [each for each in COMBINATIONS if args.only in (None, each.python)]
    results = []
    for combination in combinations:
        with tempfile.TemporaryDirectory(prefix="versions-") as folder:
            results.append(test(combination, Path(folder), args.python))
        print(*results[-1], flush=True)
    versions = dict.fromkeys(each.python for each in combinations)
    wheels = [[version, *(newest_wheel(each, version) for each in OF_EXTRAS)] for version in versions]
    tables = [table(["Python", "NumPy", "SciPy", "OpenCV", "tests"], results), table(["Python", *OF_EXTRAS], wheels)]
    print(*tables, sep="\n")
    if args.table:
        write_tables(args.table, tables)
    return 1 if any(result.failed for result in results if result.outcome != ABSENT) else 0


if __name__ == "__main__":
    sys.exit(main())
