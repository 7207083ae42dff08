"""Where a statement's meaning depends on the session's time zone, as far as its text and its columns' types say.

Sources: manual 9.9 (functions of date and time), 8.5.1.3 (a timestamp becomes a timestamptz, and the other way
round, in the session's zone). Asked of SQL that stands inside of a query in another language: the application's
sessions and pg_cron's need not have one zone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import pgparse

from cronlift.sql.facts import walk
from cronlift.sql.parameter_types import ColumnType, relations

_LOCAL = ("SVFOP_CURRENT_DATE", "SVFOP_CURRENT_TIME", "SVFOP_LOCALTIME")
_NOW = ("now", "transaction_timestamp", "statement_timestamp", "clock_timestamp")
_COMPARISONS = ("=", "<>", "!=", "<", ">", "<=", ">=")
_SMALL = ("microseconds", "milliseconds", "second", "minute")
_WITH_ZONE = ("timestamptz", "timestamp with time zone")


def zone_dependence(sql: str, column_type: ColumnType) -> str:
    """What in the statement depends on the session's time zone; '' where nothing does that can be seen."""
    (statement,) = pgparse.parse(sql)
    kind, tree = next(iter(statement["stmt"].items()))
    return next(_found(kind, tree, {}, column_type), "")


def _found(kind: str, tree: Any, names: Mapping[str, str], column_type: ColumnType) -> Iterator[str]:
    if isinstance(tree, list):
        for item in tree:
            yield from _found(kind, item, names, column_type)
        return
    if not isinstance(tree, dict):
        return
    if kind.endswith("Stmt"):
        names = {**names, **relations(kind, tree)}
    if kind == "SQLValueFunction" and str(tree.get("op", "")).startswith(_LOCAL):
        yield str(tree["op"]).removeprefix("SVFOP_").lower().removesuffix("_n")
    types = _Types(names, column_type)
    if kind == "A_Expr" and tree.get("kind") == "AEXPR_OP" and _operator(tree) in _COMPARISONS:
        left, right = types.of(tree.get("lexpr")), types.of(tree.get("rexpr"))
        if "now" in (left, right) and not {left, right} <= {"now", "zoned"}:
            yield "now() beside something that is not known to be a timestamptz"
        elif {left, right} == {"zoned", "plain"}:
            yield "a timestamp compared with a timestamptz"
    if kind == "TypeCast" and types.of(tree.get("arg")) in ("now", "zoned") and types.of({kind: tree}) == "plain":
        yield "a timestamptz cast to a date or a timestamp"
    if kind == "FuncCall" and _name(tree) in ("date_trunc", "date_part", "extract", "to_char"):
        first = _text(tree.get("args", [{}])[0])
        of_zoned = any(types.of(a) in ("now", "zoned") for a in tree.get("args", [])[:2])
        if of_zoned and len(tree.get("args", [])) < 3 and (first or "").rstrip("s") not in (*_SMALL, "epoch"):
            yield f"{_name(tree)}() of a timestamptz"
    if kind in ("UpdateStmt", "InsertStmt"):
        for target in tree.get("targetList", []):
            value = types.of(target.get("ResTarget", {}).get("val"))
            if value in ("now", "zoned"):
                relation = tree["relation"]
                owner = ".".join(p for p in (relation.get("schemaname"), relation["relname"]) if p)
                column = column_type(owner, target["ResTarget"]["name"])
                if column is None or not column.startswith(_WITH_ZONE):
                    yield "a timestamptz stored in a column that is not known to be one"
    for key, value in tree.items():
        yield from _found(key if key[:1].isupper() else "", value, names, column_type)


class _Types:
    """The kind of time an expression is: ``now`` and ``zoned`` are timestamptz, ``plain`` timestamp or date."""

    def __init__(self, names: Mapping[str, str], column_type: ColumnType) -> None:
        self.names, self.column_type = names, column_type

    def of(self, node: Any) -> str:
        if not isinstance(node, dict) or len(node) != 1:
            return ""
        ((kind, tree),) = node.items()
        match kind:
            case "ColumnRef":
                return self._column(tree)
            case "SQLValueFunction":
                return "now" if "CURRENT_TIMESTAMP" in str(tree.get("op")) else "plain"
            case "FuncCall":
                return self._function(tree)
            case "TypeCast":
                names = [n["String"]["sval"] for n in tree["typeName"]["names"]]
                if names[-1] == "timestamptz":
                    return "zoned"
                return "plain" if names[-1] in ("timestamp", "date") else ""
            case "A_Expr" if _operator(tree) in ("+", "-"):
                left = self.of(tree.get("lexpr"))
                return left or self.of(tree.get("rexpr"))
            case _:
                return ""

    def _function(self, tree: dict[str, Any]) -> str:
        name, args = _name(tree), tree.get("args", [])
        if name in _NOW:
            return "now"
        if name == "timezone" and len(args) == 2:
            return "plain" if self.of(args[1]) in ("now", "zoned") else "zoned" if self.of(args[1]) else ""
        if name == "date_trunc" and len(args) > 1:
            return self.of(args[1])
        if name in ("coalesce", "greatest", "least", "max", "min") and args:
            return self.of(args[0])
        return ""

    def _column(self, tree: dict[str, Any]) -> str:
        parts = [f["String"]["sval"] for f in tree["fields"] if "String" in f]
        relation = self.names.get(parts[0]) if len(parts) > 1 else None
        if len(parts) == 1 and len(self.names) == 1:
            relation = next(iter(self.names.values()))
        found = self.column_type(relation, parts[-1]) if relation and parts else None
        if found is None:
            return ""
        return "zoned" if found.startswith(_WITH_ZONE) else "plain" if found.startswith(("timestamp", "date")) else ""


def _operator(tree: dict[str, Any]) -> str:
    return str(tree["name"][-1]["String"]["sval"]) if tree.get("name") else ""


def _name(tree: dict[str, Any]) -> str:
    return str(tree["funcname"][-1]["String"]["sval"])


def _text(node: Any) -> str | None:
    for kind, inner in walk(node if isinstance(node, dict) else {}):
        if kind == "A_Const" and "sval" in inner:
            return str(inner["sval"].get("sval", ""))
    return None
