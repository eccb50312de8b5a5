"""Folders that hold sequences."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from .errors import UserError
from .video_source import videos_in

SEQUENCE_PARTS = ("img1", "det", "gt", "seqinfo.ini")


def find_sequences(mot_dir: str | Path, names: Collection[str] | None = None) -> list[Path]:
    """Find the sequence folders below a folder.

    Hidden entries, files, and folders with none of ``img1``, ``det``, ``gt``, ``seqinfo.ini`` and
    ``<name>.mp4`` are no sequences; a video is one.

    Parameters
    ----------
    mot_dir : str or Path
        E.g. ``MOT16/train``.
    names : collection of str, optional
        Only these sequences.

    Returns
    -------
    list of Path
        By name. Where there is only a video, its path without the extension.

    Raises
    ------
    UserError
        If there is no such folder, there is no sequence in it, or one of the names is not among them.
    """
    mot_dir = Path(mot_dir)
    if not mot_dir.is_dir():
        raise UserError(f"{mot_dir}: {'is not a folder' if mot_dir.exists() else 'no such folder'}")
    found = {path.name: path for path in mot_dir.iterdir() if _is_sequence(path)}
    found |= {path.stem: path.with_suffix("") for path in videos_in(mot_dir)}
    if not found:
        hint = ""
        if _is_sequence(mot_dir):
            name = mot_dir.resolve().name
            hint = f"; it is a sequence itself: give the folder above it, and --sequences {name}"
        raise UserError(f"{mot_dir}: no sequence in this folder{hint}")
    missing = sorted(set(names or ()) - set(found))
    if missing:
        raise UserError(f"{mot_dir}: no sequence {', '.join(missing)}; there are {', '.join(sorted(found))}")
    return [path for name, path in sorted(found.items()) if names is None or name in names]


def _is_sequence(path: Path) -> bool:
    if path.name.startswith(".") or not path.is_dir():
        return False
    parts = (path / part for part in SEQUENCE_PARTS)
    return any(part.exists() for part in parts) or any(video.stem == path.name for video in videos_in(path))
