"""Files that name the classes of labels and networks."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from pathlib import Path

from application_util.errors import UserError
from application_util.files.json_file import read_json
from application_util.text_file import read_text

Names = Mapping[int, str]

BESIDE = ("classes.txt", "obj.names", "data.yaml", "data.yml", "dataset.yaml", "dataset.yml")
"""What labelling tools call such a file, in the folder of labels or above it."""
FOLDERS_ABOVE = 2
"""As in ``labels/train``."""
YAML_NAMES = re.compile(r"^names:[ \t]*(.*(?:\n(?:[ \t]+\S.*|-.*|[ \t]*))*)", re.MULTILINE)
YAML_ITEM = re.compile(r"^\s*(?:-|(\d+)\s*:)\s*(.*?)\s*$")


def names_beside(folder: Path) -> Names:
    """Return the names in the file that lies beside labels, none if there is no such file."""
    for place in [folder, *folder.absolute().parents[:FOLDERS_ABOVE]]:
        for name in BESIDE:
            if (place / name).is_file():
                return read_names(place / name)
    return {}


def read_names(path: str | Path) -> Names:
    """Read names of classes, that of class 0 first.

    Parameters
    ----------
    path : str or Path
        A name a line, as in ``obj.names``, or between commas in one line; ``.yaml`` with ``names:`` as Ultralytics
        has it; ``.json`` with a list, or an object of names by number.

    Raises
    ------
    UserError
        If it cannot be read, or says nothing of the kind.
    """
    suffix = Path(path).suffix.lower()
    if suffix in (".yaml", ".yml"):
        names = _of_yaml(read_text(path))
    elif suffix == ".json":
        names = _of_object(read_json(Path(path)))
    else:
        lines = read_text(path).rstrip().splitlines()
        names = dict(enumerate(lines[0].split(",") if len(lines) == 1 else lines))
    names = {number: name.strip() for number, name in names.items() if name.strip()}
    if not names:
        raise UserError(f"{path}: no names of classes in it, expected a name a line")
    return names


def names_in_metadata(text: str | None) -> Names:
    """Read names as Ultralytics writes them, ``{0: 'person', ...}`` or ``['person', ...]``; others are none."""
    try:
        return _of_object(ast.literal_eval(text or "{}"))
    except (ValueError, SyntaxError):
        return {}


def _of_object(names: object) -> dict[int, str]:
    pairs = names.items() if isinstance(names, dict) else enumerate(names if isinstance(names, list) else [])
    return {int(number): str(name) for number, name in pairs if str(number).isdecimal()}


def _of_yaml(text: str) -> dict[int, str]:
    """Read the names in a data set's YAML: a list or an object, in one line or several."""
    found = YAML_NAMES.search(text)
    if found is None:
        return {}
    if found[1].lstrip().startswith(("[", "{")):
        inside = " ".join(found[1].split())[1:].rstrip("]} ")
        items = [item if ":" in item else f"- {item}" for item in inside.split(",")]
    else:
        items = found[1].splitlines()
    matches = [match for item in items if (match := YAML_ITEM.match(item))]
    return {
        place if match[1] is None else int(match[1]): match[2].partition(" #")[0].strip(" '\"")
        for place, match in enumerate(matches)
    }
