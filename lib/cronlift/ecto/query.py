"""An Ecto query as a value: what the macros have put together so far (ecto lib/ecto/query.ex, %Ecto.Query{})."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from cronlift.ecto.expression import Binding, Expr, Fragment, Window
from cronlift.ecto.refusals import NoSqlError, NotKnownError, RaisesError
from cronlift.ecto.slots import slots_of
from cronlift.ecto.types import EctoType
from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Node, Span
from cronlift.elixir.trace import Origin
from cronlift.elixir.values import Known, ModuleName, TupleValue, Value


@dataclass(frozen=True, slots=True)
class TableSource:
    """A table by name, a schema by module, or a table read as a schema."""

    table: str | None
    schema: str | None = None


@dataclass(frozen=True, slots=True)
class SubSource:
    query: QueryValue


@dataclass(frozen=True, slots=True)
class FragmentSource:
    fragment: Fragment


@dataclass(frozen=True, slots=True)
class ValuesSource:
    """``values/2``: rows of (field, value), and the types by field in alphabetical order."""

    rows: tuple[tuple[tuple[str, Value], ...], ...]
    types: tuple[tuple[str, EctoType], ...]


@dataclass(frozen=True, slots=True)
class AssocSource:
    binding: Binding
    name: str


@dataclass(frozen=True, slots=True)
class QuerySource:
    """A query that is joined as it is: its conditions become conditions of the join."""

    query: QueryValue


Source = TableSource | SubSource | FragmentSource | ValuesSource | AssocSource | QuerySource


@dataclass(frozen=True, slots=True)
class From:
    source: Source
    prefix: str | None = None
    prefixed: bool = False
    as_: str | None = None
    hints: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Join:
    qualifier: str
    source: Source
    on: Expr | None = None
    prefix: str | None = None
    prefixed: bool = False
    as_: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    op: str
    expr: Expr


@dataclass(frozen=True, slots=True)
class Limit:
    expr: Expr
    with_ties: bool = False


@dataclass(frozen=True, slots=True)
class Cte:
    name: str
    query: QueryValue | Fragment
    materialized: bool | None = None
    operation: str = "all"


@dataclass(frozen=True, slots=True)
class Trouble:
    """Why the query cannot become SQL, noticed while it was built and told when it is sent."""

    code: str
    text: str
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class QueryValue(Value):
    """``aliases``: named bindings with their numbers. ``distinct``: True, or (direction, expression) pairs.
    ``origins``: where its clauses were written."""

    STRUCT: ClassVar[str] = "Ecto.Query"
    source: From
    joins: tuple[Join, ...] = ()
    wheres: tuple[Condition, ...] = ()
    havings: tuple[Condition, ...] = ()
    select: Expr | None = None
    order_bys: tuple[tuple[str, Expr], ...] = ()
    group_bys: tuple[Expr, ...] = ()
    limit: Limit | None = None
    offset: Expr | None = None
    distinct: bool | tuple[tuple[str, Expr], ...] | None = None
    lock: str | Expr | None = None
    windows: tuple[tuple[str, Window], ...] = ()
    ctes: tuple[Cte, ...] = ()
    recursive: bool = False
    combinations: tuple[tuple[str, QueryValue], ...] = ()
    updates: tuple[tuple[str, str, Expr], ...] = ()
    aliases: tuple[tuple[str, int], ...] = ()
    prefix: str | None = None
    preloads: bool = False
    trouble: Trouble | None = None
    origins: tuple[Origin, ...] = field(default=(), compare=False)

    @property
    def bindings(self) -> int:
        return 1 + len(self.joins)

    def alias(self, name: str) -> int | None:
        return next((i for n, i in self.aliases if n == name), None)


@dataclass(frozen=True, slots=True)
class SubqueryValue(Value):
    """``subquery(query)``."""

    STRUCT: ClassVar[str] = "Ecto.SubQuery"
    query: QueryValue


@dataclass(frozen=True, slots=True)
class DynamicValue(Value):
    """``dynamic([bindings], expr)``: expanded where it is used, against that query's bindings. ``slots`` hold what
    its pins, attributes and module names were, in the order of their nodes."""

    STRUCT: ClassVar[str] = "Ecto.Query.DynamicExpr"
    bindings: ast.Node | None
    body: ast.Node
    slots: tuple[Value, ...]


def with_trouble(query: QueryValue, error: NoSqlError, span: Span) -> QueryValue:
    """The query with the first thing that stands against it."""
    if query.trouble is not None:
        return query
    return replace(query, trouble=Trouble(error.code, error.text, span))


# The clauses of the SQL that Ecto's words give, where they have another name.
_PARTS = {
    "or_where": "where", "or_having": "having", "select_merge": "select", "prepend_order_by": "order_by",
    "with_ties": "limit", "with_cte": "with", "with_ctes": "with", "union": "combination", "union_all": "combination",
    "except": "combination", "except_all": "combination", "intersect": "combination", "intersect_all": "combination",
    "combinations": "combination",
}  # fmt: skip


def part_of(word: str) -> str:
    """The clause of the SQL that one of Ecto's words gives."""
    return _PARTS.get(word, word)


def written(query: QueryValue, word: str, node: Node, slots: Mapping[int, Value]) -> QueryValue:
    """The query, with the place where the clause ``word`` was written; what a subquery in it was made of belongs
    there, too."""
    part = part_of(word)
    inner = [slots.get(id(found)) for found in slots_of(node)]
    origins = [Origin(part, node.span)]
    for value in inner:
        found = value.query if isinstance(value, SubqueryValue) else value
        if isinstance(found, QueryValue):
            origins += [Origin(part, origin.span) for origin in found.origins]
    return replace(query, origins=(*query.origins, *origins))


def check(query: QueryValue) -> None:
    """Raises what was noticed while the query was built, in it or in what it holds."""
    if query.trouble is not None:
        kind = RaisesError if query.trouble.code == RaisesError.code else NotKnownError
        raise kind(query.trouble.text, query.trouble.code)


def to_query(value: Value) -> QueryValue | None:
    """``Ecto.Queryable.to_query/1``: a table's name, a schema, {table, schema}, a subquery; None for anything else."""
    match value:
        case QueryValue():
            return value
        case SubqueryValue(query=inner):
            return QueryValue(From(SubSource(inner)))
        case Known(value=str(table)):
            return QueryValue(From(TableSource(table)))
        case ModuleName(name=name):
            return QueryValue(From(TableSource(None, name)))
        case TupleValue(items=(Known(value=str(table)), ModuleName(name=name))):
            return QueryValue(From(TableSource(table, name)))
        case _:
            return None
