from __future__ import annotations

import subprocess
import sys

import pytest

from application_util.errors import UserError
from application_util.installation import install_command
from tests.support.paths import ROOT
from tools.freeze_model import main
from tools.network.tensorflow_import import load_tensorflow

pytestmark = pytest.mark.slow


def test_absence_names_the_extra(monkeypatch, tmp_path, capsys):
    monkeypatch.setitem(sys.modules, "tensorflow", None)
    with pytest.raises(UserError, match=r"tensorflow is not installed.*pip install .*\[train\]"):
        load_tensorflow("train")
    assert main(["--checkpoint_in", str(tmp_path / "x"), "--graphdef_out", str(tmp_path / "x.pb")]) == 2
    assert install_command("features") in capsys.readouterr().err


def test_import_is_quiet_and_stderr_comes_back(capfd):
    tensorflow = pytest.importorskip("tensorflow")
    assert load_tensorflow() is tensorflow
    print("still here", file=sys.stderr)
    assert "still here" in capfd.readouterr().err


def test_first_import_is_quiet():
    pytest.importorskip("tensorflow")
    script = "import os, tools.network.tensorflow_import as t; t.load_tensorflow(); os.write(2, b'after')"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "after")


def test_it_is_imported_where_stderr_is_closed():
    pytest.importorskip("tensorflow")
    script = "import tools.network.tensorflow_import as t; t.load_tensorflow(); print('there')"
    command = ["sh", "-c", 'exec "$@" 2>&-', "sh", sys.executable, "-c", script]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, cwd=ROOT, check=False)
    assert (done.returncode, done.stdout) == (0, "there\n")
