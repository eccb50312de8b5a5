"""The curves of a training run."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

from application_util.errors import UserError
from application_util.files.output import whole_file
from tools.network.tensorflow_import import load_tensorflow

PARTS = ("softmax", "triplet", "regression", "relation")
COLUMNS = ("step", "epoch", "height", "learning_rate", "loss", *PARTS, "images_per_second", "rank1", "mAP")


class History:
    """The run's curves: a table ``history.csv`` and summaries for TensorBoard.

    Parameters
    ----------
    folder : Path
        The run's folder.
    """

    def __init__(self, folder: Path):
        self.path = folder / "history.csv"
        self.last_loss = float("nan")
        self._folder = folder
        self._writer: Any = None

    def cut(self, step: int) -> None:
        """Drop what was written after the state of a step was saved."""
        rows = [row for row in self.rows() if int(row["step"]) <= step]
        with whole_file(self.path, newline="", encoding="utf-8") as file:
            table = csv.DictWriter(file, COLUMNS, extrasaction="ignore")
            table.writeheader()
            table.writerows(rows)

    def rows(self) -> list[dict[str, str]]:
        """What is in the table so far; `UserError` if that is no such table."""
        if not self.path.is_file():
            return []
        try:
            with self.path.open(newline="", encoding="utf-8") as file:
                rows = list(csv.DictReader(file))
            if any(int(row["step"]) < 0 for row in rows):
                raise ValueError("a step below 0")
        except (KeyError, TypeError, ValueError, csv.Error) as error:
            raise UserError(
                f"{self.path}: not the table of a training run ({type(error).__name__}: {error!s:.200})"
            ) from None
        return rows

    def add(self, row: dict[str, Any], losses: dict[str, float]) -> None:
        """Write a row, and the same with the parts of the loss for TensorBoard."""
        tf = load_tensorflow("train")
        self.last_loss = losses["loss"]
        with self.path.open("a", newline="") as file:
            csv.DictWriter(file, COLUMNS).writerow(row | losses)
        summary = tf.compat.v1.Summary()
        for name, value in (row | losses).items():
            summary.value.add(tag=name, simple_value=value)
        if self._writer is None:
            with tf.Graph().as_default():  # this writer needs no TensorBoard, but no eager mode either
                self._writer = tf.compat.v1.summary.FileWriter(str(self._folder / "summaries"))
        self._writer.add_summary(summary, row["step"])
        self._writer.flush()

    def close(self) -> None:
        """Close the summaries."""
        if self._writer is not None:
            self._writer.close()
            self._writer = None
