"""The queries of a statement: which tables stand in their FROM lists, and which conditions hold there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from cronlift.proof.expression import Tree
from cronlift.proof.tables import Table

Lookup = Callable[[str | None, str], Table | None]

MIRROR = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "<>": "<>"}
_STATEMENTS = ("SelectStmt", "InsertStmt", "UpdateStmt", "DeleteStmt", "MergeStmt")


@dataclass(frozen=True)
class Query:
    """One query: the tables in its FROM list by alias, and its conditions."""

    tables: dict[str, Table | None]
    conditions: tuple[Tree, ...]
    others: tuple[Tree, ...]


def queries(tree: Any, lookup: Lookup) -> Iterator[Query]:
    """Every query of a statement, subqueries too."""
    if isinstance(tree, list):
        for item in tree:
            yield from queries(item, lookup)
        return
    if not isinstance(tree, dict):
        return
    for key, value in tree.items():
        if key in _STATEMENTS and isinstance(value, dict):
            yield _query(key, value, lookup)
        yield from queries(value, lookup)


def _query(kind: str, node: Tree, lookup: Lookup) -> Query:
    tables: dict[str, Table | None] = {}
    conditions: list[Tree] = []
    sources = [*node.get("fromClause", []), *node.get("usingClause", [])]
    if "relation" in node and kind != "InsertStmt":
        sources.append({"RangeVar": node["relation"]})
    if kind == "MergeStmt":
        sources.append(node["sourceRelation"])
        conditions.append(node["joinCondition"])
    for source in sources:
        _source(source, tables, conditions, lookup)
    if "whereClause" in node:
        conditions.append(node["whereClause"])
    others = list(_comparisons([node.get(k) for k in ("targetList", "havingClause", "mergeWhenClauses")]))
    flat = [part for condition in conditions for part in _conjuncts(condition)]
    return Query(tables, tuple(flat), tuple(others))


def _source(source: Tree, tables: dict[str, Table | None], conditions: list[Tree], lookup: Lookup) -> None:
    kind, node = next(iter(source.items()))
    if kind == "RangeVar":
        alias = node.get("alias", {}).get("aliasname") or node["relname"]
        tables[alias] = lookup(node.get("schemaname"), node["relname"])
    elif kind == "JoinExpr":
        _source(node["larg"], tables, conditions, lookup)
        _source(node["rarg"], tables, conditions, lookup)
        if "quals" in node:
            conditions.append(node["quals"])
    elif "alias" in node:
        tables[node["alias"]["aliasname"]] = None


def _conjuncts(tree: Tree) -> list[Tree]:
    if tree.get("BoolExpr", {}).get("boolop") == "AND_EXPR":
        return [part for arg in tree["BoolExpr"]["args"] for part in _conjuncts(arg)]
    return [tree]


def _comparisons(tree: Any) -> Iterator[Tree]:
    """Comparisons outside of conditions (CASE, FILTER, …), those of subqueries left to their own query."""
    if isinstance(tree, list):
        for item in tree:
            yield from _comparisons(item)
    elif isinstance(tree, dict):
        for key, value in tree.items():
            if key == "A_Expr" and operator(value) is not None:
                yield {key: value}
            elif key not in _STATEMENTS:
                yield from _comparisons(value)


def operator(node: Tree) -> str | None:
    """The comparison an A_Expr makes; None where its operator compares nothing that has boundaries."""
    kind, name = node.get("kind"), node["name"][-1]["String"]["sval"]
    if kind in ("AEXPR_BETWEEN", "AEXPR_NOT_BETWEEN"):
        return str(name)
    if kind in ("AEXPR_DISTINCT", "AEXPR_NOT_DISTINCT"):
        return "<>" if kind == "AEXPR_DISTINCT" else "="
    if kind == "AEXPR_IN" or (kind == "AEXPR_OP" and "lexpr" in node):
        return {"!=": "<>"}.get(name, name) if {"!=": "<>"}.get(name, name) in MIRROR else None
    return None
