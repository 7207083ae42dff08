"""Quantum (``quantum-core``), which reads schedules with the ``crontab`` library.

Sources: ``lib/quantum/normalizer.ex`` of quantum 3.5 (a string is put in lower case first, so that ``L`` and ``W`` are
never read), ``lib/crontab/cron_expression/parser.ex`` and ``lib/crontab/date_checker.ex`` of crontab 1.2. What is
unlike other crons: fields are separated by exactly one blank and missing ones are ``*``; a sixth field is the year;
``*/n`` means the values that n divides (days ``*/2`` are 2, 4, …; Sunday counts as 7); ranges wrap around; day of month
and weekday must both hold; ``1#2`` is the second Monday.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from cronlift.schedule.dialects.protocol import BadExpression, Fields, NotHeld, Parsed, Reboot

NAME = "quantum"

_NICKNAMES = {
    "@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
    "@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *", "@minutely": "* * * * *",
}  # fmt: skip
_WEEKDAYS = {"MON": 1, "TUE": 2, "WED": 3, "THU": 4, "FRI": 5, "SAT": 6, "SUN": 7}
_MONTHS = {
    "JAN": 1, "FEB": 2, "MAR": 3, "APR": 4, "MAY": 5, "JUN": 6, "JUL": 7, "AUG": 8, "SEP": 9, "OCT": 10, "NOV": 11,
    "DEC": 12,
}  # fmt: skip
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NTH = re.compile(r"([^#-]+)#([0-9]+)")


class _Unread(ValueError):
    """What the library answers with ``{:error, …}`` or raises."""


@dataclass(frozen=True, slots=True)
class _Field:
    """A field's name in messages, its values, what its words stand for, and its last value in ``a/n``."""

    name: str
    values: range
    words: dict[str, int]
    last: int


_FIELDS = (
    _Field("minute", range(60), {}, 59),
    _Field("hour", range(24), {}, 23),
    _Field("day of month", range(1, 32), {}, 31),
    _Field("month", range(1, 13), _MONTHS, 12),
    _Field("day of week", range(8), _WEEKDAYS, 7),
)


@dataclass(frozen=True, slots=True)
class Quantum:
    """The dialect of Quantum 3 with crontab 1.1 or 1.2."""

    title: str = "Quantum"

    def parse(self, expression: str) -> Parsed:
        """The fields as Quantum reads them. Raises BadExpression with its message, NotHeld for seconds and years."""
        text = expression.lower()
        if text == "@reboot":
            return Reboot()
        if text == "@secondly":
            raise NotHeld(expression, self.title, "every second")
        try:
            if text.startswith("@") and text not in _NICKNAMES:
                raise _Unread(f"Special identifier {text} is undefined.")
            parts = _NICKNAMES.get(text, text).split(" ")
            if len(parts) > 6:
                raise _Unread("The Cron Format String contains too many parts.")
            year = parts.pop() if len(parts) == 6 else "*"
            parts += ["*"] * (5 - len(parts))
            days_of_nth: frozenset[int] | None = None
            weekday = parts[4]
            if match := _NTH.fullmatch(weekday):
                days_of_nth, weekday = _nth(match)
            elif "#" in weekday:
                raise NotHeld(expression, self.title, "an nth weekday beside other weekdays")
            sets = [_values(f, t) for f, t in zip(_FIELDS, (*parts[:4], weekday), strict=True)]
        except _Unread as error:
            raise BadExpression(expression, self.title, str(error)) from None
        if year != "*":
            raise NotHeld(expression, self.title, "a year")
        minutes, hours, days, months, weekdays = sets
        days = days if days_of_nth is None else days & days_of_nth
        return Fields(minutes, hours, days, months, frozenset(d % 7 for d in weekdays), texts=tuple(parts))


def _nth(match: re.Match[str]) -> tuple[frozenset[int], str]:
    """``1#2``: the weekday, on the days a second one can fall on. Sunday is 7 here: ``0#1`` never comes."""
    weekday, n = match.groups()
    number = _number(_FIELDS[4], weekday)
    low = (int(n) - 1) * 7 + 1
    days = range(low, low + 7) if number and int(n) else range(0)
    return frozenset(d for d in days if 1 <= d <= 31), weekday


def _values(field: _Field, text: str) -> frozenset[int]:
    tests = [_item(field, part) for part in text.split(",")]
    return frozenset(value for value in field.values if any(test(value) for test in tests))


def _item(field: _Field, part: str) -> Callable[[int], bool]:
    """One part of a list as the question whether a value fits (Sunday is asked for as 0 and as 7)."""
    if part == "*":
        return lambda value: True
    if "/" in part:
        return _divided(field, part)
    if re.fullmatch(r".+-.+", part):
        return _range(field, part)
    number = _number(field, part)
    return lambda value: value == number


def _range(field: _Field, part: str) -> Callable[[int], bool]:
    ends = part.split("-")
    if len(ends) != 2:
        raise _Unread(f"Can't parse {part} as a range.")
    low, high = (_number(field, end) for end in ends)
    if low > high:
        return lambda value: value >= low or value <= high
    return lambda value: low <= value <= high


def _divided(field: _Field, part: str) -> Callable[[int], bool]:
    base, *rest = part.split("/")
    if len(rest) != 1 or not _INTEGER.fullmatch(rest[0]) or int(rest[0]) == 0:
        raise _Unread(f"Can't parse {'/'.join(rest)} as increment.")
    step = abs(int(rest[0]))
    sunday = field.name == "day of week"  # only its 7 is divided, never its 0
    if base == "*":
        return lambda value: value % step == 0 and not (sunday and value == 0)
    if "-" not in base:
        base = f"{_number(field, base)}-{field.last}"
    within, low = _range(field, base), _number(field, base.split("-")[0])
    return lambda value: within(value) and (value - low) % step == 0 and not (sunday and value == 0)


def _number(field: _Field, text: str) -> int:
    number = field.words.get(text.upper())
    if number is None and _INTEGER.fullmatch(text):
        number = int(text)
    if number is None or number not in field.values:
        raise _Unread(f"Can't parse {text} as {field.name}.")
    return number


def dialect(version: str | None) -> Quantum:
    """Quantum; releases 2 and 3 read strings alike."""
    del version
    return Quantum()
