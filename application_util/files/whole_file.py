"""Small files written in one go."""

from __future__ import annotations

from pathlib import Path

from application_util.files.output import PartialFile


def write_whole(path: Path, content: bytes | str) -> None:
    """Write a file so that it appears only when it is complete; text is UTF-8.

    Raises
    ------
    UserError
        If it cannot be written.
    """
    file = PartialFile(path, "choose another --output_dir")
    with file.open("wb") as stream:
        stream.write(content.encode() if isinstance(content, str) else content)
    file.finish()
