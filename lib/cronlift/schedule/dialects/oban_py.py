"""Oban for Python (``oban`` on PyPI).

Source: ``oban/_scheduler.py`` of oban-py, ``class Expression`` (``parse``, ``_parse_field``,
``_parse_part``, ``is_now``: all five sets must hold). It differs from Oban for Elixir in four points:
weekday 7 is Sunday too, ``@reboot`` is not known, blanks before, after or inside a field's list are not
read, and a range may go beyond the field where a step jumps over the excess. Names are upper case and
replaced anywhere in the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from cronlift.schedule.dialects.protocol import BadExpression, Fields, Parsed

NAME = "oban-py"

_NICKNAMES = {
    "@annually": "0 0 1 1 *",
    "@yearly": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@midnight": "0 0 * * *",
    "@daily": "0 0 * * *",
    "@hourly": "0 * * * *",
}
_WEEKDAYS = ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT")
_MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_STEP = re.compile(r"\*/([1-9]\d?)")
_RANGE = re.compile(r"(\d{1,4000})(?:-(\d{1,4000}))?(?:/([1-9]\d?))?")


class _Unread(ValueError):
    """What ``Expression.parse`` raises as ValueError."""


@dataclass(frozen=True, slots=True)
class ObanPy:
    """The dialect of oban-py."""

    title: str = "Oban for Python"

    def parse(self, expression: str) -> Parsed:
        """The fields as oban-py reads them. Raises BadExpression with its message."""
        parts = re.split(r"\s+", _NICKNAMES.get(expression, expression))
        try:
            if len(parts) != 5:
                raise _Unread(f"incorrect number of fields: {expression}")
            minute, hour, day, month, weekday = parts
            weekdays = _field(_renamed(weekday, _WEEKDAYS, 0), range(8))
            return Fields(
                minutes=_field(minute, range(60)),
                hours=_field(hour, range(24)),
                days=_field(day, range(1, 32)),
                months=_field(_renamed(month, _MONTHS, 1), range(1, 13)),
                weekdays=frozenset(value % 7 for value in weekdays),
                texts=tuple(parts),
            )
        except _Unread as error:
            raise BadExpression(expression, self.title, str(error)) from None


def _renamed(field: str, names: tuple[str, ...], first: int) -> str:
    for number, name in enumerate(names, first):
        field = field.replace(name, str(number))
    return field


def _field(field: str, allowed: range) -> frozenset[int]:
    values: set[int] = set()
    for part in re.split(r"\s*,\s*", field):
        for value in _part(part, allowed):
            if value not in allowed:
                raise _Unread(f"field {field} is out of range: {allowed[0]} to {allowed[-1]}")
            values.add(value)
    return frozenset(values)


def _part(part: str, allowed: range) -> range:
    if part == "*":
        return allowed
    if match := _STEP.fullmatch(part):
        return allowed[:: int(match[1])]
    match = _RANGE.fullmatch(part)
    if match is None:
        raise _Unread(f"unrecognized expression: {part}")
    first, last, step = match.groups()
    low = int(first)
    if last is None and step is None:
        return range(low, low + 1)
    high = allowed[-1] if last is None else int(last)
    if last is not None and low > high:
        raise _Unread(f"min of range ({low}) must be less than or equal to max")
    if low > high:
        raise _Unread("min() iterable argument is empty")
    return range(low, high + 1, int(step or 1))


def dialect(version: str | None) -> ObanPy:
    """oban-py; all its releases so far read schedules alike."""
    del version
    return ObanPy()
