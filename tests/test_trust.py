"""The promises of docs/trust.md: each names tests that exist, and commands that there are."""

from __future__ import annotations

import ast
import re

import pytest

from tests.support.paths import ROOT

PROMISES = (ROOT / "docs" / "trust.md").read_text(encoding="utf-8")
TESTS = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", PROMISES)


def test_every_promise_has_a_proof():
    rows = [line for line in PROMISES.splitlines() if line.startswith("| ") and not line.startswith("| promise")]
    assert len(rows) > 15
    assert [row for row in rows if "`tests/" not in row] == []


@pytest.mark.parametrize(("file", "name"), TESTS, ids=[name or file for file, name in TESTS])
def test_the_tests_exist(file, name):
    if name:
        tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
        assert name in {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    else:
        assert (ROOT / file).is_file()


@pytest.mark.parametrize("target", sorted(set(re.findall(r"`make (\w+)`", PROMISES))))
def test_the_commands_exist(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
