"""Version numbers as tuples."""

from __future__ import annotations

import re

from cronlift.errors import UsageError

Version = tuple[int, ...]


def parse(text: str, what: str) -> Version:
    """``1.4.2`` as (1, 4, 2); a packager's suffix (``1.4-1``) is left out. Raises UsageError for anything
    else."""
    match = re.fullmatch(r"v?(\d{1,9}(?:\.\d{1,9})*)(?:[-+~].*)?", text.strip())
    if match is None:
        raise UsageError(f"{text[:40]!r} is not a version of {what}", do="write it as 1.2 or 1.2.3")
    return tuple(int(part) for part in match[1].split("."))
