"""Field texts: plain numbers that every pg_cron version reads alike.

No names, no ``a/n``, no range from high to low, no step above the maximum, no nickname
(what versions make of those: ``dialects/pg_cron.py``).
"""

from __future__ import annotations

import re
from itertools import pairwise

from cronlift.schedule.dialects.protocol import Fields

BOUNDS = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 6))
"""Minute, hour, day of month, month, weekday (Sunday 0)."""
MINUTE, HOUR, DAY, MONTH, WEEKDAY = range(5)
_GREATEST_STEP = (59, 23, 31, 12, 7)  # 1.6.5 and later refuse more
_ITEM = re.compile(r"(?:\*|(\d{1,2})-(\d{1,2}))(?:/(\d{1,2}))?|\d{1,2}")


def plain(place: int, text: str) -> bool:
    """Whether a field is written in numbers, ``*``, ranges, steps and lists only, as every version reads them."""
    for item in text.split(","):
        match = _ITEM.fullmatch(item)
        if match is None:
            return False
        first, last, step = match.groups()
        if (first and int(first) > int(last)) or (step and not 1 <= int(step) <= _GREATEST_STEP[place]):
            return False
    return True


def sets(fields: Fields) -> tuple[frozenset[int], ...]:
    """The five sets in the order of the text."""
    return fields.minutes, fields.hours, fields.days, fields.months, fields.weekdays


def full(place: int, values: frozenset[int]) -> bool:
    """Whether a field lets everything through."""
    low, high = BOUNDS[place]
    return len(values) == high - low + 1


def field(place: int, values: frozenset[int], *, star: bool = True) -> str:
    """The shortest plain text of a set; with ``star`` False one that does not begin with ``*``."""
    low, high = BOUNDS[place]
    ordered = sorted(values)
    if full(place, values):
        return "*" if star else f"{low}-{high}"
    steps = {b - a for a, b in pairwise(ordered)}
    if len(steps) == 1 and len(ordered) > 2:
        (step,) = steps
        if step > 1:
            if star and ordered[0] == low and ordered[-1] + step > high and place not in (DAY, WEEKDAY):
                return f"*/{step}"
            if len(ordered) > 3:
                return f"{ordered[0]}-{ordered[-1]}/{step}"
    return ",".join(number_runs(ordered))


def starred(place: int, values: frozenset[int]) -> str | None:
    """A text of exactly these days of month or weekdays that begins with ``*``, which makes pg_cron join by
    AND.

    A list begins with ``*`` only as ``*`` or ``*/n``, and both hold the field's first value: only sets with
    the 1st, or with Sunday, can be written so (``*/31`` is the 1st alone; ``*/7`` is 0 and 7, Sunday).
    """
    low, _ = BOUNDS[place]
    top = _GREATEST_STEP[place]
    if low not in values:
        return None
    for step in range(1, top + 1):
        if {value % 7 if place == WEEKDAY else value for value in range(low, top + 1, step)} == values:
            return f"*/{step}" if step > 1 else "*"
    return ",".join([f"*/{top}", *number_runs(sorted(values - {low}))])


def number_runs(ordered: list[int]) -> list[str]:
    """Ascending values as texts, a range where three or more follow each other."""
    runs: list[list[int]] = []
    for value in ordered:
        if runs and runs[-1][-1] + 1 == value:
            runs[-1].append(value)
        else:
            runs.append([value])
    texts: list[str] = []
    for run in runs:
        texts.extend([f"{run[0]}-{run[-1]}"] if len(run) > 2 else [str(value) for value in run])
    return texts
