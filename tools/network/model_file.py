"""Where the appearance network lies."""

from __future__ import annotations

from pathlib import Path

from application_util.errors import UserError
from application_util.installation import command_name

NETWORKS = Path(__file__).resolve().parents[2] / "resources" / "networks"
PUBLISHED = "mars-small128.pb"
BUNDLED = "person-instance128.pb"


def default_model() -> Path:
    """The published network where the user has put it, else the one that comes with this package.

    Raises
    ------
    UserError
        If there is neither.
    """
    for name in (PUBLISHED, BUNDLED):
        if (NETWORKS / name).is_file():
            return NETWORKS / name
    raise _missing(NETWORKS / PUBLISHED)


def check_model(path: str | Path) -> None:
    """Raise `UserError` unless there is a file, listing the networks that there are."""
    if Path(path).is_dir():
        raise UserError(
            f"{path}: a folder, expected a network (.pb, .xml, .onnx); "
            f"{command_name('tools/freeze_model.py')} makes one"
        )
    if Path(f"{path}.index").is_file():
        raise UserError(
            f"{path}: a checkpoint, expected a frozen graph: "
            f"{command_name('tools/freeze_model.py')} --checkpoint_in {path} makes one"
        )
    if not Path(path).is_file():
        raise _missing(path)


def _missing(path: str | Path) -> UserError:
    found = sorted(str(network) for network in NETWORKS.glob("*.pb"))
    return UserError(
        f"{path}: no such network; in {NETWORKS} there is {', '.join(found) or 'none'}; "
        f"{NETWORKS / 'README.md'} says how to get the published {PUBLISHED}"
    )
