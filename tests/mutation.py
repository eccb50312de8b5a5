"""Change the code in small ways, one at a time, and see whether the tests notice.

    python -m tests.mutation --sample 150 --seed 0            (a random part of all changes)
    python -m tests.mutation --room deep_sort --sample 0      (all of one room; hours)

The changes are cosmic-ray's (`pip install cosmic-ray`): other operators, comparisons, numbers, exceptions, loops that
do not run. Changes of annotations, of what only type checkers read and of docstrings are left out, and what is no
Python any more. Each is tried in a process of its own, on what is in memory: no file is touched, so that tests which
start processes do not see it. A change is noticed if a test fails, or none ends in time.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import importlib.abc
import importlib.util
import os
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.machinery import ModuleSpec
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
ROOMS = {
    "deep_sort": ("tests/deep_sort/test_recorded_functions.py", "tests/test_golden_tracks.py", "tests/deep_sort"),
    "application_util/files": (
        "tests/application_util/test_output.py",
        "tests/application_util/test_lock.py",
        "tests/application_util/test_result_file.py",
        "tests/application_util/test_invalid_rows.py",
        "tests/application_util/test_detection_file.py",
        "tests/application_util/test_mot_table.py",
        "tests/application_util/test_network_card.py",
        "tests/application_util/test_detection_writer.py",
        "tests/application_util/test_json_file.py",
        "tests/application_util/test_checksum.py",
        "tests/application_util/test_outcome.py",
        "tests/application_util/test_sequence_set.py",
        "tests/application_util/test_result_view.py",
        "tests/test_golden_tracks.py",
        "tests/test_deep_sort_app.py",
    ),
}
"""Folder -> tests that are to notice changes in it, the quickest first."""
EXCLUDED = ("VariableReplacer", "VariableInserter", "ReplaceUnaryOperator_USub_Not")
SECONDS = 120
"""Of the processor, for the tests on one change; at most ten times as long by the clock."""


@dataclass(frozen=True)
class Change:
    """A module with something else in one place."""

    path: Path
    operator: str
    source: str
    mutated: str

    @property
    def diff(self) -> str:
        """The lines that differ."""
        before, after = self.source.splitlines(), self.mutated.splitlines()
        lines = list(difflib.unified_diff(before, after, lineterm="", n=0))[2:]
        return "\n".join(f"    {line}" for line in lines)


def places(path: Path) -> list[tuple[Path, str, int]]:
    """Return all that can be changed in a module: path, operator, and which of the places where it applies."""
    from cosmic_ray.ast import get_ast
    from cosmic_ray.plugins import get_operator, operator_names

    nodes = list(_nodes(get_ast(path.read_text())))
    found = []
    for name in operator_names():
        if not name.endswith(EXCLUDED):
            operator = get_operator(name)()
            count = sum(len(list(operator.mutation_positions(node))) for node in nodes)
            found += [(path, name, occurrence) for occurrence in range(count)]
    return found


def changed(path: Path, operator: str, occurrence: int) -> Change | None:
    """Return a change, or None if it changes nothing that the module does, or cannot be compiled."""
    from cosmic_ray.mutating import mutate_code
    from cosmic_ray.plugins import get_operator

    source = path.read_text()
    mutated = mutate_code(source, get_operator(operator)(), occurrence)
    if mutated is None or meaning(mutated) in ("", meaning(source)):
        return None
    return Change(path, operator.removeprefix("core/"), source, mutated)


def _nodes(node: Any) -> Iterator[Any]:
    yield node
    for child in getattr(node, "children", ()):
        yield from _nodes(child)


def meaning(source: str) -> str:
    """Return what a source does, without annotations, docstrings, what type checkers read; "" if it is no Python."""
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.returns = None
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            node.test, node.body = ast.Constant(False), []
        if isinstance(node, ast.arg):
            node.annotation = None
        if isinstance(node, ast.AnnAssign):
            node.annotation = ast.Constant(None)
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Module) and isinstance(node.body[0], ast.Expr):
            node.body[0] = ast.Expr(ast.Constant(None))
    return ast.dump(tree)


class Loader(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Gives the changed module when it is imported."""

    def __init__(self, change: Change) -> None:
        parts = change.path.relative_to(ROOT).with_suffix("").parts
        self.change = change
        self.name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    def find_spec(self, fullname: str, path: object, target: ModuleType | None = None) -> ModuleSpec | None:
        if fullname != self.name:
            return None
        package = self.change.path.name == "__init__.py"
        return importlib.util.spec_from_file_location(
            fullname,
            self.change.path,
            loader=self,
            submodule_search_locations=[str(self.change.path.parent)] if package else None,
        )

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.change.mutated, str(self.change.path), "exec"), module.__dict__)


def is_noticed(change: Change | None, tests: tuple[str, ...]) -> str:
    """Run the tests on a change (or on none) in a process of its own; return what came of it."""
    child = os.fork()
    if not child:
        _run_tests(change, tests)
    end = time.monotonic() + 10 * SECONDS
    while time.monotonic() < end:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            code = os.waitstatus_to_exitcode(status)
            return {0: "survived", -signal.SIGXCPU: "timeout", -signal.SIGKILL: "timeout"}.get(code, "killed")
        time.sleep(0.1)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    return "timeout"


def _run_tests(change: Change | None, tests: tuple[str, ...]) -> None:
    """Run pytest, and end this process."""
    import pytest

    code = 3
    try:
        null = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2) if change else (0,):
            os.dup2(null, descriptor)
        if change:
            sys.meta_path.insert(0, Loader(change))
        sys.dont_write_bytecode = True
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        flags = ["-x", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", "-m", "not slow and not window"]
        code = int(pytest.main([*flags, *tests]))
    finally:
        os._exit(code)


def main() -> int:
    """Run the command."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--room", choices=ROOMS, action="append", help="default: all")
    parser.add_argument("--sample", type=int, default=150, help="of each room; 0: all (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=1e9, help="stop after these, a room")
    args = parser.parse_args()
    os.chdir(ROOT)
    _import_libraries()
    for room in args.room or ROOMS:
        paths = sorted((ROOT / room).glob("*.py"))
        found = [place for path in paths for place in places(path)]
        Random(args.seed).shuffle(found)
        if (outcome := is_noticed(None, ROOMS[room])) != "survived":
            print(f"{room}: the tests on the code as it is: {outcome}")
            return 1
        print(f"{room}: {len(paths)} modules, {len(found)} places and ways to change them", flush=True)
        end, counts = time.monotonic() + 60 * args.minutes, Counter[str]()
        for place in found:
            if time.monotonic() > end or counts.total() == args.sample > 0:
                break
            change = changed(*place)
            if change is None:
                continue
            outcome = is_noticed(change, ROOMS[room])
            counts[outcome] += 1
            if outcome == "survived":
                print(f"  survived: {change.path.relative_to(ROOT)}: {change.operator}\n{change.diff}", flush=True)
        tried = counts.total()
        print(f"{room}: {tried} tried, {tried - counts['survived']} noticed ({dict(counts)}): "
              f"{100 * (1 - counts['survived'] / max(1, tried)):.0f} %", flush=True)  # fmt: skip
    return 0


def _import_libraries() -> None:
    """Import once what every child needs, and nothing of ours."""
    import cv2  # noqa: F401
    import hypothesis  # noqa: F401
    import numpy  # noqa: F401
    import pytest  # noqa: F401
    import scipy.linalg
    import scipy.optimize
    import scipy.stats  # noqa: F401


if __name__ == "__main__":
    sys.exit(main())
