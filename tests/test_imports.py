"""What commands import and when: little for --help, the rest in one place."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from application_util.installation import COMMANDS
from tests.support.cli import run_python
from tests.support.paths import ROOT
from tools.synthetic.crowd import write_crowd

HEAVY = {
    *("numpy", "scipy", "cv2", "tensorflow", "openvino", "trackeval", "distributed", "matplotlib", "plotly", "PIL")
}


def imported(*arguments: object, cwd: Path) -> tuple[str, set[str]]:
    """Run Python; return its output and the modules that it imported."""
    words = [sys.executable, "-X", "importtime", *map(str, arguments)]
    done = subprocess.run(words, capture_output=True, text=True, cwd=cwd, check=True)
    return done.stdout, {line.split("|")[-1].strip() for line in done.stderr.splitlines()}


@pytest.mark.parametrize("script", [command.script for command in COMMANDS.values()])
def test_help_is_light(script, tmp_path):
    output, modules = imported(ROOT / script, "--help", cwd=tmp_path)
    assert output.startswith("usage: ") and "--version" in output
    assert not HEAVY & modules


@pytest.mark.parametrize("script", [command.script for command in COMMANDS.values()])
def test_late_imports_are_the_first_block_of_a_public_function(script):
    """So that what a command needs can be seen at one look, though --help does without."""
    module = ast.parse((ROOT / script).read_text(encoding="utf-8"))
    first_blocks: set[ast.stmt] = set()
    for function in module.body:
        if isinstance(function, ast.FunctionDef) and not function.name.startswith("_"):
            for statement in function.body[ast.get_docstring(function) is not None :]:
                if not isinstance(statement, ast.Import | ast.ImportFrom):
                    break
                first_blocks.add(statement)
    late = [
        node.lineno
        for function in ast.walk(module)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom) and node not in first_blocks
    ]
    assert not late, f"{script}: imports in the middle of functions, lines {late}"


def test_tracking_without_images_needs_no_opencv(tmp_path):
    write_crowd(tmp_path / "C", 3, 30, 0)
    code = "import sys; from deep_sort_app import main; print(main(sys.argv[1:]), 'cv2' in sys.modules)"
    paths = ["--sequence_dir", tmp_path / "C", "--detection_file", tmp_path / "C" / "C.npy"]
    flags = ["--output_file", tmp_path / "C.txt", "--min_confidence", "0", "--display", "false"]
    done = run_python("-c", code, *paths, *flags)
    assert done.stdout == "0 False\n", done.stderr
    assert (tmp_path / "C.txt").stat().st_size > 0
