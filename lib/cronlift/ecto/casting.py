"""What Ecto sends for a value: cast to the field's type (pins), or dumped only (literals, ``insert_all``).

Source: ecto lib/ecto/type.ex (cast_fun/1, dump_fun/1, check_usec!/2, check_no_usec!/2), lib/ecto/enum.ex,
lib/ecto/uuid.ex. A value the application's own call would refuse raises RaisesError; one that cannot be known, or
whose type only the application's code knows, NotKnownError.
"""

from __future__ import annotations

import re
from datetime import date, datetime

from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.types import INSTANTS, SECONDS, EctoType
from cronlift.elixir import clock
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
    ModuleName,
    Unknown,
    Value,
    origin,
)

_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DECIMAL = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_ISO = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d(?::\d\d(?:\.\d{1,6})?)?)(Z|[+-]\d\d:?\d\d)?")


def cast(value: Value, kind: EctoType) -> object:
    """The value as Ecto casts and dumps it: None, bool, int, float, str, DecimalNumber, Binary, Clock, Fixed, a list
    of these, a MapValue, or Unknown. Raises NoSqlError."""
    # What is not known stays a parameter: the statement is told with a hole in it, and never written.
    return value if isinstance(value, Unknown) else _Cast(strict=False).value(value, kind)


def dump(value: Value, kind: EctoType) -> object:
    """The value as Ecto dumps it without casting."""
    return value if isinstance(value, Unknown) else _Cast(strict=True).value(value, kind)


class _Cast:
    def __init__(self, *, strict: bool) -> None:
        self.strict = strict

    def refuse(self, value: Value, kind: EctoType) -> RaisesError:
        verb = "dumped" if self.strict else "cast"
        return RaisesError(f"{_words(value)} cannot be {verb} to {kind}")

    def value(self, value: Value, kind: EctoType) -> object:
        if isinstance(value, Unknown):
            raise NotKnownError(f"a value in the query is {value.origin}", "parameter-unknown")
        if kind.name == "custom":
            raise NotKnownError(
                f"what {kind.module} stores for a value is known only by running it: the type is the application's own",
                "custom-type",
            )
        if kind.name == "embed":
            raise NotKnownError("what an embedded schema stores is not followed", "custom-type")
        if value == Known(None):
            return None
        handler = getattr(self, f"on_{kind.name}", None)
        if handler is None:
            raise NotKnownError(f"values of type {kind} are not followed", "custom-type")
        return handler(value, kind)

    # ── plain values ──
    def on_any(self, value: Value, kind: EctoType) -> object:
        match value:
            case Known(value=Atom(name=name)):
                raise RaisesError(f"the atom :{name} cannot be sent to the database")
            case Known(value=plain):
                return plain
            case ListValue(items=items):
                return [self.value(i, kind) for i in items]
            case MapValue(struct=struct) if struct in (None, "Postgrex.Interval"):
                return value
            case Clock() | Fixed() | Binary() | DecimalNumber() | FreshUuid():
                return value
        raise NotKnownError(f"a value in the query is {origin((value,))}", "parameter-unknown")

    def on_string(self, value: Value, kind: EctoType) -> object:
        if isinstance(value, Known) and isinstance(value.value, str):
            return value.value
        if isinstance(value, FreshUuid) and value.text:
            return value
        raise self.refuse(value, kind)

    def on_integer(self, value: Value, kind: EctoType) -> object:
        match value:
            case Known(value=bool()):
                raise self.refuse(value, kind)
            case Known(value=int() as number):
                return number
            case Known(value=str() as text) if not self.strict and re.fullmatch(r"[+-]?\d{1,31}", text):
                return int(text)
            case Clock(type="unix"):
                return value
        raise self.refuse(value, kind)

    on_id = on_integer

    def on_float(self, value: Value, kind: EctoType) -> object:
        match value:
            case Known(value=float() as number):
                return number
            case Known(value=bool()):
                raise self.refuse(value, kind)
            case Known(value=int() as whole) if not self.strict:
                return float(whole)
            case Known(value=str() as text) if not self.strict and re.fullmatch(
                r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", text
            ):
                return float(text)
        raise self.refuse(value, kind)

    def on_decimal(self, value: Value, kind: EctoType) -> object:
        match value:
            case DecimalNumber():
                return value
            case Known(value=bool()):
                raise self.refuse(value, kind)
            case Known(value=int() | float() as number):
                return DecimalNumber(str(number))
            case Known(value=str() as text) if not self.strict and _DECIMAL.fullmatch(text):
                return DecimalNumber(text)
        raise self.refuse(value, kind)

    def on_boolean(self, value: Value, kind: EctoType) -> object:
        match value:
            case Known(value=bool(b)):
                return b
            case Known(value="true" | "1") if not self.strict:
                return True
            case Known(value="false" | "0") if not self.strict:
                return False
        raise self.refuse(value, kind)

    def on_binary(self, value: Value, kind: EctoType) -> object:
        match value:
            case Binary():
                return value
            case Known(value=str() as text):
                return Binary(text.encode().hex())
        raise self.refuse(value, kind)

    def on_uuid(self, value: Value, kind: EctoType) -> object:
        match value:
            case Known(value=str() as text) if _UUID.fullmatch(text):
                return value
            case FreshUuid(text=True):
                return value
            case Binary(hex=digits) if len(digits) == 32 and not self.strict and kind.name == "uuid":
                return Known(f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}")
        raise self.refuse(value, kind)

    on_binary_id = on_uuid

    def on_enum(self, value: Value, kind: EctoType) -> object:
        stored = dict(kind.values)
        name: object = None
        match value:
            case Known(value=Atom(name=given)):
                name = given
            case Known(value=True | False as given):
                name = str(given).lower()
            case Known(value=str() | int() as given) if not self.strict:
                name = next((n for n, s in kind.values if s == given), given)
        if isinstance(name, str) and name in stored:
            return stored[name]
        raise self.refuse(value, kind)

    def on_array(self, value: Value, kind: EctoType) -> object:
        if not isinstance(value, ListValue) or kind.inner is None:
            raise self.refuse(value, kind)
        return [self.value(i, kind.inner) for i in value.items]

    def on_map(self, value: Value, kind: EctoType) -> object:
        if isinstance(value, MapValue) and value.struct is None and not value.open:
            return value
        if isinstance(value, MapValue):
            raise NotKnownError("a map in the query is not wholly known", "parameter-unknown")
        raise self.refuse(value, kind)

    # ── dates and times ──
    def on_date(self, value: Value, kind: EctoType) -> object:
        match value:
            case Clock(type="Date") | Fixed(type="Date"):
                return value
            case Clock(type="DateTime" | "NaiveDateTime") if not self.strict:
                return clock.to_date(value)
            case Fixed(type="DateTime" | "NaiveDateTime", text=text) if not self.strict and _utc(text):
                return Fixed("Date", text[:10])
            case Known(value=str() as text) if not self.strict:
                found = _parsed(text)
                if found:
                    return Fixed("Date", found[0])
        raise self.refuse(value, kind)

    def on_time(self, value: Value, kind: EctoType) -> object:
        text = value.text if isinstance(value, Fixed) and value.type == "Time" else None
        if text is None and not self.strict and isinstance(value, Known) and isinstance(value.value, str):
            match = re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d(\.\d{1,6})?)?", value.value)
            text = (value.value if match.group(2) else f"{value.value}:00") if match else None
        if text is None:
            raise self.refuse(value, kind)
        return Fixed("Time", self._precise(text, kind, value))

    on_time_usec = on_time

    def _instant(self, value: Value, kind: EctoType) -> object:
        naive = kind.name.startswith("naive")
        type_ = "NaiveDateTime" if naive else "DateTime"
        match value:
            case Clock(type="DateTime" | "NaiveDateTime" as given):
                if self.strict and given != type_ and kind.name != "any_datetime":
                    raise self.refuse(value, kind)
                found = value if kind.name == "any_datetime" else clock.as_type(value, type_)
                assert found is not None
                return self._precise_clock(found, kind)
            case Fixed(type="DateTime" | "NaiveDateTime" as given, text=text):
                if self.strict and given != type_ and kind.name != "any_datetime":
                    raise self.refuse(value, kind)
                if not _utc(text):
                    raise NotKnownError("a literal time with an offset is not followed")
                kept = given if kind.name == "any_datetime" else type_
                return Fixed("NaiveDateTime" if kept == "NaiveDateTime" else "DateTime",
                             self._precise(_bare(text), kind, value))  # fmt: skip
            case Known(value=str() as text) if not self.strict and (found_ := _parsed(text)) and found_[1]:
                both = f"{found_[0]} {found_[1]}"
                return Fixed("NaiveDateTime" if naive else "DateTime", self._precise(both, kind, value))
        raise self.refuse(value, kind)

    on_naive_datetime = on_naive_datetime_usec = on_utc_datetime = on_utc_datetime_usec = on_any_datetime = _instant

    def _precise_clock(self, value: Clock, kind: EctoType) -> Clock:
        if kind.name in SECONDS:
            if self.strict and value.precision > 0:
                raise RaisesError(f"{kind} takes no fraction of a second, and the value has one")
            return clock.truncated(value, 0)
        if self.strict and kind.name in INSTANTS and value.precision != 6:
            raise RaisesError(f"{kind} needs a time with microseconds, and the value has been cut")
        return value

    def _precise(self, text: str, kind: EctoType, value: Value) -> str:
        whole, _, fraction = text.partition(".")
        if kind.name in SECONDS:
            if self.strict and fraction:
                raise RaisesError(f"{kind} takes no fraction of a second, and {_words(value)} has one")
            return whole
        if self.strict and kind.name.endswith("_usec") and len(fraction) != 6:
            raise RaisesError(f"{kind} needs a time with microseconds, which {_words(value)} has not")
        return text


def _utc(text: str) -> bool:
    """Whether an ISO text has no offset, or UTC's."""
    found = _ISO.fullmatch(text)
    return bool(found) and (found.group(3) or "Z") in ("Z", "+00:00", "+0000", "-00:00") if found else False


def _bare(text: str) -> str:
    found = _ISO.fullmatch(text)
    return f"{found.group(1)} {found.group(2)}" if found else text


def _parsed(text: str) -> tuple[str, str] | None:
    """An ISO date, or date and time in UTC, as text; None where it is none (or has an offset)."""
    try:
        if re.fullmatch(r"\d{4}-\d\d-\d\d", text):
            return date.fromisoformat(text).isoformat(), ""
        found = _ISO.fullmatch(text)
        if found and _utc(text):
            datetime.fromisoformat(f"{found.group(1)} {found.group(2)}")
            time = found.group(2)
            return found.group(1), time if time.count(":") == 2 else f"{time}:00"
    except ValueError:
        return None
    return None


def _words(value: Value) -> str:
    match value:
        case Known(value=Atom(name=name)):
            return f":{name}"
        case Known(value=plain):
            return repr(plain)
        case Clock(type=type_):
            return f"a {type_}"
        case Fixed(text=text):
            return text
        case ListValue():
            return "a list"
        case MapValue():
            return "a map"
        case ModuleName(name=name):
            return name
        case _:
            return "the value"
