"""One command for all of them: ``deep-sort track`` is deep_sort_app.py, ``deep-sort sweep`` is tools/sweep.py."""

from __future__ import annotations

import argparse
import difflib
import importlib
import sys
from collections.abc import Sequence

from application_util.cli import CommandParser, run_command
from application_util.errors import UserError, require
from application_util.installation import COMMANDS, TASKS
from deep_sort import __version__

COMPLETED_AS_FILES = ("FILE", "PATH", "CHECKPOINT", "SOURCE", "DETECTOR")
"""Metavars of what may be a file."""


def overview() -> str:
    """Return the help page: the commands by task, a line each."""
    tasks = {task: [(each.name, each.summary) for each in commands] for task, commands in TASKS.items()}
    tasks["this command"] = [("completion", str(completion_parser().description))]
    page = "Simple online and realtime tracking with a deep association metric.\n"
    for task, lines in tasks.items():
        page += f"\n{task}:\n" + "".join(f"  {name:15}{summary}\n" for name, summary in lines)
    return f"usage: deep-sort COMMAND ...\n\n{page}\ndeep-sort COMMAND --help shows what a command takes."


def completion_parser() -> CommandParser:
    """Return the parser of ``deep-sort completion``."""
    description = "Print what completes commands and flags in bash or zsh"
    parser = CommandParser(description, "bash", prog="deep-sort completion")
    parser.add_argument("shell", choices=("bash", "zsh"),
        help='in ~/.bashrc: eval "$(deep-sort completion bash)"; likewise in ~/.zshrc, after compinit')  # fmt: skip
    return parser


def print_completion(shell: str) -> None:
    """Print the script.

    Raises
    ------
    UserError
        If shtab is not installed.
    """
    shtab = require("shtab", "completion")
    parser = CommandParser(prog="deep-sort")
    modes = parser.add_subparsers()
    for command in COMMANDS.values():
        modes.add_parser(command.name, help=command.summary)
        modes.choices[command.name] = importlib.import_module(command.module).create_parser()
    modes.add_parser("completion", help=completion_parser().description)
    modes.choices["completion"] = completion_parser()
    _tell_kinds(parser, {"DIR": shtab.DIRECTORY, **dict.fromkeys(COMPLETED_AS_FILES, shtab.FILE)})
    print(shtab.complete(parser, shell))


def _tell_kinds(parser: argparse.ArgumentParser, kinds: dict[str, dict[str, str]]) -> None:
    """Mark arguments that are files or folders, by their metavars, and say which values switches have."""
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for mode in action.choices.values():
                _tell_kinds(mode, kinds)
        elif action.metavar == "BOOL":
            action.choices = ("true", "false")
        elif action.metavar in kinds:
            action.complete = kinds[action.metavar]  # type: ignore[attr-defined]


def refuse(name: str) -> None:
    """Name the command that is nearest to one that does not exist."""
    near = difflib.get_close_matches(name, [*COMMANDS, "completion"], 1)
    hint = f"did you mean {near[0]}?" if near else "see deep-sort --help"
    raise UserError(f"{name}: no command of deep-sort, {hint}")


def main(argv: Sequence[str] | None = None) -> int:
    """Hand the arguments on to the command that the first of them names; return its exit code."""
    name, *rest = list(sys.argv[1:] if argv is None else argv) or ["--help"]
    if name in ("-h", "--help"):
        print(overview())
    elif name == "--version":
        print(f"deep-sort {__version__}")
    elif name == "completion":
        return run_command(print_completion, **vars(completion_parser().parse_args(rest)))
    elif name not in COMMANDS:
        return run_command(refuse, name)
    else:
        sys.argv[0] = f"deep-sort {name}"  # what the command's help page and its usage errors call it
        code: int = importlib.import_module(COMMANDS[name].module).main(rest)
        return code
    return 0


if __name__ == "__main__":
    sys.exit(main())
