"""README and documentation: every block of code runs, links lead somewhere, pictures are there.

A block that cannot be run says why in a comment before it; its flags are looked at all the same.
"""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import Any

import pytest

from application_util.installation import COMMANDS
from tests.support.pages import PAGES, blocks_of, check_flags, module_of, run_block
from tests.support.paths import ROOT, SHARED

TUTORIAL = ROOT / "docs" / "tutorial.md"
GENERATED = {f"commands/{name}.md" for name in [*COMMANDS, "index"]}
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TEXT = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.fixture(scope="module")
def workspace(tmp_path_factory) -> Path:
    """A folder that looks like the clone, in which the tutorial was followed to its end."""
    folder = tmp_path_factory.mktemp("clone")
    for name in os.listdir(ROOT):
        if not name.startswith(".") and name not in ("demo_output", "out", "site"):
            (folder / name).symlink_to(ROOT / name)
    detector = SHARED / "data" / "detectors" / "yolox_nano.onnx" if SHARED else None
    if detector and detector.exists():
        (folder / detector.name).symlink_to(detector)
    follow(TUTORIAL, folder)
    return folder


def follow(page: Path, folder: Path) -> None:
    """Run the blocks of a page one after the other, as somebody who reads on would."""
    names: dict[str, Any] = {"__name__": "page"}
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.syspath_prepend(folder)
        patch.setattr("sys.argv", ["page"])
        patch.delenv("DISPLAY", raising=False)
        patch.delenv("WAYLAND_DISPLAY", raising=False)
        for block in blocks_of(page):
            missing = block.mark == "needs" and not Path(block.reason).exists()
            if block.language in ("sh", "python") and block.mark != "not run" and not missing:
                run_block(block, names, name_of(page))


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page in PAGES if page != TUTORIAL], ids=name_of)
def test_blocks_run(page, workspace):
    follow(page, workspace)


def test_the_tutorial_is_the_demo():
    recipe = re.sub(r"\\\n\s*", " ", MAKEFILE.split("\ndemo:")[1].split("\n\n")[0])
    demo = [shlex.split(line)[1:] for line in recipe.splitlines() if line.startswith("\t$(BIN)/python")]
    tutorial = [words[1:] for block in blocks_of(TUTORIAL) if block.language == "sh" for words in block.commands]
    assert demo and [words for words in tutorial if words in demo] == demo


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_flags_exist(page):
    for block in blocks_of(page):
        if block.language == "sh":
            for words in block.commands:
                check_flags(words)


@pytest.mark.parametrize("page", [page for page in PAGES if page.is_relative_to(ROOT / "docs")], ids=name_of)
def test_every_page_has_an_example(page):
    if page.name in ("gallery.md", "mutation.md", "trust.md", "versions.md"):
        return  # pictures whose captions say how they were made; tests, and what came of them
    assert any(block.mark != "not run" for block in blocks_of(page) if block.language in ("sh", "python"))


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_links_exist(page):
    for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
        inside = (page.parent / target).resolve()
        generated = page.is_relative_to(ROOT / "docs") and target in GENERATED
        assert inside.is_relative_to(ROOT) and (inside.exists() or generated), target


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_commands_are_in_fences(page):
    """A command in an indented block would not be run."""
    text = page.read_text(encoding="utf-8")
    assert not re.search(r"^ {4}(?:python|make|pip|deep-sort|from|import|\$) .*", text, re.MULTILINE)


def test_make_targets_exist():
    targets = set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE))
    blocks = [block for page in PAGES for block in blocks_of(page) if block.language == "sh"]
    commands = [words for block in blocks for words in block.commands]
    used = {words[1] for words in commands if words[0] == "make"} | set(re.findall(r"`make ([a-z]+)`", TEXT))
    assert {"demo", "test"} <= used <= targets


def test_scripts_are_commands():
    """A script that is named is one of ours: a renamed one leaves no page behind."""
    assert not {
        words[1]
        for page in PAGES
        for block in blocks_of(page)
        if block.language == "sh"
        for words in block.commands
        if words[0] == "python" and words[1].endswith(".py") and module_of(words) is None
        if not (ROOT / words[1]).exists()
    }


def test_the_readme_is_short():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert len(readme.splitlines()) <= 100
    assert (ROOT / "docs" / "demo.webp").stat().st_size < 1_500_000
