"""A run's saved state: weights and optimiser after a step, and the settings that it began with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from application_util.errors import UserError
from application_util.files.json_file import read_json, write_json
from application_util.files.output import write_whole
from tools.reid.weights import load_variables, save_variables

STEP = "global_step"
STATE = re.compile(r"state-\d+")


class RunState:
    """The latest state in a run's folder.

    Parameters
    ----------
    folder : Path
        The run's folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._latest = folder / "latest"

    def load(self) -> tuple[int, dict[str, np.ndarray]] | None:
        """Return the number of steps done and the variables, or None where no state has been saved.

        Raises
        ------
        UserError
            If what was saved cannot be read.
        """
        if not self._latest.is_file():
            return None
        name = self._latest.read_bytes().decode("ascii", "replace").strip()
        if not STATE.fullmatch(name):
            raise UserError(f"{self._latest}: names no saved state: use another --run_id")
        variables = load_variables(self.folder / name)
        if STEP not in variables or np.shape(variables[STEP]) != ():
            raise UserError(f"{self.folder / name}: no saved state of a training run: use another --run_id")
        return int(variables.pop(STEP)), variables

    def save(self, step: int, variables: dict[str, np.ndarray]) -> None:
        """Save the state after a step and delete the one before; a kill at any moment leaves one of them."""
        name = f"state-{step}"
        save_variables(self.folder / name, variables | {STEP: np.int64(step)})
        write_whole(self._latest, name)
        for old in self.folder.glob("state-*"):
            if STATE.fullmatch(old.name.partition(".")[0]) and not old.name.startswith(f"{name}."):
                old.unlink()

    def check_settings(self, settings: dict[str, Any]) -> None:
        """Keep the settings of a run that begins; refuse to go on with others, which would not be the same run.

        Raises
        ------
        UserError
            If the saved state came about with others, or theirs cannot be read.
        """
        settings = json.loads(json.dumps(settings))
        path = self.folder / "settings.json"
        if path.is_file() and self._latest.is_file():
            before = read_json(path)
            if not isinstance(before, dict):
                raise UserError(f"{path}: not the settings of a training run: use another --run_id")
            changed = [name for name in settings if settings[name] != before.get(name)]
            if changed:
                raise UserError(f"{self.folder}: began with another {', '.join(changed)}; use another --run_id")
        write_json(path, settings)
