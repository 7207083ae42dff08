"""A model that shares no line with cronlift: it reads expressions its own way and walks through every minute.

Only what the tests feed it is read: Oban's texts of ``oban_expressions.py``, plain numeric pg_cron texts, and the first
line of a guard.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

Test = Callable[[datetime], bool]
_NICKNAMES = {"@daily": "0 0 * * *", "@hourly": "0 * * * *", "@weekly": "0 0 * * 0", "@monthly": "0 0 1 * *"}
_NICKNAMES["@yearly"] = "0 0 1 1 *"
_NAMES = (
    ("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"),
    ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"),
)
_LIMITS = [(0, 59), (0, 23), (1, 31), (1, 12), (0, 7)]


def _values(text: str, low: int, high: int) -> list[int]:
    found = []
    for item in text.split(","):
        span, _, step = item.partition("/")
        first, dash, last = span.partition("-")
        start, end = (low, high) if first == "*" else (int(first), int(last) if dash else high if step else int(first))
        found += [value for value in range(start, end + 1) if (value - start) % int(step or 1) == 0]
    return found


def oban(expression: str) -> Test:
    """Whether Oban fires at a local time: all five fields must hold."""
    fields = _NICKNAMES.get(expression, expression).split()
    for number, name in enumerate(_NAMES[0]):
        fields[4] = fields[4].replace(name, str(number))
    for number, name in enumerate(_NAMES[1], 1):
        fields[3] = fields[3].replace(name, str(number))
    limits = [*_LIMITS[:4], (0, 6)]
    minutes, hours, days, months, weekdays = (_values(f, *limit) for f, limit in zip(fields, limits, strict=True))
    return lambda t: (
        t.minute in minutes
        and t.hour in hours
        and t.day in days
        and t.month in months
        and t.isoweekday() % 7 in weekdays
    )


def pg_cron(expression: str) -> Test:
    """Whether released pg_cron fires at a local time: a leading star joins day and weekday by AND, else OR."""
    fields = expression.split()
    minutes, hours, days, months, weekdays = (_values(f, *limit) for f, limit in zip(fields, _LIMITS, strict=True))
    star = fields[2].startswith("*") or fields[4].startswith("*")

    def fires(t: datetime) -> bool:
        if t.minute not in minutes or t.hour not in hours or t.month not in months:
            return False
        day = t.day in days
        weekday = t.isoweekday() in weekdays or t.isoweekday() % 7 in weekdays
        return (day and weekday) if star else (day or weekday)

    return fires


def guard(sql: str | None) -> Test:
    """What the guard's first line asks of the tick."""
    if sql is None:
        return lambda t: True
    condition = sql.splitlines()[0].removeprefix("(SELECT ")
    parts = re.findall(
        r"extract\((\w+) FROM .*?\) (= \d+|BETWEEN \d+ AND \d+|IN \([\d, ]+\))(?= AND extract|$)", condition
    )
    assert parts and condition.count("extract(") == len(parts), condition
    tests: list[tuple[str, set[int]]] = []
    for name, rest in parts:
        numbers = [int(n) for n in re.findall(r"\d+", rest)]
        tests.append((name, set(range(numbers[0], numbers[1] + 1)) if "BETWEEN" in rest else set(numbers)))
    return lambda t: all(
        (t.isoweekday() % 7 if name == "dow" else getattr(t, name)) in allowed for name, allowed in tests
    )


def minutes(first: datetime, days: int) -> Iterator[datetime]:
    """Every minute of so many days, in UTC."""
    for number in range(days * 1440):
        yield first + timedelta(minutes=number)


def disagreement(
    expression: str, zone: str, text: str, sql: str | None, first: datetime, days: int, cron_zone: str = "UTC"
) -> datetime | None:
    """The first minute at which Oban in its zone and the guarded pg_cron entry differ; None: they agree."""
    app, cron, passes = oban(expression), pg_cron(text), guard(sql)
    where, there = ZoneInfo(zone), ZoneInfo(cron_zone)
    for moment in minutes(first.astimezone(UTC), days):
        local = moment if zone == "UTC" else moment.astimezone(where)
        cron_local = moment if cron_zone == "UTC" else moment.astimezone(there)
        if app(local) != (cron(cron_local) and passes(local)):
            return moment
    return None
