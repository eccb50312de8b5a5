"""Command lines: types of flags, flags that commands share, and what becomes of a command's outcome."""

from __future__ import annotations

import argparse
import importlib
import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import Field, fields
from typing import Any, get_args, get_type_hints

from application_util.errors import UserError
from application_util.progress import say
from application_util.settings import BENCHMARKS, MAX_GAP, DrawingSettings
from deep_sort import __version__


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


def command_parser(description: str | None, **options: Any) -> argparse.ArgumentParser:
    """Return the parser of a command, which knows ``--version`` and understands ``~`` in paths.

    Parameters
    ----------
    description : str
        What the command does, its module's docstring.
    **options
        For the parser.
    """
    parser = argparse.ArgumentParser(description=description, **options)
    parser.register("type", None, os.path.expanduser)  # no shell does that in --output_file=~/tracks.txt
    parser.add_argument("--version", action="version", version=f"deep-sort {__version__}")
    return parser


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


def boolean(text: str) -> bool:
    """Read true/false, yes/no or 1/0, in any case."""
    word = text.strip().lower()
    if word in ("true", "yes", "1"):
        return True
    if word in ("false", "no", "0"):
        return False
    raise argparse.ArgumentTypeError(f"{text!r} is neither true nor false (also: yes, no, 1, 0)")


bool_string = boolean
"""Its name in the original."""


def number(kind: type, low: float = -math.inf, high: float = math.inf) -> Callable[[str], Any]:
    """Return a type of flags: a finite number within limits, which are allowed themselves.

    Parameters
    ----------
    kind : type
        ``int`` or ``float``.
    low, high : float
    """
    what = "an integer" if kind is int else "a finite number"
    limits = f" from {low:.15g} to {high:.15g}" if high < math.inf else f" of at least {low:.15g}"

    def parse(text: str) -> Any:
        try:
            value = kind(text)
            finite = math.isfinite(value)
        except (ValueError, OverflowError):  # text, or an integer beyond floating point
            value, finite = math.nan, False
        if not (finite and low <= value <= high):
            raise argparse.ArgumentTypeError(f"{text!r} is not {what}{limits if low > -math.inf else ''}")
        return value

    return parse


def or_none(parse: Callable[[str], Any]) -> Callable[[str], Any]:
    """Return a type of flags: what `parse` reads, or ``none``."""
    return lambda text: None if text.strip().lower() == "none" else parse(text)


def comma_separated(what: str) -> Callable[[str], tuple[str, ...]]:
    """Return a type of flags: one word or several, with commas between them; `what` they are is for messages."""

    def parse(text: str) -> tuple[str, ...]:
        words = tuple(word.strip() for word in text.split(",") if word.strip())
        if not words:
            raise argparse.ArgumentTypeError(f"expected {what}, separated by commas")
        return words

    return parse


finite_float = number(float)
positive_int = number(int, 1)


def positive_float(text: str) -> float:
    """Read a number above 0."""
    value = finite_float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0")
    return value


def add_switch(parser: argparse.ArgumentParser, name: str, help_text: str) -> None:
    """Add a flag that is off by default: ``name``, ``name true`` and ``name false`` are understood."""
    parser.add_argument(
        name,
        type=boolean,
        nargs="?",
        const=True,
        default=False,
        metavar="BOOL",
        help=help_text + " (default: %(default)s)",
    )


def add_parameter_flags(
    parser: argparse.ArgumentParser, defaults: Any, title: str, names: Iterable[str] | None = None
) -> None:
    """Add a flag for each parameter of a dataclass.

    Parameters
    ----------
    parser : ArgumentParser
    defaults : dataclass instance
        Its fields are made by `settings.parameter`; their values here are the flags' defaults.
    title : str
        Heading of these flags on the help page.
    names : iterable of str, optional
        Only these parameters.
    """
    group = parser.add_argument_group(title)
    for each in fields(defaults):
        if names is None or each.name in names:
            group.add_argument(
                f"--{each.name}", default=getattr(defaults, each.name), **flag_options(each, defaults)
            )


def flag_options(each: Field, owner: Any) -> dict[str, Any]:
    """Return what ``add_argument`` is to know of a parameter: type, number of values, choices, metavar, help."""
    about, kind = each.metadata, get_type_hints(owner if isinstance(owner, type) else type(owner))[each.name]
    low = -math.inf if about["low"] is None else about["low"]
    high = math.inf if about["high"] is None else about["high"]
    default = "" if "default" in about["help"] else " (default: %(default)s)"
    options: dict[str, Any] = {"metavar": about["metavar"], "help": about["help"] + default}
    parts = get_args(kind)
    if kind is bool:
        return options | {"type": boolean, "nargs": "?", "const": True, "metavar": "BOOL"}
    if kind is str or str in parts:
        return options | {"choices": about["choices"]}
    if type(None) in parts:
        return options | {"type": or_none(number(parts[0], low, high))}
    if parts:  # tuple[int, int]
        return options | {"type": number(parts[0], low, high), "nargs": len(parts)}
    return options | {"type": number(kind, low, high)}


def take_parameters(args: argparse.Namespace, kind: type, name: str) -> None:
    """Replace the parameters of a dataclass among the arguments by one argument, an object of it.

    Parameters
    ----------
    args : Namespace
        Changed in place.
    kind : type
        The dataclass, whose flags `add_parameter_flags` added.
    name : str
        What the object is called among the arguments.
    """
    values = {each.name: vars(args).pop(each.name) for each in fields(kind) if each.name in args}
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in values.items()}
    setattr(args, name, kind(**values))


def add_benchmark_flag(parser: argparse.ArgumentParser) -> None:
    """Add ``--benchmark``."""
    parser.add_argument(
        "--benchmark",
        choices=BENCHMARKS,
        help="whose rules of scoring apply (default: by the sequences' names, else MOT17)",
    )


def add_max_gap_flag(parser: argparse.ArgumentParser) -> None:
    """Add ``--max_gap``."""
    parser.add_argument(
        "--max_gap",
        type=positive_int,
        default=MAX_GAP,
        metavar="FRAMES",
        help="refuse detections with a longer gap between their frames (default: %(default)s)",
    )


def add_skip_invalid_flag(parser: argparse.ArgumentParser) -> None:
    """Add ``--skip_invalid``."""
    parser.add_argument(
        "--skip_invalid",
        action="store_true",
        help="leave invalid detections out instead of refusing their file",
    )


def add_worker_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of commands that run many sequences: ``--jobs`` and ``--scheduler``."""
    add = parser.add_argument_group("where it runs").add_argument
    add("--jobs", type=positive_int, metavar="N", help="processes on this machine (default: one per core)")
    add(
        "--scheduler",
        metavar="ADDRESS",
        help="dask.distributed scheduler whose workers do the work, such as tcp://host:8786",
    )


def add_drawing_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags of commands that draw results."""
    names = ("update_ms", "width", "colors", "show_trajectories")
    add_parameter_flags(parser, DrawingSettings(), "drawing", names)
