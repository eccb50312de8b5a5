"""JSON files: records and scores."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from application_util.errors import UserError
from application_util.files.output import write_whole
from application_util.text_file import read_text


def read_json(path: Path) -> Any:
    """Read a JSON file.

    Raises
    ------
    UserError
        If it is missing, unreadable or not JSON.
    """
    try:
        return json.loads(read_text(path))
    except json.JSONDecodeError as error:
        raise UserError(f"{path}: line {error.lineno}: not JSON ({error.msg})") from None
    except RecursionError:
        raise UserError(f"{path}: lists within lists too deep") from None
    except ValueError:
        raise UserError(f"{path}: a number of thousands of digits") from None


def write_json(path: Path, content: Any) -> None:
    """Write a JSON file, which appears when it is complete; `UserError` if it cannot be written."""
    write_whole(path, json.dumps(content, indent=1) + "\n")
