"""The rules, one file each: ``some_rule.py`` defines ``RULE``, its code is ``some-rule``, its page
docs/doctor/some-rule.md. Putting the file here is all it takes; tests find its cases in tests/doctor/cases/.
"""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

from cronlift.doctor.rules.protocol import Flaw, Rule

__all__ = ["Flaw", "Rule", "rules"]


@lru_cache(maxsize=1)
def rules() -> dict[str, Rule]:
    """Every rule by its code, in alphabetical order."""
    found = {}
    for module in pkgutil.iter_modules(__path__):
        loaded = import_module(f"{__name__}.{module.name}")
        if hasattr(loaded, "RULE"):
            found[module.name.replace("_", "-")] = loaded.RULE
    return dict(sorted(found.items()))
