"""Tables and views as planting needs them: columns with their types, keys, and what a view is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pgparse
from psycopg import sql

from cronlift import resources
from cronlift.generate.quoting import quote_ident
from cronlift.postgres.server import Connection
from cronlift.proof.expression import parts

_STEPS = {
    "timestamptz": ("interval '1 microsecond'", "1 µs"),
    "timestamp": ("interval '1 microsecond'", "1 µs"),
    "time": ("interval '1 microsecond'", "1 µs"),
    "interval": ("interval '1 microsecond'", "1 µs"),
    "date": ("1", "1 day"),
    "int2": ("1::smallint", "1"),
    "int4": ("1", "1"),
    "int8": ("1", "1"),
    "float4": ("0.0001::real", "0.0001"),
    "float8": ("0.000001::double precision", "0.000001"),
}


@dataclass(frozen=True)
class Column:
    """``base`` and ``category`` are of the type below a domain (pg_type.typcategory); ``references`` the table and
    column a foreign key names, as SQL."""

    name: str
    type: str
    base: str
    category: str
    scale: int
    not_null: bool
    has_default: bool
    identity: str
    generated: bool
    references: tuple[str, str] | None
    enum: str | None

    @property
    def sql(self) -> str:
        return quote_ident(self.name)

    @property
    def nullable(self) -> bool:
        return not self.not_null and not self.generated

    @property
    def infinite(self) -> bool:
        return self.base in ("timestamptz", "timestamp", "date", "float4", "float8")

    @property
    def step(self) -> str | None:
        """The smallest difference of the type as SQL; None where there is none to speak of."""
        if self.base == "numeric":
            return f"{10**-self.scale:.{self.scale}f}"
        if self.category == "S":
            return "''"
        return _STEPS[self.base][0] if self.base in _STEPS else None

    @property
    def step_words(self) -> str:
        return _STEPS[self.base][1] if self.base in _STEPS else (self.step or "")

    def other_than(self, value: str) -> str | None:
        """Some other value of a type without steps, as SQL."""
        if self.enum is not None:
            labels = f"unnest(enum_range(CAST(NULL AS {self.type}))) AS labels (label)"
            return f"(SELECT label FROM {labels} WHERE label <> {value} LIMIT 1)"  # noqa: S608 - a type and a literal
        return "gen_random_uuid()" if self.base == "uuid" else None


@dataclass(frozen=True)
class Table:
    """A table, materialized view (``m``) or view (``v``); ``origins``: where a view's columns come from."""

    oid: int
    schema: str
    relation: str
    kind: str
    columns: tuple[Column, ...]
    unique: tuple[tuple[str, ...], ...]
    definition: str | None
    origins: tuple[tuple[str, Table, Column], ...] = ()

    @property
    def name(self) -> str:
        return f"{self.schema}.{self.relation}"

    @property
    def sql(self) -> sql.Identifier:
        return sql.Identifier(self.schema, self.relation)

    def column(self, name: str) -> Column | None:
        return next((c for c in self.columns if c.name == name), None)

    def origin(self, column: Column) -> tuple[Table, Column] | None:
        """The table and column where a value of this column lives; None where a view computes it."""
        if self.kind not in ("v", "m"):
            return self, column
        return next(((t, c) for name, t, c in self.origins if name == column.name), None)


class Tables:
    """Looks tables up under a search_path, and remembers them."""

    def __init__(self, connection: Connection, path: Sequence[str]) -> None:
        self._connection = connection
        self._path = path
        self._known: dict[tuple[str | None, str], Table | None] = {}

    def __call__(self, schema: str | None, name: str) -> Table | None:
        """The table a name stands for; None where it stands for none (a WITH query, a system catalog)."""
        if (schema, name) not in self._known:
            self._known[schema, name] = None  # a view that reads itself ends here
            self._known[schema, name] = self._find(schema, name)
        return self._known[schema, name]

    def _find(self, schema: str | None, name: str) -> Table | None:
        for candidate in [schema] if schema is not None else self._path:
            full = f"{quote_ident(candidate)}.{quote_ident(name)}"
            row = self._connection.execute(resources.sql("proof/table"), {"name": full}).fetchone()
            if row is not None:
                return self._table(*row)
        return None

    def _table(self, oid: object, schema: object, name: object, kind: object, definition: object) -> Table:
        columns = tuple(
            Column(*row[:9], tuple(row[9]) if row[9] else None, row[10])  # type: ignore[arg-type, call-arg]
            for row in self._connection.execute(resources.sql("proof/columns"), {"oid": oid}).fetchall()
        )
        keys = self._connection.execute(resources.sql("proof/unique_keys"), {"oid": oid}).fetchall()
        text = None if definition is None else str(definition)
        return Table(
            int(str(oid)),
            str(schema),
            str(name),
            str(kind),
            columns,
            tuple(tuple(k) for (k,) in keys if k),  # type: ignore[arg-type]
            text,
            tuple(self._origins(text, columns)) if text else (),
        )

    def _origins(self, definition: str, columns: Sequence[Column]) -> list[tuple[str, Table, Column]]:
        """A plain view's columns that are columns of its tables (pg_get_viewdef qualifies every name)."""
        select = pgparse.parse(definition)[0]["stmt"].get("SelectStmt", {})
        sources: dict[str, Table | None] = {}
        _sources(select.get("fromClause", []), self, sources)
        out = []
        for column, target in zip(columns, select.get("targetList", []), strict=False):
            reference = target["ResTarget"]["val"].get("ColumnRef")
            if reference is None:
                continue
            name = parts(reference)
            tables = [sources.get(name[-2])] if len(name) > 1 else list(sources.values())
            for table in tables:
                if table is not None and (found := table.column(name[-1])) and (origin := table.origin(found)):
                    out.append((column.name, *origin))
        return out


def _sources(items: Sequence[dict[str, object]], lookup: Tables, out: dict[str, Table | None]) -> None:
    for item in items:
        kind, node = next(iter(item.items()))
        assert isinstance(node, dict)
        if kind == "RangeVar":
            alias = node.get("alias", {}).get("aliasname") or node["relname"]
            out[alias] = lookup(node.get("schemaname"), node["relname"])
        elif kind == "JoinExpr":
            _sources([node["larg"], node["rarg"]], lookup, out)
