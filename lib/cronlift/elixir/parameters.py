"""The bound parameters of a statement as SQL: literals, and expressions of the run's own clock."""

from __future__ import annotations

import json
import math

from cronlift.elixir import clock_sql
from cronlift.elixir.clock_parts import (
    ClockField,
    ClockText,
    QuotedClock,
    field_sql,
    is_text,
    literal_sql,
    texts_sql,
)
from cronlift.elixir.trace import SqlEvent
from cronlift.elixir.values import (
    Binary,
    Clock,
    DecimalNumber,
    Fixed,
    Known,
    ListValue,
    MapValue,
    Typed,
    Value,
    origin,
    to_json_like,
)
from cronlift.model.verdict import Parameter, Reason
from cronlift.sql import encoding
from cronlift.sql.facts import Facts
from cronlift.sql.parameter_types import ColumnType, parameter_types


def is_writable(value: Value) -> bool:
    """Whether a value has a text in SQL, whatever the type."""
    return (
        isinstance(value, ClockField | ClockText | QuotedClock | Clock | Fixed | Typed | Binary | DecimalNumber)
        or literal(value) is not None
    )


def parameters(event: SqlEvent, known: Facts, columns: ColumnType) -> tuple[tuple[Parameter, ...], list[Reason]]:
    """An event's parameters as SQL, and why some are not; ``columns`` tells the types of the application's columns."""
    assert event.sql is not None
    found: list[Parameter] = []
    reasons: list[Reason] = []

    def reason(code: str, text: str) -> None:
        reasons.append(Reason(code=code, text=text, file=event.span.file, line=event.span.line))

    place = f"{event.span.file}:{event.span.line}"
    untyped = any(not isinstance(v, Typed) for v in event.parameters)
    types = parameter_types(event.sql, columns) if untyped else {}
    for position, value in enumerate(event.parameters, start=1):
        told = types.get(position)
        if isinstance(value, Typed):
            told, value = value.type, value.value
        elif told and (kind := _refused(value, told)):
            fails = f"parameter ${position} is {kind} where the statement takes {told}: the app's call fails"
            reason("parameter-type", fails)
            continue
        if isinstance(value, MapValue) and told in ("json", "jsonb") and (document := _json(value)):
            found.append(Parameter(position=position, sql=document, origin=place, by_type={told: document}))
            continue
        if isinstance(value, DecimalNumber) and encoding.base_type(told or "numeric") == "numeric":
            number = f"(numeric '{value.text}')"
            found.append(Parameter(position=position, sql=number, origin=place, by_type={"numeric": number}))
            continue
        if isinstance(value, ClockField | ClockText | QuotedClock):
            part, code, doubt = _part_of_clock(position, value, told)
            if part:
                found.append(part)
            if doubt:
                reason(code, doubt)
            continue
        if isinstance(value, Clock | Fixed):
            parameter, code, why = _timed(position, value, told, place)
            if parameter:
                found.append(parameter)
            if why:
                reason(code, why)
            continue
        if isinstance(value, Binary):
            by_type = _bytes(value)
            shown = by_type.get(told or "", by_type["bytea"])
            if told not in by_type:
                reason("parameter-type-unknown", f"parameter ${position} is bytes: the type of its column is not known")
            found.append(Parameter(position=position, sql=shown, origin=place, by_type=by_type))
            continue
        text = literal(value)
        if text is None:
            words = origin((value,))
            why = "a value SQL has no literal for" if words == "a computed value" else words
            reason("parameter-unknown", f"parameter ${position} is {why}")
            continue
        found.append(Parameter(position=position, sql=text, origin=place))
    if event.parameters and known.command not in ("SELECT", "INSERT", "UPDATE", "DELETE", "MERGE"):
        reason("parameter-in-utility", f"{known.command} takes no parameters: the app's call always fails")
    if known.parameters != len(event.parameters):
        text = f"the statement has {known.parameters} parameters, the call gives {len(event.parameters)}"
        reason("parameter-count", text)
    return tuple(found), reasons


def _refused(value: Value, type_name: str) -> str | None:
    """What a value is, where Postgrex certainly does not encode it for the type; None where it may."""
    if isinstance(value, ListValue) and type_name.endswith("[]"):
        return next((f"a list with {r}" for i in value.items if (r := _refused(i, type_name[:-2]))), None)
    kind = encoding.kind_of(value.value) if isinstance(value, Known) else None
    return f"a {kind}" if kind and encoding.raises(kind, type_name) else None


def _json(value: MapValue) -> str | None:
    """A map as a json literal; None where some of it is not known."""
    try:
        return literal(Known(json.dumps(to_json_like(value), ensure_ascii=False)))
    except ValueError:
        return None


def _timed(
    position: int, value: Clock | Fixed, type_name: str | None, place: str
) -> tuple[Parameter | None, str, str | None]:
    """A date or time: its expression depends on the parameter's type, which only the database knows for certain."""
    by_type = {t: clock_sql.operand(clock_sql.write(value, t)) for t in clock_sql.types_of(value)}
    origin_ = value.read if isinstance(value, Clock) else place
    if type_name is None:
        if len(by_type) == 1:
            type_name = next(iter(by_type))
        else:
            text = (
                f"parameter ${position} is a {value.type}: whether its column is a timestamp or a timestamptz is not "
                "known, and the two are written differently"
            )
            first = next(iter(by_type.values()))
            known = Parameter(position=position, sql=first, origin=origin_, by_type=by_type)
            return known, "parameter-type-unknown", text
    name = clock_sql.type_name(type_name)
    if name not in by_type:
        text = f"parameter ${position} is a {value.type} where the statement takes {type_name}: the app's call fails"
        return None, "parameter-type", text
    return Parameter(position=position, sql=by_type[name], origin=origin_, by_type={name: by_type[name]}), "", None


def _part_of_clock(
    position: int, value: ClockField | ClockText | QuotedClock, type_name: str | None
) -> tuple[Parameter | None, str, str]:
    """A number or a text of the clock. The type of a literal's column decides what the literal means."""
    read = value.text.clock.read if isinstance(value, QuotedClock) else value.clock.read
    base = None if type_name is None else encoding.base_type(type_name)
    if isinstance(value, ClockField):
        by_type = field_sql(value)
        if base is not None and base not in by_type:
            fails = f"parameter ${position} is a number where the statement takes {type_name}: the app's call fails"
            return None, "parameter-type", fails
        return Parameter(position=position, sql=by_type[base or "integer"], origin=read, by_type=by_type), "", ""
    if isinstance(value, ClockText):
        if not is_text(type_name):
            fails = f"parameter ${position} is a text where the statement takes {type_name}: the app's call fails"
            return None, "parameter-type", fails
        by_type = texts_sql(value)
        return Parameter(position=position, sql=by_type["text"], origin=read, by_type=by_type), "", ""
    by_type = literal_sql(value)
    if type_name is None:
        unknown = "a literal is the clock's text: what it means depends on its column's type, which is not known"
        first = Parameter(position=position, sql=by_type["timestamp"], origin=read, by_type=by_type)
        return first, "parameter-type-unknown", unknown
    name = "text" if base in encoding.TEXT else clock_sql.type_name(type_name) or ""
    if name == "timestamptz" and name not in by_type:
        zone = "a literal without a time zone is compared with a timestamptz: its meaning is the session's"
        return None, "session-time-zone", zone
    if name not in by_type:
        return None, "parameter-unknown", f"a literal is the clock's text where the statement takes {type_name}"
    chosen = {n: sql for n, sql in by_type.items() if n == name or (name == "text" and n in encoding.TEXT)}
    return Parameter(position=position, sql=by_type[name], origin=read, by_type=chosen), "", ""


def _bytes(value: Binary) -> dict[str, str]:
    """Bytes as PostgreSQL writes them; sixteen of them may be a UUID."""
    found = {"bytea": f"'\\x{value.hex}'::bytea"}
    if len(value.hex) == 32:
        h = value.hex
        found["uuid"] = f"'{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}'::uuid"
    return found


def _list(items: tuple[Value, ...]) -> str | None:
    """A list of whole numbers or of strings, as an array of the widest type of its kind."""
    plain = [i.value if isinstance(i, Known) else None for i in items]
    if items and all(type(v) is int for v in plain):
        return f"'{{{','.join(map(str, plain))}}}'::bigint[]"
    if items and all(isinstance(v, str) and "\0" not in v for v in plain):
        quoted = ['"' + str(v).replace("\\", "\\\\").replace('"', '\\"') + '"' for v in plain]
        return f"{literal(Known('{' + ','.join(quoted) + '}'))}::text[]"
    return None


def literal(value: Value) -> str | None:
    """A parameter as an SQL literal (PostgreSQL manual 4.1.2); the plan gives it the type the server infers."""
    match value:
        case Known(value=None):
            return "NULL"
        case Known(value=bool(v)):
            return "true" if v else "false"
        case Known(value=int() | float() as v):
            # `x-$1` must not become `x--1`, a comment; copysign sees the sign of -0.0 too.
            return f"({v})" if math.copysign(1, v) < 0 else str(v)
        case Known(value=str() as v) if "\0" not in v:
            escaped = v.replace("'", "''")
            return f"E'{escaped}'".replace("\\", "\\\\") if "\\" in v else f"'{escaped}'"
        case ListValue(items=items):
            return _list(items)
        case _:
            return None
