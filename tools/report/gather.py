"""What there is to report: result files, their sequences, ground truth and videos."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from application_util.errors import UserError
from application_util.scoring.identity_switches import Switch, identity_switches
from application_util.scoring.scores import guess_benchmark
from application_util.scoring.tables import counting_rows
from application_util.sequences.sequence import MotSequence, read_sequence
from application_util.sequences.sequence_set import find_results
from tools.report.lifespans import Lives, lives_of

VIDEO_KINDS = (".mp4", ".webm", ".avi")
"""In order of preference; browsers do not play the last one."""

Table = NDArray[np.float64]


@dataclass(frozen=True)
class Tracked:
    """A sequence and what a tracker found in it.

    Attributes
    ----------
    sequence : MotSequence
    results : ndarray, shape (N, 6 or more)
        Frame, id, left, top, width, height, ...
    lives : Lives
        When each track was there.
    people : ndarray, shape (P, 7 or more), or None
        The ground truth that counts; None without ground truth.
    switches : list of Switch
        Empty without ground truth.
    video : Path or None
    """

    sequence: MotSequence
    results: Table
    lives: Lives
    people: Table | None
    switches: list[Switch]
    video: Path | None

    @property
    def frames(self) -> range:
        """Frames of the sequence, as far as is known."""
        known = [*self.sequence.images, *self.results[:, 0]]
        if self.sequence.length is not None:
            known += [1, self.sequence.length]
        return range(int(min(known)), int(max(known)) + 1)

    def per_frame(self, table: Table) -> NDArray[np.int64]:
        """Count a table's rows in each of `frames`."""
        frames = table[:, 0].astype(np.int64) - self.frames[0]
        return np.bincount(frames[(frames >= 0) & (frames < len(self.frames))], minlength=len(self.frames))


def gather(
    mot_dir: Path, result_dir: Path, video_dir: Path | None, benchmark: str | None
) -> tuple[list[Tracked], str]:
    """Read the results of all sequences and make sure that they belong together.

    Parameters
    ----------
    mot_dir, result_dir, video_dir : Path
        Hold ``<sequence>/``, ``<sequence>.txt``, and ``<sequence>.mp4`` or the like.
    benchmark : str, optional
        Whose rules say which ground truth counts; by default as the sequences' names tell.

    Returns
    -------
    list of Tracked
        By name.
    str
        The benchmark.

    Raises
    ------
    UserError
        If there are no results, they are broken or empty or those of other sequences, or there are no videos
        in the folder of videos.
    """
    files = find_results(mot_dir, result_dir)
    videos = {} if video_dir is None else _videos(video_dir, [path.stem for path in files])
    rules = benchmark or guess_benchmark(path.stem for path in files)
    return [_read(mot_dir / path.stem, path, videos.get(path.stem), rules) for path in files], rules


def _videos(folder: Path, names: list[str]) -> dict[str, Path]:
    if not folder.is_dir():
        raise UserError(f"{folder}: {'is not a folder' if folder.exists() else 'no such folder'}")
    found = {
        name: path for name in names for kind in reversed(VIDEO_KINDS)
        if (path := folder / (name + kind)).is_file()
    }  # fmt: skip
    if not found:
        kinds = ", ".join(VIDEO_KINDS)
        raise UserError(f"{folder}: no video of any sequence ({kinds}): make them with generate_videos.py")
    return found


def _read(directory: Path, result_file: Path, video: Path | None, benchmark: str) -> Tracked:
    sequence = read_sequence(directory)
    results = sequence.read_results(result_file)
    truth = sequence.groundtruth
    return Tracked(
        sequence,
        results,
        lives_of(results),
        None if truth is None else truth[counting_rows(truth, benchmark)],
        [] if truth is None else identity_switches(truth, results, benchmark),
        video,
    )
