"""What there is to report: result files, their sequences, ground truth and videos."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.installation import command_name
from application_util.parallel.jobs import Failures
from application_util.scoring.identity_switches import Jump, identity_jumps
from application_util.scoring.likely_jumps import likely_jumps
from application_util.scoring.scores import guess_benchmark
from application_util.scoring.tables import counting_rows
from application_util.sequences.sequence import MotSequence, read_sequence
from application_util.sequences.sequence_set import find_results
from tools.report.lifespans import Lifespans, lifespans_of

VIDEO_SUFFIXES = (".mp4", ".webm", ".avi")
"""In order of preference; browsers do not play the last one."""

Table = NDArray[np.float64]


@dataclass(frozen=True)
class Tracked:
    """A sequence and what a tracker found in it.

    Attributes
    ----------
    sequence : MotSequence
    result_file : Path
    results : ndarray, shape (N, 6 or more)
        Frame, id, left, top, width, height, ...
    lifespans : Lifespans
        When each track was there.
    people : ndarray, shape (P, 7 or more), or None
        The ground truth that counts; None without ground truth.
    jumps : list of Jump
        Identity switches and breaks; without ground truth the likely ones.
    video : Path or None
    """

    sequence: MotSequence
    result_file: Path
    results: Table
    lifespans: Lifespans
    people: Table | None
    jumps: list[Jump]
    video: Path | None

    @property
    def name(self) -> str:
        """The sequence's name."""
        return self.sequence.name

    @property
    def switches(self) -> list[Jump]:
        """The jumps to another track."""
        return [jump for jump in self.jumps if jump.is_switch]

    @cached_property
    def frames(self) -> range:
        """Frames of the sequence, as far as is known."""
        images, length = self.sequence.images, self.sequence.length
        known = [*self.lifespans.first.tolist(), *self.lifespans.last.tolist()]
        known += [min(images), max(images)] if images else []
        known += [1, length] if length is not None else []
        return range(min(known), max(known) + 1)


def gather(
    mot_dir: Path,
    result_dir: Path,
    video_dir: Path | None = None,
    *,
    names: Collection[str] | None = None,
    benchmark: str | None = None,
    classes: Sequence[int] = (),
) -> tuple[list[Tracked], str, Failures]:
    """Read the results of sequences and make sure that they belong together.

    Parameters
    ----------
    mot_dir, result_dir, video_dir : Path
        Hold ``<sequence>/``, ``<sequence>.txt``, and ``<sequence>.mp4`` or the like.
    names : collection of str, optional
        Sequences to report, by default all that have a result file.
    benchmark : str, optional
        Whose rules say which ground truth counts; by default as the sequences' names say.
    classes : sequence of int
        Classes of ground truth that count instead of pedestrians, if any.

    Returns
    -------
    list of Tracked
        By name.
    str
        The benchmark.
    Failures
        Sequences that cannot be reported, and why.

    Raises
    ------
    UserError
        If there is nothing to report, or there are no videos in the folder of videos.
    """
    files = [path for path in find_results(mot_dir, result_dir) if names is None or path.stem in names]
    missing = sorted(set(names or ()) - {path.stem for path in files})
    if missing:
        raise UserError(f"{result_dir}: no result file of {', '.join(missing)}")
    videos = {} if video_dir is None else _videos(video_dir, [path.stem for path in files])
    rules = benchmark or guess_benchmark(path.stem for path in files)
    tracked, failures = [], Failures()
    for path in files:
        try:
            tracked.append(_read(mot_dir / path.stem, path, videos.get(path.stem), rules, classes))
        except UserError as error:
            failures[path.stem] = error
    if not tracked:
        raise UserError(str(next(iter(failures.values()))))
    return tracked, rules, failures


def _videos(folder: Path, names: list[str]) -> dict[str, Path]:
    if not folder.is_dir():
        raise UserError(f"{folder}: {'is not a folder' if folder.exists() else 'no such folder'}")
    paths = {name: [folder / f"{name}{suffix}" for suffix in VIDEO_SUFFIXES] for name in names}
    found = {name: next(filter(Path.is_file, each)) for name, each in paths.items() if any(map(Path.is_file, each))}
    if not found:
        suffixes = ", ".join(VIDEO_SUFFIXES)
        maker = command_name("generate_videos.py")
        raise UserError(f"{folder}: no video of any sequence ({suffixes}): make them with {maker}")
    return found


def _read(directory: Path, result_file: Path, video: Path | None, benchmark: str, classes: Sequence[int]) -> Tracked:
    sequence = read_sequence(directory)
    results = sequence.read_results(result_file)
    truth = sequence.groundtruth
    if truth is None:
        people, jumps = None, likely_jumps(results)
    else:
        people = truth[counting_rows(truth, benchmark, classes)]
        jumps = identity_jumps(truth, results, benchmark)
    return Tracked(sequence, result_file, results, lifespans_of(results), people, jumps, video)
