"""The commands of the README run: each names a script and flags that exist, and marked blocks are run as they stand."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import fields
from pathlib import Path

import pytest

from application_util.settings import BENCHMARK_SETTINGS, TrackerSettings
from tests.support.cli import headless_environment
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
RUN_MARK = "<!-- run -->"


def blocks(text: str) -> list[str]:
    """Return the blocks of code: indented by four spaces, or fenced as sh."""
    indented = re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)
    fenced = re.findall(r"^```(?:sh|bash)\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    return [re.sub(r"^    ", "", block, flags=re.MULTILINE) for block in indented] + fenced


def command_lines(block: str) -> list[list[str]]:
    """Return the commands of a block as lists of words, continued lines joined."""
    lines = re.sub(r"\\\n\s*", " ", block).splitlines()
    starts = ("python ", ".venv/bin/python ", "make ", "deep-sort")
    return [shlex.split(line, comments=True) for line in lines if line.startswith(starts)]


COMMANDS = [words for block in blocks(README) for words in command_lines(block)]
SCRIPTS = [words[1:] for words in COMMANDS if words[0].endswith("python") and words[1].endswith(".py")]


def test_there_are_commands():
    assert ["make", "demo"] in COMMANDS and ["make", "test"] in COMMANDS
    assert any(words[0] == "deep_sort_app.py" for words in SCRIPTS)


@pytest.mark.parametrize("script", sorted({words[0] for words in SCRIPTS}))
def test_flags_exist(script):
    uses = [words[1:] for words in SCRIPTS if words[0] == script]
    modes = {words[0] for words in uses if words and re.fullmatch(r"[a-z]+", words[0])}
    helps = ""
    for mode in [(), *((mode,) for mode in modes)]:
        done = subprocess.run(
            [sys.executable, ROOT / script, *mode, "--help"], capture_output=True, text=True, check=False
        )
        helps += done.stdout
        assert done.returncode == 0 or mode, done.stderr
    known = set(re.findall(r"--[a-z][a-z0-9_-]*", helps))
    used = {word.split("=")[0] for words in uses for word in words if word.startswith("--")}
    assert used <= known, f"{script} has no {', '.join(sorted(used - known))}"


def test_parameters_are_those_of_the_settings():
    for each in fields(TrackerSettings):
        default = "none" if each.default is None else each.default
        assert f"| `--{each.name}` | {default} | {each.metadata['help']} |" in README
    values = ", ".join(str(value) for value in BENCHMARK_SETTINGS.as_dict().values())
    first, last = (fields(TrackerSettings)[i].name for i in (0, -1))
    assert f"| `--{first}` … `--{last}` | {values} |" in README


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    used = {words[1] for words in COMMANDS if words[0] == "make"} | set(
        re.findall(r"`make ([a-z]+)`", README)
    )
    assert used <= targets


def test_links_exist():
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", README):
        assert (ROOT / target).exists(), target


def marked_blocks() -> list[str]:
    return [blocks(text)[0] for text in README.split(RUN_MARK)[1:]]


@pytest.mark.slow
def test_marked_blocks_run(tmp_path: Path):
    """One after the other in one folder, as somebody who reads on would."""
    if not marked_blocks():
        pytest.skip("no block of the README is marked to be run")
    pytest.importorskip("tensorflow")
    for name in os.listdir(ROOT):
        if not name.startswith("."):
            (tmp_path / name).symlink_to(ROOT / name)
    environment = headless_environment()
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    for block in marked_blocks():
        for words in command_lines(block):
            done = subprocess.run(
                words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
            )
            assert done.returncode == 0, f"{shlex.join(words)}\n{done.stderr[-2000:]}"
