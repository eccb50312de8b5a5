"""Cross-validation over sequences: what a search would have chosen without some, scored on those."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from application_util.errors import UserError
from application_util.scoring.score_table import score_rows
from tools.parameter_search.record import SearchRecord
from tools.parameter_search.search import Setting, Values
from tools.parameter_search.study import learn
from tools.parameter_search.trial import Trials

Choose = Callable[[int, list[str]], Setting | None]
"""(number of a fold, sequences to choose by) -> the setting chosen; None if none could be tried."""


def split(names: Sequence[str], folds: int) -> list[list[str]]:
    """Return the sequences of each fold: the first, the one `folds` after it, and so on.

    Raises
    ------
    UserError
        If there are fewer sequences than folds, or one fold.
    """
    if not 2 <= folds <= len(names):
        raise UserError(f"--folds {folds}: there are {len(names)} sequences, from 2 to so many folds are possible")
    return [list(names[fold::folds]) for fold in range(folds)]


def choose_by_record(record: SearchRecord, settings: Sequence[Setting], metric: str) -> Choose:
    """Return a choice among settings that were tried on all sequences: the largest mean over those it goes by."""
    tried = [one for one in settings if one in record.scores]

    def choose(_: int, names: list[str]) -> Setting | None:
        return max(tried, key=lambda one: _mean(record, one, names, metric), default=None)

    return choose


def choose_by_learning(
    values: Values | None, count: int, seed: int, metric: str, trials: Trials, database: Path
) -> Choose:
    """Return a choice by a search of its own, which sees only the sequences it goes by, see `study.learn`."""

    def choose(fold: int, names: list[str]) -> Setting | None:
        found = learn(values, count, seed, metric, trials, database, names, f"fold {fold}")
        return found[0] if found else None

    return choose


def cross_validate(folds: int, choose: Choose, metric: str, trials: Trials) -> dict[str, float]:
    """Score each sequence with the setting chosen by the folds that it is not in.

    Returns
    -------
    dict of str -> float
        Sequence -> its score; without those of folds where nothing could be chosen.
    """
    names = list(trials.plan)
    scores: dict[str, float] = {}
    for fold, held_out in enumerate(split(names, folds), start=1):
        setting = choose(fold, [name for name in names if name not in held_out])
        if setting is None:
            continue
        if setting in trials.record.scores:
            scores |= {name: trials.record.scores[setting][name][metric] for name in held_out}
            continue
        for _, name, found in trials.run([setting], held_out, f"fold {fold}: sequences held out"):
            scores[name] = score_rows({name: found})[name][metric]
    return scores


def describe(scores: dict[str, float], folds: int, metric: str, best: Setting, record: SearchRecord) -> str:
    """Return in one line what to expect of the search elsewhere, and what it scored where it chose."""
    expected = sum(scores.values()) / len(scores)
    own = _mean(record, best, list(scores), metric)
    return (
        f"{folds}-fold cross-validation: mean {metric} {100 * expected:.2f} on sequences that had no part in the"
        f" choice, which is what to expect elsewhere ({100 * own:.2f} on those that had)"
    )


def _mean(record: SearchRecord, setting: Setting, names: Sequence[str], metric: str) -> float:
    return sum(record.scores[setting][name][metric] for name in names) / len(names)
