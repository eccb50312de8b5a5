"""Scores by TrackEval: HOTA (Luiten et al. 2021), CLEAR MOT (Bernardin 2008), Identity (Ristani 2016)."""

from __future__ import annotations

import contextlib
import io
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from application_util.errors import UserError, require
from application_util.files.checksum import sha256
from application_util.progress import warn
from application_util.scoring.tables import Hashes, doubts, needs_copies, read_tables, write_copies
from application_util.sequences.sequence_set import sequence_length
from application_util.settings import BENCHMARKS

FAMILIES = ("HOTA", "CLEAR", "Identity", "Count")
COMBINED = "COMBINED"

MAX_COMPLAINT = 200
"""Characters of TrackEval's message that are shown, which may list every frame."""

OTHERS = "other names"

ABOUT_TRUTH = ("in file gt.txt", "file gt.txt", "ground-truth", "gt data", "attempting to evaluate using invalid gt")
"""How TrackEval's messages about the ground truth begin, in small letters."""

FamilyScores = dict[str, dict[str, Any]]
"""Family -> field -> number, or an array over HOTA's 19 localisation thresholds, as TrackEval gives it."""


@dataclass(frozen=True)
class Scored:
    """What came of scoring a sequence.

    Attributes
    ----------
    scores : dict
        See `FamilyScores`.
    doubts : list of str
        What may not have been meant, see `application_util.scoring.tables.doubts`.
    sha256 : dict of str -> str
        Hashes of the ``groundtruth`` and the ``result`` that were read.
    """

    scores: FamilyScores
    sha256: Hashes
    doubts: list[str]


@dataclass(frozen=True)
class ScoreJob:
    """What to score.

    Attributes
    ----------
    benchmark : str
        One of `BENCHMARKS`: which ground truth classes count, and which are ignored.
    mot_dir, result_dir : Path
        Hold ``<sequence>/gt/gt.txt`` and ``<sequence>.txt``.
    sequence : str
    classes : tuple of int
        Classes of ground truth that count instead of pedestrians, if any.
    """

    benchmark: str
    mot_dir: Path
    result_dir: Path
    sequence: str
    classes: tuple[int, ...] = ()

    @property
    def truth_file(self) -> Path:
        """Where the ground truth is."""
        return self.mot_dir / self.sequence / "gt" / "gt.txt"

    @property
    def result_file(self) -> Path:
        """Where the result is."""
        return self.result_dir / f"{self.sequence}.txt"


def guess_benchmark(names: Iterable[str]) -> str:
    """Return the benchmark that sequences are named after, or TrackEval's default, MOT17."""
    found = {
        next((benchmark for benchmark in BENCHMARKS if name.upper().startswith(benchmark)), OTHERS) for name in names
    }
    named = found - {OTHERS}
    rules = named.pop() if len(named) == 1 else "MOT17"
    if len(found) > 1 and found != {"MOT17", OTHERS}:
        warn(f"sequences of {' and '.join(sorted(found))} are scored by the rules of {rules}: see --benchmark")
    return rules


def score_sequence(job: ScoreJob) -> FamilyScores:
    """Return the scores of a sequence, see `score_and_hash`."""
    return score_and_hash(job).scores


def score_and_hash(job: ScoreJob) -> Scored:
    """Score the result file of a sequence, of whatever tracker.

    Raises
    ------
    UserError
        If the result file or the ground truth is no table of boxes, TrackEval refuses one of them, or one changes.
    """
    trackeval = require("trackeval", "scores")
    length = sequence_length(job.mot_dir / job.sequence)
    truth, result, hashes = read_tables(job.truth_file, job.result_file, length, job.benchmark, job.classes)
    refusal, data = trackeval.utils.TrackEvalException, None
    with _as_user_errors(trackeval, job), contextlib.redirect_stdout(io.StringIO()):
        if not needs_copies(truth, result, job.classes):
            with contextlib.suppress(refusal):  # it knows no comments or empty lines: the copies have none
                data = _read(trackeval, job, job.mot_dir, job.result_dir, length)
        if data is None:
            with tempfile.TemporaryDirectory(prefix="deep-sort-") as copies:
                write_copies(truth, result, job.classes, Path(copies), job.sequence)
                data = _read(trackeval, job, Path(copies), Path(copies), length)
        found = {name: metric.eval_sequence(data) for name, metric in _metrics(trackeval).items()}
    for path, name in ((job.truth_file, "groundtruth"), (job.result_file, "result")):
        if sha256(path) != hashes[name]:  # TrackEval has read it once more
            raise UserError(f"{path}: was changed while it was scored: start again")
    lines = doubts(truth, result, job.benchmark, job.classes)
    if len(result) and not found["CLEAR"]["CLR_TP"]:
        lines.append(
            "no box of the result is one of the ground truth: are they of one sequence, and in pixels of one size?"
        )
    return Scored(found, hashes, [f"{job.sequence}: {line}" for line in lines])


def _read(trackeval: ModuleType, job: ScoreJob, truth_dir: Path, result_dir: Path, length: int) -> Any:
    dataset = trackeval.datasets.MotChallenge2DBox(
        {
            "BENCHMARK": job.benchmark,
            "GT_FOLDER": str(truth_dir),
            "TRACKERS_FOLDER": str(result_dir),
            "TRACKERS_TO_EVAL": [""],
            "TRACKER_SUB_FOLDER": "",
            "SKIP_SPLIT_FOL": True,
            "SEQ_INFO": {job.sequence: length},
            "PRINT_CONFIG": False,
        }
    )
    raw_data = dataset.get_raw_seq_data("", job.sequence)
    return dataset.get_preprocessed_seq_data(raw_data, "pedestrian")


def combine_scores(scores: Mapping[str, FamilyScores]) -> FamilyScores:
    """Return the scores of several sequences together, as TrackEval combines them."""
    by_name = dict(sorted(scores.items()))  # TrackEval's order: floating point sums depend on it
    return {
        family: metric.combine_sequences({name: result[family] for name, result in by_name.items()})
        for family, metric in _metrics(require("trackeval", "scores")).items()
    }


def _metrics(trackeval: ModuleType) -> dict[str, Any]:
    quiet = {"THRESHOLD": 0.5, "PRINT_CONFIG": False}
    return {name: getattr(trackeval.metrics, name)(dict(quiet)) for name in FAMILIES}


@contextlib.contextmanager
def _as_user_errors(trackeval: ModuleType, job: ScoreJob) -> Iterator[None]:
    """Turn TrackEval's complaints, which it prints with a traceback, into one line."""
    refusal = trackeval.utils.TrackEvalException
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    except refusal as error:
        detail = str(error.__context__ if isinstance(error.__context__, refusal) else error)
        path = job.truth_file if detail.lower().startswith(ABOUT_TRUTH) else job.result_file
        raise UserError(f"{path}: cannot be scored by {job.benchmark}: {_shortened(detail)}") from None


def _shortened(message: str) -> str:
    """Return a message on one line, its middle left out if it is long."""
    line = re.sub(r"(, *)+", ", ", " ".join(message.split())).strip(", ")
    half = MAX_COMPLAINT // 2
    return line if len(line) <= MAX_COMPLAINT else f"{line[:half]} ... {line[-half:]}"
