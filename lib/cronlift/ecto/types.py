"""Ecto's field types (ecto lib/ecto/type.ex) and what the Postgres adapter calls them in a cast."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from cronlift.elixir.syntax import Atom
from cronlift.elixir.values import Known, ListValue, ModuleName, TupleValue, Value

# ecto lib/ecto/type.ex, @base and @composite; the rest are modules.
PRIMITIVE = frozenset(
    ["integer", "float", "decimal", "boolean", "string", "map", "binary", "id", "binary_id", "any", "date", "time",
     "time_usec", "naive_datetime", "naive_datetime_usec", "utc_datetime", "utc_datetime_usec", "bitstring", "duration"]
)  # fmt: skip
SECONDS = frozenset(["time", "naive_datetime", "utc_datetime"])
INSTANTS = frozenset(["naive_datetime", "naive_datetime_usec", "utc_datetime", "utc_datetime_usec"])


@dataclass(frozen=True, slots=True)
class EctoType:
    """A type by its Ecto name; ``array`` and ``map`` have an ``inner`` one, ``enum`` its atoms and what they are
    stored as (``module``: the database's own type, where it is one), ``custom`` the module that dumps it (whose values
    nobody knows without running it)."""

    name: str
    inner: EctoType | None = None
    values: tuple[tuple[str, str | int], ...] = ()
    module: str = ""

    def __str__(self) -> str:
        if self.name == "array":
            return f"{{:array, {self.inner}}}"
        return f":{self.name}" if self.name == "enum" else self.module or f":{self.name}"


ANY = EctoType("any")
BOOLEAN = EctoType("boolean")
INTEGER = EctoType("integer")
STRING = EctoType("string")
DATE = EctoType("date")
NAIVE_DATETIME = EctoType("naive_datetime")
UUID = EctoType("uuid")


def array_of(inner: EctoType) -> EctoType:
    return EctoType("array", inner)


def read_type(value: Value, option: Callable[[str], Value | None]) -> EctoType | None:
    """The type a ``field`` line names; ``option`` looks its options up. None where it is not known."""
    match value:
        case Known(value=Atom(name=name)) if name in PRIMITIVE:
            return EctoType(name)
        case ModuleName(name="Ecto.UUID"):
            return UUID
        case ModuleName(name="Ecto.Enum"):
            return _enum(option("values"))
        case ModuleName(name=name):
            return EctoType("custom", module=name)
        case TupleValue(items=(Known(value=Atom(name="array")), inner)):
            found = read_type(inner, option)
            return array_of(found) if found else None
        case TupleValue(items=(Known(value=Atom(name="map")), _)):
            return EctoType("map")
        case TupleValue(items=(Known(value=Atom(name="parameterized")), *_)):
            return EctoType("custom", module="a parameterized type")
        case _:
            return None


def _enum(values: Value | None) -> EctoType | None:
    """``values: [:a, :b]`` is stored as strings, ``values: [a: 1]`` as what stands there (ecto lib/ecto/enum.ex)."""
    if not isinstance(values, ListValue) or not values.items:
        return None
    pairs: list[tuple[str, str | int]] = []
    for item in values.items:
        match item:
            case Known(value=Atom(name=name)):
                pairs.append((name, name))
            case TupleValue(items=(Known(value=Atom(name=name)), Known(value=int() | str() as stored))):
                pairs.append((name, stored))
            case _:
                return None
    return EctoType("enum", values=tuple(pairs))


# ecto_sql lib/ecto/adapters/postgres/connection.ex, ecto_to_db/1 and tagged_to_db/1.
_DATABASE = {
    "id": "bigint", "integer": "bigint", "string": "varchar", "binary_id": "uuid", "uuid": "uuid", "binary": "bytea",
    "map": "jsonb", "time_usec": "time", "utc_datetime": "timestamp", "utc_datetime_usec": "timestamp",
    "naive_datetime": "timestamp", "naive_datetime_usec": "timestamp", "duration": "interval",
}  # fmt: skip


def cast_name(type_: EctoType) -> str | None:
    """The type's name behind ``::`` in a statement (``type/2``); None where only the type's module knows."""
    if type_.name == "array" and type_.inner:
        inner = cast_name(type_.inner)
        return f"{inner}[]" if inner else None
    if type_.name == "enum":
        if type_.module:
            return type_.module
        return "bigint" if all(isinstance(v, int) for _, v in type_.values) else "varchar"
    if type_.name in ("custom", "any", "embed"):
        return None
    return _DATABASE.get(type_.name, type_.name)
