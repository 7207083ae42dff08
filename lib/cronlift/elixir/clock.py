"""The run's own clock as a value: what Elixir's calendar functions make of "now", kept as a chain of operations.

Sources: elixir lib/calendar/{datetime,naive_datetime,date,duration}.ex, lib/system.ex; otp lib/stdlib/src/timer.erl;
timex lib/timex.ex, lib/time/duration.ex. Only UTC is followed: a function that reads the machine's own zone, or is
given another one, has an unknown result. ``clock_sql`` writes a chain as PostgreSQL's expression.
"""

from __future__ import annotations

from dataclasses import replace

from cronlift.elixir.syntax import Atom
from cronlift.elixir.values import (
    Clock,
    ClockStep,
    Known,
    TupleValue,
    Value,
)

# A day is 86,400 seconds for DateTime.add and for DateTime.shift in UTC (elixir lib/calendar/iso.ex).
MICROSECONDS = {
    "microsecond": 1, "millisecond": 1_000, "second": 1_000_000, "minute": 60_000_000, "hour": 3_600_000_000,
    "day": 86_400_000_000, "week": 604_800_000_000,
}  # fmt: skip
MONTHS = {"month": 1, "year": 12}
DIGITS = {"second": 0, "millisecond": 3, "microsecond": 6}
UTC = ("Etc/UTC", "UTC")
_NIL = Known(None)


# ── building chains ──
def now(type_: str, place: str, precision: int = 6) -> Clock:
    """The clock read at ``place`` as a DateTime, NaiveDateTime or Date, in UTC."""
    clock = Clock("DateTime", (), 6, place)
    if type_ == "Date":
        return to_date(clock)
    return truncated(replace(clock, type=type_), precision)  # type: ignore[arg-type]


def truncated(clock: Clock, precision: int) -> Clock:
    """The clock cut (never rounded) to so many digits of a second: 0 or 3, or 6 for all it has."""
    if precision >= clock.precision or clock.type in ("Date", "unix"):
        return clock
    unit = {0: "second", 3: "millisecond"}[precision]
    return replace(stepped(clock, ClockStep("floor", unit=unit)), precision=precision)


def to_date(clock: Clock) -> Clock:
    """The day in UTC, as a Date."""
    return clock if clock.type == "Date" else replace(floor(clock, "day"), type="Date", precision=0)


def as_type(clock: Clock, type_: str) -> Clock | None:
    """The same instant as a DateTime or NaiveDateTime (both UTC); None where it is neither."""
    if clock.type not in ("DateTime", "NaiveDateTime") or type_ not in ("DateTime", "NaiveDateTime"):
        return None
    return replace(clock, type=type_)  # type: ignore[arg-type]


def shifted(clock: Clock, amount: int, unit: str) -> Clock | None:
    """The clock moved by an exact duration or by calendar months; None for a unit that does not fit."""
    if unit in MONTHS:
        step = ClockStep("months", amount * MONTHS[unit])
    elif unit in MICROSECONDS:
        if clock.type == "Date" and unit not in ("day", "week"):
            return None
        step = ClockStep("shift", amount * MICROSECONDS[unit])
    else:
        return None
    digits = DIGITS.get(unit, 0)
    return replace(stepped(clock, step), precision=max(clock.precision, digits) if clock.type != "Date" else 0)


def floor(clock: Clock, unit: str) -> Clock:
    """The beginning of the unit (week: Monday) the clock is in."""
    return stepped(clock, ClockStep("floor", unit=unit))


def stepped(clock: Clock, step: ClockStep) -> Clock:
    if step.op in ("shift", "months") and step.amount == 0:
        return clock
    last = clock.steps[-1] if clock.steps else None
    if last and last.op == step.op and step.op in ("shift", "months"):
        total = last.amount + step.amount
        # Two steps of months are not one: each ends on the last day of a shorter month.
        if step.op == "shift":
            kept = clock.steps[:-1]
            return replace(clock, steps=(*kept, ClockStep("shift", total)) if total else kept)
    return replace(clock, steps=(*clock.steps, step))


# ── what is known of arguments ──
def integer(value: Value) -> int | None:
    number = value.value if isinstance(value, Known) else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def atom_name(value: Value) -> str | None:
    return value.value.name if isinstance(value, Known) and isinstance(value.value, Atom) else None


def string(value: Value) -> str | None:
    return value.value if isinstance(value, Known) and isinstance(value.value, str) else None


def update(clock: Clock, changes: dict[str, Value]) -> Clock | None:
    """``%{clock | microsecond: {0, 0}}``: clear where every smaller field is set to its beginning as well."""
    digits = None
    match changes.get("microsecond"):
        case TupleValue(items=(first, second)) if integer(first) == 0:
            digits = integer(second)
    given = set(changes) - {"microsecond"}
    if digits not in (0, 3, 6) or clock.type not in ("DateTime", "NaiveDateTime"):
        return None
    if any(integer(changes[name]) != 0 for name in given):
        return None
    for unit, fields in _SMALLER.items():
        if given == set(fields):
            return replace(floor(clock, unit), precision=digits)
    return None


_SMALLER = {
    "second": (), "minute": ("second",), "hour": ("second", "minute"), "day": ("second", "minute", "hour")
}  # fmt: skip


def operator(op: str, left: Value, right: Value) -> Value | None:
    """``+`` and ``-`` of a Unix time and a whole number."""
    if op == "+" and isinstance(right, Clock):
        left, right = right, left
    number = integer(right)
    if op not in ("+", "-") or not isinstance(left, Clock) or left.type != "unix" or number is None:
        return None
    unit = {digits: name for name, digits in DIGITS.items()}[left.precision]
    return shifted(left, number if op == "+" else -number, unit)
