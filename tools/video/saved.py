"""Detections of a pass kept for the next: det.txt, and the detection file where there are features."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path

from application_util.files.detection_writer import open_writer
from application_util.files.output import whole_file
from tools.detection_formats.write import row_text
from tools.video.look import Seen


def saved_files(directory: str | Path, name: str, features: bool) -> list[Path]:
    """Return where the detections of a sequence go in a folder: as commands with ``--detection_dir`` find them."""
    det_txt = Path(directory, name, "det", "det.txt")
    return [det_txt, Path(directory, f"{name}.npy")] if features else [det_txt]


@contextlib.contextmanager
def saving(files: list[Path], feature_dim: int) -> Iterator[Callable[[Seen], None]]:
    """Yield what writes the detections of a frame; the files appear when the block ends well.

    Parameters
    ----------
    files : list of Path
        See `saved_files`; nothing is written if empty.
    feature_dim : int
    """
    with contextlib.ExitStack() as stack:
        texts = [stack.enter_context(whole_file(path, encoding="ascii", newline="\n")) for path in files[:1]]
        arrays = [stack.enter_context(open_writer(path, feature_dim)) for path in files[1:]]

        def write(seen: Seen) -> None:
            for text in texts:
                text.writelines(f"{row_text(row)}\n" for row in seen.rows.tolist())
            for array in arrays:
                array.write(seen.rows, seen.features)

        yield write
