"""A run's saved state: weights and optimiser after a step, and the settings that it began with."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import numpy as np

from application_util.errors import UserError
from tools.reid.weights import load_variables, save_variables


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
        """Return the number of steps done and the variables, or None where no state has been saved."""
        if not self._latest.is_file():
            return None
        variables = load_variables(self.folder / self._latest.read_text().strip())
        return int(variables.pop("global_step")), variables

    def save(self, step: int, variables: dict[str, np.ndarray]) -> None:
        """Save the state after a step and delete the one before; a kill at any moment leaves one of them."""
        name = f"state-{step}"
        save_variables(self.folder / name, variables | {"global_step": np.int64(step)})
        partial = self.folder / "latest.partial"
        partial.write_text(name)
        os.replace(partial, self._latest)
        for old in self.folder.glob("state-*"):
            if not old.name.startswith(f"{name}."):
                old.unlink()

    def check_settings(self, settings: dict[str, Any]) -> None:
        """Keep the settings of a run that begins; refuse to go on with others, which would not be the same run.

        Raises
        ------
        UserError
            If the saved state came about with others.
        """
        settings = json.loads(json.dumps(settings))
        path = self.folder / "settings.json"
        if path.is_file() and self._latest.is_file():
            before = json.loads(path.read_text())
            changed = [name for name in settings if settings[name] != before.get(name)]
            if changed:
                raise UserError(
                    f"{self.folder}: began with another {', '.join(changed)}; use another --run_id"
                )
        path.write_text(json.dumps(settings, indent=1))
