"""One clause added to a query: ``where``, ``order_by``, ``limit``, … (ecto lib/ecto/query/builder/*.ex)."""

from __future__ import annotations

from dataclasses import replace

from cronlift.ecto import expression as ex
from cronlift.ecto.bindings import Slots, name_of
from cronlift.ecto.escape import Escaper
from cronlift.ecto.expression import Expr
from cronlift.ecto.filters import filter_expression
from cronlift.ecto.query import (
    Condition,
    Cte,
    Limit,
    QueryValue,
    to_query,
)
from cronlift.ecto.refusals import NotKnownError, RaisesError
from cronlift.ecto.slots import literal_value
from cronlift.ecto.types import INTEGER
from cronlift.ecto.updates import update
from cronlift.elixir import syntax as ast
from cronlift.elixir.syntax import Node
from cronlift.elixir.values import Known, Unknown

COMBINATIONS = ("union", "union_all", "except", "except_all", "intersect", "intersect_all")


def where(query: QueryValue, op: str, node: Node, escaper: Escaper, *, having: bool = False) -> QueryValue:
    """``where``, ``or_where``, ``having``, ``or_having``."""
    condition = filter_expression(node, escaper)
    if condition is None:
        return query
    kept = Condition(op, condition)
    if having:
        return replace(query, havings=(*query.havings, kept))
    return replace(query, wheres=(*query.wheres, kept))


def simple(query: QueryValue, name: str, node: Node, escaper: Escaper) -> QueryValue:
    """The clauses that are one expression. Raises NoSqlError."""
    match name:
        case "where" | "or_where":
            return where(query, "or" if name == "or_where" else "and", node, escaper)
        case "having" | "or_having":
            return where(query, "or" if name == "or_having" else "and", node, escaper, having=True)
        case "select":
            if query.select is not None:
                raise RaisesError("only one select expression is allowed in a query")
            return replace(query, select=escaper.select(node))
        case "select_merge":
            return replace(query, select=merged(query.select, escaper.select(node)))
        case "order_by":
            return replace(query, order_bys=(*query.order_bys, *escaper.order_by(node)))
        case "prepend_order_by":
            return replace(query, order_bys=(*escaper.order_by(node), *query.order_bys))
        case "group_by":
            return replace(query, group_bys=(*query.group_bys, *escaper.fields(node)))
        case "limit":
            return replace(query, limit=_limit(escaper.escape(node, INTEGER)))
        case "offset":
            return replace(query, offset=escaper.escape(node, INTEGER))
        case "with_ties":
            if query.limit is None or not isinstance(node, ast.Literal):
                raise NotKnownError("with_ties is not understood here")
            return replace(query, limit=replace(query.limit, with_ties=node.value is True))
        case "distinct":
            return replace(query, distinct=_distinct(node, escaper))
        case "lock":
            text = literal_value(node)
            if isinstance(text, Known) and isinstance(text.value, str):
                return replace(query, lock=text.value)
            return replace(query, lock=escaper.escape(node))
        case "windows":
            return replace(query, windows=(*query.windows, *_windows(node, escaper)))
        case "update":
            return update(query, node, escaper)
        case "preload":
            return replace(query, preloads=True)
        case _ if name in COMBINATIONS:
            return combined(query, name, node, escaper.slots)
    raise NotKnownError(f"{name} in a query is not known")


def _limit(expr: Expr) -> Limit | None:
    return None if expr == ex.Literal(Known(None), INTEGER) else Limit(expr)


def _distinct(node: Node, escaper: Escaper) -> bool | tuple[tuple[str, Expr], ...]:
    if isinstance(node, ast.Literal) and isinstance(node.value, bool):
        return node.value
    if isinstance(node, ast.Unary) and node.op == "^":
        value = escaper.slots.get(id(node.operand))
        if isinstance(value, Known) and isinstance(value.value, bool):
            return value.value
    return escaper.order_by(node)


def _windows(node: Node, escaper: Escaper) -> list[tuple[str, ex.Window]]:
    found = []
    for item in node.items if isinstance(node, ast.List) else ():
        if not (isinstance(item, ast.Tuple) and isinstance(item.items[1], ast.List)):
            raise NotKnownError("a window is not understood")
        found.append((name_of(item.items[0], escaper.slots), escaper.window(item.items[1])))
    return found


def merged(old: Expr | None, new: Expr) -> Expr:
    """``select_merge`` (select.ex, merge/2): onto the first source where nothing is selected yet."""
    base = old if old is not None else ex.Whole(0)
    match base, new:
        case ex.Whole(fields=tuple(first)), ex.Whole(fields=tuple(second)) if base.binding == new.binding:
            return replace(base, fields=tuple(dict.fromkeys((*first, *second))))
    return ex.Merge(base, new)


def combined(query: QueryValue, kind: str, node: Node, slots: Slots) -> QueryValue:
    """``union`` and its like: the other query must be pinned (combination.ex)."""
    if not (isinstance(node, ast.Unary) and node.op == "^"):
        raise RaisesError(f"{kind} needs a pinned query")
    other = to_query(slots.get(id(node.operand), Unknown("a query")))
    if other is None:
        raise NotKnownError(f"the other query of {kind} is not known")
    return replace(query, combinations=(*query.combinations, (kind, other)))


def with_cte(query: QueryValue, name: Node, options: Node, escaper: Escaper) -> QueryValue:
    """``with_cte("name", as: ^query, materialized: …, operation: …)``."""
    value = escaper.slots.get(id(name.operand)) if isinstance(name, ast.Unary) else literal_value(name)
    if not (isinstance(value, Known) and isinstance(value.value, str)) or not isinstance(options, ast.List):
        raise NotKnownError("a common table expression is not understood")
    given = ast.keyword(options, "as")
    materialized, operation = ast.keyword(options, "materialized"), ast.keyword(options, "operation")
    inner: QueryValue | ex.Fragment | None
    if isinstance(given, ast.Unary):
        inner = to_query(escaper.slots.get(id(given.operand), Unknown("a query")))
    else:
        found = escaper.escape(given) if given is not None else None
        inner = found if isinstance(found, ex.Fragment) else None
    if inner is None:
        raise NotKnownError(f"the query of the common table expression {value.value} is not known")
    how = materialized.value if isinstance(materialized, ast.Literal) else None
    cte = Cte(value.value, inner, how if isinstance(how, bool) else None,
              name_of(operation, escaper.slots) if operation is not None else "all")  # fmt: skip
    kept = tuple(c for c in query.ctes if c.name != cte.name)
    return replace(query, ctes=(*kept, cte))
