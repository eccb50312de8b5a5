"""Flags that messages name: the command that prints a message must have them, or the message names one that has."""

from __future__ import annotations

import contextlib
import io
import re
import sys
from collections.abc import Callable
from functools import cache
from types import ModuleType

FLAG = re.compile(r"(?<![\w-])--[a-z][a-z_0-9]*")
OTHER_COMMAND = re.compile(r"\b(?:\w+\.py|deep-sort[\w -]*|track them with)\s+(?=--)")


def check_flags(message: str, run: Callable) -> None:
    """Fail if a command's message names a flag that the command does not have."""
    module = sys.modules[run.__module__]
    if not hasattr(module, "parse_args"):
        return
    named = set(FLAG.findall(OTHER_COMMAND.split(message)[0]))
    missing = named - flags_of(module)
    assert not missing, f"{module.__name__} has no {', '.join(sorted(missing))}: {message}"


@cache
def flags_of(module: ModuleType) -> frozenset[str]:
    """Return the flags of a command and of its subcommands."""
    text = _help(module)
    for name in re.findall(r"\{([a-z_,]+)\}", text)[:1]:
        text += "".join(_help(module, each) for each in name.split(","))
    return frozenset(FLAG.findall(text))


def _help(module: ModuleType, *words: str) -> str:
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
        module.parse_args([*words, "--help"])
    return printed.getvalue()
