"""Score the results of a benchmark, and pack those that only its server can score."""

from __future__ import annotations

import importlib.util
import io
import zipfile
from pathlib import Path
from typing import Any

from application_util.errors import UserError, require
from application_util.files.output import write_whole
from application_util.installation import install_command
from application_util.parallel.jobs import Failures, Job, JobRunner
from application_util.progress import say, show, warn
from application_util.scoring.score_table import format_table, score_rows, write_scores
from application_util.scoring.scores import FamilyScores, ScoreJob, guess_benchmark, score_and_hash
from application_util.scoring.tables import Hashes
from application_util.sequences.contradictions import warn_of_each
from application_util.sequences.sequence_set import SequenceSet, sequence_length

SUBMISSION_FILE = "submission.zip"
SUMMARY_FILES = ("scores.csv", "scores.json", SUBMISSION_FILE)
"""Files about the results of several sequences."""


def find_existing_results(sequences: SequenceSet, result_dir: Path, skip_missing: bool) -> list[str]:
    """Return the sequences that have a result file ``<result_dir>/<sequence>.txt``.

    Raises
    ------
    UserError
        If one with ground truth has none and ``skip_missing`` is false, none has one, or TrackEval is not installed.
    """
    if not result_dir.is_dir():
        raise UserError(f"{result_dir}: no such folder, expected one with result files <sequence>.txt")
    files = {name: result_dir / f"{name}.txt" for name in sequences.names}
    others = sorted(path.stem for path in result_dir.glob("*.txt") if path.stem not in files)
    if others:
        say(f"not scored, no such sequences in {sequences.directory}: {', '.join(others)}")
    if any(path.is_file() and sequences.has_groundtruth(name) for name, path in files.items()):
        can_score(required=True)
    needed = {name: path for name, path in files.items() if path.is_file() or sequences.has_groundtruth(name)}
    names = sequences.with_file(needed or files, "result file", skip_missing)
    warn_of_each(map(sequences.path, names))
    return names


def can_score(required: bool) -> bool:
    """Return whether TrackEval is installed; where it is not, say so, or refuse if it is required.

    Raises
    ------
    UserError
        If it is required and not installed.
    """
    if required:
        require("trackeval", "scores")
    installed = importlib.util.find_spec("trackeval") is not None
    if not installed:
        say(f"no scores, trackeval is not installed: {install_command('scores')}")
    return installed


def score_benchmark(
    benchmark: str | None,
    classes: tuple[int, ...],
    sequences: SequenceSet,
    names: list[str],
    result_dir: Path,
    processes: int,
) -> tuple[dict[str, FamilyScores], Failures]:
    """Score result files of sequences that have ground truth; print the table and write it beside them.

    Parameters
    ----------
    benchmark : str or None
        Whose rules of scoring apply; None goes by the sequences' names.
    classes : tuple of int
        Classes of ground truth that count instead of pedestrians, if any.
    sequences : SequenceSet
    names : list of str
        The sequences to score.
    result_dir : Path
    processes : int
        Sequences at a time.

    Returns
    -------
    dict of str -> dict
        Sequence -> its scores.
    Failures
    """
    version = require("trackeval", "scores").__version__
    rules = benchmark or guess_benchmark(names)
    queue = [
        Job(name, (ScoreJob(rules, sequences.directory, result_dir, name, classes),), _length(sequences.path(name)))
        for name in names
    ]
    scores: dict[str, FamilyScores] = {}
    hashes: dict[str, Hashes] = {}
    failures: Failures = {}
    for outcome in JobRunner(processes).run(score_and_hash, queue, "scoring"):
        if outcome.error is None:
            scores[outcome.job.name], hashes[outcome.job.name] = outcome.value.scores, outcome.value.sha256
            for line in outcome.value.doubts:
                warn(line)
        else:
            failures[outcome.job.name] = outcome.error
    if scores:
        about: dict[str, Any] = {"benchmark": rules, "trackeval": version}
        about |= {"classes": classes} if classes else {}
        write_scores(result_dir, scores, about | {"sha256": dict(sorted(hashes.items()))})
        show(f"{rules} by TrackEval {version}; fractions in percent\n\n{format_table(score_rows(scores))}")
        say(f"scores of {len(scores)} sequences in {result_dir / 'scores.csv'} and scores.json")
    return scores, failures


def pack_submission(result_dir: Path, names: list[str], without_truth: list[str], failures: Failures) -> None:
    """Pack result files the way the MOTChallenge server takes them: in the archive's root, named by sequence.

    The same results give the same bytes. After failures there is no archive, since it would lack sequences.
    """
    about = f"no ground truth, results only: {', '.join(without_truth)}"
    if failures:
        say(f"{about}; no archive, because of failures")
        return
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            entry = zipfile.ZipInfo(f"{name}.txt")  # of 1980: no time of day
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, (result_dir / entry.filename).read_bytes())
    path = result_dir / SUBMISSION_FILE
    write_whole(path, packed.getvalue())
    say(f"{about}; packed for the MOTChallenge server in {path}")


def _length(directory: Path) -> int:
    try:
        return sequence_length(directory)
    except UserError:
        return 0  # reported when it is scored
