"""The blocks of code of README and documentation, run as they stand, in one folder, without a shell."""

from __future__ import annotations

import importlib
import re
import runpy
import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import deep_sort_cli
from application_util.installation import COMMANDS
from tests.support.paths import ROOT

PAGES = (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("**/*.md")))
BLOCK = re.compile(
    r"^(?:<!-- (?P<mark>not run|needs): (?P<reason>.+?) -->\n)?```(?P<language>\w+)\n(?P<code>.*?)^```",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language and code, and why it is not run or which file it needs, if a comment says so."""

    language: str
    code: str
    mark: str
    reason: str

    @property
    def commands(self) -> list[list[str]]:
        """The commands of a block of shell as lists of words."""
        lines = re.sub(r"\\\n\s*", " ", self.code).splitlines()
        words = [shlex.split(line, comments=True) for line in lines]
        return [line[1:] if line[0] == "time" else line for line in words if line]


def blocks_of(page: Path) -> list[Block]:
    """Return the blocks of a page."""
    found = BLOCK.finditer(page.read_text(encoding="utf-8"))
    return [Block(each["language"], each["code"], each["mark"] or "", each["reason"] or "") for each in found]


def module_of(words: list[str]) -> tuple[Any, list[str]] | None:
    """Return the module of a command line of ours and its arguments; None for a command that is not ours."""
    if words[0] == "deep-sort":
        return deep_sort_cli, words[1:]
    if words[0] in ("python", ".venv/bin/python") and words[1].endswith(".py"):
        scripts = {command.script: command.module for command in COMMANDS.values()}
        if words[1] in scripts:
            return importlib.import_module(scripts[words[1]]), words[2:]
    return None


def run_block(block: Block, names: dict[str, Any], page: str) -> None:
    """Run a block in the current folder; Python's blocks of a page share their names."""
    if block.language == "python":
        exec(compile(block.code, page, "exec"), names)
        return
    for words in block.commands:
        if words[0] in ("head", "eval"):
            assert words[0] == "eval" or Path(words[-1]).stat().st_size > 0
            continue
        if words[0] == "python" and words[1].startswith("docs/"):
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("sys.argv", words[1:])
                runpy.run_path(words[1], run_name="__main__")
            continue
        found = module_of(words)
        assert found is not None, f"{shlex.join(words)}: no command of ours, say why the block is not run"
        module, arguments = found
        try:
            code = module.main(arguments)
        except SystemExit as end:  # --help, --version
            code = end.code
        assert code == 0, shlex.join(words)


def check_flags(words: list[str]) -> None:
    """Parse a command line that may not be run: it has no flag that does not exist."""
    if words[-1] in ("--help", "--version"):
        return
    found = module_of(words)
    if found and found[0] is deep_sort_cli and found[1][0] in COMMANDS:
        found = importlib.import_module(COMMANDS[found[1][0]].module), found[1][1:]
    if found and hasattr(found[0], "create_parser"):
        found[0].create_parser().parse_args(found[1])
