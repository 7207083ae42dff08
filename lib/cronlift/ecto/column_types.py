"""What the Postgres adapter writes for a migration's types (ecto_sql lib/ecto/adapters/postgres/connection.ex,
column_type_name/2 and ecto_to_db/1)."""

from __future__ import annotations

from cronlift.elixir.syntax import Atom
from cronlift.elixir.values import Known, TupleValue, Value

_SECOND = {"time": "time(0)", "utc_datetime": "timestamp(0)", "naive_datetime": "timestamp(0)"}
_DATABASE = {
    "id": "integer", "identity": "bigint", "serial": "integer", "bigserial": "bigint", "binary_id": "uuid",
    "string": "varchar(255)", "bitstring": "varbit", "binary": "bytea", "map": "jsonb", "time_usec": "time",
    "utc_datetime_usec": "timestamp", "naive_datetime_usec": "timestamp", "duration": "interval", "float": "float",
}  # fmt: skip


def type_of(value: Value, options: dict[str, Value]) -> str | None:
    """The type a migration's ``add`` names; None where it is not known."""
    match value:
        case Known(value=Atom(name=name)) | Known(value=str(name)):
            return column_type(name, options)
        case TupleValue(items=(Known(value=Atom(name="array")), inner)):
            kind = type_of(inner, options)
            return f"{kind}[]" if kind else None
        case TupleValue(items=(Known(value=Atom(name="map")), _)):
            return "jsonb"
        case _:
            return None


def column_type(name: str, options: dict[str, Value]) -> str:
    """What the adapter writes for a migration's type (connection.ex, column_type_name/2)."""
    if name in _SECOND:
        return _SECOND[name]
    size, precision, scale = (_number(options.get(k)) for k in ("size", "precision", "scale"))
    base = _DATABASE.get(name, name)
    if name in ("time_usec", "utc_datetime_usec", "naive_datetime_usec"):
        return f"{base}({precision})" if precision is not None else base
    if size is not None:
        return f"{base.partition('(')[0]}({size})"
    if precision is not None:
        return f"{base}({precision},{scale or 0})"
    return base


def _number(value: Value | None) -> int | None:
    return value.value if isinstance(value, Known) and type(value.value) is int else None
