"""Output: whole files, never over an input, never mixed with another run's, beside what an earlier run made."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from application_util.errors import UserError
from application_util.files.output import (
    PartialFile,
    check_writable,
    refuse_overwriting,
    set_aside,
    whole_file,
    write_whole,
)
from tests.support.paths import ROOT


@pytest.fixture
def detections(tmp_path):
    path = tmp_path / "a.npy"
    path.write_bytes(b"hours of work")
    return path


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_an_input_is_no_output(tmp_path, detections, monkeypatch):
    (tmp_path / "link").symlink_to(detections)
    for name in ("a.txt.partial", "clip.partial.avi"):
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    for output, read in (
        ("a.npy", detections),
        (tmp_path / "link", "a.npy"),
        (detections, "link"),
        ("a.txt", tmp_path / "a.txt.partial"),
        ("clip.avi", "clip.partial.avi"),
        ("folder/a.txt", tmp_path / "*"),
        ("link", "*"),
    ):
        with pytest.raises(UserError, match=r"would replace .*: choose another name"):
            refuse_overwriting([None, output], [None, read])


def test_two_outputs_are_two_files(tmp_path):
    with pytest.raises(UserError, match=r"v\.avi: would replace .*v\.avi"):
        refuse_overwriting([tmp_path / "v.avi", tmp_path / "v.avi"], [])


@pytest.mark.parametrize("read", ["a.npy", "a.pb", "a.xml", "a.onnx"])
def test_what_lies_beside_an_input_belongs_to_it(tmp_path, read):
    for name in (read, "a.json", "a.bin", "a.onnx.data"):
        (tmp_path / name).touch()
    for name in ("a.json", "a.bin", *(["a.onnx.data"] if read == "a.onnx" else [])):
        with pytest.raises(UserError, match=rf"{name}: would replace .*{name}"):
            refuse_overwriting([tmp_path / name], [tmp_path / read])
    refuse_overwriting([tmp_path / "a.json"], [tmp_path / "a.txt"])


def test_no_output_is_the_folder_of_another(tmp_path):
    for outputs in (["o", "o/v.avi"], ["o/deep/v.avi", "o"]):
        with pytest.raises(UserError, match=r"o: would be the folder of .*v\.avi as well"):
            refuse_overwriting([tmp_path / output for output in outputs], [])


def test_others_pass(tmp_path, detections):
    (tmp_path / "images").mkdir()
    inputs = [detections, tmp_path, tmp_path / "images" / "*", tmp_path / "!", None]
    refuse_overwriting([tmp_path / "b.npy", tmp_path / "images.txt", "/dev/stdout", None], inputs)
    refuse_overwriting(["/dev/null", "/dev/null"], ["/dev/null"])


def test_two_runs_with_one_output_do_not_mix(tmp_path):
    path = tmp_path / "o.txt"
    with PartialFile(path, "") as first, first.open() as file:
        assert first.partial_path == tmp_path / "o.txt.partial"
        assert [os.fstat(lock).st_ino for lock in first.locks] == [first.partial_path.stat().st_ino]
        file.write("first\n")
        file.flush()
        with PartialFile(path, "") as second, second.open() as other:
            assert second.partial_path not in (path, first.partial_path)
            assert second.partial_path.name.endswith(".partial") and second.partial_path.parent == tmp_path
            other.write("second\n")
        assert path.read_text() == "second\n"
        file.write("to its end\n")
    assert path.read_text() == "first\nto its end\n" and names_in(tmp_path) == ["o.txt"]


@pytest.mark.parametrize("kind", ["link", "dangling link", "hard link", "folder", "pipe"])
def test_what_is_in_the_way_of_a_partial_file_stays_as_it_is(tmp_path, kind):
    (tmp_path / "thesis").write_text("my thesis")
    way = tmp_path / "o.txt.partial"
    make = {
        "link": lambda: way.symlink_to("thesis"),
        "dangling link": lambda: way.symlink_to("nothing"),
        "hard link": lambda: os.link(tmp_path / "thesis", way),
        "folder": way.mkdir,
        "pipe": lambda: os.mkfifo(way),
    }
    make[kind]()
    before = way.lstat()
    write_whole(tmp_path / "o.txt", "rows")
    assert (tmp_path / "o.txt").read_text() == "rows" and (tmp_path / "thesis").read_text() == "my thesis"
    assert names_in(tmp_path) == ["o.txt", "o.txt.partial", "thesis"]
    assert (way.lstat().st_ino, way.lstat().st_size) == (before.st_ino, before.st_size)


def test_what_another_user_has_left_stays_as_it_is(tmp_path, monkeypatch):
    (tmp_path / "o.txt.partial").write_text("rows of somebody")
    user = os.geteuid()
    monkeypatch.setattr(os, "geteuid", lambda: user + 1)
    write_whole(tmp_path / "o.txt", "rows")
    assert (tmp_path / "o.txt").read_text() == "rows"
    assert (tmp_path / "o.txt.partial").read_text() == "rows of somebody"


def test_what_a_killed_run_has_left_is_replaced(tmp_path):
    script = (
        "import sys, time; from application_util.files.output import PartialFile\n"
        "with PartialFile(sys.argv[1], '') as output, output.open() as file:\n"
        "    print('many rows', file=file, flush=True); print('ready', flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", script, str(tmp_path / "o.txt")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE) as run:
        run.stdout.readline()
        with PartialFile(tmp_path / "o.txt", "") as output:
            assert output.partial_path.name != "o.txt.partial"
            output.keep_partial()
        run.send_signal(signal.SIGKILL)
    assert (tmp_path / "o.txt.partial").read_text() == "many rows\n"
    with PartialFile(tmp_path / "o.txt", "") as output, output.open() as file:
        assert output.partial_path.name == "o.txt.partial"
        file.write("row\n")
    assert (tmp_path / "o.txt").read_text() == "row\n" and not (tmp_path / "o.txt.partial").exists()


def test_names_of_their_own_are_tidied_up(tmp_path):
    others = ["o.txt.12-0123abcd.partial.txt", "o.txt.12-0123abcd", "o.txt.mine-0123abcd.partial"]
    for name in ("o.txt.12-0123abcd.partial", *others):
        (tmp_path / name).write_text("rows")
    with PartialFile(tmp_path / "o.txt", "") as first, PartialFile(tmp_path / "o.txt", "") as second:
        write_whole(tmp_path / "o.txt", "a third")
        assert first.partial_path.exists() and second.partial_path.exists()
    second.partial_path.write_text("as if it had been killed")
    write_whole(tmp_path / "o.txt", "a fourth")
    assert names_in(tmp_path) == sorted(["o.txt", *others])


def test_a_name_that_was_taken_over_meanwhile_is_not_written(tmp_path, monkeypatch):
    import fcntl

    path, other = tmp_path / "o.txt.partial", tmp_path / "whole"
    path.write_text("")

    def finish_first(descriptor, operation):
        if path.exists():
            path.rename(other)  # as the other run does at its end, before its lock ends

    monkeypatch.setattr(fcntl, "flock", finish_first)
    write_whole(tmp_path / "o.txt", "rows")
    assert (tmp_path / "o.txt").read_text() == "rows" and other.read_text() == ""


def test_a_name_that_another_run_has_locked_first_is_not_written(tmp_path, monkeypatch):
    answers = [False, True, True]  # of its own two, and of the test's
    monkeypatch.setattr("application_util.files.output.lock", lambda descriptor: answers.pop(0))
    with PartialFile(tmp_path / "o.txt", "") as output:
        assert output.partial_path.name != "o.txt.partial" and (tmp_path / "o.txt.partial").exists()


def test_a_new_file_is_for_those_who_may_read_any(tmp_path):
    write_whole(tmp_path / "o.txt", "rows")
    (tmp_path / "other").write_text("")
    assert (tmp_path / "o.txt").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_why_a_file_cannot_be_written_is_said(tmp_path, monkeypatch):
    write_whole(tmp_path / "o.txt", "rows")
    for path, reason in ((tmp_path, "it is a folder"), (tmp_path / "o.txt" / "a", "File exists|Not a directory")):
        with pytest.raises(UserError, match=rf"cannot be written \(({reason})\): choose another place"):
            write_whole(path, "")
    monkeypatch.setattr(os, "access", lambda path, mode: mode != os.W_OK)
    with pytest.raises(UserError, match="the file is write-protected"):
        write_whole(tmp_path / "o.txt", "others")
    write_whole(tmp_path / "new.txt", "rows")


def test_a_failure_leaves_the_partial_file_and_the_earlier_one(tmp_path):
    write_whole(tmp_path / "o.txt", "earlier")
    with pytest.raises(ZeroDivisionError), whole_file(tmp_path / "o.txt") as file:
        file.write("so far")
        raise ZeroDivisionError
    assert (tmp_path / "o.txt").read_text() == "earlier" and (tmp_path / "o.txt.partial").read_text() == "so far"


def test_the_suffix_is_kept_where_encoders_need_it(tmp_path):
    with PartialFile(tmp_path / "a.b.avi", "", keep_suffix=True) as output:
        assert output.partial_path == tmp_path / "a.b.partial.avi"
        with PartialFile(tmp_path / "a.b.avi", "", keep_suffix=True) as other:
            assert other.partial_path.suffix == ".avi" and other.partial_path != output.partial_path


def test_places_are_checked_without_a_trace(tmp_path):
    check_writable(tmp_path / "new" / "o.npy", "")
    assert names_in(tmp_path / "new") == []
    (tmp_path / "z").symlink_to("a")
    check_writable(tmp_path / "z", "")
    assert names_in(tmp_path) == ["new", "z"]
    with pytest.raises(UserError, match=r"folder.*: give another"):
        check_writable(tmp_path, "give another")


def test_a_pipe_is_written_directly(tmp_path):
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    reader = os.open(pipe, os.O_RDONLY | os.O_NONBLOCK)
    check_writable(pipe, "")
    write_whole(pipe, "rows")
    assert os.read(reader, 99) == b"rows" and pipe.is_fifo() and names_in(tmp_path) == ["pipe"]
    os.close(reader)


def test_names_that_are_not_text_are_written_as_the_file_system_has_them(tmp_path):
    write_whole(tmp_path / "a", os.fsdecode(b"S\xff1") + " é")
    assert (tmp_path / "a").read_bytes() == b"S\xff1 \xc3\xa9"


def test_an_earlier_run_is_set_aside(tmp_path, capsys):
    (tmp_path / "a").write_text("new")
    (tmp_path / "a.old").write_text("older")
    (tmp_path / "folder").mkdir()
    set_aside(tmp_path, ["a", "b", "folder"])
    assert (tmp_path / "a.old").read_text() == "new" and not (tmp_path / "a").exists()
    assert capsys.readouterr().err == f"of an earlier run in {tmp_path}, renamed: a.old\n"
    set_aside(tmp_path, ["a", "b", "folder"])
    assert (tmp_path / "a.old").read_text() == "new" and capsys.readouterr().err == ""
