"""``deep-sort``: all commands by one name, and what completes them in shells."""

from __future__ import annotations

import shutil
import subprocess

import pytest

import deep_sort
from application_util.installation import COMMANDS, TASKS
from deep_sort_cli import main
from tests.support.cli import error_line, run_command, run_python
from tests.support.shell import Shell
from tests.test_imports import HEAVY


def deep_sort_command(*words: object) -> subprocess.CompletedProcess[str]:
    return run_command("deep_sort_cli.py", *words)


@pytest.mark.parametrize("words", [(), ("--help",), ("-h",)])
def test_commands_are_listed_by_task(words):
    done = deep_sort_command(*words)
    assert (done.returncode, done.stderr) == (0, "")
    for task, commands in TASKS.items():
        assert f"\n{task}:\n" in done.stdout
        assert all(f"\n  {each.name} " in done.stdout and each.summary in done.stdout for each in commands)
    assert "\n  completion " in done.stdout and max(map(len, done.stdout.splitlines())) <= 100


def test_version():
    assert deep_sort_command("--version").stdout == f"deep-sort {deep_sort.__version__}\n"
    assert deep_sort_command("crowd", "--version").stdout == f"deep-sort {deep_sort.__version__}\n"


def help_and_modules(*words: str) -> tuple[str, set[str]]:
    """Return a help page and all modules that were imported for it."""
    code = (
        "import atexit, sys; from deep_sort_cli import main;"
        "atexit.register(lambda: print('\\n--', *sys.modules)); sys.exit(main(sys.argv[1:]))"
    )
    done = run_python("-c", code, *words, "--help")
    assert done.returncode == 0, done.stderr
    page, modules = done.stdout.split("\n-- ")
    return page, set(modules.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_help_of_a_command_is_its_own(name, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["/usr/bin/deep-sort"])
    with pytest.raises(SystemExit, match="0"):
        main([name, "--help"])
    page = capsys.readouterr().out
    assert page.startswith(f"usage: deep-sort {name} [-h]") and f"\n  deep-sort {name} " in page


@pytest.mark.parametrize("name", ["track", "train"])
def test_help_imports_one_command_and_little_else(name):
    _, modules = help_and_modules(name)
    assert not HEAVY & modules
    assert modules & {each.module for each in COMMANDS.values()} == {COMMANDS[name].module}


def test_listing_imports_no_command():
    _, modules = help_and_modules()
    assert not modules & HEAVY and not modules & {each.module for each in COMMANDS.values()}


@pytest.mark.parametrize(("typed", "hint"), [
    ("trak", "trak: no command of deep-sort, did you mean track?"),
    ("eval", "eval: no command of deep-sort, did you mean evaluate?"),
    ("render_videos", "render_videos: no command of deep-sort, did you mean render-videos?"),
    ("complete", "complete: no command of deep-sort, did you mean completion?"),
    ("xyzzy", "xyzzy: no command of deep-sort, see deep-sort --help"),
])  # fmt: skip
def test_a_mistyped_command(typed, hint):
    done = deep_sort_command(typed, "--help")
    assert (done.returncode, done.stdout, error_line(done.stderr)) == (2, "", hint)


def test_the_same_as_the_script(tmp_path):
    """The same files, the same outcome, the same complaints but for the name."""
    for command, place in (("tools/make_crowd.py",), "a"), (("deep_sort_cli.py", "crowd"), "b"):
        assert run_command(*command, tmp_path / place / "C", "--people", "3", "--frames", "9").returncode == 0
    files = [path.relative_to(tmp_path / "a") for path in (tmp_path / "a").rglob("*") if path.is_file()]
    assert len(files) == 3
    assert all((tmp_path / "a" / path).read_bytes() == (tmp_path / "b" / path).read_bytes() for path in files)

    missing = ["--sequence_dir", tmp_path / "nowhere", "--detection_file", tmp_path / "none.npy"]
    by_script, by_name = run_command("deep_sort_app.py", *missing), deep_sort_command("track", *missing)
    assert (by_script.returncode, by_script.stderr) == (by_name.returncode, by_name.stderr)
    assert by_name.returncode == 2
    usage = deep_sort_command("track", "--what")
    assert usage.returncode == 2 and "\ndeep-sort track: error: " in usage.stderr


@pytest.mark.parametrize("code", [0, 1, 2, 130])
def test_exit_codes_are_the_commands(code, monkeypatch):
    given = []
    monkeypatch.setattr("sys.argv", ["deep-sort", "sweep", "--mot_dir", "x y"])
    monkeypatch.setattr("tools.sweep.main", lambda words: given.append(words) or code)
    assert main() == code
    assert given == [["--mot_dir", "x y"]]


def test_completion_without_its_extra(tmp_path):
    (tmp_path / "shtab.py").write_text("raise ModuleNotFoundError(\"No module named 'shtab'\", name='shtab')")
    done = run_command("deep_sort_cli.py", "completion", "bash", PYTHONPATH=str(tmp_path))
    assert done.returncode == 2 and "[completion]" in error_line(done.stderr)


SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], ["bind 'set enable-bracketed-paste off'"]),
    "zsh": (["zsh", "-f", "-i"], ["unsetopt zle_bracketed_paste", "autoload -U compinit", "compinit -D -u"]),
}


@pytest.fixture(scope="module", params=SHELLS)
def shell(request, tmp_path_factory):
    """A shell that completes the commands, in a folder with something to find."""
    pytest.importorskip("shtab")
    if shutil.which(request.param) is None:
        pytest.skip(f"there is no {request.param}")
    folder = tmp_path_factory.mktemp(request.param)
    (folder / "somewhere").mkdir()
    (folder / "something.npy").touch()
    words, setup = SHELLS[request.param]
    script = deep_sort_command("completion", request.param)
    assert script.returncode == 0, script.stderr
    (folder / "completion").write_text(script.stdout)
    shell = Shell(words, folder, [*setup, 'eval "$(cat completion)"'], "deep-sort")
    yield shell
    shell.close()


@pytest.mark.slow
@pytest.mark.parametrize(("typed", "words"), [
    ("ev\t", ["evaluate"]),
    ("render-v\t", ["render-videos"]),
    ("comp\tz\t", ["completion", "zsh"]),
    ("sweep --metr\tH\t", ["sweep", "--metric", "HOTA"]),
    ("plot tr\t--min_l\t5", ["plot", "tracks", "--min_length", "5"]),
    ("train ev\t--dataset_d\tsomew\t", ["train", "eval", "--dataset_dir", "somewhere"]),
    ("track --detection_f\tsometh\t", ["track", "--detection_file", "something.npy"]),
    ("evaluate --mot_d\tsome\t", ["evaluate", "--mot_dir", "somewhere"]),
    ("track --disp\tt\t", ["track", "--display", "true"]),
    ("video someth\t--detector_f\tst\t", ["video", "something.npy", "--detector_fit", "stretch"]),
])  # fmt: skip
def test_completion(shell, typed, words):
    assert [word.rstrip("/") for word in shell.words(typed)] == words  # zsh takes a last slash away
