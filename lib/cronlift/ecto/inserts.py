"""``insert_all`` and ``insert``: rows, rows from a query, and what happens on conflict (ecto
lib/ecto/repo/schema.ex; ecto_sql lib/ecto/adapters/postgres/connection.ex, insert/7)."""

from __future__ import annotations

from dataclasses import dataclass, replace

from cronlift.ecto import expression as ex
from cronlift.ecto.casting import dump
from cronlift.ecto.constraints import check_conflict_target
from cronlift.ecto.escape import Escaper
from cronlift.ecto.fragments import quoted
from cronlift.ecto.query import From, QueryValue, TableSource, check
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.schemas import Schema, SchemaField
from cronlift.ecto.select import named
from cronlift.ecto.statement import Rendering, Statement
from cronlift.ecto.tables import Table
from cronlift.ecto.types import ANY, INSTANTS, SECONDS, EctoType
from cronlift.ecto.updates import runtime_update
from cronlift.elixir import clock
from cronlift.elixir.syntax import Atom
from cronlift.elixir.values import (
    FreshUuid,
    Known,
    ListValue,
    MapValue,
    ModuleName,
    TupleValue,
    Value,
    alternatives,
    keyword_items,
)


@dataclass(frozen=True, slots=True)
class Target:
    """Where rows go: a table, read as a schema or not."""

    table: str
    prefix: str | None
    schema: Schema | None

    def field(self, name: str, what: str) -> tuple[str, EctoType]:
        """The column of a field and Ecto's type. Raises NoSqlError."""
        if self.schema is None:
            return name, ANY
        found = self.schema.fields.get(name)
        if found is None or found.virtual or found.writable == "never":
            raise RaisesError(f"{what}: {self.schema.module} has no field {name} that can be written")
        if found.writable not in ("always", "insert"):
            raise NotKnownError(f"whether {name} of {self.schema.module} can be written is not known")
        return found.source, found.type


def target(rendering: Rendering, value: Value, options: dict[str, Value]) -> Target:
    """``insert_all``'s first argument. Raises NoSqlError."""
    table: str | None = None
    module: str | None = None
    match value:
        case Known(value=str(name)):
            table = name
        case ModuleName(name=name):
            module = name
        case TupleValue(items=(Known(value=str(name)), ModuleName(name=module_name))):
            table, module = name, module_name
        case _:
            raise NotKnownError("the table that rows go into is not known")
    schema = rendering.database.schemas.get(module) if module else None
    if module and schema is None:
        raise NotKnownError(f"{module} is no schema that cronlift can read", "schema-not-found")
    if schema is not None and schema.unsure:
        raise NotKnownError(schema.unsure, "schema-not-understood")
    prefix = schema.prefix if schema else None
    if "prefix" in options:
        match options["prefix"]:
            case Known(value=str(text)):
                prefix = text
            case Known(value=None):
                prefix = None
            case _:
                raise NotKnownError("the prefix is not known")
    return Target(table if table is not None else schema.table if schema else "", prefix, schema)


def insert_all(
    rendering: Rendering, source: Value, rows: Value, options: dict[str, Value], place: str
) -> Statement | None:
    """What ``Repo.insert_all`` sends; None where the list is empty and nothing is sent."""
    into = target(rendering, source, options)
    if isinstance(rows, QueryValue):
        return _from_query(rendering, into, rows, options, place)
    if not isinstance(rows, ListValue):
        raise NotKnownError("the rows that are inserted are not known", "parameter-unknown")
    if not rows.items:
        return None
    placeholders = _pairs(options["placeholders"]) if "placeholders" in options else {}
    if placeholders is None:
        raise NotKnownError("the placeholders are not known", "parameter-unknown")
    given = [_row(into, r, placeholders) for r in rows.items]
    _fill_keys(into, given, place)
    columns = sorted({c for row in given for c in row})
    table = _table(rendering, into)
    _check_required(into, table, given, columns)
    rendering.writer.fresh = True
    lines = []
    for row in given:
        shown = [_cell(rendering, into, table, c, row[c]) if c in row else "DEFAULT" for c in columns]
        lines.append(f"({','.join(shown)})")
    rendering.writer.fresh = False
    conflict, alias = _conflict(rendering, into, options, place)
    names = ",".join(map(quoted, columns))
    text = f"INSERT INTO {_name(into)}{alias} ({names}) VALUES {','.join(lines)}{conflict}"  # noqa: S608
    return rendering.done(text + _returning(into, options), returns="returning" in options)


Cell = tuple[EctoType, Value]


def _row(into: Target, row: Value, placeholders: dict[str, Value]) -> dict[str, Cell]:
    pairs = _pairs(row)
    if pairs is None:
        raise NotKnownError("a row that is inserted is not known", "parameter-unknown")
    found: dict[str, Cell] = {}
    for name, value in pairs.items():
        column, kind = into.field(name, "insert_all")
        if isinstance(value, TupleValue) and value.items[:1] == (Known(Atom("placeholder")),):
            key = value.items[1].value if isinstance(value.items[1], Known) else None
            if not isinstance(key, Atom) or key.name not in placeholders:
                raise RaisesError("a placeholder is used that insert_all is not given")
            value = placeholders[key.name]
        if isinstance(value, QueryValue):
            raise NotKnownError("a query as a value of a row is not followed")
        found[column] = (kind, value)
    return found


def _pairs(value: Value) -> dict[str, Value] | None:
    if isinstance(value, MapValue) and not value.open and value.struct is None:
        names = [k.value.name for k, _ in value.pairs if isinstance(k, Known) and isinstance(k.value, Atom)]
        return dict(zip(names, (v for _, v in value.pairs), strict=True)) if len(names) == len(value.pairs) else None
    return keyword_items(value)


def _fill_keys(into: Target, rows: list[dict[str, Cell]], place: str) -> None:
    """``{:id, :binary_id, autogenerate: true}`` is made by insert_all, other keys are not (autogenerate_id/4)."""
    keys = into.schema.primary_key if into.schema else []
    for key in keys:
        if key.autogenerate == "uuid" and key.type.name == "binary_id":
            for number, row in enumerate(rows):
                row.setdefault(key.source, (key.type, FreshUuid(True, f"{place}#{number}")))


def _table(rendering: Rendering, into: Target) -> Table:
    found = rendering.tables.get(into.prefix, into.table)
    if found is None or found.unsure:
        why = "no migration that cronlift can read makes it" if found is None else "not all of its changes are read"
        raise NotKnownError(
            f"the columns of {into.table} are not known ({why}): whether the insert can succeed cannot be told",
            "table-unknown",
        )
    return found


def _check_required(into: Target, table: Table, rows: list[dict[str, Cell]], columns: list[str]) -> None:
    """PostgreSQL refuses a row without a value for a column that must have one."""
    for name in columns:
        if name not in table.columns:
            raise RaisesError(f"{into.table} has no column {name}")
    for name, column in table.columns.items():
        for row in rows:
            missing = name not in row
            if (missing and column.required) or (not missing and column.not_null and row[name][1] == Known(None)):
                raise RaisesError(f"{into.table}.{name} must not be NULL, and a row has no value for it")


def _cell(rendering: Rendering, into: Target, table: Table, column: str, cell: Cell) -> str:
    kind, value = cell
    if len(alternatives(value)) > 1:
        raise NotKnownError("a value that is inserted is one of several", "parameter-unknown")
    sent = value if isinstance(value, FreshUuid) else dump(value, kind)
    found = table.columns[column].type
    return rendering.writer.write(sent, kind, found, f"{into.table}.{column}")


def _name(into: Target) -> str:
    return f"{quoted(into.prefix)}.{quoted(into.table)}" if into.prefix is not None else quoted(into.table)


def _returning(into: Target, options: dict[str, Value]) -> str:
    value = options.get("returning", Known(False))
    match value:
        case Known(value=False):
            return ""
        case Known(value=True) if into.schema:
            names = [f.source for f in into.schema.columns]
        case ListValue(items=items) if items:
            names = []
            for item in items:
                if not (isinstance(item, Known) and isinstance(item.value, Atom)):
                    raise NotKnownError("what is returned is not known")
                field_ = into.schema.fields.get(item.value.name) if into.schema else None
                names.append(field_.source if field_ else item.value.name)
        case _:
            raise NotKnownError("what is returned is not known")
    return f" RETURNING {','.join(map(quoted, names))}"


def _atoms(value: Value) -> list[str]:
    items = value.items if isinstance(value, ListValue) else (value,)
    names = [v.value.name for v in items if isinstance(v, Known) and isinstance(v.value, Atom)]
    if len(names) != len(items):
        raise NotKnownError("the fields of a conflict are not known")
    return names


def _conflict(rendering: Rendering, into: Target, options: dict[str, Value], place: str) -> tuple[str, str]:
    """``on_conflict`` as text, and the alias the table needs for it (on_conflict/7)."""
    how = options.get("on_conflict", Known(Atom("raise")))
    what, names = _conflict_target(into, options.get("conflict_target", ListValue(())))
    if names:
        columns = [into.field(n, "conflict_target")[0] for n in names]
        check_conflict_target(rendering.tables, _table(rendering, into), columns)
    if how == Known(Atom("raise")):
        if what:
            raise RaisesError("conflict_target without on_conflict")
        return "", ""
    if how == Known(Atom("nothing")):
        return f" ON CONFLICT {what}DO NOTHING", ""
    if not what:
        raise RaisesError("on_conflict needs a conflict_target for PostgreSQL")
    keep = options.get("replace_changed", Known(True)) == Known(True)
    match how:
        case TupleValue(items=(Known(value=Atom(name="replace")), fields)):
            chosen = [into.field(n, "on_conflict")[0] for n in _atoms(fields)]
        case Known(value=Atom(name="replace_all")) if into.schema:
            chosen = _all_but(into.schema, names if keep else [])
        case TupleValue(items=(Known(value=Atom(name="replace_all_except")), fields)) if into.schema:
            chosen = _all_but(into.schema, [*(names if keep else []), *_atoms(fields)])
        case ListValue() | QueryValue():
            return _conflict_query(rendering, into, how, what, place)
        case _:
            raise NotKnownError("what happens on a conflict is not known")
    if not chosen:
        raise RaisesError("on_conflict replaces no field")
    shown = ",".join(f"{quoted(c)} = EXCLUDED.{quoted(c)}" for c in chosen)
    return f" ON CONFLICT {what}DO UPDATE SET {shown}", ""


def _all_but(schema: Schema, left_out: list[str]) -> list[str]:
    return [f.source for f in schema.columns if f.name not in left_out]


def _conflict_target(into: Target, value: Value) -> tuple[str, list[str]]:
    match value:
        case TupleValue(items=(Known(value=Atom(name="unsafe_fragment")), Known(value=str(text)))):
            return f"{text} ", []
        case ListValue(items=()):
            return "", []
        case _:
            names = _atoms(value)
            columns = [into.field(n, "conflict_target")[0] for n in names]
            return f"({','.join(map(quoted, columns))}) ", names


def _conflict_query(rendering: Rendering, into: Target, how: Value, what: str, place: str) -> tuple[str, str]:
    query = how if isinstance(how, QueryValue) else QueryValue(_own(into))
    if isinstance(how, ListValue):
        query = runtime_update(query, how, Escaper({}, {}, query, place))
    check(query)
    plain = replace(query, wheres=(), updates=(), aliases=(), source=replace(query.source, as_=None))
    if plain.source.source not in (_own(into).source, TableSource(into.table)) or plain != QueryValue(plain.source):
        raise NotKnownError("the query of a conflict is not understood")
    query = replace(query, source=replace(query.source, prefix=into.prefix, prefixed=True))
    at = rendering.planned(query)
    changes = rendering.changes(at, query)
    where = rendering.where(at, query.wheres)
    return f" ON CONFLICT {what}DO UPDATE SET {changes}{where}", f" AS {at.plan.source(0).alias}"


def _own(into: Target) -> From:
    if into.schema is None:
        return From(TableSource(into.table))
    table = None if into.schema.table == into.table else into.table
    return From(TableSource(table, into.schema.module))


def _from_query(
    rendering: Rendering, into: Target, query: QueryValue, options: dict[str, Value], place: str
) -> Statement:
    """``insert_all(Schema, query)``: the header is what the query selects (extract_header_and_fields/8)."""
    if query.select is None and into.schema is None:
        raise RaisesError("insert_all from a query needs a select")
    at = rendering.planned(query)
    pairs = named(at, query.select, source=False)
    if not isinstance(query.select, ex.MapExpr | ex.Merge | ex.Whole):
        raise RaisesError("insert_all from a query must select a map or a source")
    table = _table(rendering, into)
    columns = [into.field(p.name, "insert_all")[0] for p in pairs]
    _check_required(into, table, [{c: (ANY, Known(0)) for c in columns}], columns)
    select = ex.TupleExpr(tuple(_typed(into, table, p.name, p.expr) for p in pairs))
    text = rendering.inserted(replace(query, select=select))
    conflict, alias = _conflict(rendering, into, options, place)
    names = ",".join(map(quoted, columns))
    whole = f"INSERT INTO {_name(into)}{alias} ({names}) ({text}){conflict}{_returning(into, options)}"
    return rendering.done(whole, returns="returning" in options)


def _typed(into: Target, table: Table, name: str, expr: ex.Expr) -> ex.Expr:
    """A pin that is selected is of its column's type, as PostgreSQL takes it (parser/analyze.c, INSERT … SELECT)."""
    if isinstance(expr, ex.Pin) and expr.type == ANY:
        column, _ = into.field(name, "insert_all")
        return ex.Placed(expr, table.columns[column].type, f"{into.table}.{column}")
    return expr


def insert(rendering: Rendering, struct: Value, options: dict[str, Value], place: str) -> Statement:
    """What ``Repo.insert(%Schema{…})`` sends: defaults, keys and timestamps filled, nil left out (do_insert/4)."""
    if not isinstance(struct, MapValue) or struct.struct is None:
        raise NotKnownError("what is inserted is a changeset or a struct that is not known", "ecto-changeset")
    schema = rendering.database.schemas.get(struct.struct)
    if schema is None:
        raise NotKnownError(f"{struct.struct} is no schema that cronlift can read", "schema-not-found")
    into = target(rendering, ModuleName(struct.struct), options)
    given: dict[str, Value] = {}
    for key, value in struct.pairs:
        if not (isinstance(key, Known) and isinstance(key.value, Atom)):
            raise NotKnownError("a field of what is inserted is not known", "ecto-changeset")
        name = key.value.name
        if name not in schema.fields:
            raise NotKnownError(f"{name} of {schema.module} is inserted with it, which is not followed")
        given[name] = value
    row: dict[str, Cell] = {}
    for field_ in schema.columns:
        value = given.get(field_.name, field_.default)
        if field_.type.name == "embed" and (field_.type.module == "embeds_many" or value != Known(None)):
            raise NotKnownError(f"{schema.module} embeds other schemas: what is stored is not followed", "custom-type")
        if value == Known(None):
            value = generated(field_, place)
        if value != Known(None):
            row[field_.source] = (field_.type, value)
    table = _table(rendering, into)
    columns = list(row)
    _check_required(into, table, [row], columns)
    rendering.writer.fresh = True
    shown = [_cell(rendering, into, table, c, row[c]) for c in columns]
    rendering.writer.fresh = False
    conflict, alias = _conflict(rendering, into, options, place)
    body = f"({','.join(map(quoted, columns))}) VALUES ({','.join(shown)})" if columns else "DEFAULT VALUES"
    # What Ecto asks back (keys the database makes) has no effect and is left out.
    return rendering.done(f"INSERT INTO {_name(into)}{alias} {body}{conflict}", returns=False)


def generated(field_: SchemaField, place: str) -> Value:
    """What Ecto fills in for a field without a value (lib/ecto/schema.ex, timestamps/1 and autogenerate)."""
    if field_.autogenerate == "uuid":
        return FreshUuid(True, f"{place}#{field_.name}")
    if field_.autogenerate == "other":
        raise NotKnownError(f"how {field_.name} is made is the application's own", "custom-type")
    if field_.autogenerate in ("insert", "always"):
        if field_.type.name not in INSTANTS:
            raise NotKnownError(f"how {field_.name} is made is not followed", "custom-type")
        type_ = "NaiveDateTime" if field_.type.name.startswith("naive") else "DateTime"
        return clock.now(type_, place, 0 if field_.type.name in SECONDS else 6)
    return Known(None)
