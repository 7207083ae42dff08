"""What a query returns, as far as a loop over it needs to know: whole structs, or fields of them."""

from __future__ import annotations

from dataclasses import replace

from cronlift.ecto import expression as ex
from cronlift.ecto.query import QueryValue, TableSource
from cronlift.ecto.statement import Rendering, Statement
from cronlift.elixir.rows import ORIGIN, Read, Row, Rows
from cronlift.elixir.syntax import Span
from cronlift.elixir.values import MapValue, TupleValue, Unknown, Value, atom

_KEEPS_ROWS = ("inner", "left", "cross", "inner_lateral", "left_lateral", "cross_lateral")


def rows_of(rendering: Rendering, query: QueryValue, statement: Statement, repo: str, span: Span) -> Value:
    """The rows of ``query``, which ``statement`` reads; row data nothing is known of where it selects anything but
    fields of its first source."""
    source = query.source.source
    module = source.schema if isinstance(source, TableSource) else None
    schema = rendering.database.schemas.get(module) if module else None
    if schema is None or schema.unsure or query.group_bys or query.combinations:
        return Unknown(ORIGIN)
    table = source.table if isinstance(source, TableSource) and source.table is not None else schema.table
    prefix = query.source.prefix if query.source.prefixed else schema.prefix or query.prefix
    there = all(j.qualifier in _KEEPS_ROWS for j in query.joins)
    fields = []
    for column in schema.columns:
        known = rendering.tables.column(prefix, table, column.source)
        not_null = column.primary_key or (known is not None and known.not_null)
        fields.append((column.name, column.source, column.type, not_null and there))
    read = Read(query, schema.module, tuple(fields), repo, span, statement.sql, statement.parameters)
    item = _item(query.select, Row(ORIGIN, read))
    return Rows(ORIGIN, read, item) if item is not None else Unknown(ORIGIN)


def _item(select: ex.Expr | None, row: Row) -> Value | None:
    match select:
        case None | ex.Whole(binding=0, fields=None):
            return row
        case ex.FieldExpr(binding=0, name=name):
            return row.field(name)
        case ex.Whole(binding=0, fields=tuple(names), struct=False):
            return _map([(n, row.field(n)) for n in names])
        case ex.MapExpr(pairs=pairs, base=None, plain=True):
            return _map([(n, _item(e, row) if isinstance(e, ex.FieldExpr) else None) for n, e in pairs])
        case ex.TupleExpr(items=items):
            parts = [_item(e, row) if isinstance(e, ex.FieldExpr) else None for e in items]
            return TupleValue(tuple(p for p in parts if p is not None)) if None not in parts else None
        case _:
            return None


def _map(pairs: list[tuple[str, Value | None]]) -> MapValue | None:
    """None where a part is no field: two of a query's columns may have one name."""
    known = tuple((atom(name), value) for name, value in pairs if value is not None)
    return MapValue(known) if len(known) == len(pairs) else None


def selecting(query: QueryValue, field: str) -> QueryValue:
    """The query as a subquery of that field; its order goes where nothing is cut off by it."""
    cut = query.limit is not None or query.offset is not None or isinstance(query.distinct, tuple)
    orders = query.order_bys if cut else ()
    return replace(query, select=ex.FieldExpr(0, field), order_bys=orders, preloads=False)
