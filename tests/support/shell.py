"""A shell in a terminal of its own, as somebody sits before it who types and presses TAB."""

from __future__ import annotations

import os
import pty
import select
import signal
import time
from pathlib import Path

END = "-- end --"


class Shell:
    """An interactive shell in which a command prints the words that it is given.

    Parameters
    ----------
    words : list of str
        The shell and its flags.
    folder : Path
        Where it is, and its home.
    setup : list of str
        Lines to begin with.
    command : str
        What is typed is a command line of this.
    """

    def __init__(self, words: list[str], folder: Path, setup: list[str], command: str) -> None:
        self._process, self._terminal = pty.fork()
        if self._process == 0:
            os.chdir(folder)
            environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "TERM": "dumb", "LANG": "C.UTF-8"}
            os.execvpe(words[0], words, environment)
        self._command = command
        prints = f"function {command} {{ printf '<%s>' \"$@\"; echo '{END[:3]}''{END[3:]}'; }}"
        for line in [*setup, prints]:
            self._type(f"{line}\n")
        self.words("ready")

    def words(self, typed: str) -> list[str]:
        """Return the words that the command gets after what is typed (``\\t`` is TAB) and Enter."""
        self._type(f"{self._command} {typed}\n")
        shown = self._read()
        return shown[shown.index("<") + 1 : shown.rindex(">")].split("><")

    def close(self) -> None:
        """End it."""
        os.kill(self._process, signal.SIGKILL)
        os.waitpid(self._process, 0)
        os.close(self._terminal)

    def _type(self, text: str) -> None:
        os.write(self._terminal, text.encode())

    def _read(self) -> str:
        shown, stop = "", time.monotonic() + 60
        while END not in shown:
            assert time.monotonic() < stop, f"the shell does not answer: {shown[-1000:]}"
            if select.select([self._terminal], [], [], 1)[0]:
                shown += os.read(self._terminal, 65536).decode(errors="replace")
        return shown
