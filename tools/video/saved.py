"""Detections of a pass kept for the next: det.txt, and the detection file where there are features."""

from __future__ import annotations

import contextlib
from pathlib import Path
from types import TracebackType

from application_util.files.detection_writer import open_writer
from application_util.files.output import PartialFile
from tools.detection_formats.write import row_text
from tools.video.look import Seen


def saved_files(directory: str | Path, name: str, features: bool) -> list[Path]:
    """Return where the detections of a sequence go in a folder: as commands with ``--detection_dir`` find them."""
    det_txt = Path(directory, name, "det", "det.txt")
    return [det_txt, Path(directory, f"{name}.npy")] if features else [det_txt]


class SavedDetections:
    """Writes detections; a context manager: the files get their names when the block ends well.

    Parameters
    ----------
    files : list of Path
        See `saved_files`; nothing is written if empty.
    feature_dim : int
    """

    def __init__(self, files: list[Path], feature_dim: int) -> None:
        self._files, self._feature_dim = files, feature_dim

    def __enter__(self) -> SavedDetections:
        with contextlib.ExitStack() as stack:
            enter = stack.enter_context
            self._outputs = [enter(PartialFile(path, "choose another place")) for path in self._files[:1]]
            self._texts = [enter(output.open("w", encoding="ascii", newline="\n")) for output in self._outputs]
            self._arrays = [enter(open_writer(path, self._feature_dim)) for path in self._files[1:]]
            self._outputs += [array.output for array in self._arrays]
            self._stack = stack.pop_all()
        return self

    def write(self, seen: Seen) -> None:
        """Add the detections of a frame."""
        for text in self._texts:
            text.writelines(f"{row_text(row)}\n" for row in seen.rows.tolist())
        for array in self._arrays:
            array.write(seen.rows, seen.features)

    def keep_partial(self) -> list[Path]:
        """Leave the files under their partial names, because frames are missing; return these."""
        for output in self._outputs:
            output.keep_partial()
        return [output.partial_path for output in self._outputs]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)
