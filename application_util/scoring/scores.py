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
from application_util.progress import warn
from application_util.scoring.tables import needs_copies, read_tables, write_copies
from application_util.sequences.sequence_set import sequence_length
from application_util.settings import BENCHMARKS

FAMILIES = ("HOTA", "CLEAR", "Identity", "Count")
COMBINED = "COMBINED"

MAX_COMPLAINT = 200
"""Characters of TrackEval's message that are shown, which may list every frame."""

ABOUT_TRUTH = (
    "in file gt.txt",
    "file gt.txt",
    "ground-truth",
    "gt data",
    "attempting to evaluate using invalid gt",
)
"""How TrackEval's messages about the ground truth begin, in small letters."""

FamilyScores = dict[str, dict[str, Any]]
"""Family -> field -> number, or an array over HOTA's 19 localisation thresholds, as TrackEval gives it."""


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
    found = {benchmark for benchmark in BENCHMARKS for name in names if name.startswith(benchmark)}
    if len(found) > 1:
        warn(f"sequences of {' and '.join(sorted(found))} are scored by the rules of MOT17: see --benchmark")
    return found.pop() if len(found) == 1 else "MOT17"


def score_sequence(job: ScoreJob) -> FamilyScores:
    """Score the result file of a sequence, of whatever tracker.

    Raises
    ------
    UserError
        If the result file or the ground truth is no table of boxes, or TrackEval refuses one of them.
    """
    trackeval = require("trackeval", "scores")
    length = sequence_length(job.mot_dir / job.sequence)
    truth, result = read_tables(job.truth_file, job.result_file, length, job.benchmark, job.classes)
    with contextlib.ExitStack() as stack:
        folders = job.mot_dir, job.result_dir
        if needs_copies(truth, result, job.classes):
            copies = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="deep-sort-")))
            write_copies(truth, result, job.classes, copies, job.sequence)
            folders = copies, copies
        stack.enter_context(_as_user_errors(trackeval, job))
        stack.enter_context(contextlib.redirect_stdout(io.StringIO()))
        dataset = trackeval.datasets.MotChallenge2DBox(
            {
                "BENCHMARK": job.benchmark,
                "GT_FOLDER": str(folders[0]),
                "TRACKERS_FOLDER": str(folders[1]),
                "TRACKERS_TO_EVAL": [""],
                "TRACKER_SUB_FOLDER": "",
                "SKIP_SPLIT_FOL": True,
                "SEQ_INFO": {job.sequence: length},
                "PRINT_CONFIG": False,
            }
        )
        raw_data = dataset.get_raw_seq_data("", job.sequence)
        data = dataset.get_preprocessed_seq_data(raw_data, "pedestrian")
        return {name: metric.eval_sequence(data) for name, metric in _metrics(trackeval).items()}


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
