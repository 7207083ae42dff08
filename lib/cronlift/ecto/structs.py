"""``Repo.delete`` and ``Repo.update`` of one struct, as queries by its primary key (ecto lib/ecto/repo/schema.ex,
do_delete/4, do_update/4).

The struct is a row of a query, whose key is the row's, or one that is written down.
"""

from __future__ import annotations

from cronlift.ecto import expression as ex
from cronlift.ecto.casting import dump
from cronlift.ecto.changesets import Change, ChangesetValue
from cronlift.ecto.expression import FieldType
from cronlift.ecto.inserts import generated
from cronlift.ecto.query import Condition, From, QueryValue, TableSource
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.schemas import Schema, SchemaField
from cronlift.ecto.statement import Rendering
from cronlift.elixir import clock_sql
from cronlift.elixir.rows import Row, RowField
from cronlift.elixir.syntax import Atom
from cronlift.elixir.values import Clock, Known, MapValue, Value, equal

# Types whose values Ecto and PostgreSQL call equal alike: change/2 drops a change to what the struct holds already.
_COMPARABLE = {
    "string": ("varchar", "text"), "integer": (), "id": (), "boolean": (), "date": (), "uuid": (), "binary_id": (),
    "decimal": (), "naive_datetime": (), "naive_datetime_usec": (), "utc_datetime": (), "utc_datetime_usec": (),
    "enum": ("varchar", "text", "integer", "bigint", "smallint"),
}  # fmt: skip


def deletion(rendering: Rendering, value: Value) -> QueryValue:
    """The query that ``Repo.delete(value)`` deletes. Raises NoSqlError."""
    value = _plain(value)
    schema = _schema(rendering, value)
    if schema.hooked:
        raise NotKnownError(
            f"{schema.module} has associations with on_delete: Ecto sends further statements before the DELETE",
            "ecto-changeset",
        )
    return _by_key(schema, value)


def change(rendering: Rendering, value: Value, place: str) -> QueryValue | None:
    """The query that ``Repo.update(changeset)`` updates, its changes in it; None where nothing is changed, for which
    nothing is sent. Raises NoSqlError."""
    if not isinstance(value, ChangesetValue):
        raise NotKnownError("what is updated is no changeset whose changes are known", "ecto-changeset")
    schema = _schema(rendering, value.data)
    query = _by_key(schema, value.data)
    updates: list[tuple[str, str, ex.Expr]] = []
    differs: list[ex.Expr] = []
    certain = False
    for one in value.changes:
        field_ = _writable(schema, one)
        _check_value(one, field_)
        pin = ex.Pin(one.value, FieldType(0, one.field))
        if one.forced or _is_certain(one, field_, value.data):
            certain = True
        elif isinstance(value.data, Row):
            differs.append(_differs(rendering, query, value.data, field_, pin))
        else:
            continue  # the struct holds it already
        updates.append(("set", one.field, pin))
    if not updates:
        return None
    changed = {name for _, name, _ in updates}
    for field_ in schema.columns:
        if field_.autogenerate == "always" and field_.name not in changed:
            updates.append(("set", field_.name, ex.Pin(generated(field_, place), FieldType(0, field_.name))))
    wheres = query.wheres
    if differs and not certain:
        whole = differs[0]
        for other in differs[1:]:
            whole = ex.Call("or", (whole, other))
        wheres = (*wheres, Condition("and", whole))
    return QueryValue(query.source, wheres=wheres, updates=tuple(updates), prefix=query.prefix)


def _plain(value: Value) -> Value:
    if isinstance(value, ChangesetValue):
        if value.changes:
            raise NotKnownError("what is deleted is a changeset with changes", "ecto-changeset")
        return value.data
    return value


def _schema(rendering: Rendering, value: Value) -> Schema:
    name = value.read.struct if isinstance(value, Row) else value.struct if isinstance(value, MapValue) else None
    if not name:
        raise NotKnownError("the struct, or the changeset, is not known", "ecto-changeset")
    schema = rendering.database.schemas.get(name)
    if schema is None:
        raise NotKnownError(f"{name} is no schema that cronlift can read", "schema-not-found")
    if schema.unsure:
        raise NotKnownError(schema.unsure, "schema-not-understood")
    if not schema.primary_key:
        raise RaisesError(f"{name} has no primary key: Ecto cannot tell its rows apart")
    if any(f.type.name in ("embed", "custom") for f in schema.columns):
        raise NotKnownError(
            f"{name} has fields of types that are the application's own, which may change with the row", "custom-type"
        )
    return schema


def _by_key(schema: Schema, value: Value) -> QueryValue:
    """The row's own table (its query's prefix with it), by the primary key."""
    source, prefix = From(TableSource(None, schema.module)), None
    if isinstance(value, Row):
        read = value.read.query
        assert isinstance(read, QueryValue)
        source, prefix = From(read.source.source, read.source.prefix, read.source.prefixed), read.prefix
    wheres = []
    for key in schema.primary_key:
        held = value.field(key.name) if isinstance(value, Row) else _held(value, key)
        if held is None or held == Known(None):
            raise RaisesError(f"the struct has no value for its primary key {key.name}")
        pin = ex.Pin(held, FieldType(0, key.name), not_nil=True)
        wheres.append(Condition("and", ex.Call("==", (ex.FieldExpr(0, key.name), pin))))
    return QueryValue(source, wheres=tuple(wheres), prefix=prefix)


def _held(value: Value, field_: SchemaField) -> Value:
    """What a struct that is written down holds."""
    found = value.get(Known(Atom(field_.name))) if isinstance(value, MapValue) else None
    return found if found is not None else field_.default


def _writable(schema: Schema, one: Change) -> SchemaField:
    found = schema.fields.get(one.field)
    if found is None:
        if one.field in schema.associations:
            raise NotKnownError(f"{one.field} is an association: Ecto sends further statements", "ecto-changeset")
        raise RaisesError(f"{schema.module} has no field {one.field} to change")
    if found.virtual or found.writable != "always" or found.primary_key:
        raise NotKnownError(f"what a change of {one.field} sends is not followed", "ecto-changeset")
    return found


def _check_value(one: Change, field_: SchemaField) -> None:
    """A change is dumped and not cast (ecto lib/ecto/repo/schema.ex, dump_changes!/6)."""
    if not isinstance(one.value, RowField):
        dump(one.value, field_.type)


def _is_certain(one: Change, field_: SchemaField, data: Value) -> bool:
    """Whether the change is certainly another value than the struct's; for a row nobody knows. Raises NotKnownError."""
    if isinstance(data, Row):
        return False
    held = _held(data, field_)
    if isinstance(one.value, Clock):
        if isinstance(held, Clock):
            raise NotKnownError(f"whether {one.field} changes is not known", "ecto-changeset")
        return True
    same = equal(one.value, held)
    if same is None:
        raise NotKnownError(f"whether {one.field} changes is not known", "ecto-changeset")
    return not same


def _differs(rendering: Rendering, query: QueryValue, row: Row, field_: SchemaField, pin: ex.Pin) -> ex.Expr:
    """That the row holds another value (ecto lib/ecto/changeset.ex, put_change/7: equal ones are no change)."""
    own = row.field(field_.name)
    _, kind, type_, where = rendering.planned(query).column(0, field_.name)
    allowed = _COMPARABLE.get(kind.name)
    if own is None or allowed is None or type_ is None:
        text = f"whether {where} holds the new value already cannot be asked in SQL as Ecto compares it"
        raise NotKnownError(text, "ecto-changeset")
    if allowed and not (clock_sql.type_name(type_) or type_).startswith(allowed):
        raise NotKnownError(f"{where} is {type_}, which PostgreSQL compares in its own way", "ecto-changeset")
    held = ex.Pin(own, FieldType(0, field_.name))
    if pin.value == Known(None):
        return ex.Fragment(("", held, " IS NOT NULL"))
    return ex.Fragment(("", held, " IS DISTINCT FROM ", pin, ""))
