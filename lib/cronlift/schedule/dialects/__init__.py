"""The dialects, one file each.

A dialect's file defines ``NAME`` and ``dialect(version: str | None) -> Dialect``; putting the file here is
all it takes. Tests find its cases in ``tests/schedule/cases.json`` under the same name.
"""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module
from types import ModuleType

from cronlift.errors import UsageError
from cronlift.schedule.dialects.protocol import BadExpression, Dialect, Fields, Interval, NotHeld, Parsed, Reboot

__all__ = ["BadExpression", "Dialect", "Fields", "Interval", "NotHeld", "Parsed", "Reboot", "find", "names"]


@lru_cache(maxsize=1)
def _modules() -> dict[str, ModuleType]:
    found = {}
    for module in pkgutil.iter_modules(__path__):
        loaded = import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "NAME"):
            found[str(loaded.NAME)] = loaded
    return found


def names() -> tuple[str, ...]:
    """The dialects there are."""
    return tuple(sorted(_modules()))


@lru_cache(maxsize=128)
def find(name: str) -> Dialect:
    """The dialect ``name`` or ``name@version`` (``oban``, ``oban@2.8.0``). Raises UsageError for an unknown
    one."""
    base, _, version = name.partition("@")
    module = _modules().get(base)
    if module is None:
        raise UsageError(f"no dialect is called {base!r}", do=f"use one of: {', '.join(names())}")
    dialect: Dialect = module.dialect(version or None)
    return dialect
