"""Jobs that look at the date themselves."""

from __future__ import annotations

import re

from cronlift.doctor.entry import Examined

_DATE_GUARD = re.compile(
    r"\bextract\s*\(\s*(dow|isodow|day|month|doy|week|hour)\b|\bdate_part\s*\(|\bto_char\s*\(", re.I
)


def guarded(examined: Examined) -> bool:
    """Whether the job itself looks at the date when it runs, and so may do nothing on most of its firings."""
    texts = [examined.entry.command, *(r.body for u in examined.units for r in u.inside)]
    branches = any(re.search(r"\bIF\b|\bWHERE\b|\bCASE\b", text, re.I) for text in texts)
    return branches and any(_DATE_GUARD.search(text) for text in texts)
