"""Oban for Elixir: the fields of ``Oban.Plugins.Cron``.

Source: ``lib/oban/cron/expression.ex`` of oban 2.23.1 (``parse/1``, ``parse_field/2``, ``parse_part/2``,
``now?/2``: all five sets must hold). Older versions, by the first release that has the change:

- 2.9.0: ``*/n`` starts at the field's minimum (before: values divisible by n); ``a/n`` is read.
- 2.14.0: text after the fifth field's value is kept, so trailing blanks are refused (before: trimmed).
- 2.17.0: a range from high to low is refused (before: Elixir counted it downwards).
- 2.22.1: a range beyond the field is refused even where a step jumps over the excess; days that no selected
  month has are refused.

Schedules follow the plugin's ``timezone:`` (default Etc/UTC): the plugin compares the zone's wall clock
once a minute, so a local time that does not exist is skipped and one that occurs twice fires twice.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from cronlift.schedule.dialects import versions
from cronlift.schedule.dialects.protocol import BadExpression, Fields, Parsed, Reboot

NAME = "oban"

_CURRENT = (2, 23, 1)
_NICKNAMES = {
    "@annually": "0 0 1 1 *",
    "@yearly": "0 0 1 1 *",
    "@monthly": "0 0 1 * *",
    "@weekly": "0 0 * * 0",
    "@midnight": "0 0 * * *",
    "@daily": "0 0 * * *",
    "@hourly": "0 * * * *",
}
# in the order Elixir's Enum.reduce walks the map: sorted by key
_WEEKDAYS = {"FRI": 5, "MON": 1, "SAT": 6, "SUN": 0, "THU": 4, "TUE": 2, "WED": 3}
_MONTHS = {
    "APR": 4, "AUG": 8, "DEC": 12, "FEB": 2, "JAN": 1, "JUL": 7,
    "JUN": 6, "MAR": 3, "MAY": 5, "NOV": 11, "OCT": 10, "SEP": 9,
}  # fmt: skip
_RANGES = {
    "minutes": range(60), "hours": range(24), "days": range(1, 32), "months": range(1, 13), "weekdays": range(7),
}  # fmt: skip
_LONGEST = {1: 31, 2: 29, 3: 31, 4: 30, 5: 31, 6: 30, 7: 31, 8: 31, 9: 30, 10: 31, 11: 30, 12: 31}
_BLANK = re.compile(r"[ \t\n\v\f\r]+")
_COMMA = re.compile(r"[ \t\n\v\f\r]*,[ \t\n\v\f\r]*")
_LITERAL = re.compile(r"[0-9]{1,4000}")  # more digits than Python counts are no field
_STEP = re.compile(r"\*/([1-9][0-9]?)")
_RANGE = re.compile(r"([0-9]{1,4000})-([0-9]{1,4000})")
_RANGE_STEP = re.compile(r"([0-9]{1,4000})(?:-([0-9]{1,4000}))?/([1-9][0-9]?)")

Fail = Callable[[str], BadExpression]


@dataclass(frozen=True, slots=True)
class Oban:
    """The dialect of one version of Oban."""

    version: versions.Version

    @property
    def title(self) -> str:
        return "Oban" if self.version == _CURRENT else f"Oban {'.'.join(map(str, self.version))}"

    def parse(self, expression: str) -> Parsed:
        """The fields as Oban reads them. Raises BadExpression with Oban's message."""

        def fail(says: str) -> BadExpression:
            return BadExpression(expression, self.title, says)

        if expression == "@reboot":
            return Reboot()
        text = _NICKNAMES.get(expression, expression)
        if self.version < (2, 14):
            text = text.strip(" \t\n\v\f\r")
        parts = _split(text)
        if len(parts) != 5:
            raise fail(f"incorrect number of fields in expression: {expression}")
        read = dict(zip(("minutes", "hours", "days", "months", "weekdays"), parts, strict=True))
        read["months"] = _renamed(read["months"], _MONTHS)
        read["weekdays"] = _renamed(read["weekdays"], _WEEKDAYS)
        # the order decides which of several faults is named
        dates_first = self.version >= (2, 22, 1)
        order = ("days", "months", "minutes", "hours", "weekdays") if dates_first else tuple(read)
        sets = {}
        for name in order:
            sets[name] = self._field(read[name], _RANGES[name], fail)
            if dates_first and name == "months":
                self._occurs(sets["days"], sets["months"], parts[2], parts[3], fail)
        return Fields(
            sets["minutes"], sets["hours"], sets["days"], sets["months"], sets["weekdays"], texts=tuple(parts)
        )

    @staticmethod
    def _occurs(days: frozenset[int], months: frozenset[int], day: str, month: str, fail: Fail) -> None:
        if "*" not in (day, month) and not any(d <= _LONGEST[m] for m in months for d in days):
            raise fail(f'no day in "{day}" can occur in months "{month}"')

    def _field(self, field: str, allowed: range, fail: Fail) -> frozenset[int]:
        values: set[int] = set()
        outside = False
        for part in _COMMA.split(field):
            for value in self._part(part, allowed, fail):
                if value not in allowed:
                    outside = True
                    break
                values.add(value)
        if outside:
            colon = ":" if self.version >= (2, 17) else ""
            raise fail(f"expression field {field} is out of range{colon} {_elixir(allowed)}")
        return frozenset(values)

    def _part(self, part: str, allowed: range, fail: Fail) -> list[int] | range:
        if part == "*":
            return allowed
        if _LITERAL.fullmatch(part):
            return [int(part)]
        if match := _STEP.fullmatch(part):
            return self._every(allowed, int(match[1]))
        if match := _RANGE_STEP.fullmatch(part):
            if match[2] is None and self.version < (2, 9):
                raise fail(f"unrecognized cron expression: {part}")
            return self._every(self._range(match[1], match[2], allowed, fail), int(match[3]))
        if match := _RANGE.fullmatch(part):
            return self._range(match[1], match[2], allowed, fail)
        raise fail(f"unrecognized cron expression: {part}")

    def _every(self, values: range, step: int) -> list[int] | range:
        if self.version >= (2, 9):
            return values[::step]
        if len(values) > 100 * step:  # a value out of the field is among them: no need to list them all
            return [max(values) // step * step]
        return [value for value in values if value % step == 0]

    def _range(self, first: str, last: str | None, allowed: range, fail: Fail) -> range:
        low, high = int(first), allowed[-1] if last is None else int(last)
        if self.version >= (2, 22, 1):
            if low > high:
                raise fail(f"min ({low}) of range must be less than or equal to the max ({high})")
            if low < allowed[0] or high > allowed[-1]:
                part = first if last is None else f"{first}-{last}"
                raise fail(f"expression field {part} is out of range: {_elixir(allowed)}")
        if low <= high:
            return range(low, high + 1)
        if self.version >= (2, 17) and last is not None:
            raise fail(f"left side ({low}) of a range must be less than or equal to the right side ({high})")
        return range(low, high - 1, -1)  # Elixir's first..last counts down where first is the greater


def _split(text: str) -> list[str]:
    """``String.split(text, ~r/\\s+/, trim: true, parts: 5)``: leading blanks go, the fifth part is all the
    rest."""
    parts = _BLANK.split(text.lstrip(" \t\n\v\f\r"), maxsplit=4)
    return [part for part in parts if part]


def _renamed(field: str, names: dict[str, int]) -> str:
    """Oban replaces names in the text before it reads it: upper case only, and anywhere (``SUNMON`` is
    ``01``)."""
    for name, number in names.items():
        field = field.replace(name, str(number))
    return field


def _elixir(values: range) -> str:
    return f"{values[0]}..{values[-1]}"


def dialect(version: str | None) -> Oban:
    """Oban of a version (None: the current one)."""
    return Oban(_CURRENT if version is None else versions.parse(version, "Oban"))
