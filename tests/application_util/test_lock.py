"""Locks: of folders and partial files, on systems that have them and others."""

from __future__ import annotations

import errno
import importlib.util
import os
import signal
import subprocess
import sys

import pytest

from application_util.errors import UserError
from application_util.files.lock import lock_folder
from application_util.files.output import PartialFile, write_whole
from tests.support.paths import ROOT


def names_in(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_in_use_is_refused_until_its_process_ends(tmp_path):
    script = (
        "import sys, time; from application_util.files.lock import lock_folder\n"
        "with lock_folder(sys.argv[1]): print('ready', flush=True); time.sleep(60)"
    )
    folder = tmp_path / "new" / "results"
    with subprocess.Popen([sys.executable, "-c", script, folder], cwd=ROOT, stdout=subprocess.PIPE) as run:
        run.stdout.readline()
        with pytest.raises(UserError, match="in use by another run"), lock_folder(folder):
            pass
        run.send_signal(signal.SIGKILL)
    with lock_folder(folder):
        assert names_in(folder) == []


@pytest.mark.parametrize("why", ["no module", "no locks on this drive"])
def test_without_locks_files_are_whole(tmp_path, monkeypatch, why):
    import fcntl

    def flock(descriptor, operation):
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", flock)
    if why == "no module":
        monkeypatch.setattr("application_util.files.lock.fcntl", None)
    with PartialFile(tmp_path / "a", "") as output, output.open() as file:
        assert output.partial_path == tmp_path / "a.partial"
        file.write("1")
    (tmp_path / "a.partial").write_text("perhaps of another run")
    write_whole(tmp_path / "a", "2")
    assert (tmp_path / "a").read_text() == "2" and names_in(tmp_path) == ["a", "a.partial"]
    with lock_folder(tmp_path), lock_folder(tmp_path):
        pass


@pytest.mark.parametrize("module", ["fcntl", "msvcrt"])
def test_systems_without_a_module_of_locks(monkeypatch, module):
    monkeypatch.setitem(sys.modules, module, None)
    spec = importlib.util.find_spec("application_util.files.lock")
    loaded = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(loaded)
    assert getattr(loaded, module) is None


class WindowsLocks:
    """What `msvcrt` does: a lock belongs to an open file, others cannot lock the same byte of it."""

    LK_NBLCK = 2

    def __init__(self) -> None:
        self.held: dict[tuple[int, int], int] = {}

    def locking(self, descriptor, mode, n_bytes):
        assert mode == self.LK_NBLCK and n_bytes == 1
        about = os.fstat(descriptor)
        key = about.st_ino, os.lseek(descriptor, 0, os.SEEK_CUR)
        assert 2**30 < key[1] < 2**31 - 1  # beyond what others read, within what Windows can lock
        owner = self.held.setdefault(key, descriptor)
        if owner != descriptor:
            try:
                still = os.fstat(owner).st_ino == about.st_ino
            except OSError:
                still = False
            if still:
                raise PermissionError
            self.held[key] = descriptor


@pytest.fixture
def windows(monkeypatch, tmp_path):
    monkeypatch.setattr("application_util.files.lock.fcntl", None)
    monkeypatch.setattr("application_util.files.lock.msvcrt", WindowsLocks())
    monkeypatch.setattr("application_util.files.output.RENAMES_OPEN_FILES", False)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temp"))
    (tmp_path / "temp").mkdir()


def test_locks_of_windows(tmp_path, windows):
    folder = tmp_path / "results"
    folder.mkdir()  # or it goes with its lock while it is empty
    with lock_folder(folder):
        with pytest.raises(UserError, match="in use by another run"), lock_folder(folder / ".." / "results"):
            pass
        with lock_folder(tmp_path / "others"):
            pass
        assert names_in(folder) == []
    with lock_folder(folder):
        pass
    (folder / "o.txt.12-0123abcd.partial").write_text("of a killed run")
    with PartialFile(folder / "o.txt", "") as first, first.open() as file:
        file.write("first")
        write_whole(folder / "o.txt", "second")
        assert (folder / "o.txt").read_text() == "second" and first.locks == ()
    assert (folder / "o.txt").read_text() == "first" and names_in(folder) == ["o.txt"]
