"""Which parts may be handed many tracks at once: those whose functions are still the ones they were made with."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any, ClassVar


class Remembered:
    """Functions of a class or module as they are now, to notice when a program replaces one.

    Parameters
    ----------
    owner : class or module
    names : iterable of str
        Attributes of the owner to remember.
    """

    def __init__(self, owner: Any, names: Iterable[str]) -> None:
        self._owner = owner
        self.functions = {name: getattr(owner, name) for name in names}
        self._items = tuple(self.functions.items())

    def unchanged(self) -> bool:
        """Return whether the owner still has the same functions."""
        owner = self._owner
        return all([getattr(owner, name) is function for name, function in self._items])


_NOTHING = Remembered(object, ())


class Batched:
    """Base of the parts that programs replace or extend.

    Attributes
    ----------
    batched : bool
        Whether the methods named by ``class Part(Batched, methods=...)`` take many tracks, states or
        detections at once. A subclass that overrides one of them has False, unless it declares True itself.
    """

    batched: ClassVar[bool] = True
    remembered: ClassVar[Remembered] = _NOTHING

    def __init_subclass__(cls, methods: Collection[str] = (), **arguments: Any) -> None:
        super().__init_subclass__(**arguments)
        inherited = cls.remembered.functions
        if "batched" not in vars(cls):
            cls.batched = cls.batched and all(
                getattr(cls, name) is function for name, function in inherited.items()
            )
        cls.remembered = Remembered(cls, [*inherited, *methods])


def takes_many(part: Any) -> bool:
    """Return whether a part may be called for many at once: neither its class nor the object was changed."""
    kind = type(part)
    if not getattr(kind, "batched", False):
        return False
    remembered = getattr(kind, "remembered", _NOTHING)
    return remembered.unchanged() and remembered.functions.keys().isdisjoint(vars(part))


def all_take_many(parts: Collection[Any]) -> bool:
    """Return whether each of many parts may be called together with the others."""
    names: set[str] = set()
    for kind in set(map(type, parts)):
        remembered = getattr(kind, "remembered", _NOTHING)
        if not getattr(kind, "batched", False) or not remembered.unchanged():
            return False
        names.update(remembered.functions)
    return all(map(names.isdisjoint, map(vars, parts)))
