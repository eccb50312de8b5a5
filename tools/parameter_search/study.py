"""A search that learns from its trials, by Optuna: tree-structured Parzen estimators (Bergstra et al. 2011)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from application_util.errors import UserError, require
from application_util.scoring.score_table import score_rows
from application_util.scoring.scores import COMBINED, FamilyScores
from tools.parameter_search.search import DEFAULTS, Setting, Values, all_values, is_range
from tools.parameter_search.trial import Trials

EARLY_TRIALS = 8
"""Trials before any is pruned."""

MAIN_STUDY = "all sequences"


def learn(
    values: Values | None,
    count: int,
    seed: int,
    metric: str,
    trials: Trials,
    database: Path,
    names: Sequence[str] | None = None,
    study_name: str = MAIN_STUDY,
) -> list[Setting]:
    """Try settings, each drawn by what those before it scored; continue if the database has some of them.

    Sequences are tracked shortest first. A setting that has scored less than the median of the others after one of them
    is not tried on the rest.

    Parameters
    ----------
    values : dict of str -> list, optional
        Parameter -> values to try, see `search.all_values`; two numbers are a range.
    count : int
        Trials, those that the database has among them.
    seed : int
    metric : str
        What is to be large, of all sequences together.
    trials : Trials
    database : Path
        SQLite file, made if need be.
    names : sequence of str, optional
        Only these sequences; their scores are not recorded.
    study_name : str
        Whose trials in the database these are.

    Returns
    -------
    list of Setting
        Those that were tried on all sequences, the best first.

    Raises
    ------
    UserError
        If Optuna is not installed, or the database is of other values.
    """
    optuna = require("optuna", "search")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    options = all_values(values, "wide")
    order = sorted(names or trials.plan, key=lambda name: trials.record.inputs["sequences"][name]["frames"])
    study = optuna.create_study(
        storage=f"sqlite:///{database}",
        study_name=study_name,
        direction="maximize",
        load_if_exists=True,
        pruner=optuna.pruners.MedianPruner(n_startup_trials=EARLY_TRIALS),
    )
    if study.user_attrs.get("values", options) != options:
        raise UserError(f"{database}: of a search among other values: give the same, or leave --resume out")
    study.set_user_attr("values", options)
    states = optuna.trial.TrialState
    for trial in study.get_trials(states=[states.RUNNING]):  # of a run that was ended
        study.tell(trial.number, state=states.FAIL)
    done = len(study.get_trials(states=[states.COMPLETE, states.PRUNED]))
    study.sampler = optuna.samplers.TPESampler(seed=seed + done, constant_liar=True)
    if not study.trials:
        study.enqueue_trial({name: DEFAULTS[name] for name in _with_default(options)})
    while done < count and not trials.failures:
        batch = {}
        for _ in range(min(trials.runner.processes, count - done)):
            trial = study.ask()
            batch[trial] = Setting.of({name: _suggest(trial, name, each) for name, each in options.items()})
        _run_batch(study, batch, order, metric, trials, keep=names is None)
        done += len(batch)
    complete = study.get_trials(states=[states.COMPLETE])
    if not complete and not trials.failures:
        raise UserError(f"--trials {count}: none was tried on all sequences: give more")
    fixed = {name: each[0] for name, each in options.items() if len(each) == 1}
    ranked = sorted(complete, key=lambda trial: -trial.value)
    return list(dict.fromkeys(Setting.of(fixed | trial.params) for trial in ranked))


def _run_batch(
    study: Any, batch: dict[Any, Setting], order: list[str], metric: str, trials: Trials, keep: bool
) -> None:
    """Track some settings, sequence by sequence, and tell the study what they scored."""
    optuna = require("optuna", "search")
    found: dict[Setting, dict[str, FamilyScores]] = {setting: {} for setting in batch.values()}
    running = dict(batch)
    for step, name in enumerate(order):
        label = f"{study.study_name}: {len(running)} settings on {name}"
        for setting, _, scores in trials.run(list(dict.fromkeys(running.values())), [name], label):
            found[setting][name] = scores
        for trial, setting in list(running.items()):
            if name not in found[setting]:
                study.tell(trial, state=optuna.trial.TrialState.FAIL)
                del running[trial]
                continue
            rows = score_rows(found[setting])
            value = float(rows[COMBINED][metric])
            trial.report(value, step)
            if name == order[-1]:
                study.tell(trial, value)
                if keep:
                    trials.record.add(setting, rows)
            elif trial.should_prune():
                study.tell(trial, state=optuna.trial.TrialState.PRUNED)
                del running[trial]


def _suggest(trial: Any, name: str, options: list[Any]) -> Any:
    """Let the study choose a value of a parameter."""
    if len(options) == 1:
        return options[0]
    if not is_range(options):
        return trial.suggest_categorical(name, options)
    low, high = sorted(options)
    if isinstance(low, int) and isinstance(high, int):
        return trial.suggest_int(name, low, high)
    return trial.suggest_float(name, low, high)


def _with_default(options: Values) -> list[str]:
    """Return the parameters that have several values, the default among them."""
    names = []
    for name, each in options.items():
        default = DEFAULTS[name]
        if len(each) > 1 and (default in each or (is_range(each) and min(each) <= default <= max(each))):
            names.append(name)
    return names
