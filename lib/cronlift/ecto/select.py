"""What a query selects, field by field (ecto lib/ecto/query/planner.ex, collect_fields/7 and subquery_select/3)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from cronlift.ecto import expression as ex
from cronlift.ecto.expression import Expr
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.types import ANY, BOOLEAN, INTEGER, EctoType
from cronlift.elixir.values import Known

if TYPE_CHECKING:
    from cronlift.ecto.render import Expressions


@dataclass(slots=True)
class Selected:
    """One field: its name, the expression, and the ``alias`` it is given ('' where none)."""

    name: str
    expr: Expr
    alias: str
    type: EctoType = ANY
    column: str | None = None
    text: str = ""


def flattened(at: Expressions, select: Expr | None) -> list[Selected]:
    """The fields of a query that is read: sources with all their columns, containers taken apart."""
    return [Selected("", e, a) for e, a in _flat(at, select if select is not None else ex.Whole(0))]


def _flat(at: Expressions, node: Expr) -> list[tuple[Expr, str]]:
    match node:
        case ex.Whole():
            return [(e, "") for _, e in _whole(at, node)]
        case ex.TupleExpr(items=items) | ex.ListExpr(items=items):
            return [pair for i in items for pair in _flat(at, i)]
        case ex.MapExpr(pairs=pairs, base=base):
            found = _flat(at, base) if base is not None else []
            return [*found, *(pair for _, v in pairs for pair in _flat(at, v))]
        case ex.Merge(left=left, right=right):
            return [*_flat(at, left), *_flat(at, right)]
        case ex.Literal():
            return []  # a literal in select stays in Elixir
        case ex.SelectedAs(name=name):
            return [(node, name)]
        case _:
            return [(node, "")]


def named(at: Expressions, select: Expr | None, *, source: bool) -> list[Selected]:
    """The fields of a subquery; as a ``source`` (or common table expression) each has its name as alias."""
    pairs = _pairs(at, select if select is not None else ex.Whole(0))
    if pairs is None:
        if source:
            raise RaisesError("a subquery must select a source, a field or a map")
        assert select is not None
        pairs = [("result", select)]
    found = []
    for name, expr in pairs:
        inner, alias = expr, name if source else ""
        if isinstance(expr, ex.SelectedAs) and expr.inner is not None:
            inner, alias = expr.inner, expr.name
        if isinstance(inner, ex.Whole | ex.MapExpr | ex.TupleExpr | ex.ListExpr | ex.Merge):
            raise RaisesError("a subquery's fields cannot be maps, lists, tuples or sources")
        kind, column = _type(at, inner)
        found.append(Selected(name, inner, alias, kind, column))
    if len({f.alias or f.name for f in found}) != len(found) and source:
        raise RaisesError("a subquery has two fields of one name")
    return found


def _pairs(at: Expressions, node: Expr) -> list[tuple[str, Expr]] | None:
    match node:
        case ex.Whole():
            return _whole(at, node)
        case ex.FieldExpr(name=name):
            return [(name, node)]
        case ex.MapExpr(pairs=pairs, base=None):
            return list(pairs)
        case ex.MapExpr(pairs=pairs, base=ex.Whole() as base):
            changed = {k for k, _ in pairs}
            return [*((k, e) for k, e in _whole(at, base) if k not in changed), *pairs]
        case ex.Merge(left=left, right=right):
            first, second = _pairs(at, left), _pairs(at, right)
            if first is None or second is None:
                return None
            changed = {k for k, _ in second}
            return [*((k, e) for k, e in first if k not in changed), *second]
        case ex.MapExpr():
            raise NotKnownError("what the subquery selects is not followed")
        case _:
            return None


def _whole(at: Expressions, node: ex.Whole) -> list[tuple[str, Expr]]:
    """A source's fields by name: those taken, else all that are stored."""
    source = at.source(node.binding)
    if node.fields is not None:
        if not node.fields:
            raise RaisesError("a query selects no field of a source")
        return [(name, ex.FieldExpr(node.binding, name)) for name in node.fields]
    if source.kind in ("subquery", "values"):
        return [(name, ex.FieldExpr(node.binding, name)) for name in source.columns]
    if source.kind == "fragment":
        if source.fragment and source.fragment.columns:
            return [(name, ex.FieldExpr(node.binding, name)) for name in source.fragment.columns]
        raise RaisesError("all fields of a fragment cannot be selected")
    if source.schema is None:
        raise RaisesError(f"all fields of {source.table} cannot be selected without a schema")
    if source.schema.unsure:
        raise NotKnownError(source.schema.unsure, "schema-not-understood")
    return [(f.name, ex.FieldExpr(node.binding, f.name)) for f in source.schema.columns if f.selectable]


def _type(at: Expressions, node: Expr) -> tuple[EctoType, str | None]:
    """Ecto's type of a selected expression, and PostgreSQL's where it is a column's."""
    match node:
        case ex.FieldExpr(binding=binding, name=name):
            _, kind, column, _ = at.column(binding, name)
            return kind, column
        case ex.Call(name="count") | ex.Over(aggregate=ex.Call(name="row_number" | "rank" | "dense_rank" | "ntile")):
            return INTEGER, "bigint"
        case ex.Call(name="min" | "max", args=(ex.FieldExpr() as inner,)):
            return _type(at, inner)
        case ex.Call(name="sum" | "avg"):
            return ANY, None
        case ex.Call(name="not" | "is_nil" | "==" | "!=" | "<" | ">" | "<=" | ">=" | "and" | "or" | "like" | "ilike"):
            return BOOLEAN, "boolean"
        case ex.Cast(type=spec):
            return at.resolve(spec)[0], at.type_of(node)
        case ex.Interval(kind=kind):
            return EctoType("date" if kind == "date" else "naive_datetime"), kind
        case ex.Literal(value=Known(value=bool())):
            return BOOLEAN, "boolean"
        case _:
            return ANY, at.type_of(node)
