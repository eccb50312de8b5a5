"""A user's mistakes, said in one line."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable
from types import ModuleType


class UserError(Exception):
    """Something the user can mend: bad input, a missing file, a missing extra.

    The text is one line, ``file: row: what is wrong, what to do``, as far as each applies.
    """


def run_command(command: Callable[[], None]) -> int:
    """Run a command's work and turn its outcome into an exit code.

    Parameters
    ----------
    command : callable
        Does the work; raises `UserError` for what the user can mend.

    Returns
    -------
    int
        0 when all went well, 2 after a `UserError` or a failure of the file system (printed as
        ``error: ...`` on stderr),
        130 after an interrupt.
    """
    try:
        command()
    except UserError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except OSError as error:  # a full disk, a folder taken away meanwhile
        print(f"error: {error}", file=sys.stderr)
        return 2
    except ImportError as error:
        if ".so" not in str(error):
            raise
        hint = "on a machine without a display, pip install opencv-python-headless does without it"
        print(f"error: a system library is missing ({error}); {hint}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as interrupt:
        print(f"interrupted{': ' if str(interrupt) else ''}{interrupt}", file=sys.stderr)
        return 130
    return 0


def require(module: str, extra: str) -> ModuleType:
    """Import an optional library, or say which extra installs it.

    Parameters
    ----------
    module : str
        The module to import, e.g. ``"tensorflow"``.
    extra : str
        The extra of this package that brings it, e.g. ``"features"``.

    Raises
    ------
    UserError
        If the library is not installed.
    """
    try:
        return importlib.import_module(module)
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] != module.split(".")[0]:
            raise
        package = module.split(".")[0]
        raise UserError(
            f"{package} is not installed, and this needs it: pip install 'deep-sort[{extra}]'"
        ) from None
