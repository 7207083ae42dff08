"""``@immutable``: a frozen dataclass for the type checker, a plain one at run time."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeVar, dataclass_transform

T = TypeVar("T")


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def immutable(cls: type[T]) -> type[T]:
    """A dataclass with slots that is compared and hashed by its fields and that nobody assigns to.

    The type checker refuses assignments. At run time ``frozen`` would make every construction several times slower
    (it goes through ``object.__setattr__``), and reading an application constructs these by the hundred thousand.
    """
    own_hash = cls.__dict__.get("__hash__") is not None
    return dataclass(slots=True, unsafe_hash=not own_hash)(cls)
