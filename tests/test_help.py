"""Help pages speak in one voice: a flag means the same in every command, defaults are shown, examples can be copied."""

from __future__ import annotations

import argparse
import importlib
import itertools
import shlex
from collections import defaultdict

import pytest

from application_util.cli import CommandParser
from application_util.flag_types import default_text
from application_util.flags import SHARED
from application_util.installation import COMMANDS
from deep_sort_cli import completion_parser

METAVARS = {
    *("FILE", "DIR", "PATH", "CHECKPOINT", "SOURCE", "DETECTOR", "ADDRESS", "NAME", "TEXT"),
    *("BOOL", "N", "CLASS", "SEQUENCE", "FRAME", "FRAMES", "PIXELS", "SECONDS", "MINUTES", "MS", "MB"),
    *("SCORE", "FRACTION", "DISTANCE", "SCALE", "VALUE", "HEIGHT", "WIDTH", "ROWS", "COLUMNS"),
}


def pages(name: str, parser: CommandParser):
    """Yield a parser and those of its modes, each with what it is called."""
    yield name, parser
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            for mode, of_mode in action.choices.items():
                yield from pages(f"{name} {mode}", of_mode)


PAGES = dict(pages("completion", completion_parser()))
for command in COMMANDS.values():
    PAGES |= pages(command.name, importlib.import_module(command.module).create_parser())


def flags(parser: CommandParser) -> list[argparse.Action]:
    return [each for each in parser._actions if not isinstance(each, argparse._SubParsersAction)]


def help_of(parser: CommandParser, action: argparse.Action) -> str:
    """Return the help of a flag as the page shows it, defaults included, in one line."""
    formatter = parser._get_formatter()
    return " ".join(formatter._expand_help(action).split())


def words_of(text: str) -> str:
    """Return a help text without its default."""
    return text.split(" (default: ")[0].split(" (usual: ")[0]


def test_all_commands_are_there():
    assert {"track", "sweep", "train freeze", "plot tracks", "completion"} <= set(PAGES)
    assert len(PAGES) == len(COMMANDS) + 8


@pytest.mark.parametrize("page", PAGES)
def test_an_example_that_parses(page, capsys):
    parser = PAGES[page]
    assert parser.example and "\nexample:\n" in parser.format_help()
    arguments = shlex.split(parser.example)
    parser.parse_args(arguments)
    if page in COMMANDS:
        importlib.import_module(COMMANDS[page].module).parse_args(arguments)


@pytest.mark.parametrize("page", PAGES)
def test_the_example_can_be_copied(page, monkeypatch):
    module = COMMANDS[page.split()[0]].module if page != "completion" else "deep_sort_cli"
    for called, start in {"deep-sort x": "deep-sort x", "tools/x.py": "python tools/x.py"}.items():
        monkeypatch.setattr("sys.argv", [called])
        made = completion_parser() if page == "completion" else importlib.import_module(module).create_parser()
        parser = dict(pages(page.split()[0], made))[page]
        shown = parser.format_help().split("\nexample:\n")[1].replace("\\\n", " ")
        mode = page.split()[1:]
        start = "deep-sort completion" if page == "completion" else start
        assert shlex.split(shown) == [*shlex.split(start), *mode, *shlex.split(parser.example)]


@pytest.mark.parametrize("page", PAGES)
def test_a_metavar_for_each_kind(page):
    for action in flags(PAGES[page]):
        if action.nargs == 0 or action.choices or "{" in str(action.metavar):
            continue
        metavars = action.metavar if isinstance(action.metavar, tuple) else (action.metavar,)
        assert set(metavars) <= METAVARS, f"{action.option_strings or action.dest}: {action.metavar}"


@pytest.mark.parametrize("page", PAGES)
def test_defaults_are_shown(page):
    parser = PAGES[page]
    one_of_these = [group for group in parser._mutually_exclusive_groups if group.required]
    needed = [action for group in one_of_these for action in group._group_actions]
    for action in flags(parser):
        shown = help_of(parser, action)
        optional = bool(action.option_strings) and action.nargs != 0
        optional = optional and not action.required and action not in needed
        assert ("(default: " in shown or "(usual: " in shown) == optional, shown
        assert not {"None", "True", "False"} & set(shown.replace(")", " ").split())
        if optional and action.default not in (None, "", (), []):
            assert shown.endswith(f"(default: {default_text(action.default)})")


def test_a_flag_means_the_same_everywhere():
    """Same metavar, and words that begin alike; what all commands share is declared once."""
    uses = defaultdict(dict)
    for page, parser in PAGES.items():
        for action in flags(parser):
            shown = str(action.metavar or action.choices)
            metavar = "one of several" if action.choices or shown.startswith("{") else action.metavar
            for name in action.option_strings:
                uses[name][page] = (metavar, words_of(help_of(parser, action)))
    for name, of_pages in uses.items():
        assert len({metavar for metavar, _ in of_pages.values()}) == 1, (name, of_pages)
        texts = {text for _, text in of_pages.values()}
        common = words_of(SHARED[name]["help"]).strip() if name in SHARED else min(texts, key=len)
        assert common and all(text.startswith(common) for text in texts), (name, texts)


def test_shared_flags_are_used():
    used = {name for parser in PAGES.values() for action in flags(parser) for name in action.option_strings}
    assert set(SHARED) <= used


@pytest.mark.parametrize("page", PAGES)
def test_the_main_file_has_one_name(page):
    """--output_file; further files of the same command are called by what is in them."""
    names = [name for action in flags(PAGES[page]) for name in action.option_strings]
    assert not {"--output", "--out", "--output_path"} & set(names)


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS)
def test_descriptions_fit_the_list_of_commands(command):
    documentation = importlib.import_module(command.module).__doc__
    assert documentation.split("\n")[0] == f"{command.summary}." and len(command.summary) <= 82


@pytest.mark.parametrize(("page", "name", "given", "wanted"), [
    ("evaluate", "--eval_classes", "1 7", (1, 7)),
    ("report", "--sequences", "A B", ("A", "B")),
    ("encode", "--sequences", "A B", ("A", "B")),
    ("detect", "--classes", "person 3", ("person", "3")),
    ("import", "--classes", "person 3", ("person", "3")),
    ("video", "--classes", "person 3", ("person", "3")),
    ("sweep", "--nn_budget", "none 5", (None, 5)),
    ("train eval", "--dataset", "mars cuhk03", ("mars", "cuhk03")),
])  # fmt: skip
def test_lists(page, name, given, wanted):
    """With spaces, with commas, with both, with the flag repeated."""
    parser = PAGES[page]
    start = shlex.split(parser.example)
    if name in start:  # the example's own list would be continued
        place = start.index(name)
        values = itertools.takewhile(lambda word: not word.startswith("--"), start[place + 1 :])
        del start[place : place + 1 + len(list(values))]
    first, second = given.split()
    for words in ([first, second], [f"{first},{second}"], [f"{first},", second], [first, name, second]):
        args = vars(parser.parse_args([*start, name, *words]))
        assert args[name[2:]] == wanted, words


@pytest.mark.parametrize(("value", "message"), [("mars,imagenet", "imagenet is none of"), (",", "nothing is")])
def test_lists_that_are_none(value, message, capsys):
    parser = PAGES["train eval"]
    with pytest.raises(SystemExit, match="2"):
        parser.parse_args([*shlex.split(parser.example), "--dataset", value])
    assert message in capsys.readouterr().err


def test_train_is_the_mode_by_default():
    parse_args = importlib.import_module(COMMANDS["train"].module).parse_args
    words = shlex.split(PAGES["train train"].example)
    assert parse_args(words) == parse_args(["train", *words])


def test_a_list_that_took_the_source(capsys):
    with pytest.raises(SystemExit, match="2"):
        PAGES["video"].parse_args(["--detector", "a.onnx", "--classes", "person", "clip.mp4"])
    message = "the following arguments are required: SOURCE; it stands before --classes\n"
    assert capsys.readouterr().err.endswith(message)
    with pytest.raises(SystemExit, match="2"):
        PAGES["detect"].parse_args(["--classes", "person", "clip.mp4"])
    assert "it stands before" not in capsys.readouterr().err
