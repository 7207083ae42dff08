"""Which of a worker's jobs keep a new one away, as its ``unique:`` option is written (oban lib/oban/job.ex)."""

from __future__ import annotations

import re

_GROUPS = {
    "all": {"suspended", "available", "scheduled", "executing", "retryable", "completed", "discarded", "cancelled"},
    "incomplete": {"suspended", "available", "scheduled", "executing", "retryable"},
    "successful": {"suspended", "available", "scheduled", "executing", "retryable", "completed"},
}
UNENDED = frozenset(_GROUPS["incomplete"])
"""The states of a job that has not ended."""


def states(unique: str) -> frozenset[str] | None:
    """The states that count: those named, else Oban's default (all but discarded and cancelled). None: computed."""
    if not re.search(r"\bstates:", unique):
        written = unique.lstrip().startswith("[") or unique == "true"
        return frozenset(_GROUPS["successful"]) if written else None
    # What follows the value must end it: `[:executing] ++ [:completed]` is computed.
    found = re.search(r"\bstates:\s*(:\w+|\[[^\]]*\])\s*(?=[,\]]|$)", unique)
    if not found or re.sub(r":\w+|[\[\],\s]", "", found[1]):
        return None
    named = re.findall(r":(\w+)", found[1])
    if not named:
        return None
    # A group is named by itself; `:scheduled` is both, and the same.
    return frozenset().union(*(_GROUPS.get(name, {name}) for name in named))
