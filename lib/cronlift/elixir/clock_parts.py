"""What a job takes out of its own clock: a number (``now.year``, the day of the week) or the ISO text, which may stand
in the SQL itself (``"… WHERE day < '#{Date.utc_today()}'"``).

Sources: elixir lib/calendar/iso.ex (date_to_string/4, naive_datetime_to_string/8, datetime_to_string/12),
lib/calendar/date.ex (day_of_week/2, day_of_year/1, quarter_of_year/1). All of these values count as unknown wherever
nobody asks for more: no condition on them is decided, and no text is made of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pgparse

from cronlift.elixir import clock, clock_sql
from cronlift.elixir.immutable import immutable
from cronlift.elixir.values import Clock, Known, Unknown, Value
from cronlift.sql import encoding
from cronlift.sql.facts import walk

_DATE_FIELDS = ("year", "month", "day")
_TIME_FIELDS = ("hour", "minute", "second")
_NUMBERS = ("smallint", "integer", "bigint", "numeric", "real", "double precision")
_DML = {"SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt"}
_FRACTIONS = {0: "", 3: ".MS", 6: ".US"}


@immutable
class ClockField(Unknown):
    """A whole number of the clock: ``field`` as PostgreSQL's ``extract`` names it, ``plus`` a number."""

    clock: Clock
    field: str
    plus: int = 0


@immutable
class ClockText(Unknown):
    """The clock's ISO text; ``separator`` stands between day and time."""

    clock: Clock
    separator: str


@immutable
class ClockSql(Unknown):
    """A text with the clock's text in it."""

    parts: tuple[str | ClockText, ...]


@immutable
class QuotedClock(Value):
    """A literal of a statement that holds the clock's text and nothing else; it stands for a parameter."""

    text: ClockText


def field(of: Clock, name: str) -> ClockField | None:
    """``date.year`` and its like."""
    if of.type == "unix" or name not in (_DATE_FIELDS if of.type == "Date" else (*_DATE_FIELDS, *_TIME_FIELDS)):
        return None
    return ClockField("the clock", clock.truncated(of, 0) if name == "second" else of, name)


def number(of: Clock, name: str) -> ClockField:
    """A number of the day: ``isodow``, ``doy``, ``quarter``."""
    return ClockField("the clock", clock.to_date(of), name)


def text(of: Value, separator: str = " ") -> ClockText | None:
    """The ISO text of a clock; None for other values, and for a Unix time."""
    return ClockText("the clock", of, separator) if isinstance(of, Clock) and of.type != "unix" else None


def joined(parts: Sequence[str | Value]) -> ClockSql | None:
    """A text of known pieces and clocks; None where anything else is in it."""
    found = [p if isinstance(p, str | ClockText) else text(p) for p in parts]
    return None if None in found else ClockSql("the clock", tuple(p for p in found if p is not None))


def operator(op: str, left: Value, right: Value) -> ClockField | None:
    """A field with a whole number added or taken away."""
    if op == "+" and isinstance(right, ClockField):
        left, right = right, left
    whole = right.value if isinstance(right, Known) and type(right.value) is int else None
    if op not in ("+", "-") or not isinstance(left, ClockField) or whole is None:
        return None
    return ClockField(left.origin, left.clock, left.field, left.plus + (whole if op == "+" else -whole))


def as_parameters(value: ClockSql, given: int) -> tuple[str, tuple[QuotedClock, ...]] | None:
    """The statement with ``$n`` (after ``given`` others) for each literal that is a clock's text; None where one is
    a part of a literal, or stands elsewhere."""
    pieces, found = list(value.parts), [p for p in value.parts if isinstance(p, ClockText)]
    marks = [f"cronlift:{i}:clock" for i in range(len(found))]
    named = iter(marks)
    marked = "".join(p if isinstance(p, str) else next(named) for p in pieces)
    try:
        tree = list(walk(pgparse.parse(marked)))
        literals = [n["sval"]["sval"] for k, n in tree if k == "A_Const" and n.get("sval")]
        if any(_names_its_type(n, marks) for k, n in tree if k == "TypeCast"):
            return None
        if max((int(n.get("number", 0)) for k, n in tree if k == "ParamRef"), default=0) > given:
            return None  # the call fails: it gives fewer than the statement asks for
        sql = marked
        for number_, mark in enumerate(marks, start=given + 1):
            before, quoted, after = sql.partition(f"'{mark}'")
            if literals.count(mark) != 1 or not quoted or before[-1:].isalnum() or before[-1:] in ("_", "'", "&"):
                return None
            sql = f"{before}${number_}{after}"
        (statement,) = pgparse.parse(sql)
    except (pgparse.PGQueryError, ValueError):
        return None
    if next(iter(statement["stmt"])) not in _DML or any(mark in sql for mark in marks):
        return None
    return sql, tuple(QuotedClock(t) for t in found)


def _names_its_type(cast: dict[str, Any], marks: list[str]) -> bool:
    """``date '…'``: one of these literals, with its type before it, where no parameter may stand."""
    of = cast.get("arg", {}).get("A_Const", {})
    return of.get("sval", {}).get("sval") in marks and int(cast.get("typeName", {}).get("location", 0)) < int(
        of.get("location", 0)
    )


# ── as SQL ──
def field_sql(value: ClockField) -> dict[str, str]:
    """The field's expression for each type it can be sent as (postgrex encodes a whole number for any of these)."""
    source = clock_sql.write(value.clock, "date" if value.clock.type == "Date" else "timestamp")
    plus = f" {'+' if value.plus > 0 else '-'} {abs(value.plus)}" if value.plus else ""
    return {t: f"(extract({value.field} FROM {source})::{t}{plus})" for t in _NUMBERS}


def texts_sql(value: ClockText) -> dict[str, str]:
    """The text's expression for each type it can be sent as."""
    return dict.fromkeys(("text", "character varying"), text_sql(value))


def text_sql(value: ClockText) -> str:
    """The text's expression."""
    if value.clock.type == "Date":
        return f"to_char({clock_sql.write(value.clock, 'date')}, 'YYYY-MM-DD')"
    zone = '"Z"' if value.clock.type == "DateTime" else ""
    between = '"T"' if value.separator == "T" else value.separator
    source = clock_sql.write(_naive(value.clock), "timestamp")
    return f"to_char({source}, 'YYYY-MM-DD{between}HH24:MI:SS{_FRACTIONS[value.clock.precision]}{zone}')"


def is_text(type_name: str | None) -> bool:
    """Whether a parameter of that type (None: not known) takes a text."""
    return type_name is None or not encoding.raises("string", encoding.base_type(type_name))


def literal_sql(value: QuotedClock) -> dict[str, str]:
    """What the literal means, for each type its column may have. A text without a zone is no instant: what it means
    as timestamptz is up to the session."""
    taken = value.text.clock
    day = Clock(type="NaiveDateTime", steps=taken.steps, precision=0, read=taken.read)
    found = {
        "date": clock_sql.write(clock.to_date(taken), "date"),
        "timestamp": clock_sql.write(day if taken.type == "Date" else _naive(taken), "timestamp"),
    }
    if taken.type == "DateTime":
        found["timestamptz"] = clock_sql.write(taken, "timestamptz")
    return {t: clock_sql.operand(sql) for t, sql in found.items()} | texts_sql(value.text)


def _naive(of: Clock) -> Clock:
    return Clock(type="NaiveDateTime", steps=of.steps, precision=of.precision, read=of.read)
