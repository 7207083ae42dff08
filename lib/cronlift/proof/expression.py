"""An expression of a parse tree written as SQL again.

Only what boundaries are made of: constants, the clock, casts, arithmetic, function calls, columns. Everything else
is refused by name, so that nobody takes a boundary for planted that was not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from cronlift.generate.quoting import quote_ident, quote_literal

Tree = dict[str, Any]
Column = Callable[[tuple[str, ...]], str]

_CLOCK = {
    "SVFOP_CURRENT_DATE": "current_date",
    "SVFOP_CURRENT_TIME": "current_time",
    "SVFOP_CURRENT_TIMESTAMP": "current_timestamp",
    "SVFOP_LOCALTIME": "localtime",
    "SVFOP_LOCALTIMESTAMP": "localtimestamp",
    "SVFOP_CURRENT_USER": "current_user",
    "SVFOP_SESSION_USER": "session_user",
    "SVFOP_CURRENT_SCHEMA": "current_schema",
}
_ENDING = {"random", "timeofday"}
# Clocks that move: a row planted at now() lies just before them, which is where now() in their place would show.
_MOVING = {"clock_timestamp", "statement_timestamp"}


class UnwritableError(Exception):
    """The expression cannot be written (or does not stand still): why, in words."""


def write(tree: Tree, column: Column) -> str:
    """The expression's SQL; ``column`` writes (or refuses) a column by its name's parts. Raises UnwritableError."""
    kind, node = next(iter(tree.items()))
    writer = _WRITERS.get(kind)
    if writer is None:
        raise UnwritableError(_WORDS.get(kind, f"an expression of kind {kind}"))
    return writer(node, column)


def column_names(tree: Any) -> list[tuple[str, ...]]:
    """The columns an expression names (those inside its subqueries too)."""
    if isinstance(tree, list):
        return [name for item in tree for name in column_names(item)]
    if not isinstance(tree, dict):
        return []
    found = [] if "ColumnRef" not in tree else [parts(tree["ColumnRef"])]
    return found + [name for key, value in tree.items() if key != "ColumnRef" for name in column_names(value)]


def parts(reference: Tree) -> tuple[str, ...]:
    """A column reference's name, part by part; ``*`` for a star."""
    return tuple(f["String"].get("sval", "") if "String" in f else "*" for f in reference["fields"])


def type_name(node: Tree) -> str:
    """A type as SQL. Raises UnwritableError for ``SETOF`` and types taken from a column."""
    names = [n["String"]["sval"] for n in node["names"]]
    if node.get("setof") or node.get("pct_type"):
        raise UnwritableError("a type taken from elsewhere")
    shown = names[1:] if names[0] == "pg_catalog" and len(names) > 1 else names
    text = ".".join(quote_ident(n) for n in shown)
    if names[-1] != "interval" and node.get("typmods"):
        text += "(" + ", ".join(write(m, _no_column) for m in node["typmods"]) + ")"
    return text + "[]" * len(node.get("arrayBounds", []))


def _constant(node: Tree, _: Column) -> str:
    if node.get("isnull"):
        return "NULL"
    if "ival" in node:
        value = node["ival"].get("ival", 0)
        return str(value) if value >= 0 else f"({value})"
    if "fval" in node:
        value = str(node["fval"].get("fval", "0"))
        return f"({value})" if value.startswith("-") else value
    if "boolval" in node:
        return "true" if node["boolval"].get("boolval") else "false"
    if "sval" in node:
        return quote_literal(node["sval"].get("sval", ""))
    raise UnwritableError("a bit string")


def _cast(node: Tree, column: Column) -> str:
    inner, target = write(node["arg"], column), type_name(node["typeName"])
    if "A_Const" in node["arg"] and "sval" in node["arg"]["A_Const"] and target.isidentifier():
        return f"{target} {inner}"
    return f"CAST({inner} AS {target})"


def _operator(node: Tree, column: Column) -> str:
    if node.get("kind") != "AEXPR_OP" or len(node["name"]) != 1:
        raise UnwritableError("an operator of another kind")
    name = node["name"][0]["String"]["sval"]
    right = write(node["rexpr"], column)
    return f"({write(node['lexpr'], column)} {name} {right})" if "lexpr" in node else f"({name} {right})"


def _call(node: Tree, column: Column) -> str:
    name = [n["String"]["sval"] for n in node["funcname"]]
    if any(k in node for k in ("agg_star", "agg_order", "agg_filter", "over", "agg_distinct", "func_variadic")):
        raise UnwritableError(f"{name[-1]}(…), which looks at other rows")
    if name[-1] in _MOVING and name[:-1] in ([], ["pg_catalog"]):
        return "now()"
    if ".".join(name) in _ENDING:
        raise UnwritableError(f"{name[-1]}(), which does not stand still")
    arguments = ", ".join(write(a, column) for a in node.get("args", []))
    syntax = node.get("funcformat") == "COERCE_SQL_SYNTAX"
    shown = name if syntax or name[0] != "pg_catalog" else name[1:]
    return f"{'.'.join(quote_ident(n) for n in shown)}({arguments})"


def _coalesce(node: Tree, column: Column) -> str:
    return f"coalesce({', '.join(write(a, column) for a in node['args'])})"


def _extreme(node: Tree, column: Column) -> str:
    name = "greatest" if node.get("op") == "IS_GREATEST" else "least"
    return f"{name}({', '.join(write(a, column) for a in node['args'])})"


def _clock(node: Tree, _: Column) -> str:
    if node["op"] not in _CLOCK:
        raise UnwritableError("a clock of limited precision")
    return _CLOCK[node["op"]]


def _column(node: Tree, column: Column) -> str:
    return column(parts(node))


def _parameter(node: Tree, _: Column) -> str:
    raise UnwritableError(f"the argument ${node.get('number', 0)}")


def _no_column(name: tuple[str, ...]) -> str:
    raise UnwritableError(f"the column {'.'.join(name)}")


_WRITERS: dict[str, Callable[[Tree, Column], str]] = {
    "A_Const": _constant,
    "TypeCast": _cast,
    "A_Expr": _operator,
    "FuncCall": _call,
    "CoalesceExpr": _coalesce,
    "MinMaxExpr": _extreme,
    "SQLValueFunction": _clock,
    "ColumnRef": _column,
    "ParamRef": _parameter,
}
_WORDS = {
    "SubLink": "a subquery",
    "CaseExpr": "a CASE expression",
    "A_ArrayExpr": "an array",
    "A_Indirection": "a part of a value",
    "RowExpr": "a row",
}
