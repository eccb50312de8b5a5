"""Errors that the user can fix, said in one line; libraries that may be missing."""

from __future__ import annotations

import importlib
from types import ModuleType

from application_util.installation import install_command


class UserError(Exception):
    """Something the user can fix: bad input, a missing file, a missing extra.

    The text is one line, ``file: row: what is wrong, what to do``, as far as each applies.
    """


class Interrupted(KeyboardInterrupt):
    """An interrupt by the user; the text says what is left of the work so far."""


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
        package = module.split(".")[0]
        if (error.name or "").split(".")[0] != package:
            raise
        raise UserError(f"{package} is not installed, and this needs it: {install_command(extra)}") from None
