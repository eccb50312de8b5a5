"""Which parts may be handed many tracks at once: those whose functions are still the ones they were made with."""

from __future__ import annotations

from collections.abc import Collection
from operator import attrgetter
from typing import Any, ClassVar


class Remembered:
    """Functions of a class or module as they are now, to notice when a program replaces one."""

    def __init__(self, owner: Any, names: Collection[str]) -> None:
        self.names = frozenset(names)
        self._owner = owner
        self.get = attrgetter(*names) if names else lambda _: ()
        self.functions = self.get(owner)

    def unchanged(self) -> bool:
        """Return whether the owner still has the same functions."""
        return self.get(self._owner) == self.functions


class Batched:
    """Base of the parts that programs replace or extend.

    Attributes
    ----------
    batched : bool
        Whether the methods named by ``class Part(Batched, methods=...)`` take many tracks, states or
        detections at once. A subclass that overrides one of them has False, unless it declares True itself.
    attributes : int
        How many an object has to which no program has given more; 0 if that is not known.
    """

    batched: ClassVar[bool] = True
    remembered: ClassVar[Remembered] = Remembered(None, ())
    attributes: ClassVar[int] = 0

    def __init_subclass__(cls, methods: Collection[str] = (), attributes: int = 0, **others: Any) -> None:
        super().__init_subclass__(**others)
        cls.attributes = attributes
        inherited = cls.remembered
        cls.remembered = Remembered(cls, sorted({*inherited.names, *methods}))
        if "batched" not in vars(cls) and not methods:
            cls.batched = cls.batched and cls.remembered.functions == inherited.functions


_OWN = attrgetter("__dict__")


def takes_many(part: Any) -> bool:
    """Return whether a part may be called for many at once: neither its class nor the object was changed."""
    kind = type(part)
    remembered = getattr(kind, "remembered", Batched.remembered)
    ours = getattr(kind, "batched", False) and remembered.get(kind) == remembered.functions
    return ours and remembered.names.isdisjoint(part.__dict__)


def all_take_many(parts: Collection[Any]) -> bool:
    """Return whether each of many parts may be called together with the others."""
    kinds: set[Any] = set(map(type, parts))
    for kind in kinds:
        remembered = getattr(kind, "remembered", Batched.remembered)
        if not (getattr(kind, "batched", False) and remembered.get(kind) == remembered.functions):
            return False
        usual = getattr(kind, "attributes", 0)
        more = max(map(len, map(_OWN, parts))) > usual if usual else any(map(_OWN, parts))
        if more and not all(map(remembered.names.isdisjoint, map(_OWN, parts))):
            return False
    return True
