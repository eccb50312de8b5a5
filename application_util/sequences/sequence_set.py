"""Folders of sequences, as the MOTChallenge benchmarks come."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from application_util.errors import UserError
from application_util.files.detection_file import open_rows
from application_util.progress import say
from application_util.sequences.images import is_hidden
from application_util.sequences.sequence import MotSequence, is_sequence, read_sequence
from application_util.sequences.video_source import find_video, videos_in

CAMERA_FILE = re.compile(r".*\.camera_\w+\.json")
"""What is kept beside sequences, see `application_util.tracking.camera_motions`."""

OUTPUT_MARKS = ("run.json", "sweep.json")
"""What a folder of output holds."""

SEQUENCE_MARKS = ("seqinfo.ini", "img1", "det", "gt")
"""What a sequence folder may hold, beside a video."""


@dataclass(frozen=True)
class SequenceSet:
    """The sequences of a folder.

    Attributes
    ----------
    directory : Path
    names : list of str
        Names of the sequence folders and of the videos that are sequences, in order.
    skipped : list of str
        What lies there and is no sequence: other files, hidden folders and folders of output.
    """

    directory: Path
    names: list[str]
    skipped: list[str]

    def path(self, name: str) -> Path:
        """Return the folder of a sequence, which need not exist for a video."""
        return self.directory / name

    def select(self, names: Collection[str]) -> list[str]:
        """Return those names that are given, in order.

        Raises
        ------
        UserError
            If there is no sequence of one of the names.
        """
        missing = sorted(set(names) - set(self.names))
        if missing:
            there = ", ".join(self.names)
            raise UserError(f"{self.directory}: no sequence {', '.join(missing)}; there are {there}")
        return [name for name in self.names if name in names]

    def has_groundtruth(self, name: str) -> bool:
        """Return whether a sequence can be scored."""
        return (self.path(name) / "gt" / "gt.txt").is_file()

    def with_file(self, files: Mapping[str, Path], what: str, skip_missing: bool) -> list[str]:
        """Return the sequences whose file exists; the others are refused, or skipped and reported.

        Parameters
        ----------
        files : mapping of str -> Path
            Sequence -> its file.
        what : str
            What kind of file that is.
        skip_missing : bool
            Go on without sequences that have none.

        Raises
        ------
        UserError
            If one is missing and may not be skipped, or all are.
        """
        missing = [name for name, path in files.items() if not path.is_file()]
        if not missing:
            return list(files)
        if not skip_missing or len(missing) == len(files):
            hint = " (--skip_missing goes on without)" if len(missing) < len(files) else ""
            raise UserError(f"{files[missing[0]]}: no such {what}; missing for: {', '.join(missing)}{hint}")
        say(f"skipped, no {what}: {', '.join(missing)}")
        return [name for name in files if name not in missing]


def find_sequences(directory: str | Path, output_dir: str | Path | None = None) -> SequenceSet:
    """Find the sequences of a folder.

    Parameters
    ----------
    directory : str or Path
    output_dir : str or Path, optional
        Where output goes; if that is in the folder, it is no sequence.

    Raises
    ------
    UserError
        If there is no such folder, or no sequence in it.
    """
    directory = Path(directory)
    if not directory.is_dir():
        what = "is not a folder" if directory.exists() else "no such folder"
        raise UserError(f"{directory}: {what}, expected a folder of MOTChallenge sequences")
    if (directory / "seqinfo.ini").is_file() or (directory / "img1").is_dir():
        raise UserError(f"{directory}: a sequence, expected the folder that holds sequences: {directory / '..'}")
    videos = videos_in(directory)
    names = {video.stem for video in videos}
    skipped: list[str] = []
    for entry in sorted(set(directory.iterdir()) - set(videos), key=lambda entry: entry.name):
        if entry.is_dir() and not (is_hidden(entry) or entry.suffix == ".partial" or _holds_output(entry, output_dir)):
            names.add(entry.name)
        elif not CAMERA_FILE.fullmatch(entry.name):
            skipped.append(entry.name)
    if not names:
        raise UserError(f"{directory}: no sequence folders in it")
    if not any(_is_marked(directory / name) for name in names) and not videos:
        inside = [name for name in sorted(names) if any(map(_is_marked, (directory / name).iterdir()))]
        if inside:
            where = " and ".join(str(directory / name) for name in inside)
            raise UserError(f"{directory}: no sequences, but in {where} there are some: give one of them")
    return SequenceSet(directory, sorted(names), skipped)


def _is_marked(folder: Path) -> bool:
    """Return whether a folder holds what only sequences do."""
    return any((folder / mark).exists() for mark in SEQUENCE_MARKS)


def _holds_output(folder: Path, output_dir: str | Path | None) -> bool:
    """Return whether a folder was made for output, and is no sequence as well."""
    marked = any((folder / name).is_file() for name in OUTPUT_MARKS)
    if not marked and (output_dir is None or not Path(output_dir).resolve().is_relative_to(folder.resolve())):
        return False
    return not _is_marked(folder) and find_video(folder) is None


def find_results(mot_dir: str | Path, result_dir: str | Path) -> list[Path]:
    """Find the result files of a folder whose sequence exists, and say which have none.

    Parameters
    ----------
    mot_dir, result_dir : str or Path
        Hold ``<sequence>/`` and ``<sequence>.txt``.

    Returns
    -------
    list of Path
        By name.

    Raises
    ------
    UserError
        If there is no such folder, or no result file of a sequence.
    """
    mot_dir, result_dir = Path(mot_dir), Path(result_dir)
    for folder in (mot_dir, result_dir):
        if not folder.is_dir():
            raise UserError(f"{folder}: {'is not a folder' if folder.exists() else 'no such folder'}")
    files = sorted(path for path in result_dir.glob("*.txt") if not is_hidden(path))
    known = [path for path in files if is_sequence(mot_dir / path.stem)]
    if not known:
        raise UserError(f"{result_dir}: no result file <sequence>.txt of a sequence in {mot_dir}")
    for path in files:
        if path not in known:
            say(f"{path}: skipped, {mot_dir} has no sequence {path.stem}")
    return known


def sequence_length(directory: Path) -> int:
    """Return the number of frames to score: by seqinfo.ini, else the last image, else the ground truth.

    Raises
    ------
    UserError
        If nothing of these is there.
    """
    sequence = read_sequence(directory)
    if sequence.length is not None:
        return sequence.length
    if sequence.images:
        return max(sequence.images)
    if sequence.groundtruth is not None and len(sequence.groundtruth):
        return int(sequence.groundtruth[:, 0].max())
    raise UserError(f"{directory}: unknown length: add seqLength to its seqinfo.ini")


def expected_frames(sequence: MotSequence, detection_file: Path) -> int:
    """Estimate how many frames there are to track, if possible without a look at the detections."""
    if sequence.images:
        return len(sequence.frames)
    if sequence.length is not None:
        return sequence.length
    frames = np.concatenate([rows[:, 0] for _, rows in open_rows(detection_file).chunks()] or [np.empty(0)])
    frames = frames[np.isfinite(frames)]
    return int(frames.max() - frames.min()) + 1 if len(frames) else 0
