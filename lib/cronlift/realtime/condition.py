"""A DELETE's conditions on its own row, written as SQL again; what cannot be written is refused, never left out."""

from __future__ import annotations

from collections.abc import Callable

from cronlift.generate.quoting import quote_ident
from cronlift.proof.expression import Tree, UnwritableError, write
from cronlift.proof.scopes import Query
from cronlift.realtime.due import NotDerivableError, asks_clock

_JOINED = {"AND_EXPR": " AND ", "OR_EXPR": " OR "}
_KINDS = {
    "AEXPR_OP": "", "AEXPR_LIKE": "", "AEXPR_ILIKE": "", "AEXPR_DISTINCT": "IS DISTINCT FROM",
    "AEXPR_NOT_DISTINCT": "IS NOT DISTINCT FROM",
}  # fmt: skip


def without_clock(query: Query, alias: str) -> str:
    """The conditions that ask no clock, ``alias`` before each column; '' where there is none.

    Raises NotDerivableError where one cannot be written.
    """
    wanted = [condition for condition in query.conditions if not asks_clock(condition)]
    try:
        return " AND ".join(_write(condition, alias) for condition in wanted)
    except UnwritableError as why:
        raise NotDerivableError(f"which rows it deletes hangs on a condition with {why}") from None


def _write(tree: Tree, alias: str) -> str:
    def value(part: Tree) -> str:
        return write(part, lambda name: f"{alias}{quote_ident(name[-1])}")

    kind, node = next(iter(tree.items()))
    if kind == "BoolExpr":
        parts = [_write(argument, alias) for argument in node["args"]]
        return f"(NOT {parts[0]})" if node["boolop"] == "NOT_EXPR" else f"({_JOINED[node['boolop']].join(parts)})"
    if kind in ("NullTest", "BooleanTest"):
        test = node.get("nulltesttype") or node["booltesttype"]
        return f"({_write_or(value, node['arg'], alias)} {test.replace('_', ' ')})"
    if kind == "A_Expr":
        return _comparison(node, value)
    return value(tree)


def _write_or(value: Callable[[Tree], str], tree: Tree, alias: str) -> str:
    return _write(tree, alias) if "BoolExpr" in tree else value(tree)


def _comparison(node: Tree, sql: Callable[[Tree], str]) -> str:
    kind, name = str(node.get("kind")), node["name"][-1]["String"]["sval"]
    left = sql(node["lexpr"]) if "lexpr" in node else ""
    right = node["rexpr"]
    if kind == "AEXPR_IN":
        items = ", ".join(sql(item) for item in right["List"]["items"])
        return f"({left} {'IN' if name == '=' else 'NOT IN'} ({items}))"
    if kind in ("AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN"):
        low, high = (sql(item) for item in right["List"]["items"])
        return f"({left} {name} {low} AND {high})"
    if kind == "AEXPR_OP_ANY" and "A_ArrayExpr" in right:
        items = ", ".join(sql(item) for item in right["A_ArrayExpr"]["elements"])
        return f"({left} {name} ANY (ARRAY[{items}]))"
    if kind not in _KINDS:
        raise UnwritableError("an operator of another kind")
    return f"({left} {_KINDS[kind] or name} {sql(right)})"
