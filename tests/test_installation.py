"""What the package says of itself: commands, extras, version, terms; an installed one names no file of a clone."""

from __future__ import annotations

import importlib
import re
import runpy
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

import deep_sort
from application_util import installation
from application_util.installation import COMMANDS
from tests.support.paths import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
PAGE = (ROOT / "docs" / "install.md").read_text(encoding="utf-8")


@pytest.fixture
def metadata(monkeypatch):
    """What setup.py gives to setuptools."""
    given = {}
    stand_in = SimpleNamespace(setup=given.update, find_namespace_packages=lambda **options: [])
    monkeypatch.setitem(sys.modules, "setuptools", stand_in)
    runpy.run_path(str(ROOT / "setup.py"))
    return given


def test_version(metadata):
    assert metadata["version"] == deep_sort.__version__


def test_commands_are_installed_and_listed(metadata):
    commands = COMMANDS.values()
    scripts = [f"{command.console_script}={command.module}:main" for command in commands]
    assert metadata["entry_points"]["console_scripts"] == ["deep-sort=deep_sort_cli:main", *scripts]
    assert "deep-sort-track=deep_sort_app:main" in scripts and "deep-sort-sweep=tools.sweep:main" in scripts
    assert {command.script for command in commands} | {"deep_sort_cli.py", "setup.py"} == {
        path.relative_to(ROOT).as_posix() for path in (*ROOT.glob("*.py"), *(ROOT / "tools").glob("*.py"))
    }
    tomllib = pytest.importorskip("tomllib")
    ruff = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    assert set(ruff["flake8-tidy-imports"]["banned-api"]) == {command.module for command in commands}
    late = {name for name, rules in ruff["per-file-ignores"].items() if rules == ["PLC0415"]}
    assert late == {command.script for command in commands}


def test_extras_are_those_of_the_page(metadata):
    rows = re.findall(r"^\| (`\w+`(?:, `\w+`)*) \| [^|]* \| ([^|]*)\|$", PAGE, re.MULTILINE)
    named = [name for names, _ in rows for name in re.findall(r"\w+", names)]
    assert sorted(named) == sorted(metadata["extras_require"])
    for names, brought in rows:
        packages = {
            re.split(r"[><=\[]", package)[0]
            for name in re.findall(r"\w+", names)
            for package in metadata["extras_require"][name]
        }
        assert "`all`" in names or packages == set(re.findall(r"[\w-]+", brought))


def test_install_lines_lead_to_the_commands():
    for text in (README, PAGE):
        activated = text.index("python3 -m venv .venv && . .venv/bin/activate")
        assert activated < text.index("\npip install -e ")


def test_terms_are_said_everywhere(metadata):
    assert metadata["license_files"] == ["LICENSE", "resources/networks/LICENSE"]
    assert "LICENSE" in metadata["package_data"]["resources.networks"]
    for text in (metadata["license"], README, (ROOT / "resources" / "networks" / "LICENSE").read_text()):
        assert "research only" in text and "MIT" in text


def test_the_long_description_has_no_links_into_the_clone(metadata):
    links = re.findall(r"\]\(([^)]*)\)", metadata["long_description"])
    assert links and all(link.startswith(("https://", "#")) for link in links)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_help_of_an_installed_command_names_commands_as_installed(command, monkeypatch, capsys):
    monkeypatch.setattr(installation, "_clone", lambda: None)
    with pytest.raises(SystemExit, match="0"):
        importlib.import_module(command.module).main(["--help"])
    named = set(re.findall(r"\b[a-z_]+\.py\b", capsys.readouterr().out))
    assert not named & {Path(each.script).name for each in COMMANDS.values()}


def test_names_of_commands(monkeypatch):
    assert installation.command_name("tools/sweep.py") == "tools/sweep.py"
    monkeypatch.setattr(installation, "_clone", lambda: None)
    assert installation.command_name("tools/sweep.py") == "deep-sort sweep"
    assert installation.command_name("deep_sort_app.py") == "deep-sort track"
