"""Turning around what stands around a column.

``created + interval '1 day' < now()`` compares the column ``created`` with ``now() - interval '1 day'``: that is where
rows have to stand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from cronlift.proof.expression import Tree, UnwritableError, column_names, parts, write
from cronlift.proof.scopes import Query
from cronlift.proof.tables import Column, Table


@dataclass(frozen=True)
class Solved:
    """The column a side comes down to, and how a value of that side becomes one of the column (one or several)."""

    table: Table
    column: Column
    invert: Callable[[str], tuple[str, ...]] = field(default=lambda value: (value,))


def solve(tree: Tree, query: Query) -> Solved | None:
    """The column of one side of a comparison; None where there is none. Raises UnwritableError."""
    kind, node = next(iter(tree.items()))
    if kind == "ColumnRef":
        return _resolve(parts(node), query)
    if kind == "TypeCast":
        inner = solve(node["arg"], query)
        day = node["typeName"]["names"][-1]["String"]["sval"] == "date"
        return _then(inner, (lambda v: (v, f"({v} + 1)")) if day else (lambda v: (v,)))
    if kind == "CoalesceExpr":
        return solve(node["args"][0], query)
    if kind == "A_Expr" and node.get("kind") == "AEXPR_OP" and "lexpr" in node:
        return _around_operator(node, query)
    if kind == "FuncCall":
        return _around_call(node, query)
    raise UnwritableError("the column stands inside an expression that cannot be turned around")


def _around_operator(node: Tree, query: Query) -> Solved | None:
    op, left, right = node["name"][0]["String"]["sval"], node["lexpr"], node["rexpr"]
    inverse: Callable[[str, str], str]
    if names_column(left, query) and not names_column(right, query):
        inner, other = solve(left, query), write(right, no_column)
        turned = {"+": "-", "-": "+", "*": "/", "/": "*"}.get(op)
        inverse = lambda v, o: f"({v} {turned} {o})"  # noqa: E731
    elif names_column(right, query) and not names_column(left, query):
        inner, other = solve(right, query), write(left, no_column)
        turned = {"+": "-", "-": "-", "*": "/"}.get(op)
        inverse = (lambda v, o: f"({o} - {v})") if op == "-" else (lambda v, o: f"({v} {turned} {o})")
    else:
        raise UnwritableError("both sides of the operator name columns")
    if turned is None:
        raise UnwritableError(f"the column stands beside the operator {op}")
    return _then(inner, lambda v: (inverse(v, other),))


def _around_call(node: Tree, query: Query) -> Solved | None:
    name, args = node["funcname"][-1]["String"]["sval"], node.get("args", [])
    if name in ("lower", "upper") and len(args) == 1:
        return solve(args[0], query)
    if name == "timezone" and len(args) == 2 and not names_column(args[0], query):
        zone = write(args[0], no_column)
        return _then(solve(args[1], query), lambda v: (f"timezone({zone}, {v})",))
    if name == "date_trunc" and len(args) == 2 and "A_Const" in args[0]:
        unit = str(args[0]["A_Const"].get("sval", {}).get("sval", "")).lower()
        if not unit.isalpha():
            raise UnwritableError("the unit of date_trunc(…) is no word")
        step = "interval '3 months'" if unit == "quarter" else f"interval '1 {unit}'"
        return _then(solve(args[1], query), lambda v: (v, f"({v} + {step})"))
    if (
        name in ("extract", "date_part")
        and len(args) == 2
        and args[0].get("A_Const", {}).get("sval", {}).get("sval", "").lower() == "epoch"
    ):
        return _then(solve(args[1], query), lambda v: (f"make_interval(secs => {v})",))
    raise UnwritableError(f"the column stands inside {name}(…)")


def _then(inner: Solved | None, step: Callable[[str], tuple[str, ...]]) -> Solved | None:
    if inner is None:
        return None
    return Solved(inner.table, inner.column, lambda value: tuple(v for w in step(value) for v in inner.invert(w)))


def _resolve(name: tuple[str, ...], query: Query) -> Solved | None:
    if name[-1] == "*":
        return None
    if len(name) > 1:
        table = query.tables.get(name[-2])
        if table is None:
            raise UnwritableError(f"{'.'.join(name)} is not a column of a table here")
        found = [(table, table.column(name[-1]))]
    else:
        found = [(t, t.column(name[0])) for t in query.tables.values() if t is not None]
    hits = [(t, c) for t, c in found if c is not None]
    if len(hits) != 1:
        raise UnwritableError(f"{'.'.join(name)} is not a column of a table here")
    table, column = hits[0]
    assert column is not None
    origin = table.origin(column)
    if origin is None:
        raise UnwritableError(f"{'.'.join(name)} is computed by the view {table.name}")
    return Solved(*origin)


def names_column(tree: Tree, query: Query) -> bool:
    """Whether the expression names a column of the query's own tables."""
    for name in column_names(tree):
        try:
            if _resolve(name, query) is not None:
                return True
        except UnwritableError as why:
            if "computed by" in str(why):
                return True
    return False


def column_of(query: Query, table: Table) -> Callable[[tuple[str, ...]], str]:
    """Columns of the compared row itself may stand on the other side; others would be another row's."""

    def column(name: tuple[str, ...]) -> str:
        solved = _resolve(name, query)
        if solved is None or solved.table.oid != table.oid:
            raise UnwritableError("it is compared with a column of another table")
        return solved.column.sql

    return column


def no_column(name: tuple[str, ...]) -> str:
    """For expressions in which no column may stand."""
    raise UnwritableError(f"it depends on {'.'.join(name)}")
