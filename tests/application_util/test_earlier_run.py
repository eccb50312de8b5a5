from __future__ import annotations

from application_util.files.earlier_run import set_aside


def test_files_are_renamed_with_a_line(tmp_path, capsys):
    (tmp_path / "a").write_text("new")
    (tmp_path / "a.old").write_text("older")
    (tmp_path / "folder").mkdir()
    set_aside(tmp_path, ["a", "b", "folder"])
    assert (tmp_path / "a.old").read_text() == "new" and not (tmp_path / "a").exists()
    assert capsys.readouterr().err == f"of an earlier run in {tmp_path}, renamed: a.old\n"
    set_aside(tmp_path, ["a", "b", "folder"])
    assert (tmp_path / "a.old").read_text() == "new" and capsys.readouterr().err == ""
