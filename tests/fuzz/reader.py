"""What a reader of files is to the tests that break its files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from tests.fuzz.mutations import Edit, mutate

NAME = "SEQ-01"
"""Of every sequence here."""
FRAMES = 6
SIZE = (48, 64)


@dataclass(frozen=True)
class Reader:
    """A reader and one file that it reads.

    Attributes
    ----------
    name : str
    target : str
        The file to be broken, relative to a folder.
    prepare : callable
        Writes whatever else belongs into a folder; returns valid contents of the target.
    read : callable
        Reads what is in the folder, as a command does.
    edits : sequence
        Ways to break the target.
    names : tuple of str
        Parts of names by one of which an error may call the file, beside the target's own name.
    network : bool
        Whether it needs TensorFlow.
    """

    name: str
    target: str
    prepare: Callable[[Path], list[bytes]]
    read: Callable[[Path], object]
    edits: Sequence[Edit]
    names: tuple[str, ...] = ()
    network: bool = False
    _samples: dict[Path, list[bytes]] = field(default_factory=dict, repr=False)

    def samples(self, folder: Path) -> list[bytes]:
        """Return valid contents of the target, after the folder was prepared once."""
        if folder not in self._samples:
            folder.mkdir(parents=True, exist_ok=True)
            self._samples[folder] = self.prepare(folder)
        return self._samples[folder]

    def write(self, folder: Path, content: bytes) -> Path:
        """Put a content in the target's place."""
        path = folder / self.target
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        return path

    def broken(self, folder: Path, chance: Random) -> bytes:
        """Return a valid content with something broken."""
        return mutate(chance, chance.choice(self.samples(folder)), self.edits)
