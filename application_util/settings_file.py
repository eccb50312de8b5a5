"""Settings files: parameters in TOML, which commands read by ``--settings`` and a sweep writes."""

from __future__ import annotations

import argparse
import sys
from dataclasses import fields
from pathlib import Path
from typing import Any

from application_util.cli import flag_options
from application_util.errors import UserError
from application_util.flag_types import default_text
from application_util.settings import PostprocessingSettings, TrackerSettings
from application_util.text_file import read_text

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

SECTIONS: dict[str, type] = {"tracker": TrackerSettings, "postprocessing": PostprocessingSettings}
"""Table of a settings file -> whose parameters it has, by the names of their flags; a text ``none`` stands for None."""


def read_settings(path: str | Path) -> dict[str, Any]:
    """Read a settings file.

    Returns
    -------
    dict
        Parameter -> value, for those that the file names.

    Raises
    ------
    UserError
        If it cannot be read, is no TOML, or has a table, a key or a value that no flag would take.
    """
    try:
        tables = tomllib.loads(read_text(path))
    except (ValueError, RecursionError) as error:  # ValueError: also a number of thousands of digits
        raise UserError(f"{path}: not TOML: {error}") from None
    values: dict[str, Any] = {}
    for section, table in tables.items():
        if section not in SECTIONS or not isinstance(table, dict):
            there = " and ".join(f"[{name}]" for name in SECTIONS)
            raise UserError(f"{path}: {section}: unknown, a settings file has {there}")
        known = {each.name: each for each in fields(SECTIONS[section])}
        for key, value in table.items():
            if key not in known:
                raise UserError(f"{path}: [{section}] {key}: no such parameter, there are {', '.join(known)}")
            options = flag_options(known[key], SECTIONS[section])
            text = default_text(value) if isinstance(value, str | int | float) else f"{value}"
            try:
                values[key] = options.get("type", str)(text)
            except argparse.ArgumentTypeError as error:
                raise UserError(f"{path}: [{section}] {key}: {error}") from None
            if options.get("choices") and text not in options["choices"]:
                raise UserError(f"{path}: [{section}] {key}: {text!r} is none of {', '.join(options['choices'])}")
    return values


def format_settings(*settings: TrackerSettings | PostprocessingSettings, comment: str) -> str:
    """Return the text of a settings file.

    Parameters
    ----------
    *settings
        Objects of the classes in `SECTIONS`.
    comment : str
        What it is, lines at its top.
    """
    lines = [f"# {line}" for line in comment.splitlines()]
    for section, kind in SECTIONS.items():
        for each in settings:
            if type(each) is kind:
                lines += ["", f"[{section}]"]
                lines += [f"{name} = {_toml(value)}" for name, value in each.as_dict().items()]
    return "\n".join(lines) + "\n"


def _toml(value: Any) -> str:
    text = default_text(value)
    return f'"{text}"' if value is None or isinstance(value, str) else text
