"""A clock's chain of operations as PostgreSQL's expression for a type; the session's time zone never counts.

Rules: a ``timestamp`` column of Ecto's holds UTC, so its now is ``now() AT TIME ZONE 'UTC'``; DateTime.add's day is
86,400 seconds, which on ``timestamptz`` is ``interval '24 hours'`` (a day there follows the session's daylight saving
time, manual 9.9); ``date_trunc`` of a date would go through the session's zone, so days are cut as timestamps. What
each type takes is what Postgrex encodes for it (postgrex lib/postgrex/extensions/{timestamp,timestamptz,date}.ex).
"""

from __future__ import annotations

from dataclasses import dataclass

from cronlift.elixir.values import Clock, ClockStep, Fixed

_DAY = 86_400_000_000
_UNITS = {"millisecond": "milliseconds"}  # date_trunc's name (manual 9.9.2), where it is another
_EXACT = ("second", "millisecond", "minute")  # cutting to these is the same in every time zone
_UTC_NOW = "now() AT TIME ZONE 'UTC'"
_NAMES = {
    "timestamp without time zone": "timestamp", "timestamp": "timestamp", "timestamp with time zone": "timestamptz",
    "timestamptz": "timestamptz", "date": "date", "time without time zone": "time", "time": "time",
    "bigint": "bigint", "int8": "bigint", "integer": "integer", "int4": "integer", "int": "integer",
    "numeric": "numeric", "double precision": "double precision", "float8": "double precision",
}  # fmt: skip
_NUMBERS = ("bigint", "integer", "numeric", "double precision")
_TAKES = {
    "DateTime": ("timestamp", "timestamptz"), "NaiveDateTime": ("timestamp",), "Date": ("date",), "Time": ("time",),
    "unix": _NUMBERS,
}  # fmt: skip


class NotWritable(ValueError):
    """The value has no expression of that type: the application's own call would fail, or the type is not known."""


def types_of(value: Clock | Fixed) -> tuple[str, ...]:
    """The PostgreSQL types a parameter with this value may have, by their short names."""
    if isinstance(value, Clock) and value.type == "unix" and value.precision:
        return tuple(t for t in _NUMBERS if t != "integer")  # milliseconds since 1970 do not fit
    return _TAKES[value.type]


def type_name(name: str) -> str | None:
    """The short name of a type as PostgreSQL or a statement writes it, without its precision; None for one that holds
    neither time nor number."""
    base = name.strip().lower().removeprefix("pg_catalog.")
    before, paren, after = base.partition("(")
    rest = after.partition(")")[2] if paren else ""
    return _NAMES.get(" ".join(f"{before} {rest}".split()))


def write(value: Clock | Fixed, target: str) -> str:
    """The expression of type ``target`` (any spelling of the type). Raises NotWritable where there is none."""
    name = type_name(target)
    if name is None or name not in types_of(value):
        raise NotWritable(f"a {_words(value)} cannot be sent as {target}")
    if isinstance(value, Fixed):
        text = value.text.removesuffix("Z")
        return f"timestamptz '{text}+00'" if name == "timestamptz" else f"{name} '{text}'"
    if name == "timestamptz":
        return _instant(value)
    if name == "date":
        return _as_date(_chain(value.steps))
    if name == "timestamp":
        return _as_timestamp(_chain(value.steps))
    return _unix(value, name)


def _words(value: Clock | Fixed) -> str:
    return "Unix time" if value.type == "unix" else value.type


@dataclass(frozen=True)
class _Naive:
    """An expression of type timestamp in UTC; ``day`` says that it is a whole day, held as a date."""

    sql: str
    day: bool = False
    cut: str = ""


def _chain(steps: tuple[ClockStep, ...]) -> _Naive:
    at = _Naive(_UTC_NOW)
    for step in steps:
        at = _apply(at, step)
    return at


def _apply(at: _Naive, step: ClockStep) -> _Naive:
    if step.op == "floor" and step.unit == "day":
        return _Naive(f"{operand(at.sql)}::date", day=True, cut=at.sql) if not at.day else at
    if step.op == "floor":
        return _Naive(
            f"date_trunc('{_UNITS.get(step.unit, step.unit)}', {_as_timestamp(at) if not at.cut else at.cut})"
        )
    if step.op == "shift" and at.day and step.amount % _DAY == 0:
        days = step.amount // _DAY
        return _Naive(f"{at.sql} {'+' if days > 0 else '-'} {abs(days)}", day=True)
    return _Naive(f"{operand(_as_timestamp(at))} {_interval(step, exact=False)}")


def _as_timestamp(at: _Naive) -> str:
    if not at.day:
        return at.sql
    return f"date_trunc('day', {at.cut})" if at.cut else f"{operand(at.sql)}::timestamp"


def _as_date(at: _Naive) -> str:
    return at.sql if at.day else f"{operand(at.sql)}::date"


def _instant(clock: Clock) -> str:
    exact = all(s.op == "shift" or (s.op == "floor" and s.unit in _EXACT) for s in clock.steps)
    if not exact:
        return f"{operand(_as_timestamp(_chain(clock.steps)))} AT TIME ZONE 'UTC'"
    sql = "now()"
    for step in clock.steps:
        shift = f"{operand(sql)} {_interval(step, exact=True)}"
        sql = f"date_trunc('{_UNITS.get(step.unit, step.unit)}', {sql})" if step.op == "floor" else shift
    return sql


def _unix(clock: Clock, name: str) -> str:
    # Cut already, so that the number is whole: the cast does not round.
    factor = {0: "", 3: " * 1000", 6: " * 1000000"}[clock.precision]
    seconds = f"extract(epoch FROM {_instant(clock)}){factor}"
    return f"({seconds})::{name}" if factor else f"{seconds}::{name}"


def operand(sql: str) -> str:
    """The expression with parentheses, unless it is one call."""
    simple = sql == "now()" or (sql.startswith("date_trunc(") and sql.endswith(")") and _closes_last(sql))
    return sql if simple else f"({sql})"


def _closes_last(sql: str) -> bool:
    """Whether the first parenthesis is closed by the last character."""
    depth = 0
    for i, c in enumerate(sql):
        depth += (c == "(") - (c == ")")
        if c == ")" and depth == 0:
            return i == len(sql) - 1
    return False


def _interval(step: ClockStep, *, exact: bool) -> str:
    """``- interval '7 days'``; ``exact``: in units that no calendar changes."""
    sign, amount = ("-", -step.amount) if step.amount < 0 else ("+", step.amount)
    if step.op == "months":
        years, months = divmod(amount, 12)
        return f"{sign} interval '{_count(years, 'year') if not months else _count(amount, 'month')}'"
    units = [("hour", 3_600_000_000), ("minute", 60_000_000), ("second", 1_000_000)]
    if not exact:
        units.insert(0, ("day", _DAY))
    for name, size in units:
        if amount % size == 0:
            return f"{sign} interval '{_count(amount // size, name)}'"
    seconds, rest = divmod(amount, 1_000_000)
    return f"{sign} interval '{seconds}.{rest:06} seconds'"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
