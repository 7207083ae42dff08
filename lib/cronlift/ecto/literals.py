"""Values in a statement's text: literals of PostgreSQL (manual 4.1.2), and parameters where the text cannot tell.

A parameter of Ecto's has the type the server infers for it. A quoted literal without a cast is of unknown type and is
inferred the same way, so strings, lists and maps are written so; a date or time stays a parameter with the type of its
column, which the plan compares with the database's own.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, field

from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.types import EctoType
from cronlift.elixir import clock_sql
from cronlift.elixir.parameters import literal
from cronlift.elixir.syntax import Atom
from cronlift.elixir.values import (
    Binary,
    Clock,
    DecimalNumber,
    Fixed,
    FreshUuid,
    Known,
    ListValue,
    MapValue,
    Typed,
    Unknown,
    Value,
)


@dataclass(slots=True)
class Writer:
    """Collects the parameters of one statement. ``fresh``: whether a UUID may be made anew where it stands, as in
    the rows of an INSERT, which are computed once."""

    parameters: list[Value] = field(default_factory=list)
    fresh: bool = False
    fresh_seen: set[str] = field(default_factory=set)

    def parameter(self, value: Value) -> str:
        self.parameters.append(value)
        return f"${len(self.parameters)}"

    def write(self, sent: object, kind: EctoType, column: str | None, where: str) -> str:
        """What Ecto sends, as text. ``column``: the type of the column it meets, ``where`` its name for messages."""
        match sent:
            case None:
                return "NULL"
            case Unknown():
                return self.parameter(sent)
            case bool(b):
                return "TRUE" if b else "FALSE"
            case Clock() | Fixed():
                return self._timed(sent, kind, column, where)
            case FreshUuid():
                return self._fresh(sent, column)
            case Known() if kind.name in ("uuid", "binary_id"):
                return f"{string(str(sent.value))}::uuid"
            case int() | float() | str() if kind.name == "any":
                return self.parameter(Known(sent))
            case int():
                return f"({sent})" if sent < 0 else str(sent)
            case float():
                return floating(sent)
            case str():
                return string(sent)
            case DecimalNumber(text=text):
                return f"({text})" if text.startswith("-") else text
            case Binary(hex=digits):
                return self._bytes(digits, kind, column)
            case list():
                return array(sent)
            case MapValue(struct="Postgrex.Interval"):
                return interval(sent)
            case MapValue():
                return string(json_text(sent))
        raise NotKnownError("a value in the query has no form in SQL", "parameter-unknown")

    def _timed(self, value: Clock | Fixed, kind: EctoType, column: str | None, where: str) -> str:
        takes = clock_sql.types_of(value)
        if column is not None:
            name = clock_sql.type_name(column)
            if name not in takes:
                raise RaisesError(f"a {value.type} is sent to {where}, which is {column}: the app's call fails")
            return self.parameter(Typed(value, name))
        if kind.name == "any" and not where:
            return self.parameter(value)
        if len(takes) == 1:
            return self.parameter(Typed(value, takes[0]))
        raise NotKnownError(
            f"the type of {where or 'a column'} is not known: no migration cronlift can read says whether it is "
            "timestamp or timestamptz, and now is written differently for the two",
            "column-type-unknown",
        )

    def _fresh(self, value: FreshUuid, column: str | None) -> str:
        if not self.fresh or value.read in self.fresh_seen:
            raise NotKnownError("a UUID made in the application goes into more than one place", "parameter-unknown")
        self.fresh_seen.add(value.read)
        if column == "uuid":
            return "gen_random_uuid()"
        if value.text and column is not None and column.startswith(("varchar", "text", "char")):
            return "gen_random_uuid()::text"
        raise NotKnownError("the type of the column of a UUID is not known", "column-type-unknown")

    def _bytes(self, digits: str, kind: EctoType, column: str | None) -> str:
        base = column or ("bytea" if kind.name == "binary" else None)
        if base == "uuid" and len(digits) == 32:
            text = f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"
            return f"'{text}'::uuid"
        if base == "bytea":
            return f"'\\x{digits}'::bytea"
        raise NotKnownError("the type of the column of some bytes is not known", "column-type-unknown")


def string(text: str) -> str:
    """A string literal. Raises RaisesError where PostgreSQL has no such text."""
    found = literal(Known(text))
    if found is None:
        raise RaisesError("a text with a zero byte cannot be stored")
    return found


def floating(number: float) -> str:
    """A float as the adapter writes one (connection.ex, expr/3)."""
    if not math.isfinite(number):
        raise NotKnownError("a number that is not finite")
    return f"({number!r}::float)" if math.copysign(1, number) < 0 else f"{number!r}::float"


def array(items: list[object]) -> str:
    """An array literal whose type the server infers (manual 8.15.2)."""
    return string("{" + ",".join(_element(i) for i in items) + "}")


def _element(item: object) -> str:
    match item:
        case None:
            return "NULL"
        case bool(b):
            return "true" if b else "false"
        case int() | float():
            return str(item)
        case DecimalNumber(text=text):
            return text
        case Known(value=str(text)) | str(text):
            return _quoted(text)
        case MapValue():
            return _quoted(json_text(item))
        case Fixed(text=text, type="Date"):
            return text
        case list():
            return "{" + ",".join(_element(i) for i in item) + "}"
    raise NotKnownError("an element of a list in the query has no form in SQL", "parameter-unknown")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def json_text(value: Value) -> str:
    """A map as Jason encodes it (jason lib/encoder.ex): keys and atoms as strings."""
    return json.dumps(_json(value), ensure_ascii=False)


def _json(value: Value) -> object:
    match value:
        case Known(value=Atom(name=name)):
            return name
        case Known(value=plain):
            return plain
        case DecimalNumber(text=text):
            return text
        case ListValue(items=items):
            return [_json(i) for i in items]
        case MapValue(pairs=pairs, struct=None, open=False):
            found: dict[str, object] = {}
            for key, inner in pairs:
                label = _json(key)
                if not isinstance(label, str | int):
                    raise NotKnownError("the key of a map is not known", "parameter-unknown")
                found[str(label)] = _json(inner)
            return found
    raise NotKnownError("a part of a map is not known", "parameter-unknown")


def interval(value: MapValue) -> str:
    """``%Postgrex.Interval{}`` (postgrex lib/postgrex/builtins.ex)."""
    parts = []
    for key, inner in value.pairs:
        name = key.value.name if isinstance(key, Known) and isinstance(key.value, Atom) else ""
        number = inner.value if isinstance(inner, Known) else None
        unit = {"months": "month", "days": "day", "secs": "second", "microsecs": "microsecond"}.get(name)
        if unit is None or type(number) is not int:
            raise NotKnownError("an interval is not known", "parameter-unknown")
        parts.append(f"{number} {unit}" if abs(number) == 1 else f"{number} {unit}s")
    return f"interval '{' '.join(parts) or '0'}'"


def natural(value: Value) -> str:
    """The type Ecto gives a literal in a query's text (ecto lib/ecto/query/builder.ex, quoted_type/2)."""
    match value:
        case Known(value=bool()):
            return "boolean"
        case Known(value=int()):
            return "integer"
        case Known(value=float()):
            return "float"
        case Known(value=str()):
            return "string"
        case _:
            return "atom"


def plain(value: Value) -> str:
    """A literal of a query's text as the adapter writes it."""
    match value:
        case Known(value=bool(b)):
            return "TRUE" if b else "FALSE"
        case Known(value=int(number)):
            return str(number)
        case Known(value=float(number)):
            return floating(number)
        case Known(value=str(text)):
            return string(text)
        case Binary(hex=digits):
            return f"'\\x{digits}'::bytea"
        case Known(value=Atom(name=name)):
            raise RaisesError(f"the atom :{name} in a query is compared with something that is no enum")
        case _:
            raise RaisesError("a literal in the query has no form in SQL")
