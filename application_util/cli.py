"""Command lines: types of flags, flags that commands share, and what becomes of a command's outcome."""

from __future__ import annotations

import argparse
import importlib
import math
import os
import re
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping
from copy import copy
from dataclasses import Field, fields
from pathlib import Path
from typing import Any, NoReturn, get_args, get_type_hints

from application_util.errors import UserError
from application_util.flag_types import StoreTuple, default_text, number, or_none, switch
from application_util.progress import say
from deep_sort import __version__

DefaultsSource = Callable[[argparse.Namespace], dict[str, Any]]
"""(arguments) -> values for flags that are not given, see `CommandParser.take_defaults`."""


def run_command(run: Callable[..., Iterable[str] | None], *args: Any, **kwargs: Any) -> int:
    """Run a command's work and turn its outcome into an exit code.

    Parameters
    ----------
    run : callable
        Called with all other arguments. Raises `UserError` for what the user can fix; may return the names of what
        failed while the rest succeeded.

    Returns
    -------
    int
        0 when all went well, 1 when something failed that has been reported, 2 after a `UserError` or a failure of
        the file system (printed as ``error: ...`` on stderr), 130 after an interrupt.
    """
    _keep_standard_descriptors()
    try:
        return 1 if run(*args, **kwargs) else 0
    except (UserError, OSError) as error:  # OSError: a full disk, a folder that was removed meanwhile
        say(f"error: {error}")
        return 2
    except ImportError as error:
        if ".so" not in str(error):
            raise
        hint = "on a machine without a display, pip install opencv-python-headless does without it"
        say(f"error: a system library is missing ({error}); {hint}")
        return 2
    except KeyboardInterrupt as interrupt:
        say(f"interrupted{': ' if str(interrupt) else ''}{interrupt}")
        return 130


def _keep_standard_descriptors() -> None:
    """Give closed ones of stdin, stdout and stderr to the null device.

    The next file opened would get their number, and what is printed would be written into it.
    """
    for descriptor in range(3):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


class CommandParser(argparse.ArgumentParser):
    """Parser of a command: its help page shows defaults and an example; it knows ``--version`` and ``~`` in paths.

    Parameters
    ----------
    description : str
        What the command does, its module's docstring. Paragraphs are wrapped.
    example : str
        Arguments that work, for a command line below the flags.
    **options
        See `argparse.ArgumentParser`.
    """

    def __init__(self, description: str | None = None, example: str = "", **options: Any) -> None:
        super().__init__(description=description, formatter_class=_HelpFormatter, **options)
        self.example = example
        script = Path(sys.argv[0]).name
        called = self.prog.replace(script, f"python {sys.argv[0]}", 1) if script.endswith(".py") else self.prog
        line = re.sub(" (?!--)", "\0", f"{called} {example}")  # a flag and its values stay together
        lines = textwrap.wrap(line, 90, break_long_words=False, break_on_hyphens=False)
        if example:
            self.epilog = "example:\n  " + " \\\n      ".join(lines).replace("\0", " ").replace("%", "%%")
        self._objects: dict[str, type] = {}
        self._sources: list[DefaultsSource] = []
        self.register("type", None, os.path.expanduser)  # no shell does that in --output_file=~/tracks.txt
        self.add_argument("--version", action="version", version=f"deep-sort {__version__}")

    def pack(self, kind: type, name: str) -> None:
        """Let one argument, an object of a dataclass, stand for the flags of its fields.

        Parameters
        ----------
        kind : type
            The dataclass, whose flags `add_parameter_flags` added.
        name : str
            What the object is called among the arguments.
        """
        self._objects[name] = kind

    def take_defaults(self, source: DefaultsSource) -> None:
        """Let a flag give others their defaults; of two such, the later counts.

        Parameters
        ----------
        source : callable
            Takes what the command line says; returns values by name, of which those without a flag here are left out.
            What it takes out of the arguments, such as its own flag, ``run`` does not get. May raise `UserError`.
        """
        self._sources.append(source)

    def error(self, message: str) -> NoReturn:
        """Say where a missing argument without a flag belongs, since a list before it takes it in."""
        lists = [each.option_strings[0] for each in self._actions if each.nargs == "+" and each.option_strings]
        missing = message.partition("arguments are required: ")[2].split(", ")
        if lists and any(name and not name.startswith("-") for name in missing):
            message += f"; it stands before {' and '.join(lists)}"
        super().error(message)

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> tuple[Any, list[str]]:
        """Parse, with the defaults that flags give others, and make the objects of `pack`."""
        found, rest = super().parse_known_args(args, copy(namespace))
        names = {action.dest for action in self._actions}
        try:
            given = [{key: value for key, value in source(found).items() if key in names} for source in self._sources]
        except UserError as error:
            self.error(str(error))
        if any(given):
            for values in given:
                self.set_defaults(**values)
            left = vars(found).keys()
            found, rest = super().parse_known_args(args, namespace)
            found.__dict__ = {key: value for key, value in vars(found).items() if key in left}
        for name, kind in self._objects.items():
            values = {each.name: found.__dict__.pop(each.name) for each in fields(kind) if each.name in found}
            setattr(found, name, kind(**values))
        return found, rest


def add_mode(modes: Any, name: str, description: str, example: str) -> CommandParser:
    """Add a mode of a command, with a help page of its own, to what ``add_subparsers`` returned; return its parser."""
    page = f"{description[0].upper()}{description[1:]}."
    return modes.add_parser(name, help=description, description=page, example=example)


class _HelpFormatter(argparse.HelpFormatter):
    """Adds defaults to the help of flags, keeps paragraphs of descriptions, and examples as they are."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        """Add the default; where the help names one itself, that is what None stands for."""
        text, default = action.help, action.default
        if not text or action.required or action.nargs == 0 or default == argparse.SUPPRESS:
            return text
        if default not in (None, "", (), []):
            return f"{text.split(' (default: ')[0]} (default: {default_text(default)})"
        takes_none = getattr(action.type, "takes_none", False) and "(default: " not in text
        return f"{text} (default: none)" if takes_none else text

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        if text.startswith("example:"):
            return text
        fill = super()._fill_text
        return "\n\n".join(fill(paragraph, width, indent) for paragraph in text.split("\n\n"))


def lazy_names(module: str, homes: Mapping[str, str]) -> Callable[[str], Any]:
    """Return a module's ``__getattr__`` that imports names from where they live when they are first asked for.

    Parameters
    ----------
    module : str
        The module's ``__name__``.
    homes : mapping
        Name -> module that it lives in, or ``package.`` for a name that is itself a module of that package.
    """

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {module!r} has no attribute {name!r}")
        home = homes[name]
        if home.endswith("."):
            return importlib.import_module(home + name)
        return getattr(importlib.import_module(home), name)

    return find


def add_parameter_flags(
    parser: CommandParser, defaults: Any, title: str, names: Iterable[str] | None = None, pack: str | None = None
) -> None:
    """Add a flag for each parameter of a dataclass.

    Parameters
    ----------
    parser : CommandParser
    defaults : dataclass instance
        Its fields are made by `settings.parameter`; their values here are the flags' defaults.
    title : str
        Heading of these flags on the help page.
    names : iterable of str, optional
        Only these parameters.
    pack : str, optional
        Name of one argument, an object of the dataclass, that they become.
    """
    group = parser.add_argument_group(title)
    for each in fields(defaults):
        if names is None or each.name in names:
            options = flag_options(each, defaults)
            group.add_argument(f"--{each.name}", **options, default=getattr(defaults, each.name))
    if pack is not None:
        parser.pack(type(defaults), pack)


def flag_options(each: Field, owner: Any) -> dict[str, Any]:
    """Return what ``add_argument`` is to know of a parameter but its default: type, metavar, choices, help."""
    about, kind = each.metadata, get_type_hints(owner if isinstance(owner, type) else type(owner))[each.name]
    low = -math.inf if about["low"] is None else about["low"]
    high = math.inf if about["high"] is None else about["high"]
    parts = get_args(kind)
    options: dict[str, Any] = {"help": about["help"]}
    if kind is bool:
        return options | {key: value for key, value in switch().items() if key != "default"}
    if kind is str or str in parts:
        return options | ({"choices": about["choices"]} if about["choices"] else {"metavar": about["metavar"]})
    one = parts[0] if parts else kind
    fraction = one is float and low >= 0 and high <= 1
    usual = "N" if one is int else "FRACTION" if fraction else "VALUE"
    options |= {"metavar": about["metavar"] or usual, "type": number(one, low, high)}
    if type(None) in parts:
        return options | {"type": or_none(options["type"])}
    if parts:  # tuple[int, int]
        return options | {"nargs": len(parts), "action": StoreTuple}
    if about["usual"] is not None:
        options |= {"nargs": "?", "const": about["usual"]}
        options["help"] += f"; {about['usual']:g} where no number is given"
    return options
