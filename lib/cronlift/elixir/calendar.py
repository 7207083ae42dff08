"""Elixir's calendar and clock functions on the run's own clock: each by module and name, with what it makes of it.

Sources: elixir lib/calendar/{datetime,naive_datetime,date,duration}.ex, lib/system.ex; otp lib/stdlib/src/timer.erl;
timex lib/timex.ex, lib/time/duration.ex. Only UTC is followed: a function that reads the machine's own zone, or is
given another one, has an unknown result.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from cronlift.elixir import clock_parts
from cronlift.elixir.clock import (
    DIGITS,
    MICROSECONDS,
    MONTHS,
    as_type,
    atom_name,
    floor,
    integer,
    now,
    shifted,
    stepped,
    string,
    to_date,
    truncated,
)
from cronlift.elixir.syntax import Atom
from cronlift.elixir.values import (
    Clock,
    ClockStep,
    Fixed,
    Known,
    ListValue,
    MapValue,
    TupleValue,
    Value,
    atom,
    keyword_items,
)

_UTC = ("Etc/UTC", "UTC")


def evaluate(module: str, name: str, args: tuple[Value, ...], place: str) -> Value | None:
    """The result of a calendar or clock function; None where it is not one, or the result is not known.

    ``place`` (``file:line``) says where the clock was read: two reads are two instants to the application.
    """
    if (module, name) in _READS:
        return _READS[(module, name)](args, place)
    function = _FUNCTIONS.get((module, name))
    if function is None:
        return None
    try:
        return function(*args)
    except TypeError:  # a number of arguments that this reading of the function does not have
        return None


# ── reading the clock ──
def _utc_now(type_: str) -> Callable[[tuple[Value, ...], str], Value | None]:
    def read(args: tuple[Value, ...], place: str) -> Value | None:
        if not args:
            return now(type_, place)
        unit = atom_name(args[0])  # a calendar's module is no atom of ours
        return now(type_, place, DIGITS[unit]) if len(args) == 1 and unit in DIGITS else None

    return read


def _zone_now(*, bang: bool) -> Callable[[tuple[Value, ...], str], Value | None]:
    def read(args: tuple[Value, ...], place: str) -> Value | None:
        if len(args) != 1 or string(args[0]) not in _UTC:
            return None
        found = now("DateTime", place)
        return found if bang else TupleValue((atom("ok"), found))

    return read


def _system_time(args: tuple[Value, ...], place: str) -> Value | None:
    unit = atom_name(args[0]) if len(args) == 1 else None
    return _to_unix(now("DateTime", place), args[0]) if unit in DIGITS else None


def _only(type_: str) -> Callable[[tuple[Value, ...], str], Value | None]:
    return lambda args, place: now(type_, place) if not args else None


_READS: dict[tuple[str, str], Callable[[tuple[Value, ...], str], Value | None]] = {
    ("DateTime", "utc_now"): _utc_now("DateTime"),
    ("NaiveDateTime", "utc_now"): _utc_now("NaiveDateTime"),
    ("Date", "utc_today"): _only("Date"),
    ("DateTime", "now"): _zone_now(bang=False),
    ("DateTime", "now!"): _zone_now(bang=True),
    ("System", "os_time"): _system_time,
    ("System", "system_time"): _system_time,
    (":os", "system_time"): _system_time,
    (":erlang", "system_time"): _system_time,
    ("Timex", "now"): _only("DateTime"),
    ("Timex", "today"): _only("Date"),
}


def _taken_by(module: str, value: Value) -> Clock | None:
    """What a module's functions make of a clock they are given: NaiveDateTime and Date take richer ones and leave the
    rest out, DateTime only its own, Timex any."""
    if not isinstance(value, Clock) or value.type == "unix":
        return None
    if module == "Date":
        return to_date(value)
    if module == "NaiveDateTime":
        return as_type(value, "NaiveDateTime")
    return value if module == "Timex" or value.type == "DateTime" else None


def _on(module: str, function: Callable[..., Value | None]) -> Callable[..., Value | None]:
    """``module``'s function on a clock: its first argument is what the module takes it for."""

    def called(clock: Value, *args: Value) -> Value | None:
        taken = _taken_by(module, clock)
        return None if taken is None else function(taken, *args)

    return called


def _durations(value: Value, *, plural: bool = False) -> dict[str, int] | None:
    """``[day: -7]``, ``%Duration{day: -7}`` or (``plural``) Timex's ``[days: -7]``: whole numbers by singular unit."""
    if isinstance(value, MapValue) and value.struct == "Duration" and not value.open:
        found = {name: v for k, v in value.pairs if (name := atom_name(k))}
    else:
        found = keyword_items(value) or {}
        if isinstance(value, ListValue) and len(found) != len(value.items):
            return None  # a unit twice: the first one counts in some functions, the last one in others
    if not found or any(name.endswith("s") is not plural for name in found):
        return None
    numbers = {name.removesuffix("s"): integer(v) for name, v in found.items()}
    return None if None in numbers.values() else {name: n for name, n in numbers.items() if n is not None}


# ── moving ──
def _add(clock: Clock, amount: Value, unit: Value = Known(Atom("second"))) -> Value | None:  # noqa: B008 (frozen)
    number, name = integer(amount), atom_name(unit)
    # week is no unit of add/3 (elixir lib/calendar/iso.ex: System.time_unit, :day, :hour, :minute)
    if number is None or name not in MICROSECONDS or name == "week":
        return None
    return shifted(clock, number, name)


def _date_add(clock: Clock, days: Value) -> Value | None:
    number = integer(days)
    return None if number is None else shifted(clock, number, "day")


def _shift(clock: Clock, duration: Value) -> Value | None:
    """``shift/2``: months first, then what is exact (elixir lib/calendar/iso.ex, shift_naive_datetime)."""
    parts = _durations(duration)
    if parts is None or not set(parts) <= {*MONTHS, *MICROSECONDS} - {"millisecond", "microsecond"}:
        return None
    if len(MONTHS.keys() & parts.keys()) > 1:
        return None
    moved: Clock | None = clock
    for unit, number in sorted(parts.items(), key=lambda p: p[0] not in MONTHS):
        moved = shifted(moved, number, unit) if moved is not None else None
    return moved


def _timex_shift(clock: Clock, options: Value) -> Value | None:
    """Timex moves by one unit after the other in an order of its own: one at a time is clear."""
    parts = _durations(options, plural=True)
    if parts is None or len(parts) != 1:
        return None
    ((unit, number),) = parts.items()
    return shifted(clock, number, unit)


def _timex_add(sign: int) -> Callable[..., Value | None]:
    def add(clock: Clock, duration: Value) -> Value | None:
        match duration:
            case TupleValue(items=(Known(value=Atom(name=name)), amount)) if name == _TIMEX_DURATION:
                number = integer(amount)
                if number is None or clock.type == "Date":
                    return None
                unit = "microsecond" if number % 1_000_000 else "second"
                return shifted(clock, sign * number // MICROSECONDS[unit], unit)
        return None

    return add


# Timex's durations are held as a tuple no source can write: its tag has a blank in it.
_TIMEX_DURATION = "timex duration"


def _timex_duration(unit: str) -> Callable[..., Value | None]:
    def make(amount: Value) -> Value | None:
        number = integer(amount)
        return None if number is None else TupleValue((atom(_TIMEX_DURATION), Known(number * MICROSECONDS[unit])))

    return make


def _duration_new(parts: Value) -> Value | None:
    found = keyword_items(parts)
    if found is None or _durations(parts) is None:
        return None
    return MapValue(tuple((atom(k), v) for k, v in found.items()), struct="Duration")


# ── cutting ──
def _truncate(clock: Clock, unit: Value) -> Value | None:
    name = atom_name(unit)
    return truncated(clock, DIGITS[name]) if name in DIGITS else None


def _beginning(unit: str) -> Callable[..., Value | None]:
    return lambda clock: floor(clock, unit)


def _end(unit: str) -> Callable[..., Value | None]:
    """The last day of a Date's month or week: the next one's first, less a day."""

    def last(clock: Clock) -> Value | None:
        ahead = shifted(floor(clock, unit), 1, unit)
        return shifted(ahead, -1, "day") if ahead else None

    return last


def _timex_beginning(unit: str) -> Callable[..., Value | None]:
    return lambda clock: replace(floor(clock, unit), precision=0)


# ── changing the type ──
def _to_naive(clock: Clock) -> Value | None:
    return as_type(clock, "NaiveDateTime")


def _from_naive(clock: Value, zone: Value) -> Value | None:
    if not (isinstance(clock, Clock) and clock.type == "NaiveDateTime" and string(zone) in _UTC):
        return None
    return as_type(clock, "DateTime")


def _in_utc(clock: Clock, zone: Value) -> Value | None:
    return clock if string(zone) in _UTC else None


_TIME = re.compile(r"(\d\d):(\d\d):(\d\d)(?:\.(\d{1,6}))?")


def _at(type_: str) -> Callable[..., Value | None]:
    """A date with a time of day: ``DateTime.new!(date, ~T[03:00:00])``."""

    def make(date: Value, time: Value, zone: Value = Known("Etc/UTC")) -> Value | None:  # noqa: B008 (frozen)
        match = _TIME.fullmatch(time.text) if isinstance(time, Fixed) and time.type == "Time" else None
        if not (isinstance(date, Clock) and date.type == "Date" and match) or string(zone) not in _UTC:
            return None
        hours, minutes, seconds, fraction = match.groups()
        part = int((fraction or "0").ljust(6, "0"))
        amount = ((int(hours) * 60 + int(minutes)) * 60 + int(seconds)) * 1_000_000 + part
        instant = replace(date, type="DateTime" if type_ == "DateTime" else "NaiveDateTime")
        return replace(stepped(instant, ClockStep("shift", amount)), precision=len(fraction or ""))

    return make


def _to_unix(clock: Value, unit: Value = Known(Atom("second"))) -> Value | None:  # noqa: B008 (frozen)
    name = atom_name(unit)
    if not (isinstance(clock, Clock) and clock.type == "DateTime") or name not in DIGITS:
        return None
    cut = truncated(clock, DIGITS[name])
    return replace(cut, type="unix", precision=DIGITS[name])


def _from_unix(clock: Value, unit: Value = Known(Atom("second"))) -> Value | None:  # noqa: B008 (frozen)
    name = atom_name(unit)
    if not (isinstance(clock, Clock) and clock.type == "unix") or name is None or DIGITS.get(name) != clock.precision:
        return None
    return replace(clock, type="DateTime")


def _erl(clock: Clock) -> Value:
    """``{year, month, day}``."""
    fields = [clock_parts.field(clock, name) for name in ("year", "month", "day")]
    return TupleValue(tuple(f for f in fields if f is not None))


def _milliseconds(factor: int) -> Callable[..., Value | None]:
    def count(amount: Value) -> Value | None:
        number = integer(amount)
        return None if number is None else Known(number * factor)

    return count


def _hms(hours: Value, minutes: Value, seconds: Value) -> Value | None:
    h, m, s = integer(hours), integer(minutes), integer(seconds)
    return None if h is None or m is None or s is None else Known(((h * 60 + m) * 60 + s) * 1_000)


def _to_timeout(parts: Value) -> Value | None:
    """``to_timeout(hour: 1)`` in milliseconds (elixir lib/kernel.ex)."""
    units = _durations(parts)
    if units is None or not set(units) <= set(MICROSECONDS) - {"microsecond"} or min(units.values()) < 0:
        return None
    return Known(sum(n * MICROSECONDS[u] // 1_000 for u, n in units.items()))


def _ok(function: Callable[..., Value | None]) -> Callable[..., Value | None]:
    """The function without ``!``: its result in ``{:ok, …}``."""

    def wrapped(*args: Value) -> Value | None:
        found = function(*args)
        return None if found is None else TupleValue((atom("ok"), found))

    return wrapped


_INSTANTS = ("DateTime", "NaiveDateTime")
_FUNCTIONS: dict[tuple[str, str], Callable[..., Value | None]] = {
    **{(m, "add"): _on(m, _add) for m in _INSTANTS},
    **{(m, "truncate"): _on(m, _truncate) for m in _INSTANTS},
    **{(m, "shift"): _on(m, _shift) for m in (*_INSTANTS, "Date")},
    **{(m, "to_date"): _on(m, to_date) for m in (*_INSTANTS, "Timex")},
    **{(m, "to_iso8601"): _on(m, lambda clock: clock_parts.text(clock, "T")) for m in (*_INSTANTS, "Date")},
    **{(m, "to_string"): _on(m, clock_parts.text) for m in (*_INSTANTS, "Date")},
    ("Kernel", "to_string"): clock_parts.text,
    ("Date", "to_erl"): _on("Date", _erl),
    ("Date", "day_of_week"): _on("Date", lambda clock: clock_parts.number(clock, "isodow")),
    ("Date", "day_of_year"): _on("Date", lambda clock: clock_parts.number(clock, "doy")),
    ("Date", "quarter_of_year"): _on("Date", lambda clock: clock_parts.number(clock, "quarter")),
    ("Date", "add"): _on("Date", _date_add),
    ("Date", "beginning_of_month"): _on("Date", _beginning("month")),
    ("Date", "beginning_of_week"): _on("Date", _beginning("week")),
    ("Date", "end_of_month"): _on("Date", _end("month")),
    ("Date", "end_of_week"): _on("Date", _end("week")),
    ("NaiveDateTime", "beginning_of_day"): _on("NaiveDateTime", _beginning("day")),
    ("DateTime", "to_naive"): _on("DateTime", _to_naive),
    ("Timex", "to_naive_datetime"): _on("Timex", _to_naive),
    ("DateTime", "from_naive!"): _from_naive,
    ("DateTime", "from_naive"): _ok(_from_naive),
    ("DateTime", "shift_zone!"): _on("DateTime", _in_utc),
    ("DateTime", "shift_zone"): _ok(_on("DateTime", _in_utc)),
    ("DateTime", "new!"): _at("DateTime"),
    ("DateTime", "new"): _ok(_at("DateTime")),
    ("NaiveDateTime", "new!"): lambda date, time: _at("NaiveDateTime")(date, time),
    ("NaiveDateTime", "new"): lambda date, time: _ok(_at("NaiveDateTime"))(date, time),
    ("DateTime", "to_unix"): _to_unix,
    ("Timex", "to_unix"): lambda clock: _to_unix(clock),
    ("DateTime", "from_unix!"): _from_unix,
    ("DateTime", "from_unix"): _ok(_from_unix),
    ("Duration", "new!"): _duration_new,
    ("Timex", "shift"): _on("Timex", _timex_shift),
    ("Timex", "add"): _on("Timex", _timex_add(1)),
    ("Timex", "subtract"): _on("Timex", _timex_add(-1)),
    **{("Timex", f"beginning_of_{u}"): _on("Timex", _timex_beginning(u)) for u in ("day", "month", "year")},
    **{("Timex.Duration", f"from_{u}s"): _timex_duration(u) for u in MICROSECONDS},
    (":timer", "seconds"): _milliseconds(1_000),
    (":timer", "minutes"): _milliseconds(60_000),
    (":timer", "hours"): _milliseconds(3_600_000),
    (":timer", "hms"): _hms,
    ("Kernel", "to_timeout"): _to_timeout,
}
