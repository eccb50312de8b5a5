"""Pages that are made when the documentation is built: one for each command, and files of the repository's root."""

from __future__ import annotations

import importlib
import re
import sys
import textwrap
from argparse import SUPPRESS, Action, ArgumentParser
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from application_util.installation import TASKS, Command  # noqa: E402

REPOSITORY_PAGES = {
    "CHANGELOG.md": "changelog.md",
    "CONTRIBUTING.md": "contributing.md",
    "resources/networks/README.md": "bundled_network.md",
}
"""Pages that lie elsewhere in the repository -> what they are called in the documentation."""


def on_config(config: Any) -> None:
    """List the commands in the navigation, by task; pages that it does not know come last in the guide."""
    sys.path.insert(0, str(ROOT))  # mkdocs takes back what a hook adds while it is loaded
    pages = [{task.capitalize(): [_path(each) for each in commands]} for task, commands in TASKS.items()]
    for section in config.nav:
        if "Commands" in section:
            section["Commands"] = ["commands/index.md", *pages]
        if "Guide" in section:
            known = str(config.nav)
            there = sorted(page.name for page in (ROOT / "docs").glob("*.md"))
            section["Guide"] += [name for name in there if f"'{name}'" not in known]


def on_files(files: Files, config: Any) -> None:
    """Add the generated pages."""
    made = {"commands/index.md": overview()}
    made |= {_path(each): command_page(each) for commands in TASKS.values() for each in commands}
    for source, name in REPOSITORY_PAGES.items():
        made[name] = (ROOT / source).read_text(encoding="utf-8")
    for name, content in made.items():
        files.append(File.generated(config, name, content=content))
    for picture in (ROOT / "resources" / "networks").glob("*.png"):
        files.append(File.generated(config, picture.name, abs_src_path=str(picture)))


def on_page_markdown(markdown: str, page: Any, config: Any, files: Files) -> str:
    """Lead links to files of the repository to their pages; of those without a page the text stays."""
    home = Path(page.file.src_uri).parent
    sources = {name: Path(source).parent for source, name in REPOSITORY_PAGES.items()}
    folder = ROOT / sources.get(page.file.src_uri, Path("docs") / home)

    def lead(match: re.Match[str]) -> str:
        text, target, anchor = match.groups()
        path = (folder / target).resolve()
        if not path.is_relative_to(ROOT) or not path.exists():
            return match.group()
        inside = path.relative_to(ROOT).as_posix()
        name = REPOSITORY_PAGES.get(inside, inside.removeprefix("docs/") if inside.startswith("docs/") else None)
        if name is None:
            return text
        return f"[{text}]({'../' * len(home.parts)}{name}{anchor or ''})"

    return re.sub(r"(?<!!)\[([^]]*)\]\((?!https?:|#|mailto:)([^)#]+)(#[^)]*)?\)", lead, markdown)


def overview() -> str:
    """Return the page that lists all commands."""
    lines = ["# Commands", "", "In a clone each is a script; installed, a part of `deep-sort`.", ""]
    for task, commands in TASKS.items():
        lines += [f"## {task.capitalize()}", "", "| command | script | |", "|---|---|---|"]
        for each in commands:
            link = f"[`deep-sort {each.name}`]({each.name}.md)"
            lines.append(f"| {link} | `{each.script}` | {_cell(each.summary)} |")
        lines.append("")
    return "\n".join(lines)


def command_page(command: Command) -> str:
    """Return the page of a command, from its parser."""
    parser = create_parser(command)
    lines = [f"# {command.name}", "", f"    python {command.script}", f"    deep-sort {command.name}", ""]
    lines += _parser_lines(parser, "##")
    for action in parser._actions:
        if isinstance(action.choices, dict):
            for name, mode in action.choices.items():
                lines += [f"## {name}", "", *_parser_lines(mode, "###")]
    return "\n".join(lines) + "\n"


def create_parser(command: Command) -> ArgumentParser:
    """Return the parser as it is when the command is run as a script of a clone, which its example shows."""
    before, sys.argv[0] = sys.argv[0], command.script
    try:
        parser: ArgumentParser = importlib.import_module(command.module).create_parser()
    finally:
        sys.argv[0] = before
    return parser


def _parser_lines(parser: ArgumentParser, heading: str) -> list[str]:
    lines = [_text(parser.description or ""), ""]
    example = (parser.epilog or "").removeprefix("example:\n").replace("%%", "%")
    if example:
        lines += ["```text", textwrap.dedent(example), "```", ""]
    for group in parser._action_groups:
        actions = [each for each in group._group_actions if _is_shown(each)]
        if actions:
            title = group.title if group.title != "options" else "flags"
            lines += [f"{heading} {str(title).capitalize()}", "", "| | default | |", "|---|---|---|"]
            lines += [_row(parser, action) for action in actions] + [""]
    return lines


def _is_shown(action: Action) -> bool:
    hidden = {"-h", "--version"} & set(action.option_strings)
    return not hidden and action.help != SUPPRESS and not isinstance(action.choices, dict)


def _row(parser: ArgumentParser, action: Action) -> str:
    """Return the row of a flag: what is typed, the default, what it does."""
    formatter = parser._get_formatter()
    text = formatter._expand_help(action) if action.help else ""
    text, _, default = text.removesuffix(")").partition(" (default: ") if "(default: " in text else (text, "", "")
    values = formatter._format_args(action, str(action.metavar or action.dest)) if action.nargs != 0 else ""
    if action.choices and action.option_strings:
        values = " ".join(map(str, action.choices)).replace(" ", ", ")
    flag = f"`{action.option_strings[-1] if action.option_strings else action.metavar or action.dest}`"
    if values and action.option_strings:
        flag += f" {_cell(values)}"
    if action.required and action.option_strings:
        default = "required"
    return f"| {flag} | {_cell(default)} | {_cell(text)} |"


def _cell(text: str) -> str:
    return _text(text).replace("|", "\\|")


def _text(text: str) -> str:
    """Return text as Markdown that shows it literally."""
    return re.sub(r"([<>*_\[\]])", r"\\\1", text)


def _path(command: Command) -> str:
    return f"commands/{command.name}.md"
